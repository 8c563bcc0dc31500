"""What a machine can be told by, so that a copied folder notices that it is elsewhere.

Three questions, each answered "same", "other" or "cannot tell" from what both times could be read:
is it this hardware (the board's id, fixed network cards), this file (volume and inode of the key
file), this installation (machine-id)? Another place is: other hardware; or another file; or another
installation, unless the hardware is the same. So a USB stick, a kernel update, a renamed disk
device or a network card that a driver lost change nothing, and an image on 30 PCs with one
machine-id is told by its hardware. Where it cannot tell it says "same": each run has its own log
anyway, and nothing is lost by two machines with one key.

Reads `/etc`, `/sys`, `/proc` and `/dev`; keeps only hashes salted with the node's id.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

_HASH_BYTES: Final = 8
_READ_BYTES_MAX: Final = 256
_PERMANENT: Final = "0"  # addr_assign_type: the card's own address, not a random one


class Fingerprint(Struct, frozen=True):
    """Hashes in hex; empty where it could not be read."""

    machine: str = ""
    board: str = ""
    cards: tuple[str, ...] = ()
    volume: str = ""
    device: str = ""
    inode: str = ""

    def is_elsewhere(self, now: "Fingerprint") -> bool:
        """Whether `now` is another place than this one was."""
        hardware = self._is_same_hardware(now)
        if hardware is False or self._is_same_file(now) is False:
            return True
        return hardware is None and _is_same(self.machine, now.machine) is False

    def _is_same_hardware(self, now: "Fingerprint") -> bool | None:
        """None: cannot tell. A makers' dummy board id may be shared: cards that differ outdo it."""
        answers = [_is_same(self.board, now.board)]
        if self.cards and now.cards:
            answers.append(not set(self.cards).isdisjoint(now.cards))
        if False in answers:
            return False
        return True if True in answers else None

    def _is_same_file(self, now: "Fingerprint") -> bool | None:
        """Inodes compare within one volume only; a volume without an id by its device number."""
        volume = _is_same(self.volume, now.volume)
        if volume is None:
            volume = _is_same(self.device, now.device) or None
        if volume is True:
            return _is_same(self.inode, now.inode)
        return volume


def _is_same(was: str, now: str) -> bool | None:
    return was == now if was and now else None


def read_fingerprint(file: Path, salt: bytes, *, root: Path = Path("/")) -> Fingerprint:
    """The place of `file` now. `root` is where `etc`, `sys`, `proc` and `dev` are."""

    def hashed(text: str) -> str:
        if not text:
            return ""
        return hashlib.blake2b(text.encode(), key=salt, digest_size=_HASH_BYTES).hexdigest()

    stat = file.stat()
    return Fingerprint(
        machine=hashed(_first(root / "etc/machine-id", root / "var/lib/dbus/machine-id")),
        board=hashed(
            _first(root / "sys/class/dmi/id/product_uuid", root / "proc/device-tree/serial-number")
        ),
        cards=tuple(sorted(hashed(address) for address in _cards(root / "sys/class/net"))),
        volume=hashed(_volume(root, stat.st_dev)),
        device=hashed(str(stat.st_dev)),
        inode=hashed(str(stat.st_ino)),
    )


def _first(*files: Path) -> str:
    """The text of the first of the files that can be read and is not empty."""
    return next((text for file in files if (text := _read(file))), "")


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(_READ_BYTES_MAX).decode("ascii", "replace").strip(" \0\n").lower()
    except OSError:
        return ""


def _cards(folder: Path) -> Iterable[str]:
    """The addresses of network cards that are built in: no USB, no virtual ones, no random ones."""
    try:
        cards = sorted(folder.iterdir())
    except OSError:
        return
    for card in cards:
        device = os.path.realpath(card / "device") if (card / "device").exists() else ""
        if not device or "/usb" in device or _read(card / "addr_assign_type") != _PERMANENT:
            continue
        address = _read(card / "address")
        if address.strip("0:"):
            yield address


def _volume(root: Path, device: int) -> str:
    """The UUID of the file system on a device; empty for memory, networks and the like."""
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        name = (root / "sys/dev/block" / number).readlink().name
        for link in sorted((root / "dev/disk/by-uuid").iterdir()):
            if link.readlink().name == name:
                return link.name.lower()
    except OSError:
        pass
    return ""
