"""What the page allows an asker, and this implementation's own asker never does, is understood."""

import struct
import zlib
from typing import Any

import pytest

from . import wire
from .answer import Answer, Asked, read_answer
from .conftest import AMINA, NOW_MS, Computer, School
from .log import Log
from .offering import squeeze


class Body:
    """A body put together by hand, and what its answer says."""

    def __init__(self, computer: Computer, *more: Any, versions: tuple[int, int] = (1, 1)) -> None:
        me = computer.identity
        self.computer = computer
        said = [*versions, me.node_id, me.school_id, None, [], None, 10, NOW_MS]
        signature = wire.sign(computer.key, "hello", [me.server_id, b"", *said])
        self.asked = Asked(me.node_id, me.server_key, signature, capabilities=10)
        self.raw = b""
        self.frame(wire.HELLO, [*said, signature, *more])

    def frame(self, kind: int, payload: Any, *, optional: bool = False) -> "Body":
        self.raw += wire.Frame(kind, wire.pack(payload), optional).encode()
        return self

    def heads(self, log: Log, *places: int) -> "Body":
        heads = [[log.log_id, seq, log.chain(seq)] for seq in places]
        signature = wire.sign(self.computer.key, "heads", heads)
        return self.frame(wire.HEADS, [heads, self.computer.identity.node_id, signature])

    def events(self, log: Log, first: int, last: int) -> "Body":
        genesis = log.genesis if first == 1 else None
        run = [log.log_id, log.chain(first - 1)[:8], first, last - first + 1, genesis]
        clear = b"".join(entry.canonical or b"" for entry in log.entries[first - 1 : last])
        return self.frame(wire.EVENTS, [[run], 0, None, squeeze(clear)])

    def answered(self, school: School, *more: Any) -> Answer:
        digest = wire.hashed(self.raw, 8)
        self.frame(wire.END, [digest, "", None, 0, *more])
        answer = read_answer(school.post(self.raw), self.asked)
        assert (answer.trouble, answer.reason) == ("", "")
        return answer


def receipted(answer: Answer) -> list[Any]:
    return [tip for receipt in answer.of(wire.RECEIPT) for tip in receipt[1]]


def test_heads_that_were_kept_from_the_round_before_are_receipted_too(
    school: School, computer: Computer
) -> None:
    computer.write(10)
    log = computer.log
    assert receipted(Body(computer).heads(log, 10).events(log, 1, 5).answered(school)) == []
    answer = Body(computer).events(log, 6, 10).answered(school)
    assert school.held() == computer.wrote()
    assert receipted(answer) == [log.tip(10)]


def test_heads_that_come_after_what_they_cover_make_it_believed(
    school: School, computer: Computer
) -> None:
    computer.write(10)
    log = computer.log
    answer = Body(computer).events(log, 1, 10).heads(log, 10).answered(school)
    assert school.held() == computer.wrote()
    assert receipted(answer) == [log.tip(10)]


def test_elements_after_the_last_known_one_are_ignored_at_every_depth(
    school: School, computer: Computer
) -> None:
    computer.write(3)
    log = computer.log
    Body(computer).heads(log, 3).events(log, 1, 3).answered(school)
    body = Body(computer, "more", [1, [2]]).frame(wire.TIPS, [[*log.tip(3), "more"]])
    assert receipted(body.answered(school, b"more")) == [log.tip(3)]


def test_a_genesis_of_a_later_format_begins_a_log(school: School, computer: Computer) -> None:
    fields = [2, computer.identity.node_id, b"nonce 8.", NOW_MS, "9.0", "more"]
    log = Log(wire.pack(fields))
    log.append([18, 1, AMINA, 1, 0], ordinal=1)
    answer = Body(computer).heads(log, 1).events(log, 1, 1).answered(school)
    assert receipted(answer) == [log.tip(1)]


@pytest.mark.parametrize(
    "event",
    [
        [18, 1, AMINA, 2**48 - 1, 2**53, "é" * 8_192],
        [65_535, 65_535, None, 0, -(2**53), [0] * 5_000],
        [18, 1, AMINA, 1, 1, [[[[[[[]]]]]]]],
        [18, 1, AMINA, 1, 1, bytes(49_000)],
    ],
    ids=["a long text", "a wide array", "eight arrays deep", "many bytes"],
)
def test_an_event_at_its_limits_is_taken_by_both(
    school: School, computer: Computer, event: list[Any]
) -> None:
    computer.memory.write(computer.log, event)
    computer.good(school.post)
    assert school.held() == computer.wrote()


@pytest.mark.parametrize(
    "event",
    [
        [18, 1, AMINA, 1, 1, "é" * 8_192 + "x"],
        [18, 1, AMINA, 1, 2**53 + 1],
        [18, 1, AMINA, 1, 1, [0] * 5_001],
        [18, 1, AMINA, 1, 1, [[[[[[[[]]]]]]]]],
        [18, 1, AMINA, 1, 1, bytes(49_152)],
    ],
    ids=["a long text", "a time", "a wide array", "nine arrays deep", "many bytes"],
)
def test_an_event_beyond_its_limits_is_made_by_neither(
    school: School, computer: Computer, event: list[Any]
) -> None:
    with pytest.raises(wire.WireError):
        computer.memory.write(computer.log, event)
    raw = wire.pack(event)
    log = computer.log
    run = [log.log_id, log.chain()[:8], 1, 1, log.genesis]
    body = Body(computer).frame(wire.EVENTS, [[run], 0, None, squeeze(raw)])
    with pytest.raises(AssertionError):
        body.answered(school)
    assert school.held() == set()


def test_unknown_optional_frames_and_flags_are_passed_over(
    school: School, computer: Computer
) -> None:
    computer.write(3)
    log = computer.log
    body = Body(computer).frame(99, ["later"], optional=True).heads(log, 3).events(log, 1, 3)
    tips = bytearray(wire.write(wire.TIPS, [log.tip(3)])[:-4])
    tips[5] |= 0x82
    body.raw += bytes(tips) + struct.pack(">I", zlib.crc32(bytes(tips)))
    assert receipted(body.answered(school)) == [log.tip(3)]


def test_versions_up_to_later_ones_meet_at_the_first(school: School, computer: Computer) -> None:
    assert Body(computer, versions=(0, 9)).answered(school).is_good
