"""Restrictions and merges fold to a function of their set, in any order, with doubles and rings."""

import random

from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.deciding.decisions import (
    SaidMerge,
    SaidRestriction,
    group_of,
    merged,
    standing_of,
)
from darasa.learning.kinds import Merge, Quarantine, Revocation
from darasa.sync.ids import Role

NODE, OTHER_NODE = b"n" * 16, b"o" * 16
TIP, LATER_TIP = (b"log-id-8", 5, b"chain8-5"), (b"log-id-8", 9, b"chain8-9")


def key(place):
    return (place, b"log-of-it", place, bytes([place]) * 16)


def said(place, tips, *, kind=Quarantine, supersedes=(), by=Role.SCHOOL, act=None, node=NODE):
    chains = tuple(bytes([n]) * 8 for n in supersedes)
    what = kind(node, tips, bytes([act or place]) * 8, chains, "")
    return SaidRestriction(key(place), by, b"s" * 16, what)


def test_a_restriction_stands_until_one_without_tips_supersedes_it():
    first = said(1, (TIP,))
    assert standing_of([first])[NODE].acts == (frozenset({TIP}),)
    assert standing_of([first, said(2, None, supersedes=[1])]) == {}
    assert standing_of([first, said(2, None)])[NODE].acts == (frozenset({TIP}),)


def test_a_revocation_removes_the_node_and_a_quarantine_does_not():
    assert standing_of([said(1, (), kind=Revocation)])[NODE].is_removed
    assert not standing_of([said(1, ())])[NODE].is_removed
    lifted = [said(1, (), kind=Revocation), said(2, (TIP,), supersedes=[1])]
    assert not standing_of(lifted)[NODE].is_removed


def test_tips_of_one_act_join_and_those_of_two_must_both_take_an_event():
    one = standing_of([said(1, (TIP,), act=7), said(2, (LATER_TIP,), act=7)])[NODE]
    assert one.acts == (frozenset({TIP, LATER_TIP}),)
    two = standing_of([said(1, (TIP,)), said(2, (LATER_TIP,))])[NODE]
    assert len(two.acts) == 2
    assert len(two.chains) == 2


def test_a_school_cannot_lift_what_a_hub_has_said():
    hub = said(1, (TIP,), by=Role.HUB)
    assert NODE in standing_of([hub, said(2, None, supersedes=[1], by=Role.SCHOOL)])
    assert standing_of([hub, said(2, None, supersedes=[1], by=Role.HUB)]) == {}


def merge(place, other, keep, *, supersedes=()):
    chains = tuple(bytes([n]) * 8 for n in supersedes)
    return SaidMerge(key(place), other, Merge(keep, chains))


A, B, C, D = (bytes([letter]) * 16 for letter in b"abcd")


def test_a_chain_of_merges_ends_at_the_one_that_was_kept_last():
    said = [merge(1, A, B), merge(2, B, C)]
    assert merged(said) == {A: C, B: C}
    assert group_of(merged(said), A) == group_of(merged(said), C) == (C, A, B)
    assert group_of(merged(said), D) == (D,)


def test_rings_and_a_learner_merged_with_herself_are_safe():
    assert merged([merge(1, A, B), merge(2, B, A)]) == {B: A}
    assert merged([merge(1, A, B), merge(2, B, C), merge(3, C, A)]) == {B: A, C: A}
    assert merged([merge(1, A, A)]) == {}


def test_a_learner_merged_into_two_at_the_same_time_is_one_with_both():
    assert merged([merge(1, C, B), merge(2, C, A)]) == {C: A, B: A}


def test_taking_a_merge_back_leaves_the_others():
    both = [merge(1, A, B), merge(2, B, C)]
    assert merged([*both, merge(3, A, None, supersedes=[1])]) == {B: C}
    assert merged([*both, merge(3, B, None, supersedes=[1])]) == {A: C, B: C}


merges = st.lists(
    st.tuples(
        st.sampled_from([A, B, C, D]),
        st.sampled_from([A, B, C, D, None]),
        st.lists(st.integers(1, 9), max_size=3),
    ),
    max_size=9,
)


@given(merges, st.randoms(use_true_random=False))
def test_merges_depend_on_their_set_alone_and_every_root_is_its_own(drawn, order: random.Random):
    said = [merge(n, o, k, supersedes=s) for n, (o, k, s) in enumerate(drawn, 1)]
    shuffled = [*said, *said[:2]]
    order.shuffle(shuffled)
    roots = merged(shuffled)
    assert roots == merged(said)
    assert not set(roots) & set(roots.values())


restrictions = st.lists(
    st.tuples(
        st.sampled_from([None, (), (TIP,), (TIP, LATER_TIP)]),
        st.sampled_from([Quarantine, Revocation]),
        st.lists(st.integers(1, 9), max_size=3),
        st.sampled_from([Role.SCHOOL, Role.HUB]),
        st.sampled_from([NODE, OTHER_NODE]),
        st.integers(1, 3),
    ),
    max_size=9,
)


@given(restrictions, st.randoms(use_true_random=False))
def test_restrictions_depend_on_their_set_alone(drawn, order: random.Random):
    ops = [
        said(place, tips, kind=kind, supersedes=supersedes, by=by, node=node, act=act)
        for place, (tips, kind, supersedes, by, node, act) in enumerate(drawn, 1)
    ]
    shuffled = [*ops, *ops[:2]]
    order.shuffle(shuffled)
    assert standing_of(shuffled) == standing_of(ops)
