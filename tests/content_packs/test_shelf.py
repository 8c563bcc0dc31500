import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darasa.content_packs.blobs import zstd
from darasa.content_packs.build import build_pack, build_source
from darasa.content_packs.container import (
    MAGIC,
    SIGNED_PREFIX,
    encode_blob,
    encode_head,
)
from darasa.content_packs.errors import (
    PackDamagedError,
    PackError,
    PackNotFoundError,
    PackRefusedError,
)
from darasa.content_packs.manifest import Manifest, encode_manifest
from darasa.content_packs.shelf import Shelf
from darasa.content_packs.source import Source, load_source, read_source

WriteFolder = Callable[..., Path]


class Signer(Protocol):
    public: bytes

    def __call__(self, manifest: bytes) -> tuple[bytes, bytes]: ...


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def built(write_folder: WriteFolder, signer: Signer) -> bytes:
    return build_pack(write_folder(), sign=signer)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_two_builds_of_one_folder_have_the_same_bytes(
    write_folder: WriteFolder, signer: Signer
) -> None:
    first = build_pack(write_folder(name="one"), sign=signer)
    os.utime(write_folder(name="two") / "pack.toml", (0, 0))
    assert build_pack(write_folder(name="two"), sign=signer) == first
    assert first.startswith(MAGIC)


def test_an_installed_pack_is_what_its_source_is(
    shelf: Shelf, built: bytes, signer: Signer, write_folder: WriteFolder
) -> None:
    pack = shelf.install(built, trusted=[signer.public])
    source = load_source(write_folder())
    assert dict(pack.items) == dict(source.items)
    assert dict(pack.skills) == dict(source.skills)
    assert [item.id for item in pack.items_of("halves")] == ["half-01", "half-02", "half-03"]
    lesson = pack.lesson_for("halves")
    assert lesson is not None
    assert lesson.sections("richer", "sw")[1].text.plain == "Take one part."
    assert pack.lesson_for("thirds") is None


def test_a_pack_is_found_again_by_another_run(shelf: Shelf, built: bytes, signer: Signer) -> None:
    shelf.install(built, trusted=[signer.public])
    again = Shelf(shelf._blobs.parent)
    (info,) = again.list()
    assert (info.id, info.version, info.sequence, info.title) == ("small", "1.0.0", 1, "Small")
    assert (info.items, info.skills) == (3, 2)
    assert info.size > 0
    assert [pack.id for pack in again.all()] == ["small"]
    assert again.open("small") is again.open("small")
    assert again.manifest("small").id == "small"


def test_an_installed_pack_can_be_handed_on_byte_for_byte(
    shelf: Shelf, built: bytes, signer: Signer, tmp_path: Path
) -> None:
    shelf.install(built, trusted=[signer.public])
    assert b"".join(shelf.pack_file("small").read()) == built
    file = tmp_path / "small.pack"
    file.write_bytes(built)
    assert Shelf(tmp_path / "other").install(file, trusted=[signer.public]).id == "small"


@pytest.fixture
def school() -> tuple[bytes, Callable[[bytes], bytes]]:
    """The key of a school, and its signature."""
    key = Ed25519PrivateKey.generate()
    return key.public_key().public_bytes_raw(), lambda raw: key.sign(SIGNED_PREFIX + raw)


Countersign = tuple[bytes, Callable[[bytes], bytes]]


def test_a_pack_that_another_signs_too_is_trusted_by_either(
    tmp_path: Path, built: bytes, signer: Signer, school: Countersign
) -> None:
    between = Shelf(tmp_path / "between")
    between.install(built, trusted=[signer.public], countersign=school)
    both = b"".join(between.pack_file("small").read())
    for trusted in (signer.public, school[0]):
        shelf = Shelf(tmp_path / trusted.hex())
        assert (
            shelf.install(both, trusted=[trusted]).manifest
            == Shelf(tmp_path / f"{trusted.hex()}-again").install(both, trusted=[trusted]).manifest
        )
        assert b"".join(shelf.pack_file(shelf.list()[0].id).read()) == both
    between.install(both, trusted=[signer.public], countersign=(school[0], lambda raw: b""))
    assert b"".join(between.pack_file("small").read()) == both
    with pytest.raises(PackRefusedError):
        Shelf(tmp_path / "alone").install(built, trusted=[school[0]])


