"""The TeX that is understood, and how each sign is shown in ASCII and said by a voice.

Owns: the tables of `maths`. A sign that is not here is refused when a pack is built.
"""

from typing import Final

# macro -> (one line, spoken); printed with a space on both sides
OPS: Final[dict[str, tuple[str, str]]] = {
    "times": ("x", "times"),
    "cdot": ("*", "times"),
    "div": ("/", "divided by"),
    "pm": ("+-", "plus or minus"),
    "le": ("<=", "is at most"),
    "leq": ("<=", "is at most"),
    "ge": (">=", "is at least"),
    "geq": (">=", "is at least"),
    "lt": ("<", "is less than"),
    "gt": (">", "is greater than"),
    "ne": ("not =", "is not equal to"),
    "neq": ("not =", "is not equal to"),
    "approx": ("is about", "is about"),
    "to": ("->", "goes to"),
    "rightarrow": ("->", "goes to"),
}
CHAR_OPS: Final[dict[str, str]] = {
    "+": "plus",
    "-": "minus",
    "=": "equals",
    "<": "is less than",
    ">": "is greater than",
    ":": "to",
    "*": "times",
    "/": "over",
}
# macro -> (one line, spoken, kind)
SYMBOLS: Final[dict[str, tuple[str, str, str]]] = {
    "%": ("%", " per cent", "other"),
    "$": ("$", "dollar ", "other"),
    "#": ("#", "number ", "other"),
    "_": ("_", "blank", "other"),
    "{": ("{", "open brace ", "open"),
    "}": ("}", " close brace", "close"),
    "circ": (" degrees", " degrees", "other"),
    "degree": (" degrees", " degrees", "other"),
    "ldots": ("...", " and so on", "other"),
    "cdots": ("...", " and so on", "other"),
    "dots": ("...", " and so on", "other"),
    "infty": ("infinity", "infinity", "letter"),
    "square": ("[ ]", "box", "other"),
    "Box": ("[ ]", "box", "other"),
    "angle": ("angle ", "angle ", "other"),
    "triangle": ("triangle ", "triangle ", "other"),
    **{
        name: (name, name, "letter")
        for name in ("pi", "alpha", "beta", "gamma", "delta", "theta", "lambda", "mu", "sigma")
    },
}
SPACES: Final[dict[str, str]] = {
    **dict.fromkeys((",", ";", ":", " ", "quad", "qquad"), " "),
    **dict.fromkeys(("!", "left", "right", "displaystyle"), ""),
}
FRACTIONS: Final = ("frac", "dfrac", "tfrac")
WORDS: Final = ("text", "mathrm", "textbf", "mathbf", "textit")
KNOWN: Final = sorted({*OPS, *SYMBOLS, *SPACES, *FRACTIONS, *WORDS, "sqrt"})
