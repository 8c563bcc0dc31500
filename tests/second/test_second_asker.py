"""The second asker and this implementation's answering side understand each other.

The asker knows the protocol's page and nothing else; the server is the real one, with a store in
memory. Only the link between them is a function.
"""

from itertools import pairwise
from typing import Any

import pytest

from darasa.sync.clock import ManualClock
from darasa.sync.ids import Role

from . import wire
from .answer import Asked, read_answer
from .asker import Post, Session
from .conftest import AMINA, RNG, Computer, School
from .feed import Scope
from .memory import Identity

BARAKA = b"B" * 16
CLASS = b"c" + b"7A" * 8
HERS = b"l" + AMINA


def kinds(raw: bytes) -> list[int]:
    return [frame.kind for frame, _ in wire.split(raw)]


def test_ten_events_arrive_once_and_are_receipted(school: School, computer: Computer) -> None:
    computer.write(10)
    outcome = computer.good(school.post)
    assert outcome.rounds == 1
    assert school.held() == computer.wrote()
    assert set(school.hooks.told.values()) == {1}
    assert computer.memory.levels == {(computer.log.log_id, 1): 10}


def test_a_receipt_of_another_server_is_not_believed(school: School, computer: Computer) -> None:
    computer.write(10)
    other = Computer(School(school.stack))
    computer.identity = Identity(
        computer.key, computer.identity.certificate, other.identity.server_certificate
    )
    assert computer.session(school.post).why
    assert computer.memory.levels == {}


def test_a_second_session_sends_nothing_and_costs_one_request(
    school: School, computer: Computer
) -> None:
    computer.write(10)
    computer.good(school.post)
    assert len(computer.memory.marks) == 1
    assert computer.good(school.post).rounds == 1
    assert kinds(school.bodies[-1]) == [wire.HELLO, wire.END]


def test_only_what_is_new_goes_after_the_mark(school: School, computer: Computer) -> None:
    computer.write(10)
    computer.good(school.post)
    computer.write(3)
    assert computer.good(school.post).rounds == 1
    [runs] = [wire.read(f)[0] for f, _ in wire.split(school.bodies[-1]) if f.kind == wire.EVENTS]
    assert [(run[2], run[3], run[4]) for run in runs] == [(11, 3, None)]
    assert school.held() == computer.wrote()


def test_work_of_many_frames_and_bodies_arrives(school: School, computer: Computer) -> None:
    computer.write(60, size=40_000)
    outcome = computer.good(school.post)
    assert outcome.rounds > 2
    assert school.held() == computer.wrote()
    assert set(school.hooks.told.values()) == {1}


def cut(school: School, at: int) -> Post:
    """A link that carries so many bytes, both ways together."""

    def post(body: bytes) -> bytes:
        one = school.round()
        one.feed(body[:at])
        if at < len(body):
            raise OSError("the link broke")
        answer: bytes = one.answer()
        return answer[: at - len(body)]

    return post


def test_after_a_link_was_cut_anywhere_everything_arrives_once(school: School) -> None:
    school.publish(CLASS, b"one", b"a value")
    school.publish(CLASS, b"two", b"a value")
    fresh = school.backup()
    for at in range(0, 2600, 13):
        school.set_back(fresh)
        school.hooks.told.clear()
        computer = Computer(school)
        fed(school, computer, CLASS)
        for _ in range(3):
            computer.restart()
            computer.write(5)
        was_cut = computer.session(cut(school, at)).why != ""
        computer.good(school.post)
        assert school.held() == computer.wrote()
        assert set(school.hooks.told.values()) == {1}
        assert computer.memory.marks[0][1] == computer.memory.ordinal
        assert records_of(computer, CLASS) == {b"one": b"a value", b"two": b"a value"}
        if not was_cut:
            break
    else:
        pytest.fail("no cut was behind the end")


def test_a_cut_in_much_work_costs_one_frame_at_most(school: School, computer: Computer) -> None:
    computer.write(12, size=20_000)
    assert computer.session(cut(school, 150_000)).why
    before = len(school.held())
    assert 0 < before < 12
    computer.good(school.post)
    assert kinds(school.bodies[0]) == [wire.HELLO, wire.TIPS, wire.END]
    assert school.held() == computer.wrote()
    assert set(school.hooks.told.values()) == {1}


