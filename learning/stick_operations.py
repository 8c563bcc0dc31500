"""`bundle-export` and `bundle-import` as operations: plain values in and out.

They run in the process that holds the node: a path is handed over, and that process opens it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import asdict

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


def _export(room: "Classroom", args: dict[str, Any]) -> dict[str, Any]:
    """`{"made": [{"file", "receiver", "size", "logs", "events"}]}`."""
    from darasa.learning.sticks import export_bundles  # late: few runs carry a stick

    made = export_bundles(
        room,
        receiver=str(args["for"]),
        path=Path(args["path"]),
        everything=bool(args.get("all")),
        progress=args.get("progress") or _unseen,
    )
    return {"made": [asdict(each) for each in made]}


def _import(room: "Classroom", args: dict[str, Any]) -> dict[str, Any]:
    """`{"ok", "events_in", "records_in", "packs", "left_out", "bundles": [...]}`."""
    from darasa.learning.sticks import import_bundles

    brought, left_out = import_bundles(
        room, Path(args["path"]), progress=args.get("progress") or _unseen
    )
    bundles = [each.to_json() for each in brought]
    return {
        "ok": all(each["ok"] for each in bundles),
        "events_in": sum(each["events_in"] for each in bundles),
        "records_in": sum(each["records_in"] for each in bundles),
        "packs": [title for each in bundles for title in each["packs"]],
        "left_out": left_out,
        "bundles": bundles,
    }


def _unseen(done: int, total: int) -> None:
    """Nobody watches."""


STICK_OPERATIONS: Final[dict[str, Callable[["Classroom", dict[str, Any]], dict[str, Any]]]] = {
    "bundle-export": _export,
    "bundle-import": _import,
}