def test_what_was_taken_without_a_signature_gets_it_when_it_is_installed_again(
    shelf: Shelf, built: bytes, signer: Signer, school: Countersign, tmp_path: Path
) -> None:
    shelf.install(built, trusted=[signer.public])
    shelf.install(built, trusted=[signer.public], countersign=school)
    below = Shelf(tmp_path / "below")
    signed_by_both = b"".join(shelf.pack_file("small").read())
    assert below.install(signed_by_both, trusted=[school[0]]).id == "small"


def test_a_stranger_is_refused_by_one_who_would_sign(
    shelf: Shelf, built: bytes, stranger: Signer, school: Countersign, tmp_path: Path
) -> None:
    trusted = [stranger.public, school[0]]
    with pytest.raises(PackRefusedError, match="does not know"):
        shelf.install(built, trusted=trusted, countersign=school)
    assert not (tmp_path / "shelf").exists()


def test_installing_twice_changes_nothing(
    shelf: Shelf, built: bytes, signer: Signer, tmp_path: Path
) -> None:
    shelf.install(built, trusted=[signer.public])
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "shelf").rglob("*")}
    shelf.install(built, trusted=[signer.public])
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "shelf").rglob("*")} == before


NEXT = 'id = "small"\nversion = "1.1.0"\nsequence = 2\ntitle = "Small, again"\n'


def test_a_newer_version_takes_over_and_an_older_one_is_refused(
    shelf: Shelf, built: bytes, signer: Signer, write_folder: WriteFolder, tmp_path: Path
) -> None:
    shelf.install(built, trusted=[signer.public])
    newer = build_pack(write_folder({"pack.toml": NEXT}), sign=signer)
    assert shelf.install(newer, trusted=[signer.public]).version == "1.1.0"
    assert shelf.open("small").title == "Small, again"
    before = _files(tmp_path / "shelf")
    with pytest.raises(PackRefusedError, match="older"):
        shelf.install(built, trusted=[signer.public])
    assert _files(tmp_path / "shelf") == before


def test_what_older_versions_take_is_counted_and_shared_parts_are_not(
    shelf: Shelf, built: bytes, signer: Signer, write_folder: WriteFolder, tmp_path: Path
) -> None:
    assert shelf.older_bytes() == 0
    shelf.install(built, trusted=[signer.public])
    assert shelf.older_bytes() == 0
    newer = build_pack(write_folder({"pack.toml": NEXT}), sign=signer)
    shelf.install(newer, trusted=[signer.public])  # the same parts under another head
    (old,) = (tmp_path / "shelf" / "packs" / "small").glob("*1.head")
    assert shelf.older_bytes() == old.stat().st_size
    left = shelf._blob_path("0" * 64)
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"of an installation that was cut short")
    assert shelf.older_bytes() == old.stat().st_size + left.stat().st_size


def test_a_change_without_a_new_number_is_refused(
    shelf: Shelf, built: bytes, signer: Signer, write_folder: WriteFolder
) -> None:
    shelf.install(built, trusted=[signer.public])
    changed = write_folder({"pack.toml": NEXT.replace("sequence = 2", "sequence = 1")})
    with pytest.raises(PackRefusedError, match="Raise `sequence`"):
        shelf.install(build_pack(changed, sign=signer), trusted=[signer.public])


def test_a_stranger_is_refused(
    shelf: Shelf, built: bytes, stranger: Signer, tmp_path: Path
) -> None:
    with pytest.raises(PackRefusedError, match="does not know"):
        shelf.install(built, trusted=[stranger.public])
    assert not (tmp_path / "shelf").exists()


HOSTILE = b'{"a\\u001b]0;mine\\u0007":1}'
"""A manifest whose unknown field would rename a teacher's window."""


def test_of_a_stranger_nothing_but_signatures_is_read(
    shelf: Shelf, signer: Signer, stranger: Signer
) -> None:
    file = encode_head(HOSTILE, [stranger(HOSTILE)])
    with pytest.raises(PackRefusedError, match="does not know"):
        shelf.install(file, trusted=[signer.public])


