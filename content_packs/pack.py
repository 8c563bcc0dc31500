"""A pack in memory: its skills, items and lessons, ready for planners and screens.

Owns: building that view from a manifest and a reader of blobs. Items are read at once, lesson
texts when they are asked for. Does not know where blobs lie. Pure.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from darasa.content_packs.dictionary import dictionary_bytes, dictionary_name
from darasa.content_packs.errors import PackDamagedError
from darasa.content_packs.item import Item, ItemFile
from darasa.content_packs.lesson import Lesson, LessonText
from darasa.content_packs.manifest import LessonEntry, Manifest, MasteryDefaults, decode_json
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.content_packs.skill import Skill

ReadBlob = Callable[[str], bytes]
"""From the SHA-256 (hexadecimal) of a blob to its raw bytes; raises PackError."""


class Pack:
    """One version of one pack. Skills and items keep the order of their source files."""

    def __init__(self, manifest: Manifest, read_blob: ReadBlob) -> None:
        """Read all items. Raises PackDamagedError when a part is unreadable or out of place."""
        self.manifest = manifest
        self.id = manifest.id
        self.version: str = manifest.version
        self.sequence = manifest.sequence
        self.title: SafeText = safe_line(manifest.title)
        self.locales = manifest.locales
        self.mastery: MasteryDefaults = manifest.mastery
        self.skills: Mapping[str, Skill] = MappingProxyType({s.id: s for s in manifest.skills})
        hashes = {blob.path: blob.sha256 for blob in manifest.blobs}
        self.items: Mapping[str, Item] = MappingProxyType(_items(manifest, hashes, read_blob))
        self.lessons: Mapping[str, Lesson] = MappingProxyType(
            {
                entry.id: _lesson(entry, manifest.locales[0], hashes, read_blob)
                for entry in manifest.lessons
            }
        )
        self._items_of = _by_skill(self.skills, self.items)
        self._check_references()
        dictionary = dictionary_bytes(self.id, self.items.values())
        self.dictionary: bytes = dictionary_name(dictionary)
        if manifest.dictionary not in {None, self.dictionary.hex()}:
            raise PackDamagedError("The dictionary of this pack is not that of its items.")

    def items_of(self, skill_id: str) -> tuple[Item, ...]:
        """The items that exercise a skill, in source order."""
        return self._items_of.get(skill_id, ())

    def lesson_for(self, skill_id: str) -> Lesson | None:
        """The first lesson that teaches a skill."""
        return next((le for le in self.lessons.values() if skill_id in le.skills), None)

    def _check_references(self) -> None:
        used = {skill for item in self.items.values() for skill in item.skills}
        used.update(skill for lesson in self.lessons.values() for skill in lesson.skills)
        used.update(name for s in self.skills.values() for name in (*s.requires, *s.helps))
        if unknown := used - set(self.skills):
            raise PackDamagedError(f"This pack uses a skill that it does not name: {min(unknown)}.")


def _items(manifest: Manifest, hashes: Mapping[str, str], read_blob: ReadBlob) -> dict[str, Item]:
    items: dict[str, Item] = {}
    for path in manifest.item_files:
        for item in decode_json(read_blob(hashes[path]), ItemFile).items:
            if item.id in items:
                raise PackDamagedError(f"This pack has two items with the id {item.id}.")
            if len(item.version) != 8 or not (
                item.choices if item.kind != "answer" else item.answers
            ):
                raise PackDamagedError(f"Item {item.id} of this pack is not whole.")
            items[item.id] = item
    if len(items) != manifest.items:
        raise PackDamagedError("This pack does not hold as many items as it says.")
    return items


def _lesson(
    entry: LessonEntry, source_locale: str, hashes: Mapping[str, str], read_blob: ReadBlob
) -> Lesson:
    return Lesson(
        id=entry.id,
        skills=entry.skills,
        title=entry.title,
        source_locale=source_locale,
        texts={
            (text.form, text.level, text.locale): partial(
                _lesson_text, hashes[text.path], read_blob
            )
            for text in entry.texts
        },
    )


def _lesson_text(sha256: str, read_blob: ReadBlob) -> LessonText:
    return decode_json(read_blob(sha256), LessonText)


def _by_skill(
    skills: Mapping[str, Skill], items: Mapping[str, Item]
) -> dict[str, tuple[Item, ...]]:
    found: dict[str, list[Item]] = {skill: [] for skill in skills}
    for item in items.values():
        for skill in item.skills:
            found.setdefault(skill, []).append(item)
    return {skill: tuple(of_skill) for skill, of_skill in found.items()}
