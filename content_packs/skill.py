"""A skill: what items exercise and learners master. Pure."""

from typing import Annotated

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=80)]


class Skill(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One skill of a pack. `requires` come first, `helps` make it easier; both are skill ids.

    `unit` is the heading under which a map shows it. `align` are ids of outside frameworks.
    """

    id: Name
    title: Annotated[str, Meta(min_length=1, max_length=120)]
    requires: Annotated[tuple[Name, ...], Meta(max_length=32)] = ()
    helps: Annotated[tuple[Name, ...], Meta(max_length=32)] = ()
    unit: Annotated[str, Meta(max_length=120)] = ""
    align: Annotated[tuple[Name, ...], Meta(max_length=32)] = ()
