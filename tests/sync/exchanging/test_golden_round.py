"""Whole rounds in golden bytes: every signature and digest is checked from PROTOCOL.md's words."""

import hashlib
import json
import struct
import zlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from darasa.sync.clock_events import Correction
from darasa.sync.codec import pack, unpack
from darasa.sync.frames import FrameType
from darasa.sync.ids import LogId
from darasa.sync.messages import PresenceRow
from darasa.sync.session import Asking, Limits, Other
from darasa.sync.session_store import StoreView, apply_write
from darasa.sync.transport.exchange import myself

VECTOR = Path(__file__).parent.parent.parent / "vectors" / "round.json"
SQUEEZED = {FrameType.EVENTS, FrameType.FEED}
"""Another zstd may make other bytes of the same: all other frames are equal to the last bit."""


def play(kit):
    """What the vector holds, made anew: the keys, and (name, body, answer) of each round."""
    with kit.district(seed=19) as district:
        school = district.school()
        computer = district.computer(school)
        school.hooks.allowed = computer.hooks.wanted = (b"class",)
        with school.store.transaction() as tx:
            tx.publish(b"class", b"record", b"value")
        computer.write(2)
        rounds = [("events", *_round(computer, school, trusted=True))]
        for _ in range(3):
            computer.restart()
            computer.write(2, learner=b"B" * 16)
        computer.limits = Limits(frame=200, named_logs=1)
        rounds.append(("ranges", *_round(computer, school, trusted=False)))
        nodes = {"asker": computer.home.node_key.public, "answerer": school.home.node_key.public}
        return nodes, rounds


def _round(computer, school, *, trusted):
    """One round, with someone at the screen and a clock that is told."""
    me, peer = myself(computer.home), computer.home.peer
    asking = Asking(
        me=me,
        other=Other(peer.node_id, peer.public_key, peer.role, me.school_id),
        view=StoreView(computer.store, me),
        wanted=computer.hooks.wanted,
        presence=(PresenceRow(b"A" * 16, 1, 5_000, "parts/1", 1, 12),),
        limits=computer.limits,
        trusted=trusted,
    )
    body = asking.send(1_760_000_000_000, [Correction(LogId(b"L" * 8), -90_000, 750)])
    answer = school.responder().handle([body])
    for steps in (asking.receive(answer), asking.finish()):
        for step in steps:
            with computer.store.transaction() as tx:
                for write in step.writes:
                    apply_write(tx, write, me=me, hooks=computer.hooks)
    assert asking.fault == ""
    return body, answer


def frames(raw):
    """(type, flags, payload, whole) of the frames of a body, by section 2."""
    at = 0
    while at < len(raw):
        length, kind, flags = struct.unpack_from(">IBB", raw, at)
        whole = raw[at : at + 6 + length + 4]
        assert struct.unpack(">I", whole[-4:]) == (zlib.crc32(whole[:-4]),)
        yield kind, flags, unpack(whole[6:-4]), whole
        at += len(whole)


def verify(public, purpose, signed, signature):
    domain = b"darasa/" + purpose + b"/1\0"
    Ed25519PublicKey.from_public_bytes(public).verify(signature, domain + signed)


def node_id(public):
    return hashlib.blake2b(public, digest_size=32).digest()[:16]


def is_ended_right(raw):
    """Whether the digest of END is of all before it."""
    *_, (kind, _, (digest, reason, retry, code), end) = frames(raw)
    before = hashlib.blake2b(raw[: -len(end)], digest_size=8).digest()
    return (kind, digest, reason, retry, code) == (15, before, "", None, 0)


def golden():
    told = json.loads(VECTOR.read_text(encoding="utf-8"))
    keys = {name: bytes.fromhex(key) for name, key in told["public_keys"].items()}
    for each in told["rounds"]:
        yield keys, each["name"], bytes.fromhex(each["body"]), bytes.fromhex(each["answer"])


def test_each_signature_of_a_golden_round_holds_over_what_the_protocol_says():
    seen = set()
    for keys, name, body, answer in golden():
        asker, answerer = keys["asker"], keys["answerer"]
        assert is_ended_right(body)
        assert is_ended_right(answer)
        ranges = hashlib.blake2b(digest_size=16)
        asked = b""
        for kind, _, fields, whole in frames(body):
            match kind:
                case 1:
                    asked = fields[-1]
                    verify(asker, b"hello", pack((node_id(answerer), b"", *fields[:-1])), asked)
                    assert fields[2] == node_id(asker)
                case 6:
                    ranges.update(whole)
                case 7:
                    verify(asker, b"heads", pack(fields[0]), fields[2])
                case 18:
                    verify(asker, b"clock", pack((node_id(answerer), fields[0])), fields[1])
            seen.add((name, "body", kind))
        for kind, _, fields, whole in frames(answer):
            signed = (node_id(asker), asked, *fields[:-1])
            match kind:
                case 1:
                    verify(answerer, b"hello", pack(signed), fields[-1])
                case 6:
                    ranges.update(whole)
                case 10:
                    last = (ranges.digest(),) if name == "ranges" else ()
                    verify(answerer, b"receipt", pack((*signed, *last)), fields[-1])
                case 13:
                    verify(answerer, b"feed", pack(signed), fields[-1])
            seen.add((name, "answer", kind))
    assert {kind for name, side, kind in seen if side == "body"} >= {1, 6, 7, 8, 14, 15, 18}
    assert {kind for name, side, kind in seen if side == "answer"} >= {1, 6, 10, 13, 15}


def test_this_program_makes_the_golden_rounds_again(kit):
    nodes, played = play(kit)
    for (keys, name, *told), (made_name, *made) in zip(golden(), played, strict=True):
        assert (keys, name) == (nodes, made_name)
        for old, new in zip(told, made, strict=True):
            assert [each[0] for each in frames(old)] == [each[0] for each in frames(new)]
            for (kind, *_, before), (*_, now) in zip(frames(old), frames(new), strict=True):
                assert before == now or kind in {*SQUEEZED, FrameType.END}
