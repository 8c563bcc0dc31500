"""Reading a whole folder of sources: into a manifest and raw blobs, or into findings.

Owns: which files a folder may hold and how they become blobs. `check`, `build` and `load_source`
all stand on `read_source`, so that what passes the check is what gets built.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from darasa.content_packs.compile_items import Compiled, check_sisters, compile_item
from darasa.content_packs.dictionary import (
    DICTIONARY_PATH,
    dictionary_bytes,
    dictionary_name,
)
from darasa.content_packs.errors import PackError, SourceError
from darasa.content_packs.findings import Finding, Findings, suggest
from darasa.content_packs.item import ItemFile
from darasa.content_packs.lesson import LEVELS, LessonText, lesson_title
from darasa.content_packs.manifest import (
    BLOB_BYTES_MAX,
    BlobEntry,
    LessonEntry,
    LessonTextEntry,
    Manifest,
    encode_manifest,
    parse_manifest,
)
from darasa.content_packs.names import LOCALE, clash, path_fault
from darasa.content_packs.pack import Pack
from darasa.content_packs.prove import DRAWS, prove
from darasa.content_packs.skill import Skill
from darasa.content_packs.source_files import read_source_text
from darasa.content_packs.source_items import parse_items
from darasa.content_packs.source_lessons import LessonFile, lesson_name, parse_lesson
from darasa.content_packs.source_toml import PackHead, parse_pack_toml, parse_skills_toml

FILES_MAX: Final = 20_000
FOLDERS: Final = ("items", "lessons")
LATER_FOLDERS: Final = ("texts", "boards", "projects", "reflect", "teach", "tests", "locale")
PICTURES: Final = (".webp", ".png", ".jpg", ".svg")
ITEMS_LEAST: Final = 3
"""Fewer items of a skill cannot show mastery: it takes three different ones (mastery section 4)."""


@dataclass(slots=True)
class Source:
    """What a folder holds. `manifest` is None where there are errors."""

    folder: Path
    findings: tuple[Finding, ...] = ()
    manifest: Manifest | None = None
    blobs: dict[str, bytes] = field(default_factory=dict)  # SHA-256 in hexadecimal -> raw bytes

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a build."""
        return tuple(finding for finding in self.findings if finding.level == "error")


def load_source(folder: Path) -> Pack:
    """The pack of a folder, without building a file. Raises SourceError for its first mistake."""
    return as_pack(sound(read_source(folder)))


def sound(source: Source) -> Source:
    """The same source when it has no errors; raises SourceError otherwise."""
    if source.manifest is None:
        errors = source.errors
        first = errors[0]
        more = f" ({len(errors) - 1} more: darasa pack check)" if len(errors) > 1 else ""
        where = source.folder / first.path
        raise SourceError(first.what, path=where, line=first.line, remedy=first.remedy + more)
    return source


def as_pack(source: Source) -> Pack:
    """A sound source as a pack in memory."""
    assert source.manifest is not None
    return Pack(source.manifest, source.blobs.__getitem__)


def read_source(folder: Path, *, draws: int = DRAWS) -> Source:
    """Read and prove everything in a folder. Never raises on what files say."""
    return _Reader(folder, draws).read()


