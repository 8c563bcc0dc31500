"""Every decoder by itself, with random bytes, spoilt real ones, and traps.

    python decoders.py EACH SEED

A decoder may raise the errors that its docstring names and nothing else. Prints one JSON object.
"""

import io
import json
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutate import BYTES, bomb, canonical, change, nested, parts_of
from scenes import Recorder, all_scenes, helper

from darasa.content_packs import container
from darasa.content_packs.build import build_pack
from darasa.content_packs.errors import PackError
from darasa.content_packs.manifest import parse_manifest
from darasa.learning.errors import FitError
from darasa.learning.fits.signed_fit import open_fit, sign_fit
from darasa.learning.fits.values import FitPartValue, RulesValue, parse_fit_value
from darasa.learning.kinds import KindError, payload_of
from darasa.learning.mastery.shipped import WARM
from darasa.learning.scopes import PackValue, parse_value
from darasa.sync import enrol, packed_runs
from darasa.sync.bundle import BundleError
from darasa.sync.channel import Announcement, Channel, announce
from darasa.sync.codec import pack, unpack, unpack_canonical
from darasa.sync.errors import (
    CertificateError,
    CodecError,
    HomeError,
    RemoteProtocolError,
    SealError,
)
from darasa.sync.event import parse_event, parse_genesis
from darasa.sync.event_runs import unpack_runs
from darasa.sync.frames import Frame, FrameError, FrameReader, FrameType
from darasa.sync.home import init_home
from darasa.sync.home_files import read_config, read_key
from darasa.sync.ids import Role, SchoolId
from darasa.sync.messages import MESSAGES, Events, parse_message
from darasa.sync.recovery_kit import KitError, RecoveryKit, half_of_text, half_to_text, split_kit
from darasa.sync.sealing import SealKey, seal
from darasa.sync.session_body import BodyReader
from darasa.sync.signing import Certificate, NodeKey, issue_certificate
from darasa.sync.squeeze import expand, squeeze
from darasa.sync.transport.bundle_reading import open_bundle
from darasa.sync.transport.file import Stick
from darasa.sync.transport.stick_files import StickError

_SHOWN = 5
RNG = random.Random(5).randbytes
CODE = "ABCD-EFGH"
_MANIFEST_LENGTH_AT = 12


@dataclass(frozen=True)
class Decoder:
    """One entrance for bytes: `honest` are some that it takes, `refuses` how it says no."""

    name: str
    read: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...]
    honest: tuple[bytes, ...]
    cost: int = 1  # of these tries only every so-many-th is made


def read_frames(raw: bytes) -> object:
    reader = FrameReader()
    for start in range(0, len(raw), 997):
        reader.feed(raw[start : start + 997])
    return reader.finish()


def read_body(raw: bytes) -> object:
    reader = BodyReader()
    list(reader.messages(raw))
    return reader.finish()


def read_runs(raw: bytes) -> object:
    events = Events.parse(raw)
    return [parse_event(each) for run in unpack_runs(events) for each in run]


def read_pack(raw: bytes) -> object:
    file = io.BytesIO(raw)
    head = container.read_head(file)
    return list(container.frames(file, head.manifest))


class Joining:
    """Both sides of a joining, waiting for the other side's bytes."""

    def __init__(self) -> None:
        self.server_key, self.key = NodeKey.generate(RNG), NodeKey.generate(RNG)
        self.joiner = enrol.Joiner(self.key.public, "computer", "Lab 1", None, ())
        client, server = self.sides()
        self.start = client.start()
        self.start_answer = server.start(self.start)
        self.finish = client.finish(self.start_answer, self.joiner)

    def sides(self) -> tuple[enrol.EnrolClient, enrol.EnrolServer]:
        rng = random.Random(11).randbytes
        client = enrol.EnrolClient(code=CODE, key=self.key, rng=rng)
        return client, enrol.EnrolServer(codes=[CODE], key=self.server_key, rng=rng)

    def server_started(self, raw: bytes) -> object:
        return self.sides()[1].start(raw)

    def client_finished(self, raw: bytes) -> object:
        client, _ = self.sides()
        client.start()
        return client.finish(raw, self.joiner)


def of_enrolment() -> list[Decoder]:
    """The messages of joining, and both sides of the proof."""
    joining = Joining()
    certificate = Certificate.from_bytes(_certificate()).to_payload()
    channel = (0, bytes(32))
    welcome = enrol.Welcome(certificate, "School", bytes(16), bytes(32), certificate, channel)
    answer = enrol.FinishAnswer(0, welcome.to_bytes(), bytes(32)).to_bytes()
    no = (enrol.EnrolError,)
    return [
        Decoder("joining: start", joining.server_started, no, (joining.start,), cost=10),
        Decoder("joining: start answer", joining.client_finished, no, (joining.start_answer,), 10),
        Decoder("joining: finish", enrol.FinishRequest.parse, no, (joining.finish,)),
        Decoder("joining: joiner", enrol.Joiner.parse, no, (joining.joiner.to_bytes(),)),
        Decoder("joining: welcome", enrol.Welcome.parse, no, (welcome.to_bytes(),)),
        Decoder("joining: finish answer", enrol.FinishAnswer.parse, no, (answer,)),
        Decoder("a server's key", Announcement.parse, (RemoteProtocolError,), (_announcement(),)),
    ]


