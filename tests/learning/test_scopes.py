from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.scopes import (
    SCHOOL_SCOPE,
    AssignmentValue,
    ClassValue,
    KeptValue,
    LearnerValue,
    PackValue,
    class_of,
    class_scope,
    learner_of,
    learner_scope,
    parse_value,
)
from darasa.sync.codec import pack


def test_values_survive_their_bytes():
    for value in (
        ClassValue("5B"),
        ClassValue("5B", courses=("fractions", "reading")),
        PackValue("fractions", "1.0", 3, b"h" * 32),
        LearnerValue("Amina K.", b"verifier"),
        LearnerValue("Amina K.", None),
        LearnerValue("Amina K.", None, assigned=(b"r" * 16,)),
        KeptValue("Amina K.", b"sealed"),
        KeptValue("Amina K.", None, (b"r" * 16,)),
        AssignmentValue("Market week", "Ms. Otieno", (("fractions", "add"),), 5, for_all=True),
        AssignmentValue("", "", (("fractions", "add"),), None, for_all=False),
    ):
        assert parse_value(value.to_bytes()) == value


def test_values_of_later_versions_are_not_shown_and_later_fields_are_ignored():
    assert parse_value(pack(("assignment", "x"))) is None
    assert parse_value(pack(("class", "5B", "pin", (), "later"))) == ClassValue("5B")


def test_names_from_a_peer_are_made_safe():
    value = parse_value(pack(("class", "5B\x1b[2J")))
    assert isinstance(value, ClassValue)
    assert "\x1b" not in value.name


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(raw):
    parse_value(raw)


def test_scopes_say_what_they_are_of():
    assert class_of(class_scope(b"c" * 16)) == b"c" * 16
    assert learner_of(learner_scope(b"l" * 16)) == b"l" * 16
    assert class_of(SCHOOL_SCOPE) is None
    assert learner_of(class_scope(b"c" * 16)) is None