def test_a_server_set_back_before_all_marks_gets_all_again(
    school: School, computer: Computer
) -> None:
    backup = school.backup()
    computer.write(10)
    computer.good(school.post)
    school.set_back(backup)
    computer.write(1)
    computer.good(school.post)
    assert school.held() == computer.wrote()
    assert computer.good(school.post).rounds == 1


def test_a_server_set_back_to_an_older_mark_gets_what_came_after_it(
    school: School, computer: Computer
) -> None:
    for n in range(20):
        computer.write(1)
        computer.good(school.post)
        if n == 5:
            backup = school.backup()
    school.set_back(backup)
    computer.good(school.post)
    assert school.held() == computer.wrote()
    asked = [wire.read(f) for f, _ in wire.split(school.bodies[-1]) if f.kind == wire.EVENTS]
    assert [(run[2], run[3]) for fields in asked for run in fields[0]] == [(7, 14)]
    assert computer.good(school.post).rounds == 1


def test_a_server_set_back_between_rounds_is_noticed(school: School, computer: Computer) -> None:
    backup = school.backup()
    computer.write(60, size=40_000)

    def post(body: bytes) -> bytes:
        if len(school.bodies) == 2:
            school.set_back(backup)
        return school.post(body)

    assert computer.session(post).why
    computer.good(school.post)
    assert school.held() == computer.wrote()


def test_an_event_of_an_unknown_kind_is_kept_bit_for_bit(
    school: School, computer: Computer
) -> None:
    strange = [[-(2**63), 2**63 - 1], "नमस्ते", True, None, [[[["deep"]]]], b"", RNG(300)]
    computer.memory.write(computer.log, [65_535, 65_535, AMINA, 1, -5, *strange])
    computer.write(1)
    computer.good(school.post)
    assert school.held() == computer.wrote()


def test_a_server_that_forgot_the_asker_is_told_who_it_is(school: School) -> None:
    computer = Computer(school, known=False)
    computer.write(10)
    computer.good(school.post)
    assert wire.NODES in kinds(school.bodies[1])
    assert school.held() == computer.wrote()


def test_a_removed_word_of_the_server_is_shown(school: School) -> None:
    computer = Computer(School(school.stack))
    outcome = computer.session(school.post)
    assert outcome.why
    assert outcome.code != 0


def fed(school: School, computer: Computer, *scopes: bytes) -> None:
    school.hooks.allowed = scopes
    computer.memory.feed.scopes = {scope: Scope() for scope in scopes}


def records_of(computer: Computer, scope: bytes) -> dict[bytes, Any]:
    return computer.memory.feed.scopes[scope].records


def test_records_of_the_feed_arrive_and_go(school: School, computer: Computer) -> None:
    fed(school, computer, CLASS)
    for n in range(3):
        school.publish(CLASS, b"record %d" % n, b"a value")
    computer.good(school.post)
    assert records_of(computer, CLASS) == {b"record %d" % n: b"a value" for n in range(3)}
    school.publish(CLASS, b"record 1", None)
    school.publish(CLASS, b"record 2", b"another")
    assert computer.good(school.post).rounds == 1
    assert records_of(computer, CLASS) == {b"record 0": b"a value", b"record 2": b"another"}
    before = computer.memory.feed.scopes[CLASS].cursor
    computer.good(school.post)
    assert computer.memory.feed.scopes[CLASS].cursor == before


def test_a_long_list_goes_on_in_the_next_round(school: School, computer: Computer) -> None:
    other = b"c" + b"9F" * 8
    fed(school, computer, CLASS, other)
    wrote = {b"record %03d" % n: RNG(30_000) for n in range(50)}
    for record_id, value in wrote.items():
        school.publish(CLASS, record_id, value)
    school.publish(other, b"one", b"more")
    assert computer.session(cut(school, 400_000)).why
    begun = len(records_of(computer, CLASS))
    assert 0 < begun < 50
    assert computer.good(school.post).rounds > 1
    assert records_of(computer, CLASS) == wrote
    assert records_of(computer, other) == {b"one": b"more"}
    assert len(computer.memory.feed.groups()) == 1


def test_a_list_that_begins_anew_drops_what_it_does_not_name(
    school: School, computer: Computer
) -> None:
    fed(school, computer, CLASS)
    backup = school.backup()
    school.publish(CLASS, b"lost", b"a value")
    computer.good(school.post)
    school.set_back(backup)
    school.publish(CLASS, b"kept", b"a value")
    computer.good(school.post)
    assert records_of(computer, CLASS) == {b"kept": b"a value"}


