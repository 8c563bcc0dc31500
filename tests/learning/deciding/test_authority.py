"""The table of who may say what is whole, and says what sync.md section 5 says."""

import pytest

from darasa.learning.deciding.authority import FIELDS, KINDS, May, may_say
from darasa.learning.kinds import PAYLOADS, Kind
from darasa.sync.ids import Role


def test_every_kind_has_its_row_and_an_op_those_of_its_fields():
    assert set(KINDS) == set(Kind) - {Kind.OP}
    assert FIELDS
    assert {kind for kind, _ in PAYLOADS} <= {*KINDS, Kind.OP}


@pytest.mark.parametrize("kind", [k for k in Kind if 16 <= k < 48])
def test_work_is_said_by_computers_and_schools_and_by_no_hub(kind):
    assert may_say(kind, Role.COMPUTER) is May.YES
    assert may_say(kind, Role.SCHOOL) is May.YES
    assert may_say(kind, Role.HUB) is May.NEVER


@pytest.mark.parametrize("kind", [Kind.QUARANTINE, Kind.REVOCATION, Kind.CONFIRM, Kind.CLOCK])
def test_no_computer_decides_about_nodes_confirms_or_sets_clocks(kind):
    assert may_say(kind, Role.COMPUTER) is May.NEVER
    assert may_say(kind, Role.SCHOOL) is May.YES


@pytest.mark.parametrize(
    "kind",
    [
        Kind.OBSERVATION,
        Kind.JUDGEMENT,
        Kind.OVERTURN,
        Kind.WITHDRAW_ITEM,
        Kind.FEEDBACK,
        Kind.MERGE,
    ],
)
def test_what_a_teacher_says_at_a_computer_waits_for_the_school(kind):
    assert may_say(kind, Role.COMPUTER) is May.IF_CONFIRMED
    assert may_say(kind, Role.SCHOOL) is May.YES
    assert may_say(kind, Role.HUB) is May.NEVER


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_a_record_is_a_computers_to_write_by_itself(field):
    may = may_say(Kind.OP, Role.COMPUTER, field=field)
    is_servers = field.startswith(("teacher.", "server.")) or field == "learner.code"
    is_staff = field == "class.teacher" or field.startswith("school.")
    is_set = field.startswith("assignment.") or field == "learner.assignment"
    assert may is (May.NEVER if is_servers or is_staff or is_set else May.IF_CONFIRMED)
    assert may_say(Kind.OP, Role.SCHOOL, field=field) is May.YES


def test_a_hub_writes_its_officers_and_no_roster():
    assert may_say(Kind.OP, Role.HUB, field="teacher.name") is May.YES
    assert may_say(Kind.OP, Role.HUB, field="learner.name") is May.NEVER


def test_kinds_and_fields_of_later_versions_are_refused_to_nobody():
    assert may_say(900, Role.COMPUTER) is May.YES
    assert may_say(Kind.OP, Role.COMPUTER, field="learner.later") is May.YES
