"""The golden bytes of tests/vectors mean the same to the second implementation."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import wire
from .answer import Asked, read_answer
from .log import Log, leaf_of, next_chain, read_event
from .memory import Memory
from .ranges import LIST, OTHERWISE, Comparing, fingerprint, read_ranges

VECTORS = Path(__file__).parent.parent / "vectors"


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def plain(value: Any) -> Any:
    """A value of the JSON, where {"hex": …} stands for bytes."""
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    return [plain(one) for one in value] if isinstance(value, list) else value


def in_hex(value: Any) -> Any:
    """Fields as messages.json has them: bytes in hex."""
    if isinstance(value, list):
        return [in_hex(one) for one in value]
    return value.hex() if isinstance(value, bytes) else value


def test_the_second_implementation_imports_nothing_of_the_first() -> None:
    modules = [
        path
        for path in Path(__file__).parent.glob("*.py")
        if not path.name.startswith(("test_", "conftest"))
    ]
    assert len(modules) > 5
    for path in modules:
        tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        imported = {
            name
            for node in tree
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None), *(alias.name for alias in node.names)]
        }
        assert not any(name and name.startswith("darasa") for name in imported), path.name


@pytest.mark.parametrize("case", vectors("events")["accepted"], ids=lambda case: case["name"])
def test_an_event_is_read_and_written_byte_for_byte(case: Any) -> None:
    canonical = bytes.fromhex(case["canonical"])
    event = read_event(canonical)
    assert event == plain(case["header"]) + plain(case["body"])
    assert wire.pack(event) == canonical
    assert leaf_of(canonical).hex() == case["leaf"]


@pytest.mark.parametrize("case", vectors("events")["refused"], ids=lambda case: case["name"])
def test_what_is_no_event_is_refused(case: Any) -> None:
    with pytest.raises(wire.WireError):
        read_event(bytes.fromhex(case["raw"]))


def test_bodies_of_all_kinds_are_written_byte_for_byte() -> None:
    for canonical in vectors("kinds").values():
        assert wire.pack(read_event(bytes.fromhex(canonical))).hex() == canonical


def test_a_log_has_its_golden_chain() -> None:
    golden = vectors("log")
    genesis = wire.pack(plain(golden["genesis"]["fields"]))
    log = Log(genesis)
    assert genesis.hex() == golden["genesis"]["raw"]
    assert wire.node_of(bytes.fromhex(golden["node_public_key"])).hex() == golden["node_id"]
    assert (log.chain().hex(), log.log_id.hex()) == (golden["chain_0"], golden["log_id"])
    for event in golden["events"]:
        log.append(read_event(bytes.fromhex(event["canonical"])), ordinal=1)
        entry = log.entries[event["seq"] - 1]
        assert (entry.leaf.hex(), entry.chain.hex()) == (event["leaf"], event["chain"])


def test_signatures_are_made_and_believed() -> None:
    golden = vectors("signatures")
    heads = golden["heads"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(heads["private_key"]))
    assert wire.sign(key, "heads", plain(heads["heads"])).hex() == heads["signature"]
    for certificate in golden["certificates"]:
        fields = wire.CERTIFICATE(wire.unpack(bytes.fromhex(certificate["raw"])))
        assert fields == plain(certificate["fields"])
        issuer_key = bytes.fromhex(certificate["issuer_public_key"])
        wire.verify_certificate(fields, issuer_key)
        with pytest.raises(wire.WireError):
            wire.verify_certificate([fields[0], "teacher", *fields[2:]], issuer_key)
    feed = golden["feed"]
    said = [bytes.fromhex(feed["receiver"]), bytes.fromhex(feed["answers_to"])]
    assert wire.sign(key, "feed", said + plain(feed["fields"])).hex() == feed["signature"]


def test_a_sum_of_tips_is_the_golden_one() -> None:
    for case in vectors("frontier")["cases"]:
        hashes = [
            wire.hashed(wire.pack(tip), 16, bytes.fromhex(case["key"]))
            for tip in plain(case["tips"])
        ]
        total = sum(int.from_bytes(one, "big") for one in hashes) % 2**128
        assert total.to_bytes(16, "big").hex() == case["digest"]


def test_frames_are_read_and_written_byte_for_byte() -> None:
    for golden in vectors("frames")["frames"]:
        [(frame, _)] = wire.split(bytes.fromhex(golden["frame"]))
        expected = (golden["type"], bytes.fromhex(golden["payload"]), golden["optional"])
        assert tuple(frame) == expected
        assert frame.encode().hex() == golden["frame"]


@pytest.mark.parametrize("golden", vectors("messages")["messages"], ids=lambda one: one["name"])
def test_each_message_is_read_and_written_byte_for_byte(golden: Any) -> None:
    [(frame, _)] = wire.split(bytes.fromhex(golden["frame"]))
    fields = wire.read(frame)
    assert in_hex(fields) == golden["fields"]
    assert wire.write(frame.kind, fields).hex() == golden["frame"]


def are_events(*some: bytes) -> bool:
    try:
        return all(read_event(one) for one in some)
    except wire.WireError:
        return False


def chained(log: Log, *events: bytes) -> bytes:
    chain = log.chain()
    for event in events:
        chain = next_chain(chain, leaf_of(event))
    return chain


@pytest.mark.parametrize("case", vectors("round")["rounds"], ids=lambda case: case["name"])
def test_a_whole_round_is_believed(case: Any) -> None:
    keys = {who: bytes.fromhex(key) for who, key in vectors("round")["public_keys"].items()}
    body, raw = bytes.fromhex(case["body"]), bytes.fromhex(case["answer"])
    node_ids = {who: wire.node_of(key) for who, key in keys.items()}
    frames = [(frame.kind, wire.read(frame), at) for frame, at in wire.split(body)]
    hello = frames[0][1]
    wire.verify(keys["asker"], "hello", [node_ids["answerer"], b"", *hello[:9]], hello[9])
    for kind, fields, _ in frames:
        if kind == wire.HEADS:
            wire.verify(keys["asker"], "heads", fields[0], fields[2])
        elif kind == wire.CLOCK:
            wire.verify(keys["asker"], "clock", [node_ids["answerer"], fields[0]], fields[1])
        elif kind == wire.EVENTS:
            [[log_id, before, first_seq, n, genesis]], codec, context, payload = fields
            log = Log(genesis)
            assert (log.log_id, before) == (log_id, log.chain()[:8])
            assert (first_seq, n, codec, context) == (1, 2, 0, None)
            events = wire.unsqueeze(payload)
            [[_, seq, chain]] = next(fields[0] for kind, fields, _ in frames if kind == wire.HEADS)
            halves = [(events[:at], events[at:]) for at in range(1, len(events))]
            assert (seq, chain) in [(2, chained(log, *two)) for two in halves if are_events(*two)]
    ranges = b"".join(
        wire.Frame(wire.RANGES, wire.pack(fields), optional=True).encode()
        for kind, fields, _ in frames
        if kind == wire.RANGES
    )
    assert frames[-1][1][0] == wire.hashed(body[: frames[-1][2]], 8)
    asked = Asked(node_ids["asker"], keys["answerer"], hello[9], hello[4], hello[7], ranges)
    answer = read_answer(raw, asked)
    assert answer.trouble == ""
    assert answer.is_good
    for fed in answer.of(wire.FEED):
        assert wire.unpack(wire.unsqueeze(fed[3])) == [[b"record", b"value"]]


def test_a_record_of_an_erased_learner_is_believed() -> None:
    golden = vectors("erased")
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(golden["private_key"]))
    school_id, learner_hash = bytes.fromhex(golden["school_id"]), golden["learner_hash"]
    assert wire.hashed(bytes.fromhex(golden["learner_id"]), 16).hex() == learner_hash
    record = [bytes.fromhex(learner_hash), bytes.fromhex(golden["signature"])]
    assert wire.pack([school_id, *record]).hex() == golden["record"]
    memory = Memory()
    assert memory.erase(school_id, [record], key.public_key().public_bytes_raw())
    with pytest.raises(wire.WireError):
        memory.erase(bytes(16), [record], key.public_key().public_bytes_raw())


def test_digests_of_the_erased_are_the_golden_ones() -> None:
    for case in vectors("erased")["digests"]:
        memory = Memory(erased={bytes.fromhex(one): b"" for one in case["hashes"]})
        digest = memory.erased_digest()
        assert (digest and digest.hex()) == case["digest"]


def in_bytes(value: Any) -> Any:
    if isinstance(value, list):
        return [in_bytes(one) for one in value]
    return bytes.fromhex(value) if isinstance(value, str) else value


@pytest.mark.parametrize("case", vectors("ranges")["cases"], ids=lambda case: case["name"])
def test_ranges_are_asked_and_their_answers_understood(case: Any) -> None:
    key, asker, server = (in_bytes(case[one]) for one in ("key", "asker", "server"))
    assert fingerprint(asker, key).hex() == case["all"]
    comparing = Comparing(asker)
    asked, answered = (
        [row for frame, _ in wire.split(bytes.fromhex(case[one])) for row in wire.read(frame)]
        for one in ("asked", "answer")
    )
    assert comparing.ask(key) == asked
    comparing.take(answered, key)
    while comparing.asks:
        again = list(read_ranges(comparing.ask(key)))
        assert {one.mode for one in again if one.what is not None} == {LIST}
        otherwise = [
            [tip for tip in server if tip[0] == log_id] or [[log_id, 0, bytes(8)]]
            for log_id in sorted({tip[0] for one in again for tip in one.what or []})
            if not all(tip in server for tip in asker if tip[0] == log_id)
        ]
        last = wire.unpack(wire.pack([[b"", OTHERWISE, [t for tips in otherwise for t in tips]]]))
        comparing.take(last, key)
    for log_id, seq, _ in asker:
        tips = [tip for tip in server if tip[0] == log_id]
        said = comparing.found[log_id]
        assert said in (None, tips, [[log_id, 0, bytes(8)]])
        assert (said is None) == all(tip in tips for tip in asker if tip[0] == log_id), seq
