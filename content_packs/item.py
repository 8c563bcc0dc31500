"""An item as it stands in a built pack: what is asked, how it is answered, what helps.

Owns: the built form of items (FORMAT.md section 4) and their bounds. Knows no learner and no
file of an author; `instance` draws an item for a learner and `grading` judges her answer. Pure.
"""

import hashlib
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

VERSION_BYTES: Final = 8
FITTED_MAX_MILLI: Final = 8_000
"""A logit of 8: beyond it nobody sees a difference."""
CHOICES_MAX: Final = 8
"""Keys 1 to 9 choose, and one of them is "I am not sure yet" (ux section 5.5)."""

CHOICE_LENGTH_MAX: Final = 1000
"""Code points of a choice without its numbers: eight of them are read on one screen."""

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Template = Annotated[str, Meta(min_length=1, max_length=200)]
Long = Annotated[str, Meta(max_length=16_000)]
ItemKind = Literal["choice", "multiple", "answer"]
AnswerKind = Literal["number", "text"]


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """One text in three forms, rendered when the pack is built.

    `markdown` is the source. `plain` is for terminals: maths on one line in ASCII, paragraphs
    parted by an empty line, lines that begin with four spaces to be shown as they are. `spoken`
    is for a voice. All may hold places for drawn numbers (`template`).
    """

    markdown: Long
    plain: Long
    spoken: Long


class Choice(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing to pick, and what is said to a learner who picked it."""

    text: Text
    right: bool = False
    note: Text | None = None


class Answer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way to be right. `written`: only in this form. `tolerance` is a template or ""."""

    value: Template
    kind: AnswerKind
    written: bool = False
    tolerance: Annotated[str, Meta(max_length=200)] = ""


class WrongNote(Struct, frozen=True, forbid_unknown_fields=True):
    """A wrong answer that is known, and what is said to a learner who gave it."""

    value: Template
    kind: AnswerKind
    note: Text


class Ask(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A smaller question on the way. Carried, not yet asked by any screen."""

    prompt: Text
    answers: Annotated[tuple[Answer, ...], Meta(min_length=1, max_length=16)]
    wrong: Annotated[tuple[WrongNote, ...], Meta(max_length=16)] = ()


class Var(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A drawn whole number: from `low` to `high` with both ends, or one of `options`.

    All are formulas over the variables before this one.
    """

    name: Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,11}$")]
    low: Annotated[str, Meta(max_length=200)] = ""
    high: Annotated[str, Meta(max_length=200)] = ""
    options: Annotated[tuple[Template, ...], Meta(max_length=64)] = ()


class Item(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A question that exercises skills.

    `version` names the built form. `difficulty` is the author's word, 1 to 3; `fitted_milli` is the
    logit that answers gave in its place, when the pack was built with difficulties.
    """

    id: Name
    kind: ItemKind
    skills: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=8)]
    prompt: Text
    version: Annotated[bytes, Meta(max_length=VERSION_BYTES)] = b""
    difficulty: Annotated[int, Meta(ge=1, le=3)] = 2
    fitted_milli: Annotated[int, Meta(ge=-FITTED_MAX_MILLI, le=FITTED_MAX_MILLI)] | None = None
    choices: Annotated[tuple[Choice, ...], Meta(max_length=CHOICES_MAX)] = ()
    answers: Annotated[tuple[Answer, ...], Meta(max_length=16)] = ()
    wrong: Annotated[tuple[WrongNote, ...], Meta(max_length=32)] = ()
    hints: Annotated[tuple[Text, ...], Meta(max_length=9)] = ()
    asks: Annotated[tuple[Ask, ...], Meta(max_length=9)] = ()
    solution: Text | None = None
    vars: Annotated[tuple[Var, ...], Meta(max_length=16)] = ()
    where: Annotated[tuple[Template, ...], Meta(max_length=8)] = ()
    fixed_order: bool = False
    challenge: bool = False
    sister_of: Name | None = None
    reads: Annotated[int, Meta(ge=1, le=3)] | None = None
    locale: Annotated[str, Meta(min_length=2, max_length=16)] = "en"


class ItemFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What one item blob holds: the items of one source file, in its order."""

    items: Annotated[tuple[Item, ...], Meta(max_length=5000)]


def difficulty_milli(item: Item) -> int:
    """The shipped logit b of an item in thousandths; harder is lower (mastery section 1).

    Against the reference item of its skill. From answers where the pack was built with them, else
    as written.
    """
    return written_milli(item) if item.fitted_milli is None else item.fitted_milli


def written_milli(item: Item) -> int:
    """The same, as its author wrote it.

    Difficulty 1 gives +1000, 2 gives 0 and 3 gives -1000; a challenge is 500 lower.
    """
    return (2 - item.difficulty) * 1000 - (500 if item.challenge else 0)


def with_version(item: Item) -> Item:
    """The item with its version: the first 8 bytes of SHA-256 over its JSON without a version.

    And without `fitted_milli`: a question that turned out harder is the same question, so that what
    was answered to it can still be read.
    """
    bare = msgspec.structs.replace(item, version=b"", fitted_milli=None)
    digest = hashlib.sha256(msgspec.json.encode(bare)).digest()
    return msgspec.structs.replace(item, version=digest[:VERSION_BYTES])
