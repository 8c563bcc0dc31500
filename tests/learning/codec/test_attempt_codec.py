"""Codec 1: any events come back byte for byte, with and without what the other side must know."""

import contextlib
import random
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.difficulties import with_difficulties
from darasa.content_packs.grading import Typed, correct_response, wrong_responses
from darasa.content_packs.instance import draw
from darasa.content_packs.item import difficulty_milli
from darasa.content_packs.source import as_pack, load_source, read_source
from darasa.learning.attempt_columns.codec import AttemptCodec
from darasa.learning.attempt_columns.frame import Frame, RunState
from darasa.learning.attempt_columns.item import code_attempt
from darasa.learning.kinds import (
    Attempt,
    Hand,
    Kind,
    LessonProgress,
    MasteryShown,
    Op,
    SignIn,
    SignOut,
    body_of,
    kind_of,
)
from darasa.learning.sitting_ids import sitting_id
from darasa.sync.codec import pack
from darasa.sync.columns import Writer
from darasa.sync.errors import CodecError
from darasa.sync.event import Event, canonical_bytes, parse_event
from darasa.sync.event_codec import CodedRun, ContextMissingError
from darasa.sync.ids import LogId, NodeId, SchoolId

COURSE = load_source(bundled_courses()[0])
LEARNERS = [random.Random(n).randbytes(16) for n in range(5)]
LOG = LogId(b"LOGLOGLO")
PEER, SCHOOL = NodeId(b"P" * 16), SchoolId(b"S" * 16)


def make_codec(*, packs=(COURSE,), known=LEARNERS, here=LEARNERS):
    return AttemptCodec(
        packs=lambda: packs,
        known=lambda learner_id, _: learner_id in known,
        find=lambda _, prefix: [each for each in here if each.startswith(prefix)][:2],
    )


def encoded(codec, runs):
    return codec.encode(
        [(CodedRun(log_id, first, len(raws)), raws) for log_id, first, raws in runs],
        peer=PEER,
        known_upto=9,
    )


def decoded(codec, runs, coded):
    found = codec.decode(
        [CodedRun(log_id, first, len(raws)) for log_id, first, raws in runs],
        context8=coded.context8,
        payload=coded.payload,
        school_id=SCHOOL,
    )
    for run in found:
        for each in run:
            assert parse_event(each.canonical) == each.event
    return [[each.canonical for each in run] for run in found]


def sitting_events(seed, *, first_seq=1, items=10, step_ms=100, course=COURSE):
    """One sitting as a screen writes it: events with made times, from sign-in to sign-out."""
    rng = random.Random(seed)
    learner = LEARNERS[seed % len(LEARNERS)]
    sitting = sitting_id(LOG, first_seq, learner)
    lamport, t_ms = rng.randrange(1, 300), rng.randrange(10**6) * step_ms
    made = [Event(Kind.SIGN_IN, 1, learner, lamport, t_ms, (sitting, "pin"))]
    met: dict[str, int] = {}
    pool = list(course.items.values())[:17]
    for _ in range(items):
        item = rng.choice(pool)
        nth = met[item.id] = met.get(item.id, 0) + 1
        instance = draw(item, learner_id=learner, nth=nth)
        for try_nth in (1, 2, 3):
            right = rng.random() < 0.7
            wrongs = wrong_responses(instance)
            answer = correct_response(instance) if right else rng.choice(wrongs)
            response = rng.randrange(20, 400) * step_ms
            t_ms += response + rng.randrange(10, 60) * step_ms
            typed = answer.text if isinstance(answer, Typed) else ""
            picked = () if isinstance(answer, Typed) else answer.choices
            attempt = Attempt(
                sitting, COURSE.id, item.id, item.version, tuple(item.skills),
                difficulty_milli(item), nth, tuple(instance.values), try_nth, right,
                tuple(picked), typed, try_nth - 1, False, response, 0, 0, None, False,
            )  # fmt: skip
            made.append(Event(Kind.ATTEMPT, 1, learner, lamport, t_ms, body_of(attempt)))
            if right:
                break
    shown = MasteryShown(
        sitting, COURSE.id, item.skills[0], "elo-1/shown-1", LOG, first_seq + len(made) - 1
    )
    made.append(Event(Kind.MASTERY_SHOWN, 1, learner, lamport, t_ms, body_of(shown)))
    made.append(Event(Kind.SIGN_OUT, 1, learner, lamport, t_ms + 2000, (sitting, "asked")))
    return [canonical_bytes(event) for event in made]


def day(count, **how):
    """Sittings one after the other in one log."""
    raws = []
    for seed in range(count):
        raws += sitting_events(seed, first_seq=len(raws) + 1, **how)
    return [(LOG, 1, raws)]


def attempts_in(runs):
    return sum(parse_event(raw).kind == Kind.ATTEMPT for *_, raws in runs for raw in raws)


def test_sittings_come_back_and_weigh_little():
    codec, runs = make_codec(), day(20)
    coded = encoded(codec, runs)
    assert decoded(codec, runs, coded) == [raws for *_, raws in runs]
    assert len(coded.payload) <= 4.0 * attempts_in(runs)
    assert coded.context8 is not None