class _Reader:
    """Reads one folder; collects findings by file."""

    def __init__(self, folder: Path, draws: int) -> None:
        self._folder = folder
        self._draws = draws
        self._findings: dict[str, Findings] = {}
        self._skills: dict[str, tuple[Skill, int]] = {}
        self._compiled: dict[str, Compiled] = {}
        self._entries: list[tuple[BlobEntry, bytes]] = []
        self._item_files: list[str] = []
        self._lessons: dict[str, list[LessonFile]] = {}

    def read(self) -> Source:
        names = list(self._names())
        head = self._head()
        if head is not None:
            self._read_skills(head)
            for name in names:
                self._read_file(name, head)
            check_sisters(self._compiled, self._findings)
            self._check_lessons()
            if not any(f.level == "error" for one in self._findings.values() for f in one.all):
                self._check_cover()  # what an error left out would be missed here too
        found = sorted(f for findings in self._findings.values() for f in findings.all)
        source = Source(self._folder, findings=tuple(found))
        if head is not None and not source.errors:
            self._assemble(head, source)
        return source

    def _of(self, name: str) -> Findings:
        return self._findings.setdefault(name, Findings(name))

    def _names(self) -> Iterator[str]:
        """The files under the folder, sorted, as paths with `/`."""
        if not self._folder.is_dir():
            self._of(str(self._folder)).error(0, "There is no such folder.", "Look at its name.")
            return
        names = sorted(
            path.relative_to(self._folder).as_posix()
            for path in self._folder.rglob("*")
            if not path.is_dir()
            and not any(part.startswith(".") for part in path.relative_to(self._folder).parts)
        )
        if len(names) > FILES_MAX:
            self._of("pack.toml").error(0, f"More than {FILES_MAX} files.", "Make several packs.")
            names = []
        if pair := clash(names):
            self._of(pair[1]).error(0, f"`{pair[0]}` differs only in capitals.", "Rename one.")
        for name in names:
            if fault := path_fault(name):
                self._of(name).error(0, f"The name of this file {fault}.", "Rename it.")
            else:
                yield name

    def _head(self) -> PackHead | None:
        findings = self._of("pack.toml")
        text = read_source_text(self._folder, "pack.toml", findings)
        return None if text is None else parse_pack_toml(text, findings)

    def _read_skills(self, head: PackHead) -> None:
        findings = self._of("skills.toml")
        text = read_source_text(self._folder, "skills.toml", findings)
        if text is not None:
            self._skills = parse_skills_toml(text, findings, unit=head.title)

    def _read_file(self, name: str, head: PackHead) -> None:
        folder, _, rest = name.partition("/")
        suffix = Path(name).suffix.lower()
        if name in ("pack.toml", "skills.toml") or name.startswith(("README", "LICENSE")):
            return
        if suffix in PICTURES:
            self._of(name).warn(0, "Pictures are shown by their words only, for now.", "")
        elif folder == "items" and rest:
            self._read_items(name, rest, head)
        elif folder == "lessons" and rest:
            self._read_lesson(name, rest, head)
        elif folder in LATER_FOLDERS and rest:
            self._of(name).warn(
                0, f"The folder {folder}/ comes with a later version.", "It is not in the pack yet."
            )
        else:
            self._of(name).error(
                0, "This file has no place in a pack.", suggest(folder, (*FOLDERS, *LATER_FOLDERS))
            )

    def _read_items(self, name: str, rest: str, head: PackHead) -> None:
        findings = self._of(name)
        stem, dot, locale = rest.removesuffix(".md").rpartition(".")
        if not rest.endswith(".md") or not dot or "/" in rest or not LOCALE.fullmatch(locale):
            findings.error(
                0, "This is not the name of an item file.", "Name it for example equiv.en.md"
            )
            return
        if locale != head.locales[0]:
            findings.error(
                0,
                f"Items are written in the pack's first language, `{head.locales[0]}`.",
                f"Translations come with a later version, in locale/{locale}/.",
            )
            return
        text = read_source_text(self._folder, name, findings)
        built = [] if text is None else self._items_of(text, locale, findings)
        path = f"items/{stem}.{locale}.json"
        self._item_files.append(path)
        raw = msgspec.json.encode(ItemFile(items=tuple(one.item for one in built)))
        self._add(path, raw, name, locale, "")

    def _items_of(self, text: str, locale: str, findings: Findings) -> list[Compiled]:
        built = []
        for raw in parse_items(text, findings):
            compiled = compile_item(raw, findings, skills=self._skills, locale=locale)
            if compiled is None:
                continue
            if raw.id in self._compiled:
                first = self._compiled[raw.id]
                findings.error(
                    raw.line,
                    f"`{raw.id}` is taken by {first.path}:{first.raw.line}.",
                    "Give this item its own id.",
                )
                continue
            self._compiled[raw.id] = compiled
            if prove(compiled, findings, draws=self._draws):
                built.append(compiled)
        if not built and not findings.all:
            findings.error(1, "This file has no items.", "Begin one with  ## id")
        return built

    def _read_lesson(self, name: str, rest: str, head: PackHead) -> None:
        findings = self._of(name)
        lesson, slash, file = rest.partition("/")
        if not slash or "/" in file:
            findings.error(
                0, "A lesson lies in its own folder.", "Name it lessons/<id>/middle.en.md"
            )
            return
        parsed = lesson_name(file, levels=head.levels, locales=head.locales, findings=findings)
        text = read_source_text(self._folder, name, findings) if parsed else None
        if parsed is None or text is None:
            return
        read = parse_lesson(text, findings, lesson=lesson, name=parsed)
        if read is None:
            return
        for skill in read.skills:
            if skill not in self._skills:
                findings.error(
                    read.line, f"skills.toml has no skill `{skill}`.", suggest(skill, self._skills)
                )
        self._lessons.setdefault(lesson, []).append(read)
        _, level, locale = parsed
        self._add(_lesson_path(read.text), msgspec.json.encode(read.text), name, locale, level)

    def _add(self, path: str, raw: bytes, name: str, locale: str, level: str) -> None:
        if len(raw) > BLOB_BYTES_MAX:
            self._of(name).error(0, "This file is too large once built.", "Cut it in two files.")
            return
        digest = hashlib.sha256(raw).hexdigest()
        self._entries.append((BlobEntry(path, digest, len(raw), locale, level), raw))

    def _check_lessons(self) -> None:
        for lesson, files in self._lessons.items():
            if not _skills_of(lesson, files, self._skills):
                self._of(_source_name(files[0].text)).error(
                    files[0].line, "This lesson names no skill.", "Write under its title  skill: …"
                )
            counts: dict[tuple[str, str], LessonText] = {}
            for file in files:
                text = file.text
                first = counts.setdefault((text.form, text.locale), text)
                if len(first.sections) != len(text.sections):
                    self._of(_source_name(text)).error(
                        file.line,
                        f"This text has {len(text.sections)} sections, "
                        f"{_source_name(first)} has {len(first.sections)}.",
                        "Give every level the same ## sections.",
                    )
            if not any(file.text.form == "main" for file in files):
                self._of(_source_name(files[0].text)).error(
                    0, "This lesson has no main form.", "Add for example middle.en.md"
                )

    def _check_cover(self) -> None:
        taught = {
            skill
            for lesson, files in self._lessons.items()
            for skill in _skills_of(lesson, files, self._skills)
        }
        findings = self._of("skills.toml")
        for skill, (_, line) in self._skills.items():
            count = sum(skill in one.item.skills for one in self._compiled.values())
            if count < ITEMS_LEAST:
                findings.warn(
                    line, f"`{skill}` has {count} items.", f"Mastery needs {ITEMS_LEAST} or more."
                )
            if skill not in taught:
                findings.warn(line, f"`{skill}` has no lesson.", "Add a folder in lessons/.")
        if not self._skills and not findings.all:
            findings.error(1, "This pack has no skills.", 'Add  [equiv]  and  title = "…"')

    def _assemble(self, head: PackHead, source: Source) -> None:
        items = (compiled.item for compiled in self._compiled.values())
        dictionary = dictionary_bytes(head.id, items)
        self._add(DICTIONARY_PATH, dictionary, "pack.toml", "", "")
        manifest = Manifest(
            id=head.id,
            version=head.version,
            sequence=head.sequence,
            previous=head.previous,
            title=head.title,
            locales=head.locales,
            levels=tuple(level for level in LEVELS if level in head.levels),
            license=head.license,
            authors=head.authors,
            least_client=head.least_client,
            mastery=head.mastery,
            skills=tuple(skill for skill, _ in self._skills.values()),
            lessons=tuple(self._lesson_entry(head, *pair) for pair in self._lessons.items()),
            item_files=tuple(self._item_files),
            items=len(self._compiled),
            dictionary=dictionary_name(dictionary).hex(),
            blobs=tuple(entry for entry, _ in self._entries),
        )
        blobs = {entry.sha256: raw for entry, raw in self._entries}
        try:
            # What is built must be what can be read: the strict reader is the last check.
            Pack(parse_manifest(encode_manifest(manifest)), blobs.__getitem__)
        except PackError as error:
            finding = Finding(
                "pack.toml", 0, f"The pack breaks a limit ({error}).", "Make it smaller."
            )
            source.findings = (*source.findings, finding)
            return
        source.manifest, source.blobs = manifest, blobs

    def _lesson_entry(self, head: PackHead, lesson: str, files: list[LessonFile]) -> LessonEntry:
        return LessonEntry(
            id=lesson,
            skills=_skills_of(lesson, files, self._skills),
            title=lesson_title([file.text for file in files], head.locales[0]),
            texts=tuple(
                LessonTextEntry(text.form, text.level, text.locale, _lesson_path(text))
                for text in (file.text for file in files)
            ),
        )


def _skills_of(
    lesson: str, files: list[LessonFile], known: dict[str, tuple[Skill, int]]
) -> tuple[str, ...]:
    """The skills that any text of a lesson names; else the skill that is named like its folder."""
    named = tuple(dict.fromkeys(skill for file in files for skill in file.skills))
    return named or ((lesson,) if lesson in known else ())


def _lesson_path(text: LessonText) -> str:
    return _source_name(text).removesuffix(".md") + ".json"


def _source_name(text: LessonText) -> str:
    form = "" if text.form == "main" else f"{text.form}-"
    return f"lessons/{text.lesson}/{form}{text.level}.{text.locale}.md"