def _announcement() -> bytes:
    key = NodeKey.generate(RNG)
    return announce(key, Channel(3, bytes(32))).to_bytes()


def _certificate() -> bytes:
    key = NodeKey.generate(RNG)
    made = issue_certificate(
        key, subject_public=key.public, role=Role.COMPUTER, school_id=SchoolId(bytes(16))
    )
    return made.to_bytes()


def of_homes(folder: Path) -> list[Decoder]:
    """`darasa.toml` and a key file."""
    made = init_home(folder / "made", role=Role.SCHOOL, name="Mlima", rng=RNG)
    config = (made.path / "darasa.toml").read_bytes()
    key = (made.path / "keys" / "node.key").read_bytes()
    spoilt = folder / "spoilt"
    spoilt.mkdir()

    def config_of(raw: bytes) -> object:
        (spoilt / "darasa.toml").write_bytes(raw)
        return read_config(spoilt)

    def key_of(raw: bytes) -> object:
        (spoilt / "node.key").write_bytes(raw)
        return read_key(spoilt / "node.key")

    return [
        Decoder("home: darasa.toml", config_of, (HomeError,), (config,)),
        Decoder("home: key file", key_of, (HomeError,), (key,)),
    ]


def of_packs(folder: Path) -> list[Decoder]:
    """A real pack of one lesson."""
    small = helper("content_packs", "small_pack")
    for file, text in small.FILES.items():
        path = folder / "small" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    raw = build_pack(folder / "small", sign=small.Signer())
    length = int.from_bytes(raw[_MANIFEST_LENGTH_AT : _MANIFEST_LENGTH_AT + 4], "big")
    manifest = container.read_head(io.BytesIO(raw)).raw[-length:]
    return [
        Decoder("pack: container", read_pack, (PackError,), (raw,)),
        Decoder("pack: manifest", parse_manifest, (PackError,), (manifest,)),
    ]


def of_the_wire() -> list[Decoder]:
    """Frames, messages, events, certificates, and what is squeezed."""
    with closing(Recorder()) as recorder:
        scenes = all_scenes(recorder)
    bodies = tuple(body for scene in scenes for body in (*scene.bodies, *scene.answers))
    parts = [part for body in bodies for part in parts_of(body)]
    payloads = {
        kind: tuple(part.payload for part in parts if part.kind == kind) for kind in MESSAGES
    }
    clear = tuple(expand(unpack(raw)[3]) for raw in payloads[FrameType.EVENTS])
    events = tuple(
        each
        for raw in payloads[FrameType.EVENTS]
        for run in unpack_runs(Events.parse(raw))
        for each in run
    )
    geneses = tuple(
        run[4] for raw in payloads[FrameType.EVENTS] for run in unpack(raw)[0] if run[4]
    )
    no = (RemoteProtocolError,)
    return [
        Decoder("frames", read_frames, (FrameError,), bodies),
        Decoder("body", read_body, no, bodies),
        *(
            Decoder(f"message: {FrameType(kind).name}", _message_of(kind), no, payloads[kind])
            for kind in MESSAGES
        ),
        Decoder("event runs", read_runs, (CodecError, RemoteProtocolError), payloads[8]),
        Decoder("codec", unpack, (CodecError,), (*events, *payloads[1])),
        Decoder("codec, canonical", unpack_canonical, (CodecError,), events),
        Decoder("event", parse_event, (CodecError,), events),
        Decoder("genesis", parse_genesis, (CodecError,), geneses),
        Decoder("squeezed", expand, (CodecError,), tuple(map(squeeze, clear))),
        Decoder("certificate", Certificate.from_bytes, (CertificateError,), (_certificate(),)),
    ]


def _message_of(kind: int) -> Callable[[bytes], object]:
    return lambda raw: parse_message(Frame(kind, False, raw, raw))


def of_sticks(folder: Path) -> list[Decoder]:
    """A bundle that a school made for its hub, and the sheets of a recovery kit."""
    with closing(Recorder()) as recorder:
        scene = recorder.school_to_hub()
        school, hub = scene.asker, scene.server
        stick = Stick(
            school.home, school.store, hooks=school.hooks, clock=school.clock, rng=school.rng
        )
        made = folder / stick.export_work(folder, from_start=True).file
        raw = made.read_bytes()

    def read_bundle(raw: bytes) -> object:
        made.write_bytes(raw)
        return list(open_bundle(made, hub.home).pieces())

    kit = RecoveryKit(1, bytes(16), "Mlima Primary", bytes(32), (bytes(32),))
    sheets = [half_to_text(half, name="Mlima", made="today") for half in split_kit(kit, RNG)]
    return [
        Decoder("bundle", read_bundle, (BundleError, StickError, FrameError), (raw,)),
        Decoder("recovery kit", RecoveryKit.from_bytes, (KitError,), (kit.to_bytes(),)),
        Decoder(
            "recovery sheet",
            lambda raw: half_of_text(raw.decode("utf-8", "replace")),
            (KitError,),
            tuple(sheet.encode() for sheet in sheets),
        ),
    ]