def test_difficulties_from_answers_are_another_dictionary_and_weigh_as_little():
    """Of one item the attempts say what it was held to be when it was answered."""
    source = read_source(bundled_courses()[0])
    newer = as_pack(with_difficulties(source, dict.fromkeys(COURSE.items, -137)))
    runs, of_newer = day(20), day(20, course=newer)
    assert runs != of_newer
    held = (COURSE, newer)
    for packs, some in ((held, of_newer), (held, runs), ((newer,), of_newer), ((newer,), runs)):
        codec = make_codec(packs=packs)
        assert decoded(codec, some, encoded(codec, some)) == [raws for *_, raws in some]
    before, after = make_codec(), make_codec(packs=(newer,))
    weighs = len(encoded(after, of_newer).payload)
    assert abs(weighs - len(encoded(before, runs).payload)) < 100
    with pytest.raises(ContextMissingError):
        decoded(before, of_newer, encoded(after, of_newer))


def test_without_dictionary_and_roster_it_still_works_and_needs_no_context():
    runs = day(20)
    sender = make_codec(packs=(), known=())
    coded = encoded(sender, runs)
    assert coded.context8 is None
    stranger = make_codec(packs=(), here=())
    assert decoded(stranger, runs, coded) == [raws for *_, raws in runs]
    plain = sum(map(len, runs[0][2]))
    assert 4 * len(coded.payload) < plain


def test_a_receiver_without_the_dictionary_says_so():
    runs = day(2)
    coded = encoded(make_codec(), runs)
    with pytest.raises(ContextMissingError):
        decoded(make_codec(packs=()), runs, coded)


@pytest.mark.parametrize("here", [(), LEARNERS[:1], [*LEARNERS, LEARNERS[0][:3] + bytes(13)]])
def test_a_receiver_without_a_learner_or_with_two_alike_says_so(here):
    runs = day(2)
    coded = encoded(make_codec(), runs)
    with pytest.raises(ContextMissingError):
        decoded(make_codec(here=here), runs, coded)


def test_another_learner_of_the_same_three_bytes_is_told_by_the_name_of_the_context():
    runs = day(1)
    coded = encoded(make_codec(), runs)
    others = [each[:3] + bytes(13) for each in LEARNERS]
    with pytest.raises(ContextMissingError):
        decoded(make_codec(here=others), runs, coded)


def test_what_a_peer_lacked_is_not_used_for_it_again():
    codec, runs = make_codec(), day(1)
    codec.context_missing(PEER)
    assert encoded(codec, runs).context8 is None
    codec.peer_reads(PEER, codec_1=False)
    assert encoded(codec, runs) is None
    codec.peer_reads(PEER, codec_1=True)
    assert encoded(codec, runs).context8 is None


def test_a_run_that_begins_in_the_middle_of_a_sitting():
    raws = sitting_events(1)
    for first in range(len(raws) - 2):
        runs = [(LOG, first + 1, raws[first:])]
        coded = encoded(make_codec(), runs)
        assert decoded(make_codec(), runs, coded) == [raws[first:]]
        assert len(coded.payload) < 24 + 6 * len(raws[first:])


def test_times_of_older_programs_come_back_to_the_millisecond():
    runs = day(3, step_ms=7)
    coded = encoded(make_codec(), runs)
    assert decoded(make_codec(), runs, coded) == [raws for *_, raws in runs]


def test_a_payload_that_makes_more_than_a_frame_may_is_refused():
    raws = [pack((700, 1, None, 1, 0, "x" * 10_000)) for _ in range(4)]
    coded = encoded(make_codec(), [(LOG, 1, raws)])
    assert decoded(make_codec(), [(LOG, 1, raws)], coded) == [raws]
    many = [pack((700, 1, None, 1, 0, "x" * 10_000)) for _ in range(110)]
    assert encoded(make_codec(), [(LOG, 1, many)]) is None


KEYS = st.text(min_size=1, max_size=8)
BYTES8 = st.binary(min_size=8, max_size=8)
SMALL = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 300)
VALUES = st.recursive(
    st.none() | st.booleans() | SMALL | st.text(max_size=12) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=8,
)
ITEMS = st.sampled_from(list(COURSE.items.values()))


@st.composite
def attempts(draw_from):
    item = draw_from(ITEMS)
    told = (COURSE.id, item.id, item.version, tuple(item.skills), difficulty_milli(item))
    if draw_from(st.booleans()):
        skills = tuple(draw_from(st.lists(KEYS, min_size=1, max_size=3)))
        told = (draw_from(KEYS), draw_from(KEYS), draw_from(BYTES8), skills, 250)
    return Attempt(
        draw_from(BYTES8),
        *told,
        draw_from(st.integers(1, 3) | st.integers(1, 2**20)),
        tuple(draw_from(st.lists(SMALL, max_size=16))),
        draw_from(st.integers(1, 3) | st.integers(1, 255)),
        draw_from(st.booleans()),
        tuple(draw_from(st.lists(st.integers(0, 255), max_size=16))),
        draw_from(st.text(max_size=200) | st.sampled_from(["1/2", "0", "half"])),
        draw_from(st.integers(0, 255)),
        draw_from(st.booleans()),
        draw_from(st.integers(0, 2**40) | st.integers(0, 900).map(lambda n: n * 100)),
        draw_from(st.integers(0, 2)),
        draw_from(st.integers(0, 2)),
        draw_from(st.none() | BYTES8),
        draw_from(st.booleans()),
    )


