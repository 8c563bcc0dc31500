"""Maths written in TeX, as one line of ASCII and as words for a voice.

Owns: which TeX is understood and how it is printed. Brackets are never lost: a part of a fraction
or a power that is more than one thing gets its own. Runs when a pack is built, never at run time
(pylatexenc is imported here alone). Pure.

Places for drawn numbers arrive as single private-use characters from PLACE_FIRST on, and leave as
they came, or from ATOM_FIRST on where the number must hold together (`template`).
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from pylatexenc import latexwalker as lw

from darasa.content_packs.errors import PackError
from darasa.content_packs.maths_signs import (
    CHAR_OPS,
    FRACTIONS,
    KNOWN,
    OPS,
    SPACES,
    SYMBOLS,
    WORDS,
)

PLACE_FIRST: Final = 0xE000
ATOM_FIRST: Final = 0xE800
PLACES_MAX: Final = ATOM_FIRST - PLACE_FIRST
TEX_LENGTH_MAX: Final = 1000


class MathsError(PackError):
    """TeX that cannot be shown on one line, or is not understood."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A printed part. `kind`: number, place, letter, fraction, op, unary, open, close, other."""

    plain: str
    spoken: str
    kind: str
    single: bool = True  # holds together as a part of a fraction or a power
    braced: bool = False


_TOKEN: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?|\s+|.", re.DOTALL)
_POWERS: Final = {"2": "squared", "3": "cubed"}


@lru_cache(maxsize=8192)
def print_maths(tex: str) -> tuple[str, str]:
    """The one-line form and the spoken form of some TeX. Raises MathsError."""
    if len(tex) > TEX_LENGTH_MAX:
        raise MathsError("This formula is too long.", remedy="Cut it in two.")
    try:
        nodes = lw.LatexWalker(tex, tolerant_parsing=False).get_latex_nodes()[0]
    except (lw.LatexWalkerError, RecursionError, IndexError, ValueError) as error:
        raise MathsError(
            f"The maths `{tex}` cannot be read.", remedy="Look for a missing brace { or }."
        ) from error
    try:
        piece = _Printer(star=bool(re.search(r"(?<![\\a-zA-Z])[xX](?![a-zA-Z])", tex))).row(nodes)
    except RecursionError:
        raise MathsError("This formula is nested too deeply.") from None
    return " ".join(piece.plain.split()), " ".join(piece.spoken.split())


class _Printer:
    """Prints nodes; `star` writes times as * because the letter x is in use."""

    def __init__(self, *, star: bool) -> None:
        self._star = star

    def row(self, nodes: Sequence[Any]) -> Piece:
        """Print nodes side by side."""
        pieces = self._scripts(self._tokens(nodes))
        pieces = _without_loose_spaces([p for p in pieces if p.plain])
        kept = [p for p in pieces if p.plain.strip()]
        if len(kept) == 1:
            return kept[0]
        return _join(pieces)

    def _tokens(self, nodes: Sequence[Any]) -> list[Piece | str]:
        found: list[Piece | str] = []
        for node in nodes:
            if node is None:
                continue
            if node.isNodeType(lw.LatexCharsNode):
                found += [_char(text) for text in _TOKEN.findall(node.chars)]
            elif node.isNodeType(lw.LatexGroupNode):
                found.append(self._group(node))
            elif node.isNodeType(lw.LatexMacroNode):
                found.append(self._macro(node))
                if node.macroname not in SPACES and node.macro_post_space:
                    found.append(Piece(" ", " ", "space"))
            elif node.isNodeType(lw.LatexSpecialsNode) and node.specials_chars == "~":
                found.append(Piece(" ", " ", "space"))
            else:
                raise _unknown(node.latex_verbatim())
        return found

    def _group(self, node: Any) -> Piece:
        return replace(self.row(node.nodelist), braced=True)

    def _scripts(self, tokens: list[Piece | str]) -> list[Piece]:
        pieces: list[Piece] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if isinstance(token, Piece):
                pieces.append(token)
                at += 1
                continue
            script, at = _script_at(tokens, at)
            base = pieces.pop() if pieces else Piece("", "", "other")
            pieces.append(_with_script(base, token, script))
        return pieces

    def _macro(self, node: Any) -> Piece:
        name = node.macroname
        if name in OPS:
            plain, spoken = OPS[name]
            if name == "times" and self._star:
                plain = "*"
            return Piece(plain, spoken, "op", single=False)
        if name in SPACES:
            return Piece(SPACES[name], " ", "space")
        if name in SYMBOLS:
            return Piece(*SYMBOLS[name])
        args = [] if node.nodeargd is None else list(node.nodeargd.argnlist)
        if name in FRACTIONS:
            return _fraction(*(self.row([arg]) for arg in args))
        if name == "sqrt":
            return self._root(args)
        if name in WORDS:
            words = _verbatim(args[0])
            return Piece(words, words, "other", single=False)
        raise _unknown(f"\\{name}")

    def _root(self, args: Sequence[Any]) -> Piece:
        index, body = args
        inside = self.row([body])
        if index is None:
            return Piece(f"sqrt({inside.plain})", f"the square root of {_said(inside)}", "letter")
        nth = self.row(index.nodelist)
        return Piece(
            f"root({nth.plain}, {inside.plain})",
            f"the root {nth.spoken} of {_said(inside)}",
            "letter",
        )


