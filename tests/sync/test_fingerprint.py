"""A machine is known by its hardware and its files, and by nothing that changes by itself."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from darasa.sync.fingerprint import Fingerprint, read_fingerprint

HERE = Fingerprint(
    machine="m1", board="b1", cards=("c1", "c2"), volume="v1", device="d1", inode="i1"
)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"device": "d2"},  # a USB stick was in at the start: sda is sdb now
        {"board": ""},  # read by root only
        {"cards": ()},  # a kernel without the driver
        {"cards": ("c2", "c9")},  # a card was added, another removed
        {"machine": "m2"},  # the system was installed anew around the folder
        {"machine": ""},
        {"volume": "", "device": "d2", "inode": "i2"},  # nothing to compare the file by
    ],
    ids=str,
)
def test_what_changes_by_itself_is_the_same_place(change):
    assert not HERE.is_elsewhere(replace(HERE, **change))
    assert not replace(HERE, **change).is_elsewhere(HERE)


@pytest.mark.parametrize(
    "change",
    [
        {"board": "b2"},
        {"cards": ("c8", "c9")},  # an image cloned to a PC whose maker gave all one board id
        {"volume": "v2"},
        {"inode": "i2"},
        {"volume": "", "inode": "i2"},  # the same device, another file
        {"machine": "m2", "board": "", "cards": ()},
        {"machine": "m2", "board": "", "cards": (), "volume": "", "device": ""},
    ],
    ids=str,
)
def test_another_machine_or_another_file_is_another_place(change):
    assert HERE.is_elsewhere(replace(HERE, **change))
    assert replace(HERE, **change).is_elsewhere(HERE)


def test_where_nothing_can_be_read_nothing_is_elsewhere():
    assert not Fingerprint().is_elsewhere(HERE)
    assert not HERE.is_elsewhere(Fingerprint())


@pytest.fixture
def machine(tmp_path):
    """`machine(machine_id=…, cards=…)`: a folder with what Linux would show, and the key file."""
    file = tmp_path / "node.key"
    file.write_text("key")
    device = file.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"

    def made(name, *, machine_id="abc", board=None, cards=(), disk="sda1") -> Path:
        root = tmp_path / name
        (root / "etc").mkdir(parents=True)
        (root / "etc/machine-id").write_text(f"{machine_id}\n")
        if board is not None:
            (root / "sys/class/dmi/id").mkdir(parents=True)
            (root / "sys/class/dmi/id/product_uuid").write_text(f"{board}\n")
        for place, address, kind in cards:
            device = root / "sys/devices" / place
            device.mkdir(parents=True)
            card = root / "sys/class/net" / place.replace("/", "-")
            card.mkdir(parents=True)
            if not place.startswith("virtual"):
                (card / "device").symlink_to(device)
            (card / "address").write_text(f"{address}\n")
            (card / "addr_assign_type").write_text(f"{kind}\n")
        (root / "sys/dev/block").mkdir(parents=True)
        (root / "sys/dev/block" / number).symlink_to(f"../../devices/pci0/block/{disk}")
        (root / "dev/disk/by-uuid").mkdir(parents=True)
        (root / "dev/disk/by-uuid/AAAA-1").symlink_to("../../sdz9")
        (root / "dev/disk/by-uuid/1234-ABCD").symlink_to(f"../../{disk}")
        return root

    made.file = file
    return made


def test_a_clone_with_one_machine_id_is_told_by_its_network_card(machine):
    first = machine("first", cards=[("pci0/eth", "52:54:00:00:00:01", 0)])
    second = machine("second", cards=[("pci0/eth", "52:54:00:00:00:02", 0)])
    was, now = (read_fingerprint(machine.file, b"salt", root=root) for root in (first, second))
    assert was.machine == now.machine
    assert was.is_elsewhere(now)


def test_only_built_in_cards_with_their_own_address_count(machine):
    root = machine(
        "root",
        cards=[
            ("pci0/eth", "52:54:00:00:00:01", 0),
            ("pci0/usb1/stick", "52:54:00:00:00:02", 0),
            ("pci0/wifi", "52:54:00:00:00:03", 3),
            ("virtual/bridge", "52:54:00:00:00:04", 0),
            ("pci0/none", "00:00:00:00:00:00", 0),
        ],
    )
    assert len(read_fingerprint(machine.file, b"salt", root=root).cards) == 1


def test_the_volume_is_known_by_its_uuid_whatever_the_disk_is_called(machine):
    was = read_fingerprint(machine.file, b"salt", root=machine("first", disk="sda1"))
    now = read_fingerprint(machine.file, b"salt", root=machine("second", disk="sdb1"))
    assert was.volume == now.volume != ""


def test_hashes_tell_nothing_of_the_machine_and_differ_between_nodes(machine):
    root = machine("root", board="4c4c4544-0001", cards=[("pci0/eth", "52:54:00:00:00:01", 0)])
    one, other = (read_fingerprint(machine.file, salt, root=root) for salt in (b"1", b"2"))
    assert "52:54" not in repr(one)
    assert "4c4c4544" not in repr(one)
    assert set(vars_of(one)).isdisjoint(vars_of(other))


def vars_of(fingerprint):
    return [each for each in (fingerprint.machine, fingerprint.board, *fingerprint.cards) if each]


def test_a_machine_that_hides_everything_is_read_without_a_fault(tmp_path):
    file = tmp_path / "node.key"
    file.write_text("key")
    read = read_fingerprint(file, b"salt", root=tmp_path / "empty")
    assert (read.machine, read.board, read.cards, read.volume) == ("", "", (), "")


def test_this_very_machine_is_where_it_was(tmp_path):
    file = tmp_path / "node.key"
    file.write_text("key")
    was = read_fingerprint(file, b"salt")
    assert not was.is_elsewhere(read_fingerprint(file, b"salt"))
