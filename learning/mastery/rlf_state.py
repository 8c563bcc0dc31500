"""What the residual logistic fold (rlf.py) knows of one learner, and its canonical bytes.

Owns: the values and their encoding. Sums of errors and of variances, counts, moments: whole
numbers, in units of 1e-6 where they are no counts. Counts stop at COUNT_MAX. Does not know the
equations.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Self, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from darasa.learning.evidence import ItemKey, SkillKey
from darasa.sync.codec import convert, pack_struct, unpack_kept

_CHUNK: Final = 1_000  # the codec takes arrays of at most 5,000


class SkillTrace(Struct, frozen=True, array_like=True, gc=False):
    """One skill. `…_e` are decayed sums of errors, `…_v` of variances (units of 1e-6).

    `week_…` are decayed counts (units of 1e-6) as of `week_at`, in 256ths of the half-life since
    1970. `last_ms` is 0 while no answer on the skill came with a clock.
    """

    slow_e: int = 0
    slow_v: int = 0
    fast_e: int = 0
    fast_v: int = 0
    right: int = 0
    wrong: int = 0
    streak: int = 0  # right answers in a row
    last_ms: int = 0
    week_at: int = 0
    week_all: int = 0
    week_right: int = 0


class ItemTrace(Struct, frozen=True, array_like=True, gc=False):
    """One item: how often it was right and not yet, and which came last."""

    right: int = 0
    wrong: int = 0
    last: bool = False


UNMET: Final = SkillTrace()


class RlfState(Struct):
    """Changed in place by the model alone. Skills and items that are not here were not met."""

    level_e: int = 0
    level_v: int = 0
    form_e: int = 0
    form_v: int = 0
    right: int = 0
    wrong: int = 0
    prev_e: int = 0  # the last answer's error, her level taken off
    last_skills: tuple[SkillKey, ...] = ()
    last_right: bool = False
    skills: dict[SkillKey, SkillTrace] = field(default_factory=dict)
    items: dict[ItemKey, ItemTrace] = field(default_factory=dict)

    def copy(self) -> Self:
        """An equal state of its own."""
        return replace(self, skills=dict(self.skills), items=dict(self.items))

    def encoded(self) -> "EncodedRlf":
        """The state as canonical arrays."""
        return EncodedRlf(
            sums=(self.level_e, self.level_v, self.form_e, self.form_v, self.prev_e),
            counts=(self.right, self.wrong),
            last_skills=self.last_skills,
            last_right=self.last_right,
            skills=_chunks(self.skills),
            items=_chunks(self.items),
        )

    @classmethod
    def decoded(cls, encoded: "EncodedRlf") -> Self:
        """The inverse of `encoded`."""
        level_e, level_v, form_e, form_v, prev_e = encoded.sums
        right, wrong = encoded.counts
        return cls(
            level_e=level_e,
            level_v=level_v,
            form_e=form_e,
            form_v=form_v,
            right=right,
            wrong=wrong,
            prev_e=prev_e,
            last_skills=encoded.last_skills,
            last_right=encoded.last_right,
            skills=dict(_rows(encoded.skills)),
            items=dict(_rows(encoded.items)),
        )

    def to_bytes(self) -> bytes:
        """Canonical bytes: equal states, equal bytes."""
        return pack_struct(self.encoded())

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises CodecError or ValueError (msgspec.ValidationError) on bytes of another shape."""
        return cls.decoded(convert(unpack_kept(raw), EncodedRlf))


class EncodedRlf(Struct, frozen=True, array_like=True):
    """The canonical arrays of a state: rows of (pack, name, trace) by name, in chunks."""

    sums: tuple[int, int, int, int, int]
    counts: tuple[int, int]
    last_skills: tuple[SkillKey, ...]
    last_right: bool
    skills: tuple[tuple[tuple[str, str, SkillTrace], ...], ...]
    items: tuple[tuple[tuple[str, str, ItemTrace], ...], ...]


_Trace = TypeVar("_Trace", SkillTrace, ItemTrace)


def _chunks(
    traces: Mapping[tuple[str, str], _Trace],
) -> tuple[tuple[tuple[str, str, _Trace], ...], ...]:
    rows = [(pack_id, name, traces[pack_id, name]) for pack_id, name in sorted(traces)]
    return tuple(tuple(rows[at : at + _CHUNK]) for at in range(0, len(rows), _CHUNK))


def _rows(
    chunks: Iterable[Iterable[tuple[str, str, _Trace]]],
) -> Iterable[tuple[tuple[str, str], _Trace]]:
    return (((row[0], row[1]), row[2]) for chunk in chunks for row in chunk)
