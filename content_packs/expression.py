"""Small exact arithmetic: the formulas of `vars`, `where` and `@{…}`.

Owns: the grammar (`+ - * / // % **`, brackets, whole numbers, names, `min max gcd lcm abs`, and
for `where` one comparison) and its bounds. Formulas are parsed to a tree and walked; nothing is
ever executed. Values are exact: an int, or a Fraction where a division does not come out. Pure.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Final, TypeAlias

from darasa.content_packs.errors import ExpressionError

Number: TypeAlias = int | Fraction
Formula: TypeAlias = Callable[[Mapping[str, int]], Number]
Condition: TypeAlias = Callable[[Mapping[str, int]], bool]

LENGTH_MAX: Final = 200
"""Code points of one formula: longer ones belong in a variable with a name."""
VALUE_MAX: Final = 10**12
"""Greatest size of a numerator or denominator: fits a line and a 64-bit integer with room."""
EXPONENT_MAX: Final = 40

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,11}")
_ALLOWED: Final = re.compile(r"[A-Za-z0-9_+\-*/%(),<>=! ]+")
_GLUED: Final = re.compile(r"\b\d+[A-Za-z_]")


def _gcd(*values: Number) -> Number:
    return math.gcd(*(_whole(value) for value in values))


def _lcm(*values: Number) -> Number:
    return math.lcm(*(_whole(value) for value in values))


def _abs(*values: Number) -> Number:
    (value,) = values
    return value if value >= 0 else -value


FUNCTIONS: Final[dict[str, Callable[..., Number]]] = {
    "abs": _abs,
    "gcd": _gcd,
    "lcm": _lcm,
    "max": max,
    "min": min,
}


@lru_cache(maxsize=8192)
def formula(source: str) -> Formula:
    """The formula as a function from variable values to its exact value.

    Raises ExpressionError here for what cannot be read, and from the function when there is no
    value (division by zero, an unknown name, a result beyond the bounds).
    """
    return _node(_parse(source), source)


@lru_cache(maxsize=1024)
def condition(source: str) -> Condition:
    """A comparison (`gcd(n, d) == 1`, `a < b <= c`) as a function to a truth value."""
    tree = _parse(source)
    if not isinstance(tree, ast.Compare):
        raise ExpressionError(
            f"`{source}` is not a comparison.", remedy="Write for example  where: gcd(n, d) == 1"
        )
    sides = [_node(side, source) for side in (tree.left, *tree.comparators)]
    tests = [_comparison(op, source) for op in tree.ops]

    def holds(values: Mapping[str, int]) -> bool:
        numbers = [side(values) for side in sides]
        return all(test(a, b) for test, a, b in zip(tests, numbers, numbers[1:], strict=False))

    return holds


@lru_cache(maxsize=8192)
def names_in(source: str) -> frozenset[str]:
    """The variables that a formula or comparison uses. Raises ExpressionError."""
    tree = _parse(source)
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in called
    )


def whole(value: Number) -> int | None:
    """The value as an int, or None when it is not a whole number."""
    if isinstance(value, int):
        return value
    return value.numerator if value.denominator == 1 else None


def _parse(source: str) -> ast.expr:
    text = source.strip()
    if not text or len(text) > LENGTH_MAX:
        raise ExpressionError(
            f"A formula needs 1 to {LENGTH_MAX} characters, this one has {len(text)}.",
            remedy="Give a part of it a name in `vars`.",
        )
    if glued := _GLUED.search(text):
        raise ExpressionError(
            f"`{glued[0]}` in `{text}` is not clear.", remedy="Write 2*n, not 2n."
        )
    if not _ALLOWED.fullmatch(text):
        raise ExpressionError(
            f"`{text}` has a character that formulas do not know.",
            remedy="Use whole numbers, names, + - * / // % ** and brackets.",
        )
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(
            f"`{text}` cannot be read as a formula.", remedy="Look for a missing bracket or sign."
        ) from error


def _node(node: ast.expr, source: str) -> Formula:
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            number = _bounded(value, source)
            return lambda _: number
        case ast.Name(id=name):
            return _name(name, source)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _node(operand, source)
            return lambda values: -inner(values)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _node(operand, source)
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(_node(left, source), op, _node(right, source), source)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return _call(name, [_node(arg, source) for arg in args], source)
        case _:
            raise ExpressionError(
                f"`{source}` uses something that formulas do not know.",
                remedy=f"The functions are {', '.join(FUNCTIONS)}.",
            )


def _name(name: str, source: str) -> Formula:
    if name in FUNCTIONS:
        raise ExpressionError(f"`{name}` in `{source}` needs brackets: {name}(…).")

    def value(values: Mapping[str, int]) -> Number:
        try:
            return values[name]
        except KeyError:
            raise ExpressionError(
                f"`{source}` uses `{name}`, which `vars` does not name before it.",
                remedy=f"Add `{name} = 2..9` to `vars`, or mend the name.",
            ) from None

    return value


def _call(name: str, args: list[Formula], source: str) -> Formula:
    function = FUNCTIONS[name]
    least = 1 if name == "abs" else 2
    if len(args) < least or (name == "abs" and len(args) > 1):
        raise ExpressionError(f"`{name}` in `{source}` has a wrong number of values.")
    return lambda values: function(*(arg(values) for arg in args))


def _binary(left: Formula, op: ast.operator, right: Formula, source: str) -> Formula:
    apply = _OPERATORS.get(type(op))
    if apply is None:
        raise ExpressionError(f"`{source}` uses a sign that formulas do not know.")

    def value(values: Mapping[str, int]) -> Number:
        try:
            result = apply(left(values), right(values))
        except ZeroDivisionError:
            raise ExpressionError(
                f"`{source}` divides by zero.", remedy="Change `vars`, or add a `where:`."
            ) from None
        if type(result) is int and -VALUE_MAX <= result <= VALUE_MAX:
            return result
        return _bounded(result, source)

    return value


def _divide(a: Number, b: Number) -> Number:
    result = Fraction(a) / Fraction(b)
    return result.numerator if result.denominator == 1 else result


def _power(a: Number, b: Number) -> Number:
    exponent = _whole(b)
    if not 0 <= exponent <= EXPONENT_MAX:
        raise ExpressionError(f"A power must be from 0 to {EXPONENT_MAX}, not {exponent}.")
    return a**exponent


_OPERATORS: Final[dict[type[ast.operator], Callable[[Number, Number], Number]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divide,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}

_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Number, Number], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _comparison(op: ast.cmpop, source: str) -> Callable[[Number, Number], bool]:
    test = _COMPARISONS.get(type(op))
    if test is None:
        raise ExpressionError(f"`{source}` compares in a way that `where` does not know.")
    return test


def _whole(value: Number) -> int:
    number = whole(value)
    if number is None:
        raise ExpressionError(f"A whole number is needed here, not {value}.")
    return number


def _bounded(value: Number, source: str) -> Number:
    if isinstance(value, int):
        if -VALUE_MAX <= value <= VALUE_MAX:
            return value
    elif abs(value.numerator) <= VALUE_MAX and value.denominator <= VALUE_MAX:
        return value.numerator if value.denominator == 1 else value
    raise ExpressionError(f"`{source}` gives a number that is too large.")
