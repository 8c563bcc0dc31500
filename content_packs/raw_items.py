"""Raw items: what the lines of an item file say, each part with the line on which it begins.

Owns: the values between `source_items`, which reads lines, and `compile_items`, which judges them.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Piece:
    """Some source text and the line on which it begins."""

    text: str
    line: int


@dataclass(slots=True)
class RawChoice:
    """A line `- [x] …` with its note."""

    text: Piece
    right: bool
    note: Piece | None = None


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A line `= …` or `== …`."""

    value: Piece
    written: bool


@dataclass(frozen=True, slots=True)
class RawWrong:
    """A line `!= value : note`."""

    value: Piece
    note: Piece


@dataclass(slots=True)
class RawItem:
    """One item, or (as an Ask) one smaller question in an item."""

    id: str
    line: int
    marks: dict[str, Piece] = field(default_factory=dict)
    prompt: Piece = Piece("", 0)
    choices: list[RawChoice] = field(default_factory=list)
    answers: list[RawAnswer] = field(default_factory=list)
    wrong: list[RawWrong] = field(default_factory=list)
    hints: list[Piece] = field(default_factory=list)
    asks: list["RawItem"] = field(default_factory=list)
    solution: Piece | None = None
    later: list[tuple[int, str]] = field(default_factory=list)
    faulty: bool = False  # a line of it could not be read: do not complain of what is missing