_CHAR_KINDS: Final = {"(": "open", "[": "open", ")": "close", "]": "close"}
_CHAR_SPOKEN: Final = {"open": " open bracket ", "close": " close bracket "}


def _char(text: str) -> Piece | str:
    if text in "^_":
        return text
    if text in CHAR_OPS:
        return Piece(text, CHAR_OPS[text], "op", single=False)
    kind = _CHAR_KINDS.get(text) or _kind_of(text)
    return Piece(text, _CHAR_SPOKEN.get(kind, text), kind)


def _kind_of(text: str) -> str:
    if text.isspace():
        return "space"
    if text[0] in "0123456789":
        return "number"
    if PLACE_FIRST <= ord(text) < ATOM_FIRST:
        return "place"
    if text.isalpha() and text.isascii():
        return "letter"
    if text in ".,;!?|'":
        return "other"
    if text == "&":
        raise _unknown(text)
    raise MathsError(
        f"The sign {text} in maths may be missing on a plain screen.",
        remedy="Write it in TeX, for example \\times, \\div or \\le.",
    )


def _script_at(tokens: Sequence[Piece | str], at: int) -> tuple[Piece, int]:
    """The piece that a ^ or _ at `at` lifts or lowers, and where reading goes on."""
    at += 1
    while at < len(tokens) and isinstance(token := tokens[at], Piece) and token.kind == "space":
        at += 1
    if at == len(tokens) or not isinstance(token := tokens[at], Piece):
        raise MathsError("A ^ or _ in maths has nothing after it.", remedy="Write for example x^2.")
    if token.kind == "number" and len(token.plain) > 1 and not token.braced:
        raise MathsError(
            f"After ^ or _ only the first figure of {token.plain} would count.",
            remedy="Put it in braces: ^{" + token.plain + "}.",
        )
    return token, at + 1


def _with_script(base: Piece, sign: str, script: Piece) -> Piece:
    if sign == "^" and script.plain == " degrees":
        return replace(base, plain=f"{base.plain} degrees", spoken=f"{base.spoken} degrees")
    if sign == "_":
        low = _atom(base) if base.kind == "fraction" or not base.single else base.plain
        return Piece(f"{low}_{_atom(script)}", f"{base.spoken} sub {script.spoken}", "letter")
    plain = f"{_base(base)}^{_atom(script)}"
    power = _POWERS.get(script.plain, f"to the power {script.spoken}")
    kind = "close" if base.kind == "close" else "letter"
    return Piece(plain, f"{base.spoken} {power}", kind)


def _base(piece: Piece) -> str:
    """What is lifted, so that the power is of all of it: -3 squared is (-3)^2."""
    if piece.braced and "^" in piece.plain:
        return f"({piece.plain})"
    return _atom(piece)


def _fraction(top: Piece, bottom: Piece) -> Piece:
    simple = top.single and bottom.single and "fraction" not in (top.kind, bottom.kind)
    spoken = (
        f"{top.spoken} over {bottom.spoken}"
        if simple
        else f"the fraction {top.spoken} , over {bottom.spoken} , end of fraction"
    )
    upper = top.plain if re.fullmatch(r"-[0-9]+", top.plain) else _atom(top)
    return Piece(f"{upper}/{_atom(bottom)}", spoken, "fraction")