PAYLOADS = st.one_of(
    attempts(),
    attempts(),
    st.builds(SignIn, BYTES8, st.sampled_from(["pin", "guest", "odd", "é"])),
    st.builds(SignOut, BYTES8, st.sampled_from(["asked", "idle", "other"])),
    st.builds(MasteryShown, BYTES8, KEYS, KEYS, KEYS, BYTES8, st.integers(1, 2**40 - 1)),
    st.builds(LessonProgress, BYTES8, KEYS, KEYS, KEYS, KEYS, st.just(1), st.just(2)),
    st.builds(Hand, BYTES8, st.booleans(), KEYS, KEYS),
    st.builds(Op, st.binary(min_size=16, max_size=16), KEYS, VALUES, st.just(())),
)


@st.composite
def events(draw_from):
    learner = draw_from(st.none() | st.sampled_from(LEARNERS) | st.binary(min_size=16, max_size=16))
    lamport = draw_from(st.integers(1, 9) | st.integers(0, 2**48 - 1))
    t_ms = draw_from(st.integers(0, 99).map(lambda n: n * 100) | st.integers(-(2**53), 2**53))
    if draw_from(st.integers(0, 3)):
        payload = draw_from(PAYLOADS)
        kind, version, body = *kind_of(payload), body_of(payload)
    else:  # unknown kinds and versions, bodies that fit no kind
        kind = draw_from(st.integers(0, 2**16 - 1) | st.sampled_from([16, 17, 18, 19]))
        version = draw_from(st.integers(0, 3))
        body = tuple(draw_from(st.lists(VALUES, max_size=20)))
    return canonical_bytes(Event(kind, version, learner, lamport, t_ms, body))


RUNS = st.lists(
    st.tuples(
        st.binary(min_size=8, max_size=8),
        st.integers(1, 40) | st.integers(1, 2**39),
        st.lists(events(), min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=3,
)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(RUNS)
def test_any_events_come_back_byte_for_byte(runs):
    for codec in (make_codec(), make_codec(packs=(), known=())):
        coded = encoded(codec, runs)
        assert coded is not None
        assert decoded(codec, runs, coded) == [raws for *_, raws in runs]


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(1, 300), st.none() | BYTES8)
def test_no_payload_raises_anything_but_a_codec_error(raw, count, context8):
    with contextlib.suppress(CodecError):
        make_codec().decode(
            [CodedRun(LOG, 1, count)], context8=context8, payload=raw, school_id=SCHOOL
        )


@settings(deadline=None)
@given(st.integers(0, 9), st.data())
def test_a_changed_payload_is_refused_or_makes_events(seed, data):
    runs = [(LOG, 1, sitting_events(seed))]
    coded = encoded(make_codec(), runs)
    payload = bytearray(coded.payload)
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] ^= data.draw(st.integers(1, 255))
    changed = type(coded)(coded.context8, bytes(payload))
    with contextlib.suppress(CodecError):
        decoded(make_codec(), runs, changed)


def test_many_events_from_few_bytes_stop_at_the_limit():
    """A payload of certain values is nearly free: what comes out is bounded all the same."""
    raws = [pack((700, 1, None, 1, 0))] * 60_000
    coded = encoded(make_codec(), [(LOG, 1, raws)])
    assert coded is not None
    with pytest.raises(CodecError):
        make_codec().decode(
            [CodedRun(LOG, 1, 65_536)] * 1_000,
            context8=coded.context8,
            payload=coded.payload,
            school_id=SCHOOL,
        )


def crafted(skills):
    """A payload of one attempt that no writer makes: nothing looks at what it says of the item."""
    writer = Writer()
    frame = Frame(writer, ())
    state = RunState(LOG, frame.nobody, seq=1)
    writer.bits(4, 0)
    writer.symbol(frame.models.unit, 0)
    told_now = 5
    writer.symbol(frame.models.shape[0], told_now)
    body = (
        bytes(8), "pack", "item", bytes(8), skills, 0, 1, (), 1, False, (), "",
        0, False, 500, 0, 0, None, False,
    )  # fmt: skip
    code_attempt(frame, state, told_now, Event(Kind.ATTEMPT, 1, LEARNERS[0], 1, 900, body))
    return writer.finish()


def test_what_is_longer_than_any_event_is_refused():
    decode = partial(make_codec().decode, [CodedRun(LOG, 1, 1)], context8=None, school_id=SCHOOL)
    ((found,),) = decode(payload=crafted(("s" * 16_000,) * 3))
    assert parse_event(found.canonical) == found.event
    with pytest.raises(CodecError, match="longer than any event"):
        decode(payload=crafted(("s" * 16_000,) * 4))