def test_what_is_said_of_a_pack_carries_no_escape_of_it(shelf: Shelf, signer: Signer) -> None:
    file = encode_head(HOSTILE, [signer(HOSTILE)])
    with pytest.raises(PackDamagedError, match="unknown field") as caught:
        shelf.install(file, trusted=[signer.public])
    for said in (str(caught.value), caught.value.what):
        assert said.isprintable()


def test_every_truncation_is_refused_and_changes_nothing(
    shelf: Shelf, built: bytes, signer: Signer, tmp_path: Path
) -> None:
    for length in [*range(120), *range(120, len(built), 37), len(built) - 1]:
        with pytest.raises(PackDamagedError):
            shelf.install(built[:length], trusted=[signer.public])
    with pytest.raises(PackDamagedError, match="after the end"):
        shelf.install(built + b"\0", trusted=[signer.public])
    assert not (tmp_path / "shelf").exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.tuples(st.integers(0, 10**6), st.integers(0, 7)))
def test_every_flipped_bit_is_refused_and_changes_nothing(
    shelf: Shelf, built: bytes, signer: Signer, tmp_path: Path, place: tuple[int, int]
) -> None:
    at, bit = place
    damaged = bytearray(built)
    damaged[at % len(built)] ^= 1 << bit
    with pytest.raises((PackDamagedError, PackRefusedError)) as caught:
        shelf.install(bytes(damaged), trusted=[signer.public])
    assert caught.value.what.endswith((".", ")."))
    assert not (tmp_path / "shelf").exists()


def test_a_later_format_asks_for_an_update(shelf: Shelf, built: bytes, signer: Signer) -> None:
    later = built[:8] + b"\x02" + built[9:]
    with pytest.raises(PackRefusedError, match="Update Darasa"):
        shelf.install(later, trusted=[signer.public])


def test_a_pack_for_a_later_darasa_asks_for_an_update(
    shelf: Shelf, signer: Signer, write_folder: WriteFolder
) -> None:
    later = write_folder({"pack.toml": NEXT + 'least_client = "99.0"\n'})
    with pytest.raises(PackRefusedError, match=r"needs Darasa 99\.0"):
        shelf.install(build_pack(later, sign=signer), trusted=[signer.public])


def _joined(manifest: Manifest, frames: Iterator[bytes], signer: Signer) -> bytes:
    raw = encode_manifest(manifest)
    return encode_head(raw, [signer(raw)]) + b"".join(encode_blob(frame) for frame in frames)


def _source(write_folder: WriteFolder) -> tuple[Source, Manifest]:
    source = read_source(write_folder())
    assert source.manifest is not None
    return source, source.manifest


def test_a_pack_whose_items_cannot_be_asked_is_refused(
    shelf: Shelf, signer: Signer, write_folder: WriteFolder
) -> None:
    source, manifest = _source(write_folder)
    entry = next(one for one in manifest.blobs if one.path.startswith("items/"))
    raw = source.blobs[entry.sha256].replace(b'"low":"2"', b'"low":"x"')
    assert raw != source.blobs[entry.sha256]
    digest = hashlib.sha256(raw).hexdigest()
    blobs = tuple(
        msgspec.structs.replace(one, sha256=digest) if one is entry else one
        for one in manifest.blobs
    )
    hostile = Source(
        source.folder,
        manifest=msgspec.structs.replace(manifest, blobs=blobs),
        blobs={**source.blobs, digest: raw},
    )
    with pytest.raises(PackDamagedError, match="half-02"):
        shelf.install(build_source(hostile, sign=signer), trusted=[signer.public])


def test_a_signed_manifest_with_a_name_outside_is_refused(
    shelf: Shelf, signer: Signer, write_folder: WriteFolder, tmp_path: Path
) -> None:
    _, manifest = _source(write_folder)
    entry = msgspec.structs.replace(manifest.blobs[0], path="../../outside.json")
    hostile = msgspec.structs.replace(manifest, blobs=(entry, *manifest.blobs))
    with pytest.raises(PackDamagedError, match="leaves its folder"):
        shelf.install(_joined(hostile, iter(()), signer), trusted=[signer.public])
    assert not (tmp_path / "outside.json").exists()


