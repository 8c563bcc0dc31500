"""What a bundle file says of itself, and what is in it for a node that can open it.

Reads only.
"""

from collections import Counter
from pathlib import Path
from typing import Any, Final

from darasa.sync.bundle import BundleError, BundleKind
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.frames import FrameError, FrameReader
from darasa.sync.home import Home
from darasa.sync.ids import Role
from darasa.sync.messages import Events, Feed, Message, Receipt, parse_message
from darasa.sync.session_feed import records_of
from darasa.sync.transport.bundle_reading import frames_of, key_for, open_bundle, read_head
from darasa.sync.transport.pack_bundle import blobs_in_turn
from darasa.sync.transport.stick_files import StickError, no_progress, size_of

LOGS_MAX: Final = 500_000
"""A school's logs of ten years are half as many; they are held in memory to count each once."""


def show_bundle(file: Path, home: Home | None) -> dict[str, Any]:
    """A bundle as plain values: the clear part, and with the key of `home` what was sealed.

    Raises BundleError for a file that is none, StickError for one that cannot be read. The figures
    of the clear part are what its maker says.
    """
    head, maker, _ = read_head(file)
    is_open = head.kind == BundleKind.PACKS
    told: dict[str, Any] = {
        "file": file.name,
        "bytes": size_of(file),
        "kind": BundleKind(head.kind).name.lower(),
        "maker": maker.node_id.hex(),
        "maker_role": str(maker.role),
        "maker_name": None if home is None else _name_of(maker.node_id, home),
        "for_role": str(Role(head.receiver_role)),
        "for_school": None if head.receiver_school is None else head.receiver_school.hex(),
        "for_node": None if head.receiver is None else head.receiver.hex(),
        "made_ms": head.made_ms,
        "logs": head.logs,
        "events": head.events,
        "can_open": is_open or (home is not None and key_for(home, head) is not None),
        "contents": None,
    }
    if is_open:
        told["contents"] = _files_in(file)
    elif home is not None and told["can_open"]:
        told["contents"] = _contents_of(file, home)
    return told


def _name_of(node_id: bytes, home: Home) -> str | None:
    if node_id == home.node_id:
        return home.name
    if home.peer is not None and node_id == home.peer.node_id:
        return home.peer.name
    return None


def _files_in(file: Path) -> dict[str, Any]:
    """The files of a PACKS bundle, as far as it can be read."""
    begun = whole = 0
    damage = ""
    try:
        for blob in blobs_in_turn(frames_of(file, no_progress)):
            begun += blob.offset == 0
            whole += blob.offset + len(blob.raw) == blob.total
    except (FrameError, RemoteProtocolError, StickError) as error:
        damage = str(error)
    return {"files": whole, "whole": not damage and whole == begun, "damage": damage}


def _contents_of(file: Path, home: Home) -> dict[str, Any]:
    """Counts of what was sealed, as far as it can be read."""
    opened = open_bundle(file, home)
    reader = FrameReader()
    counts: Counter[str] = Counter()
    logs: set[bytes] = set()
    damage = ""
    try:
        for piece in opened.pieces():
            for frame in reader.feed(piece):
                message = parse_message(frame)
                if message is not None:
                    _count(message, counts, logs)
    except RemoteProtocolError as error:
        damage = str(error)
    names = ("events", "receipts", "records")
    return {
        "logs": len(logs),
        **{name: counts[name] for name in names},
        "whole": opened.is_whole and not damage,
        "damage": damage or opened.damage,
    }


def _count(message: Message, counts: Counter[str], logs: set[bytes]) -> None:
    """Raises RemoteProtocolError for what is in no bundle of ours."""
    match message:
        case Events():
            counts["events"] += sum(run.count for run in message.runs)
            logs.update(run.log_id for run in message.runs)
            if len(logs) > LOGS_MAX:
                raise BundleError("This bundle names more logs than a school has.")
        case Receipt():
            counts["receipts"] += 1
        case Feed():
            counts["records"] += len(records_of(message))
        case _:
            pass
