"""Any two sets are found out, in few rounds and few bytes; the ranges of forked logs too."""

import contextlib
import hashlib
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darasa.sync.frames import FrameReader
from darasa.sync.frontier import Tip, frontier_digest
from darasa.sync.messages import Ranges, WireRange, WireTip, parse_message
from darasa.sync.ranges import (
    ALL,
    LIST_MAX,
    Finding,
    Holdings,
    Mode,
    RangeError,
    Span,
    cut_reply,
    in_order,
    joined,
    replies,
    span_of,
    wire_size,
)

VECTORS = Path(__file__).parent.parent / "vectors" / "ranges.json"

LOGS = st.one_of(
    st.binary(min_size=8, max_size=8),
    st.integers(0, 40).map(lambda n: n.to_bytes(8, "big")),  # ids that share all but a byte
    st.sampled_from([bytes(8), b"\xff" * 8, b"\xff" * 7 + b"\0"]),
)
TIPS = st.builds(
    WireTip, LOGS, st.integers(1, 5), st.integers(0, 3).map(lambda n: n.to_bytes(8, "big"))
)
SETS = st.frozensets(TIPS, max_size=120)


class Side:
    """A set of tips; what a log holds is the union of the tips it was told."""

    def __init__(self, tips):
        self.tips = set(tips)

    def holds(self, tip):
        return tip in self.tips

    def of(self, log_id):
        return {tip for tip in self.tips if tip.log_id == log_id}


def reconcile(asker, server, *, bytes_max=16_000, give_max=1 << 30, rounds_max=60):
    """Rounds until the asker has nothing left to ask; (rounds, bytes)."""
    finding = Finding(takes=True)
    finding.begin()
    rounds = size = 0
    pushing = set()
    while finding.more:
        rounds += 1
        assert rounds <= rounds_max
        key = rounds.to_bytes(8, "big")
        held = Holdings(asker.tips, key=key)
        asked = finding.ask(held, bytes_max=bytes_max)
        size += sum(map(wire_size, asked))
        server.tips |= pushing  # sent beside the ranges
        told, given_tips = _answer(server, key, asked, bytes_max, give_max)
        told = joined(told)
        size += sum(map(wire_size, told))
        before = set(asker.tips)
        asker.tips |= given_tips
        theirs = finding.hear(held, told, holds=asker.holds)
        pushing = {tip for log in theirs for tip in before if tip.log_id == log}
    server.tips |= pushing
    return rounds, size


def _answer(server, key, asked, bytes_max, give_max):
    told, given_tips = [], set()
    left = bytes_max
    for reply in replies(Holdings(server.tips, key=key), asked, holds=server.holds):
        words = reply.ranges
        for log_id in sorted(reply.lacking):
            if give_max <= 0:
                return told + list(cut_reply(reply, log_id)), given_tips
            given_tips |= server.of(log_id)
            give_max -= 1
        told += words
        left -= sum(map(wire_size, words))
        if left <= 0:
            break
    return told, given_tips


@settings(max_examples=150, deadline=None)
@given(SETS, SETS, SETS, st.sampled_from([1, 300, 16_000]), st.sampled_from([1, 7, 1 << 30]))
def test_any_two_sets_become_their_union(common, mine, theirs, bytes_max, give_max):
    asker, server = Side(common | mine), Side(common | theirs)
    reconcile(asker, server, bytes_max=bytes_max, give_max=give_max, rounds_max=400)
    assert asker.tips == server.tips == common | mine | theirs


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 3_000),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 1 << 32).map(random.Random),
)
def test_the_rounds_are_few_whatever_the_sizes(common, mine, theirs, rng):
    shared = {_tip(rng) for _ in range(common)}
    asker = Side(shared | {_tip(rng) for _ in range(mine)})
    server = Side(shared | {_tip(rng) for _ in range(theirs)})
    rounds, _ = reconcile(asker, server, bytes_max=1 << 20)
    assert rounds <= 4  # two of fingerprints, one for what is only there, one for both sides' own
    assert asker.tips == server.tips


def test_equal_sets_take_one_round_and_few_bytes():
    rng = random.Random(3)
    tips = {_tip(rng) for _ in range(12_000)}
    rounds, size = reconcile(Side(tips), Side(tips))
    assert rounds == 1
    assert size < 450


@pytest.mark.parametrize("where", ["asker", "server", "both"])
def test_thirty_of_twelve_thousand_are_found_in_three_rounds_and_forty_kilobytes(where):
    rng = random.Random(5)
    tips = {_tip(rng) for _ in range(12_000)}
    new = [_tip(rng) for _ in range(30)]
    asker = Side(tips | set(new[: {"asker": 30, "server": 0, "both": 15}[where]]))
    server = Side(tips | set(new[{"asker": 30, "server": 0, "both": 15}[where] :]))
    rounds, size = reconcile(asker, server)
    assert rounds <= 3
    assert size < 30_000
    assert asker.tips == server.tips