def test_copies_of_what_others_wrote_of_a_learner_arrive(
    school: School, computer: Computer
) -> None:
    other = Computer(school)
    other.write(3)
    other.good(school.post)
    fed(school, computer, HERS)
    computer.write(2)
    computer.good(school.post)
    copies = {tuple(copy[1:5]) for copy in records_of(computer, HERS).values()}
    assert other.wrote() <= copies <= other.wrote() | computer.wrote()


def test_an_erased_learner_is_forgotten_and_her_leaves_stay(
    school: School, computer: Computer
) -> None:
    backup = school.backup()
    fed(school, computer, HERS, CLASS)
    computer.write(3)
    computer.write(2, learner=BARAKA)
    computer.write(1)
    computer.good(school.post)
    school.erase(AMINA)
    outcome = computer.good(school.post)
    assert outcome.rounds == 1
    kept = [entry.canonical is not None for entry in computer.log.entries]
    assert kept == [False, False, False, True, True, False]
    assert HERS not in computer.memory.feed.scopes
    assert computer.good(school.post).rounds == 1
    school.set_back(backup)
    computer.good(school.post)
    assert [kind for kind in kinds(school.bodies[-1]) if kind in (wire.EVENTS, wire.STUB)] == [
        *(wire.STUB, wire.EVENTS, wire.STUB)
    ]
    assert {place for place in computer.wrote() if place[3]} == school.held()
    assert computer.memory.levels[computer.log.log_id, 1] == 6
    assert computer.memory.peer_erased == computer.memory.erased_digest()


def answered(school: School, computer: Computer) -> tuple[Asked, bytes]:
    """An answer with a RECEIPT, TIPS and two lists of the feed, and what it is to."""
    fed(school, computer, HERS, CLASS)
    school.publish(CLASS, b"a record", b"a value")
    computer.write(3)
    body, asked = Session(computer.memory, computer.identity, computer.clock).next_body()
    return asked, school.post(body)


def test_a_spoilt_byte_anywhere_in_an_answer_is_noticed(school: School, computer: Computer) -> None:
    asked, raw = answered(school, computer)
    assert read_answer(raw, asked).is_good
    for at in range(len(raw)):
        spoilt = raw[:at] + bytes([raw[at] ^ 0x41]) + raw[at + 1 :]
        assert not read_answer(spoilt, asked).is_good, at


def repaired(raw: bytes) -> bytes:
    """The same frames with right sums and a right END: nothing but sense shows what is spoilt."""
    parts, at = b"", 0
    while at < len(raw):
        end = at + 6 + int.from_bytes(raw[at : at + 4], "big")
        payload = raw[at + 6 : end]
        if raw[at + 4] == wire.END:
            payload = payload[:3] + wire.hashed(parts, 8) + payload[11:]
        parts += wire.Frame(raw[at + 4], payload, bool(raw[at + 5] & 1)).encode()
        at = end + 4
    return parts


def test_a_byte_that_was_changed_with_its_sum_changes_nothing_that_is_kept(
    school: School, computer: Computer
) -> None:
    asked, raw = answered(school, computer)
    whole = read_answer(raw, asked)
    signed = [fields for kind, fields in whole.frames if kind in (wire.RECEIPT, wire.FEED)]
    begins = [at for _, at in wire.split(raw)] + [len(raw)]
    for start, end in pairwise(begins):
        for at in [start + 4, start + 5, *range(start + 6, end - 4)]:
            spoilt = raw[:at] + bytes([raw[at] ^ 0x41]) + raw[at + 1 :]
            answer = read_answer(repaired(spoilt), asked)
            kept = [fields for kind, fields in answer.frames if kind in (wire.RECEIPT, wire.FEED)]
            assert all(fields in signed for fields in kept)
            assert answer.hello in (None, whole.hello)


def test_a_spoilt_answer_loses_no_work(school: School) -> None:
    fresh = school.backup()
    for at in range(4, 700, 37):
        school.set_back(fresh)
        school.hooks.told.clear()
        computer = Computer(school)
        computer.write(3)

        def post(body: bytes, at: int = at) -> bytes:
            raw = school.post(body)
            return raw if at >= len(raw) else raw[:at] + bytes([raw[at] ^ 0x41]) + raw[at + 1 :]

        computer.session(post)
        computer.write(2)
        computer.good(school.post)
        assert school.held() == computer.wrote()
        assert set(school.hooks.told.values()) == {1}


