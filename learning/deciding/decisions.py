"""Decisions of people about nodes and learners: what restricts, what merges (sync.md section 5).

Owns: the fold of quarantine, revocation and merge events to what they mean together. Pure:
decisions come in any order, the result depends on the set alone. Who may decide what has been asked
before (`authority.py`, `rows.py`). Does not know storage.

A restriction says which events of a node count: those at or before its tips. It stands until a
later one of the same role names it in `supersedes`; one without tips lifts what it supersedes. When
several stand, because two people decided at the same time, an event counts if every one of them
takes it: nothing is lost by waiting for someone who has seen both.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from darasa.learning.kinds import Kind, Merge, Place, Restriction, Revocation
from darasa.sync.ids import Role

RESTRICTIONS: Final = frozenset({Kind.QUARANTINE, Kind.REVOCATION})
PART_OF_HOLD: Final = 1_500
"""Logs, and chain8s, in one part of a hold: 45 kB at most; a record of the feed takes 48 KiB."""
OF_ITEMS: Final = frozenset({Kind.OVERTURN, Kind.WITHDRAW_ITEM})
"""The kinds that say something of an item to all; those that bear a learner are hers alone."""
DECISIONS: Final = frozenset({*RESTRICTIONS, Kind.CONFIRM, Kind.MERGE, *OF_ITEMS})
"""The kinds that change which events count, or for whom, or as what."""

OrderKey = tuple[int, bytes, int, bytes]


class SaidRestriction(Struct, frozen=True):
    """One restriction whose author may make it. `by`: the role it was made under."""

    order_key: OrderKey
    by: Role
    author: bytes
    restriction: Restriction

    @property
    def chain8(self) -> bytes:
        """The name by which a later one supersedes this one."""
        return self.order_key[3][:8]


class Standing(Struct, frozen=True):
    """The restrictions that stand on one node, as they fold.

    `acts`: the tips of each; an event counts when every act has a tip at or after it. `chains`:
    what the next restriction supersedes.
    """

    node_id: bytes
    acts: tuple[frozenset[Place], ...]
    is_removed: bool
    why: str
    chains: tuple[bytes, ...]


def standing_of(said: Iterable[SaidRestriction]) -> dict[bytes, Standing]:
    """The nodes on which a restriction stands, given in any order and any number of times each."""
    by_node: dict[bytes, dict[OrderKey, SaidRestriction]] = {}
    for each in said:
        by_node.setdefault(each.restriction.node_id, {})[each.order_key] = each
    found = {
        node: _fold([mine[key] for key in sorted(mine)]) for node, mine in sorted(by_node.items())
    }
    return {node: standing for node, standing in found.items() if standing is not None}


def _fold(said: list[SaidRestriction]) -> Standing | None:
    superseded = {(each.by, chain) for each in said for chain in each.restriction.supersedes}
    survivors = [each for each in said if (each.by, each.chain8) not in superseded]
    acts: dict[tuple[bytes, bytes], set[Place]] = {}
    for each in survivors:
        if each.restriction.tips is not None:
            act = acts.setdefault((each.author, each.restriction.act), set())
            act.update(each.restriction.tips)
    if not acts:
        return None
    binding = [each for each in survivors if each.restriction.tips is not None]
    return Standing(
        node_id=binding[0].restriction.node_id,
        acts=tuple(frozenset(tips) for tips in acts.values()),
        is_removed=any(isinstance(each.restriction, Revocation) for each in binding),
        why=binding[-1].restriction.why,
        chains=tuple(each.chain8 for each in survivors),
    )


class SaidMerge(Struct, frozen=True):
    """One merge whose author may make it: `other` is the learner in its envelope."""

    order_key: OrderKey
    other: bytes
    merge: Merge


def merged(said: Iterable[SaidMerge]) -> dict[bytes, bytes]:
    """For every learner who is another one too: the id under which she is known.

    Learners joined by surviving merges are one. She is known by the id that was to be kept and was
    merged into no other; of several such, or of none (a ring), by the smallest.
    """
    edges = _edges(said)
    groups: dict[bytes, set[bytes]] = {}
    for other, keep in edges:
        joined = groups.get(other, {other}) | groups.get(keep, {keep})
        for learner in joined:
            groups[learner] = joined
    given_up = {other for other, _ in edges}
    roots: dict[bytes, bytes] = {}
    for learner, group in groups.items():
        root = min(group - given_up or group)
        if learner != root:
            roots[learner] = root
    return roots


def _edges(said: Iterable[SaidMerge]) -> list[tuple[bytes, bytes]]:
    unique = {each.order_key: each for each in said}
    superseded = {
        (each.other, chain) for each in unique.values() for chain in each.merge.supersedes
    }
    return [
        (each.other, each.merge.keep)
        for key, each in sorted(unique.items())
        if (each.other, key[3][:8]) not in superseded
        and each.merge.keep is not None
        and each.merge.keep != each.other
    ]


def group_of(roots: Mapping[bytes, bytes], learner_id: bytes) -> tuple[bytes, ...]:
    """All ids of one learner, her own first, then those merged into it."""
    root = roots.get(learner_id, learner_id)
    return (root, *sorted(other for other, to in roots.items() if to == root))


class Hold(Struct, frozen=True):
    """A standing restriction as it is applied to single events, on any node.

    `upto`: for each log that counts at all, the greatest seq that does. `refused`: chain8s of
    events before that seq which are on another branch of a forked log.
    """

    upto: Mapping[bytes, int]
    refused: frozenset[bytes]

    def parts(self) -> list["Hold"]:
        """The same in holds of a bounded size, one at least: a frame of the feed is one."""
        upto, refused = sorted(self.upto.items()), sorted(self.refused)
        count = max(1, *(-(-len(each) // PART_OF_HOLD) for each in (upto, refused)))
        slices = [slice(n * PART_OF_HOLD, (n + 1) * PART_OF_HOLD) for n in range(count)]
        return [Hold(dict(upto[each]), frozenset(refused[each])) for each in slices]

    def with_part(self, other: "Hold") -> "Hold":
        """This and another part of the same restriction."""
        return Hold({**self.upto, **other.upto}, self.refused | other.refused)

    def takes(self, log_id: bytes, seq: int, chain: bytes) -> bool:
        """Whether an event of the node counts."""
        return seq <= self.upto.get(log_id, 0) and chain[:8] not in self.refused