def _atom(piece: Piece) -> str:
    """The piece so that it holds together in a fraction or a power."""
    if piece.kind == "place" and len(piece.plain) == 1:
        return chr(ord(piece.plain) - PLACE_FIRST + ATOM_FIRST)
    if piece.single and piece.kind != "fraction":
        return piece.plain
    return f"({piece.plain})"


def _said(piece: Piece) -> str:
    return piece.spoken if piece.single else f"{piece.spoken} , end of root"


def _join(pieces: Sequence[Piece]) -> Piece:
    """Side by side, with spaces round operators and brackets where a fraction touches."""
    solid = [p for p in pieces if p.kind != "space"]
    plain: list[str] = []
    spoken: list[str] = []
    before: Piece | None = None
    spaced = False
    for at, piece in enumerate(pieces):
        if piece.kind == "space":
            plain.append(" ")
            spoken.append(" ")
            spaced = True
            continue
        after = next((p for p in pieces[at + 1 :] if p.kind != "space"), None)
        shown, said = _placed(piece, before, after, spaced=spaced)
        plain.append(shown)
        spoken.append(said)
        before, spaced = _role(piece, before), False
    whole = all(p.kind in ("number", "place") for p in solid) and "space" not in {
        p.kind for p in pieces
    }
    return Piece("".join(plain), "".join(spoken), "other", single=whole and _figures(solid))


def _without_loose_spaces(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without the spaces just inside brackets."""
    kept: list[Piece] = []
    for piece in pieces:
        if piece.kind == "space" and kept and kept[-1].kind == "open":
            continue
        if piece.kind == "close" and kept and kept[-1].kind == "space":
            kept.pop()
        kept.append(piece)
    return kept


def _figures(pieces: Sequence[Piece]) -> bool:
    """Whether numbers side by side are figures of one number, none of them a place."""
    return all(p.kind == "number" for p in pieces)


def _role(piece: Piece, before: Piece | None) -> Piece:
    return replace(piece, kind="unary") if _is_unary(piece, before) else piece


def _is_unary(piece: Piece, before: Piece | None) -> bool:
    first = before is None or before.kind in ("op", "open", "unary")
    return piece.kind == "op" and piece.plain in "+-" and first


def _placed(
    piece: Piece, before: Piece | None, after: Piece | None, *, spaced: bool
) -> tuple[str, str]:
    if _is_unary(piece, before):
        return piece.plain, f" {piece.spoken} "
    if piece.kind == "op":
        return f" {piece.plain} ", f" {piece.spoken} "
    if piece.kind != "fraction":
        glue = " " if before is not None and piece.kind == "letter" else ""
        return piece.plain, glue + piece.spoken
    mixed = before is not None and before.kind in ("number", "place")
    touches = after is not None and after.kind in ("number", "place", "letter", "open", "fraction")
    divided = any(p is not None and p.kind == "op" and p.plain in "/:" for p in (before, after))
    follows = before is not None and before.kind in ("letter", "close", "fraction")
    if mixed and not touches:
        return f" {piece.plain}", f" and {piece.spoken}"
    if touches or divided or follows or mixed:
        return f"{'' if spaced or not follows else ' '}({piece.plain})", f" {piece.spoken} "
    return piece.plain, piece.spoken


def _verbatim(node: Any) -> str:
    words: list[str] = []
    for part in node.nodelist if node.isNodeType(lw.LatexGroupNode) else [node]:
        if part.isNodeType(lw.LatexCharsNode):
            words.append(part.chars)
        elif part.isNodeType(lw.LatexMacroNode) and part.macroname in ("%", "$", "_", "#", " "):
            words.append(part.macroname)
        else:
            raise _unknown(part.latex_verbatim())
    return "".join(words)


def _unknown(tex: str) -> MathsError:
    name = tex.lstrip("\\").split("{")[0]
    close = difflib.get_close_matches(name, KNOWN, n=1)
    remedy = f"Did you mean \\{close[0]}?" if close else "Write it in words, or with simpler signs."
    if tex.startswith("%"):
        remedy = "For per cent write \\%."
    return MathsError(
        f"`{tex[:40]}` is not among the maths that every screen can show.", remedy=remedy
    )