def test_a_blob_that_swells_is_refused(
    shelf: Shelf, signer: Signer, write_folder: WriteFolder
) -> None:
    _, manifest = _source(write_folder)
    bomb = zstd.compress(bytes(4 * 1024 * 1024))
    entry = msgspec.structs.replace(manifest.blobs[0], size=4 * 1024 * 1024)
    hostile = msgspec.structs.replace(manifest, blobs=(entry, *manifest.blobs[1:]))
    with pytest.raises(PackDamagedError, match="swell"):
        shelf.install(_joined(hostile, iter([bomb]), signer), trusted=[signer.public])


def test_one_false_signature_among_good_ones_is_refused(
    shelf: Shelf, signer: Signer, stranger: Signer, built: bytes, write_folder: WriteFolder
) -> None:
    _, manifest = _source(write_folder)
    raw = encode_manifest(manifest)
    both = encode_head(raw, [signer(raw), stranger(raw)])
    frames = built[len(encode_head(raw, [signer(raw)])) :]
    false = bytearray(both + frames)
    false[16 + 96 + 40] ^= 1
    with pytest.raises(PackDamagedError, match="signature"):
        shelf.install(bytes(false), trusted=[signer.public])
    assert shelf.install(both + frames, trusted=[stranger.public]).id == "small"


def test_a_full_disk_is_a_sentence_and_the_old_version_stays(
    shelf: Shelf,
    built: bytes,
    signer: Signer,
    write_folder: WriteFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf.install(built, trusted=[signer.public])
    newer = build_pack(write_folder({"pack.toml": NEXT}), sign=signer)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PackError, match="No space left"):
        shelf.install(newer, trusted=[signer.public])
    monkeypatch.undo()
    assert shelf.open("small").version == "1.0.0"
    assert not list(shelf._blobs.parent.rglob(".new-*"))
    assert shelf.install(newer, trusted=[signer.public]).version == "1.1.0"


def test_a_first_version_that_was_cut_short_hides_no_other_pack(
    shelf: Shelf,
    built: bytes,
    signer: Signer,
    write_folder: WriteFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf.install(built, trusted=[signer.public])
    facts = NEXT.replace("small", "other").replace("sequence = 2", "sequence = 1")
    other = build_pack(write_folder({"pack.toml": facts}, name="other"), sign=signer)
    whole = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.suffix == ".head":
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PackError, match="No space left"):
        shelf.install(other, trusted=[signer.public])
    monkeypatch.undo()
    fresh = Shelf(shelf._blobs.parent)
    assert [pack.id for pack in fresh.all()] == ["small"]
    assert [info.id for info in fresh.list()] == ["small"]
    assert fresh.damaged() == []
    with pytest.raises(PackNotFoundError):
        fresh.open("other")
    fresh.install(other, trusted=[signer.public])
    assert [pack.id for pack in fresh.all()] == ["other", "small"]


def test_damage_on_disk_is_said_and_installing_again_mends_it(
    shelf: Shelf, built: bytes, signer: Signer
) -> None:
    pack = shelf.install(built, trusted=[signer.public])
    for blob in [path for path in shelf._blobs.rglob("*") if path.is_file()]:
        blob.write_bytes(b"x" + blob.read_bytes()[1:])
    lesson = pack.lesson_for("halves")
    assert lesson is not None
    with pytest.raises(PackDamagedError):
        lesson.sections("middle", "en")
    fresh = Shelf(shelf._blobs.parent)
    with pytest.raises(PackDamagedError):
        fresh.open("small")
    assert fresh.all() == []
    assert fresh.list() == []
    assert fresh.install(built, trusted=[signer.public]).lessons["halves"].sections("middle", "en")


def test_a_pack_with_a_damaged_lesson_is_named_and_not_handed_on(
    shelf: Shelf, built: bytes, signer: Signer
) -> None:
    pack = shelf.install(built, trusted=[signer.public])
    assert shelf.damaged() == []
    lesson = next(each for each in pack.manifest.blobs if each.path.startswith("lessons/"))
    blob = shelf._blob_path(lesson.sha256)
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    assert shelf.damaged() == ["small"]
    assert shelf.open("small").items
    with pytest.raises(PackDamagedError):
        shelf.pack_file("small")
    shelf.install(built, trusted=[signer.public])
    assert shelf.damaged() == []
    assert b"".join(shelf.pack_file("small").read()) == built