def test_what_differs_of_many_logs_is_found_by_ranges(school: School, computer: Computer) -> None:
    for _ in range(150):
        computer.restart()
        computer.write(2)
    computer.good(school.post)
    backup = school.backup()
    for log in list(computer.memory.logs.values())[::40]:
        computer.log = log
        computer.write(3)
    computer.restart()
    computer.write(1)
    computer.good(school.post)
    wrote = len(school.hooks.told)
    school.set_back(backup)
    school.bodies.clear()
    computer.memory.marks = [(b"not this", computer.memory.ordinal)]
    session = Session(computer.memory, computer.identity, computer.clock, named_max=10)
    assert session.run(school.post).why == ""
    assert all(wire.TIPS not in kinds(body) for body in school.bodies)
    assert wire.RANGES in kinds(school.bodies[1])
    assert school.held() == computer.wrote()
    assert len(school.hooks.told) == wrote
    assert len(computer.memory.marks) == 1
    assert computer.good(school.post).rounds == 1
    sent = [wire.read(f) for b in school.bodies for f, _ in wire.split(b) if f.kind == wire.EVENTS]
    assert sum(run[3] for fields in sent for run in fields[0]) == 3 * 4 + 1


def test_a_computer_whose_clock_is_wrong_tells_by_how_much(school: School) -> None:
    school.clock = ManualClock(1_790_000_000_000)
    school.log = school.begin_log()
    computer = Computer(school)
    computer.clock = ManualClock(1_790_000_000_000 - 86_400_000)
    computer.restart()
    computer.clock.advance(5_000)
    computer.write(1)

    def slow(body: bytes) -> bytes:
        computer.clock.advance(400)
        return school.post(body)

    assert computer.good(slow).rounds == 2
    assert kinds(school.bodies[-1]) == [wire.HELLO, wire.CLOCK, wire.END]
    [clock] = [wire.unpack(place[3]) for place in school.held() if wire.unpack(place[3])[0] == 3]
    log_id, offset_ms, uncertainty_ms = clock[5:]
    assert (log_id, uncertainty_ms) == (computer.log.log_id, 200)
    assert abs(offset_ms - (86_400_000 - 5_000)) <= 200
    assert computer.good(slow).rounds == 1


def ended(frames: list[bytes], end: bytes) -> bytes:
    """Frames of an answer under its END, which is made right for them."""
    said = b"".join(frames)
    return said + wire.write(wire.END, [wire.hashed(said, 8), *wire.unpack(end)[1:]])


def test_an_answer_that_somebody_took_a_frame_out_of_loses_nothing(school: School) -> None:
    school.publish(CLASS, b"one", b"a value")
    fresh = school.backup()
    for nth in range(1, 30):
        school.set_back(fresh)
        computer = Computer(school)
        fed(school, computer, CLASS)
        older = school.backup()
        for _ in range(2):
            computer.write(2)
            computer.good(school.post)
        school.set_back(older)
        school.publish(CLASS, b"two", b"a value")
        computer.restart()
        computer.write(1)
        passed = 0

        def post(body: bytes, nth: int = nth) -> bytes:
            nonlocal passed
            kept = []
            for frame, _ in wire.split(school.post(body)):
                passed += 1
                if frame.kind == wire.END:
                    return ended(kept, frame.payload)
                if passed != nth:
                    kept.append(frame.encode())
            raise AssertionError("an answer without END")

        computer.session(post)
        computer.good(school.post)
        assert school.held() == computer.wrote()
        assert records_of(computer, CLASS) == {b"one": b"a value", b"two": b"a value"}
        assert computer.memory.marks[0][1] == computer.memory.ordinal
        if passed < nth:
            break
    else:
        pytest.fail("there were more frames than that")


def test_what_the_hub_holds_is_told_by_the_school(school: School, computer: Computer) -> None:
    hub = School(school.stack, Role.HUB)
    school.join(hub)
    computer.write(4)
    computer.good(school.post)
    school.exchange(hub)
    assert computer.good(school.post).rounds == 1
    log_id = computer.log.log_id
    assert computer.memory.levels == {(log_id, 1): 4, (log_id, 3): 4}
    assert computer.wrote() <= hub.held()


def test_a_busy_server_says_when_to_come_again(school: School, computer: Computer) -> None:
    computer.write(3)
    refused = computer.session(lambda _: school.responder().busy())
    assert refused.code == 7
    assert refused.why
    assert refused.retry_after_s is not None
    computer.good(school.post)
    assert school.held() == computer.wrote()