def of_packed_runs() -> list[Decoder]:
    """What the store keeps of settled work."""
    event = canonical((18, 1, b"A" * 16, 1, 5, "answer"))
    entries = [packed_runs.Entry(event), packed_runs.Entry(None, bytes(16))] * 5
    ordinals = packed_runs.encode_ordinals([1, 1, 4, 9, 9, 9, 200])
    no = (CodecError,)
    return [
        Decoder(
            "packed run",
            lambda raw: packed_runs.decode(packed_runs.FORM, raw),
            no,
            (packed_runs.encode(entries),),
        ),
        Decoder("packed ordinals", packed_runs.decode_ordinals, no, (ordinals,)),
    ]


def of_learning() -> list[Decoder]:
    """Sealed text, bodies of kinds, and values of records."""
    key = SealKey.generate(RNG)
    sealed = seal(key.public, b"Amina Kato", context=b"name", rng=RNG)
    attempt = pack((18, 1, b"A" * 16, 1, 5, b"sitting1", "pack", "q1", b"version1", ("add",), 0, 1,
                    (3,), 1, True, (), "3", 0, False, 9_000, 0, 0, None, False))  # fmt: skip
    pack_value = PackValue("fractions", "3", 3, bytes(32)).to_bytes()

    def payload(raw: bytes) -> object:
        return payload_of(parse_event(raw))

    node = NodeKey.generate(RNG)
    fit = sign_fit(WARM, node, made_ms=1)

    def of_a_bad_server(clear: bytes) -> object:
        """Its signature holds, whatever it signed."""
        head = (1, node.public, 1, squeeze(clear))
        return open_fit(pack((*head, node.sign("parameters", pack(head)))))

    return [
        Decoder("fit", open_fit, (FitError,), (fit,), cost=10),
        Decoder("fit, signed", of_a_bad_server, (FitError,), (WARM.to_bytes(),), cost=10),
        Decoder(
            "fit record",
            parse_fit_value,
            (CodecError,),
            (FitPartValue(bytes(16), 0, 1, fit).to_bytes(), RulesValue(bytes(16)).to_bytes()),
        ),
        Decoder("sealed", lambda raw: key.open(raw, context=b"name"), (SealError,), (sealed,)),
        Decoder("event body", payload, (CodecError, KindError), (attempt,)),
        Decoder("record value", parse_value, (CodecError, ValueError), (pack_value,)),
    ]


def spoilt(decoder: Decoder, rng: random.Random) -> bytes:
    """Bytes for a decoder that it may well not like."""
    honest = rng.choice(decoder.honest)
    roll = rng.random()
    if roll < 0.1:
        return rng.randbytes(rng.choice((0, 1, 2, 9, 60, 600)))
    if roll < 0.13:
        return rng.choice((nested().packed, bomb(rng), b"\xdd\xff\xff\xff\xff" * 3, b"[" * 20_000))
    if roll < 0.5:
        try:
            return canonical(change(unpack(honest), rng, (b"", 0, 2**63, (), None, "x" * 300)))
        except CodecError:
            pass
    for _ in range(rng.choice((1, 1, 2, 4))):
        honest = rng.choice(BYTES)(honest, rng)
    return honest


def try_all(decoders: Sequence[Decoder], each: int, seed: int) -> list[str]:
    """What was raised that should not be."""
    crashes: list[str] = []
    for decoder in decoders:
        for raw in decoder.honest:
            decoder.read(raw)  # an honest one is taken
        for number in range(0, each, decoder.cost):
            raw = spoilt(decoder, random.Random(f"{seed} {decoder.name} {number}"))
            try:
                decoder.read(raw)
            except decoder.refuses:
                pass
            except Exception:  # any other is what is looked for
                crashes.append(f"{decoder.name} {number}: {traceback.format_exc(limit=-4)}")
    return crashes


def main(each: int, seed: int) -> dict[str, Any]:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        decoders = [
            *of_the_wire(),
            *of_enrolment(),
            *of_homes(Path(folder)),
            *of_packs(Path(folder)),
            *of_sticks(Path(folder)),
            *of_packed_runs(),
            *of_learning(),
        ]
        crashes = try_all(decoders, each, seed)
    return {
        "decoders": len(decoders),
        "tried": sum(len(range(0, each, decoder.cost)) for decoder in decoders),
        "crashes": len(crashes),
        "bad": crashes[:_SHOWN],
        "seconds": time.perf_counter() - started,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