def test_a_side_that_lacks_everything_is_known_in_one_round():
    rng = random.Random(7)
    tips = {_tip(rng) for _ in range(2_000)}
    for asker, server in ((Side(tips), Side(())), (Side(()), Side(tips))):
        rounds, _ = reconcile(asker, server, bytes_max=1 << 20)
        assert rounds == 1
        assert asker.tips == server.tips


def test_a_fingerprint_is_the_frontier_digest_of_its_range():
    rng = random.Random(9)
    tips = [_tip(rng) for _ in range(50)]
    held = Holdings(tips, key=b"key")
    for upper in (b"", b"\x40", b"\x80\x01", bytes(8)):
        inside = [tip for tip in tips if not upper or tip.log_id < upper]
        wanted = frontier_digest((Tip(*_fields(tip)) for tip in inside), key=b"key")
        assert held.fingerprint(Span(b"", upper)) == wanted


def test_a_log_of_many_tips_is_never_cut():
    log = bytes(8)
    tips = [WireTip(log, 1, n.to_bytes(8, "big")) for n in range(5 * LIST_MAX)]
    (said,) = Holdings(tips, key=b"").say(ALL)
    assert (said.mode, len(said.value)) == (Mode.TIPS, 5 * LIST_MAX)
    beside = [*tips, WireTip(b"\x01" * 8, 1, log)]
    assert [each.upper for each in Holdings(beside, key=b"").say(ALL)] == [b"\x01", b""]


def test_the_range_of_one_log_holds_that_log_alone():
    for log in (bytes(8), b"\x00" * 7 + b"\xff", b"\xff" * 8):
        span = span_of(log)
        held = Holdings([WireTip(log, 1, log), WireTip(b"\x77" * 8, 1, log)], key=b"")
        assert [tip.log_id for tip in held.tips(span)] == [log]


@pytest.mark.parametrize(
    "ranges",
    [
        [WireRange(b"\x02", 0, None), WireRange(b"\x01", 0, None)],
        [WireRange(b"\x02", 0, None), WireRange(b"\x02", 0, None)],
        [WireRange(b"", 0, None), WireRange(b"", 0, None)],
        [WireRange(b"", 0, bytes(16))],
        [WireRange(b"", 1, None)],
        [WireRange(b"", 2, bytes(16))],
        [WireRange(b"", 9, None)],
    ],
)
def test_ranges_out_of_order_or_of_strange_modes_are_refused(ranges):
    with pytest.raises(RangeError, match="out of order"):
        list(in_order(ranges))


@given(
    SETS,
    st.lists(
        st.builds(
            WireRange,
            st.binary(max_size=8),
            st.integers(0, 4),
            st.none() | st.binary(min_size=16, max_size=16) | st.lists(TIPS, max_size=6).map(tuple),
        ),
        max_size=6,
    ),
)
def test_no_ranges_crash_either_side(tips, ranges):
    side = Side(tips)
    held = Holdings(tips, key=b"")
    finding = Finding(takes=True)
    finding.begin()
    finding.ask(held, bytes_max=1_000)
    for use in (
        lambda: list(replies(held, ranges, holds=side.holds)),
        lambda: finding.hear(held, ranges, holds=side.holds),
    ):
        with contextlib.suppress(RangeError):
            use()


def test_golden_ranges_say_and_answer_these_bytes():
    told = json.loads(VECTORS.read_text())
    for case in told["cases"]:
        key = bytes.fromhex(case["key"])
        asker, server = (
            [
                WireTip(bytes.fromhex(log), seq, bytes.fromhex(chain8))
                for log, seq, chain8 in case[side]
            ]
            for side in ("asker", "server")
        )
        entries = [hashlib.blake2b(_packed(tip), digest_size=16, key=key).digest() for tip in asker]
        total = sum(int.from_bytes(entry, "big") for entry in entries) % 2**128
        assert Holdings(asker, key=key).fingerprint(ALL).hex() == case["all"]
        assert total.to_bytes(16, "big").hex() == case["all"]
        finding = Finding(takes=True)
        finding.begin()
        asked = Ranges(tuple(finding.ask(Holdings(asker, key=key), bytes_max=16_000)))
        assert asked.to_frame().hex() == case["asked"]
        (frame,) = FrameReader().feed(bytes.fromhex(case["asked"]))
        heard = parse_message(frame)
        holding = replies(Holdings(server, key=key), heard.ranges, holds=set(server).__contains__)
        answer = Ranges(tuple(word for reply in holding for word in reply.ranges))
        assert answer.to_frame().hex() == case["answer"]


def _tip(rng):
    return WireTip(rng.randbytes(8), rng.randrange(1, 400), rng.randbytes(8))


def _fields(tip):
    return tip.log_id, tip.seq, tip.chain8


def _packed(tip):
    """msgpack of a tip whose seq is below 128, by hand."""
    assert tip.seq < 128
    return b"\x93\xc4\x08" + tip.log_id + bytes([tip.seq]) + b"\xc4\x08" + tip.chain8
