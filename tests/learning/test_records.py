import random

from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.records import FIELDS, SeenOp, fold_record
from darasa.sync.ids import Role

RECORD = b"r" * 16


def op(field, value, *, place=1, lamport=None, supersedes=(), role=Role.SCHOOL, record=RECORD):
    chain = bytes([place]) * 16
    key = (place if lamport is None else lamport, b"log-id-8", place, chain)
    return SeenOp(record, field, value, frozenset(supersedes), key, role)


def test_one_survivor_is_the_value():
    first = op("learner.name", b"A", place=1)
    second = op("learner.name", b"B", place=2, supersedes=[first.chain8])
    state = fold_record(RECORD, [second, first])
    assert state.shown("learner.name") == b"B"
    assert not state.conflicts
    assert state.chains("learner.name") == (second.chain8,)


def test_two_survivors_are_a_conflict_and_both_are_kept():
    ours, theirs = op("class.name", "5B", place=2), op("class.name", "5 Blue", place=1)
    state = fold_record(RECORD, [ours, theirs])
    assert state.shown("class.name") == "5 Blue"
    assert [found.field for found in state.conflicts] == ["class.name"]
    assert [found.value for found in state.conflicts[0].survivors] == ["5 Blue", "5B"]


def test_two_that_say_the_same_are_no_conflict():
    state = fold_record(RECORD, [op("class.name", "5B", place=1), op("class.name", "5B", place=2)])
    assert not state.conflicts


def test_an_edit_that_saw_both_ends_the_conflict():
    a, b = op("class.name", "5B", place=1), op("class.name", "5 Blue", place=2)
    c = op("class.name", "5B", place=3, supersedes=[a.chain8, b.chain8])
    assert not fold_record(RECORD, [c, a, b]).conflicts


def test_a_set_has_several_members_and_no_conflict():
    adds = [op("learner.class", bytes([n]) * 16, place=n) for n in (1, 2)]
    state = fold_record(RECORD, adds)
    assert set(state.values("learner.class")) == {b"\1" * 16, b"\2" * 16}
    assert not state.conflicts


def test_removing_from_a_set_removes_only_the_adds_that_were_seen():
    seen, unseen = op("learner.class", b"c" * 16, place=1), op("learner.class", b"c" * 16, place=2)
    removed = op("learner.class", None, place=3, supersedes=[seen.chain8])
    assert fold_record(RECORD, [seen, removed]).values("learner.class") == ()
    assert fold_record(RECORD, [seen, removed, unseen]).values("learner.class") == (b"c" * 16,)


def test_an_op_that_its_author_may_not_make_is_kept_and_changes_nothing():
    name = op("class.name", "5B", place=1)
    for role in (Role.COMPUTER, Role.HUB, None):
        forged = op("class.name", "Mine", place=2, supersedes=[name.chain8], role=role)
        state = fold_record(RECORD, [name, forged])
        assert state.shown("class.name") == "5B"
        assert state.ignored == (forged,)


def test_a_field_of_a_later_version_is_kept_and_changes_nothing():
    later = op("learner.interests", ("football",))
    state = fold_record(RECORD, [later])
    assert state.fields == {}
    assert state.ignored == (later,)


def test_superseding_an_op_of_another_field_or_record_does_nothing():
    name = op("class.name", "5B", place=1)
    other_field = op("class.deleted", False, place=2, supersedes=[name.chain8])
    other_record = op("class.name", "x", place=3, supersedes=[name.chain8], record=b"o" * 16)
    state = fold_record(RECORD, [name, other_field, other_record])
    assert state.shown("class.name") == "5B"


ops_in_a_history = st.lists(
    st.tuples(
        st.sampled_from([*sorted(FIELDS), "learner.later"]),
        st.sampled_from([None, True, "x", "y", b"a" * 16, b"b" * 16]),
        st.integers(1, 4),
        st.sampled_from([Role.SCHOOL, Role.SCHOOL, Role.COMPUTER, None]),
        st.lists(st.integers(0, 11), max_size=3),
        st.integers(0, 1),
    ),
    max_size=12,
)


def folded(ops):
    return [fold_record(each, ops) for each in sorted({op.record_id for op in ops})]


def history(drawn):
    ops: list[SeenOp] = []
    for place, (field, value, lamport, role, supersedes, record) in enumerate(drawn, 1):
        chains = [ops[n].chain8 for n in supersedes if n < len(ops)]
        ops.append(
            op(field, value, place=place, lamport=lamport, supersedes=chains, role=role,
               record=bytes([record]) * 16)
        )  # fmt: skip
    return ops


@given(ops_in_a_history, st.randoms(use_true_random=False))
def test_the_fold_depends_on_the_set_of_ops_alone(drawn, order: random.Random):
    ops = history(drawn)
    shuffled = [*ops, *ops[:3]]
    order.shuffle(shuffled)
    assert folded(shuffled) == folded(ops)


@given(ops_in_a_history)
def test_no_op_is_lost_by_a_fold(drawn):
    ops = history(drawn)
    for state in folded(ops):
        survivors = [o for f in state.fields.values() for o in f.survivors]
        kept = {o.chain8 for o in [*survivors, *state.ignored]}
        mine = [o for o in ops if o.record_id == state.record_id]
        superseded = {c for o in mine for c in o.supersedes}
        assert {o.chain8 for o in mine} - superseded <= kept
