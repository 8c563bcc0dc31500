"""The manifest: what a pack says of itself, and the bytes that are signed.

Owns: its fields, its canonical JSON (FORMAT.md section 3), its bounds. Decoding is strict: typed,
no unknown field, and the bytes must be exactly those that encoding gives again, which also shuts
out double keys. Pure.
"""

from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from darasa.content_packs.errors import PackDamagedError
from darasa.content_packs.lesson import Form, Level
from darasa.content_packs.names import LOCALE, PACK_ID, clash, path_fault, reserved
from darasa.content_packs.skill import Skill

FORMAT: Final = 1
BLOBS_MAX: Final = 100_000
BLOB_BYTES_MAX: Final = 4 * 1024 * 1024
ITEM_BYTES_MAX: Final = 64 * 1024 * 1024
"""Raw bytes of all item files: who opens a pack has every item in memory. 10,000 items with hints
are less; frames of 200 to 1 would make 2 GB of a file of 10 MB."""
MANIFEST_BYTES_MAX: Final = 32 * 1024 * 1024
"""100,000 blobs at 250 bytes each, and some room."""

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Locale = Annotated[str, Meta(min_length=2, max_length=16)]
BlobPath = Annotated[str, Meta(min_length=1, max_length=200)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class MasteryDefaults(Struct, frozen=True, forbid_unknown_fields=True):
    """When "got it" may be said in this pack: least p in thousandths, least number of attempts."""

    got_milli: Annotated[int, Meta(ge=500, le=990)] = 800
    attempts_least: Annotated[int, Meta(ge=1, le=50)] = 3


class BlobEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One blob: its path, SHA-256 and size of the raw bytes, locale and level ("" for none)."""

    path: BlobPath
    sha256: Sha256
    size: Annotated[int, Meta(ge=1, le=BLOB_BYTES_MAX)]
    locale: Annotated[str, Meta(max_length=16)]
    level: Annotated[str, Meta(max_length=16)]


class LessonTextEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One text of a lesson, and the path of its blob."""

    form: Form
    level: Level
    locale: Locale
    path: BlobPath


class LessonEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A lesson: its skills, its title in the first locale, its texts."""

    id: Name
    skills: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=16)]
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    texts: Annotated[tuple[LessonTextEntry, ...], Meta(min_length=1, max_length=1000)]


class Manifest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything about a pack but its texts. Field order is the order in the signed bytes."""

    format: Literal[1] = 1
    id: Annotated[str, Meta(min_length=1, max_length=64)]
    version: Annotated[str, Meta(min_length=1, max_length=40)]
    sequence: Annotated[int, Meta(ge=1, lt=2**31)]
    previous: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    title: Annotated[str, Meta(min_length=1, max_length=120)]
    locales: Annotated[tuple[Locale, ...], Meta(min_length=1, max_length=50)]
    levels: Annotated[tuple[Level, ...], Meta(max_length=3)]
    license: Annotated[str, Meta(min_length=1, max_length=80)]
    authors: Annotated[tuple[Annotated[str, Meta(max_length=120)], ...], Meta(max_length=100)] = ()
    least_client: Annotated[str, Meta(max_length=40)] = "0.1.0"
    mastery: MasteryDefaults = MasteryDefaults()
    skills: Annotated[tuple[Skill, ...], Meta(max_length=5000)]
    lessons: Annotated[tuple[LessonEntry, ...], Meta(max_length=5000)]
    item_files: Annotated[tuple[BlobPath, ...], Meta(max_length=20_000)]
    items: Annotated[int, Meta(ge=0, le=1_000_000)]
    dictionary: Sha256 | None = None
    blobs: Annotated[tuple[BlobEntry, ...], Meta(max_length=BLOBS_MAX)]


def encode_manifest(manifest: Manifest) -> bytes:
    """The canonical bytes, the ones that are signed."""
    return msgspec.json.encode(manifest)


def parse_manifest(raw: bytes) -> Manifest:
    """The manifest in some bytes. Raises PackDamagedError with a sentence."""
    if len(raw) > MANIFEST_BYTES_MAX:
        raise PackDamagedError("The list of contents of this pack is larger than packs may have.")
    manifest = decode_json(raw, Manifest)
    if encode_manifest(manifest) != raw:
        raise PackDamagedError("The list of contents of this pack is not in its one right form.")
    _check_names(manifest)
    return manifest


T = TypeVar("T")


def decode_json(raw: bytes, kind: type[T]) -> T:
    """JSON bytes as a typed struct, every decoder fault turned into PackDamagedError."""
    try:
        return _decoder(kind).decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError) as error:
        raise PackDamagedError(f"A part of this pack cannot be read ({error}).") from error


_DECODERS: Final[dict[type[Any], msgspec.json.Decoder[Any]]] = {}


def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    if kind not in _DECODERS:
        _DECODERS[kind] = msgspec.json.Decoder(kind)
    return _DECODERS[kind]


def _check_names(manifest: Manifest) -> None:
    if not PACK_ID.fullmatch(manifest.id) or reserved(manifest.id):
        raise PackDamagedError("The id of this pack is not a name that packs may have.")
    if not all(LOCALE.fullmatch(locale) for locale in manifest.locales):
        raise PackDamagedError("This pack names a language in a form that packs may not use.")
    paths = [blob.path for blob in manifest.blobs]
    for path in paths:
        if fault := path_fault(path):
            raise PackDamagedError(f"A name in this pack {fault}.")
    if clash(paths):
        raise PackDamagedError("Two names in this pack differ only in capital letters, or not.")
    wanted = set(manifest.item_files)
    wanted.update(text.path for lesson in manifest.lessons for text in lesson.texts)
    sizes = {blob.path: blob.size for blob in manifest.blobs}
    if sum(sizes.get(path, 0) for path in manifest.item_files) > ITEM_BYTES_MAX:
        raise PackDamagedError("The items of this pack are larger than small machines can hold.")
    hashes = {blob.sha256 for blob in manifest.blobs}
    if not wanted <= set(paths) or not {manifest.dictionary} <= {None, *hashes}:
        raise PackDamagedError("This pack speaks of a part that it does not hold.")
