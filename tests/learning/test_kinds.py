"""Golden bytes of every event kind that this version writes, for a second implementation."""

import base64
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from darasa.learning.kinds import (
    PAYLOADS,
    Adopt,
    Attempt,
    Challenge,
    ChoseLanguage,
    Confirm,
    FitPart,
    Hand,
    Judgement,
    Kind,
    KindError,
    LessonProgress,
    MasteryShown,
    Merge,
    NotMe,
    NotSure,
    Observation,
    Op,
    Overturn,
    Payload,
    Placement,
    Quarantine,
    Revocation,
    SetGoal,
    SignIn,
    SignOut,
    WithdrawItem,
    WrongTries,
    body_of,
    kind_of,
    payload_of,
)
from darasa.sync.event import Event, canonical_bytes, parse_event

VECTORS = Path(__file__).parent.parent / "vectors" / "kinds.json"

LEARNER = bytes(range(16))
SITTING = bytes(range(8))
ONE_OF_EACH: dict[str, Payload] = {
    "sign_in": SignIn(SITTING, "pin"),
    "sign_out": SignOut(SITTING, "asked"),
    "attempt_typed": Attempt(
        SITTING, "fractions", "add-1", b"version1", ("add", "same-size"), -1000, 2, (3, -4), 1,
        True, (), "3/4", 0, False, 12_345, 0, 0, None, False,
    ),
    "attempt_picked_in_a_pair": Attempt(
        SITTING, "fractions", "pick-1", b"version2", ("compare",), 1000, 1, (), 2,
        False, (0, 3), "", 2 | 16, True, 800, 2, 1, b"pair-id!", True,
    ),
    "mastery_shown": MasteryShown(SITTING, "fractions", "add", "elo-1/shown-1", b"log-id-8", 300),
    "lesson_progress": LessonProgress(SITTING, "fractions", "l-add", "easier", "sw", 2, 5),
    "hand": Hand(SITTING, True, "add", "add-1"),
    "not_me": NotMe(SITTING, b"sitting0"),
    "not_sure": NotSure(SITTING, "fractions", "add-1", ("add", "same-size"), 2),
    "language": ChoseLanguage(SITTING, "pt_BR"),
    "goal_unit": SetGoal(
        SITTING, b"the-goal", "unit", "fractions", ("add", "compare"), 2, 1_800_000_000_000, False,
        (),
    ),
    "goal_count_given_up": SetGoal(
        SITTING, b"the-goal", "count", "", (), 12, None, True, (b"chain8-1", b"chain8-2"),
    ),
    "wrong_tries": WrongTries(5, "pictures"),
    "challenge": Challenge(SITTING, "fractions", "add", 1),
    "placement_begun": Placement(SITTING, "fractions", 0, ()),
    "placement_ended": Placement(SITTING, "fractions", 1, ("parts", "same-size")),
    "observation": Observation(b"t" * 16, "fractions", "add", True, 2, ()),
    "observation_taken_back": Observation(None, "fractions", "add", None, 1, (b"chain8-1",)),
    "judgement": Judgement(b"t" * 16, "fractions", "add", "got", ()),
    "judgement_taken_back": Judgement(b"t" * 16, "fractions", "add", "", (b"chain8-1",)),
    "overturn_one": Overturn(
        b"t" * 16, (b"log-id-1", 300, b"chain8-1"), "fractions", "add-1", (3, -4), "half", True, (),
    ),
    "overturn_for_all": Overturn(
        None, None, "fractions", "pick-1", (), (0, 3), False, (b"chain8-1",),
    ),
    "overturn_taken_back": Overturn(
        None, None, "fractions", "pick-1", (), (0, 3), None, (b"chain8-2",),
    ),
    "overturn_of_a_version": Overturn(
        None, None, "fractions", "pick-1", (), (0, 3), True, (), b"item-v-1",
    ),
    "withdraw_item": WithdrawItem(b"t" * 16, "fractions", "add-1", True, ()),
    "op_text": Op(b"r" * 16, "class.name", "Darasa la 5", ()),
    "op_set": Op(b"r" * 16, "learner.class", b"c" * 16, (b"chain8-1", b"chain8-2")),
    "quarantine": Quarantine(
        b"n" * 16, ((b"log-id-1", 300, b"chain8-1"),), b"this-act", (), "its clock",
    ),
    "quarantine_lifted": Quarantine(b"n" * 16, None, b"next-act", (b"chain8-2",), ""),
    "revocation": Revocation(b"n" * 16, (), b"this-act", (), ""),
    "confirm": Confirm((b"log-id-1", 7, b"chain8-1")),
    "parameters": FitPart(b"f" * 16, 1, 3, b"the second of three"),
    "merge": Merge(b"k" * 16, ()),
    "merge_taken_back": Merge(None, (b"chain8-1",)),
    "adopt": Adopt(b"s" * 16, (b"log-id-1", b"log-id-2")),
}  # fmt: skip


def event_of(payload: Payload) -> Event:
    kind, version = kind_of(payload)
    of_nobody = isinstance(payload, Adopt | Quarantine | Revocation | WithdrawItem | FitPart)
    of_nobody = of_nobody or (isinstance(payload, Overturn) and payload.target is None)
    learner_id = None if of_nobody else LEARNER
    return Event(kind, version, learner_id, 7, 90_000, body_of(payload))


def test_every_kind_has_its_golden_bytes():
    golden = json.loads(VECTORS.read_text())
    assert {name: canonical_bytes(event_of(p)).hex() for name, p in ONE_OF_EACH.items()} == golden


def test_every_payload_is_among_the_golden_ones():
    assert {kind_of(payload) for payload in ONE_OF_EACH.values()} == set(PAYLOADS)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_payload_survives_its_bytes(name):
    payload = ONE_OF_EACH[name]
    assert payload_of(parse_event(canonical_bytes(event_of(payload)))) == payload


def test_kinds_of_later_versions_are_nothing_to_this_one():
    assert payload_of(Event(Kind.RATING, 1, LEARNER, 1, 0, ("anything",))) is None
    assert payload_of(Event(Kind.ATTEMPT, 99, LEARNER, 1, 0, ())) is None


@pytest.mark.parametrize(
    "body",
    [
        (),
        (b"short", "pin"),
        (SITTING, 5),
        (SITTING, "a word that is longer than it may be"),
    ],
)
def test_a_body_that_does_not_fit_is_an_error_of_its_own(body):
    with pytest.raises(KindError):
        payload_of(Event(Kind.SIGN_IN, 1, LEARNER, 1, 0, body))


def with_text_for_bytes(value):
    """The value as often as it holds bytes, each time with some of them as text in base64."""
    if isinstance(value, bytes):
        yield base64.b64encode(value).decode("ascii")
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            for other in with_text_for_bytes(inner):
                yield (*value[:place], other, *value[place + 1 :])


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_text_never_stands_for_bytes(name):
    event = event_of(ONE_OF_EACH[name])
    for body in with_text_for_bytes(event.body):
        if name == "op_set" and isinstance(body[2], str):
            continue  # the value of an op is text or bytes
        with pytest.raises(KindError):
            payload_of(replace(event, body=body))


def test_numbers_of_kinds_are_never_reused():
    assert len({int(kind) for kind in Kind}) == len(Kind)
    assert (Kind.ADOPT, Kind.OP, Kind.SIGN_IN, Kind.ATTEMPT, Kind.HAND) == (1, 2, 16, 18, 21)