def test_a_part_that_is_lost_while_the_pack_is_open_does_not_hide_the_list(
    shelf: Shelf, built: bytes, signer: Signer
) -> None:
    pack = shelf.install(built, trusted=[signer.public])
    (before,) = shelf.list()
    lesson = next(each for each in pack.manifest.blobs if each.path.startswith("lessons/"))
    lost = shelf._blob_path(lesson.sha256)
    size = lost.stat().st_size
    lost.unlink()
    (info,) = shelf.list()
    assert (info.id, info.size) == ("small", before.size - size)
    assert shelf.damaged() == ["small"]


def test_a_part_that_the_disk_cannot_read_is_a_damaged_part(
    shelf: Shelf,
    built: bytes,
    signer: Signer,
    write_folder: WriteFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf.install(built, trusted=[signer.public])
    other = write_folder(
        {"pack.toml": NEXT.replace("small", "other").replace("sequence = 2", "sequence = 1")},
        name="other",
    )
    changed = (other / "items" / "halves.en.md").read_text().replace("two equal", "2 equal")
    (other / "items" / "halves.en.md").write_text(changed.replace("Two equal", "2 equal"))
    worn = shelf.install(build_pack(other, sign=signer), trusted=[signer.public])
    (entry,) = (each for each in worn.manifest.blobs if each.path.startswith("items/"))
    whole = Path.read_bytes

    def read(path: Path) -> bytes:
        if path.name == entry.sha256:
            raise OSError(errno.EIO, "Input/output error")
        return whole(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    fresh = Shelf(shelf._blobs.parent)
    assert [pack.id for pack in fresh.all()] == ["small"]
    assert fresh.damaged() == ["other"]
    with pytest.raises(PackDamagedError):
        fresh.open("other")


def test_a_missing_blob_falls_back_to_the_version_before(
    shelf: Shelf, built: bytes, signer: Signer, write_folder: WriteFolder
) -> None:
    first = shelf.install(built, trusted=[signer.public])
    changed = {
        "pack.toml": NEXT,
        "lessons/halves/middle.en.md": "# H\nskill: halves\n\n## A\n\nB\n",
    }
    newer = shelf.install(build_pack(write_folder(changed), sign=signer), trusted=[signer.public])
    old = {entry.sha256 for entry in first.manifest.blobs}
    (fresh_blob,) = {entry.sha256 for entry in newer.manifest.blobs} - old
    shelf._blob_path(fresh_blob).unlink()
    again = Shelf(shelf._blobs.parent)
    assert again.open("small").version == "1.0.0"
    assert again.open("small") is again.open("small")  # read once, like a whole one
    again.install(build_pack(write_folder(changed), sign=signer), trusted=[signer.public])
    assert again.open("small").version == "1.1.0"


@pytest.mark.parametrize("name", ["nope", "../small", "CON", ""])
def test_a_pack_that_is_not_here_is_not_found(shelf: Shelf, name: str) -> None:
    with pytest.raises(PackNotFoundError):
        shelf.open(name)
    with pytest.raises(PackNotFoundError):
        shelf.pack_file(name)


@pytest.mark.parametrize("name", ["0" * 64, "../../../../etc/passwd", "A" * 64])
def test_a_blob_that_is_not_here_is_not_found(shelf: Shelf, name: str) -> None:
    with pytest.raises(PackNotFoundError):
        shelf.blob(name)


def test_opening_a_pack_loads_no_authoring_library(
    shelf: Shelf, built: bytes, signer: Signer
) -> None:
    shelf.install(built, trusted=[signer.public])
    code = (
        "import sys; from pathlib import Path; from darasa.content_packs.shelf import Shelf;"
        "from darasa.content_packs.instance import draw;"
        "pack = Shelf(Path(sys.argv[1])).open('small');"
        "draw(pack.items['half-02'], learner_id=b'x', nth=1);"
        "pack.lesson_for('halves').sections('middle', 'en');"
        "print(*{m.split('.')[0] for m in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(shelf._blobs.parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"pylatexenc", "markdown_it", "texicode", "lxml", "tomllib"})
