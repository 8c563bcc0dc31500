"""Reading `pack.toml` and `skills.toml`.

Owns: their keys, and where in the file a wrong one stands. Every fault is a finding. Pure.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from darasa.content_packs.findings import Findings, suggest
from darasa.content_packs.lesson import LEVELS
from darasa.content_packs.manifest import MasteryDefaults
from darasa.content_packs.names import LOCALE, PACK_ID, SKILL_ID, reserved
from darasa.content_packs.skill import Skill

PACK_KEYS: Final = (
    *("id", "version", "sequence", "previous", "title", "locale", "locales", "levels"),
    *("license", "authors", "least_client", "mastery"),
)
SKILL_KEYS: Final = ("title", "requires", "helps", "unit", "align")
MASTERY_KEYS: Final = ("got_milli", "attempts_least")


@dataclass(frozen=True, slots=True)
class PackHead:
    """What `pack.toml` says. `locales` has the source locale first."""

    id: str
    version: str
    title: str
    sequence: int = 1
    previous: str | None = None
    locales: tuple[str, ...] = ("en",)
    levels: tuple[str, ...] = LEVELS
    license: str = "CC-BY-4.0"
    authors: tuple[str, ...] = ()
    least_client: str = "0.1.0"
    mastery: MasteryDefaults = field(default_factory=MasteryDefaults)


class _Table:
    """One TOML table with typed, bounded reads; a fault is a finding and gives the default."""

    def __init__(self, text: str, name: str, table: Mapping[str, Any], findings: Findings) -> None:
        self._text = text
        self._name = name
        self._table = table
        self.findings = findings

    def line(self, key: str = "") -> int:
        return _line_of(self._text, self._name, key)

    def wrong(self, key: str, what: str, remedy: str) -> None:
        self.findings.error(self.line(key), what, remedy)

    def only(self, known: Collection[str]) -> None:
        for key in self._table:
            if key not in known:
                self.wrong(key, f"`{key}` is not a key of this file.", suggest(key, known))

    def text(self, key: str, default: str | None, *, most: int = 120) -> str | None:
        value = self._table.get(key)
        if value is None:
            if default is None:
                self.wrong(key, f"`{key}` is missing.", f'Add a line like  {key} = "…"')
            return default
        if not isinstance(value, str) or not 1 <= len(value.strip()) <= most:
            self.wrong(
                key, f"`{key}` must be a text of 1 to {most} characters.", f'Write  {key} = "…"'
            )
            return default
        return value.strip()

    def whole(self, key: str, default: int, *, least: int, most: int) -> int:
        value = self._table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.wrong(
                key,
                f"`{key}` must be a whole number from {least} to {most}.",
                f"Write for example  {key} = {default}",
            )
            return default
        return value

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self._table.get(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self.wrong(key, f"`{key}` must be a list of texts.", f'Write  {key} = ["…", "…"]')
            return default
        if len(set(value)) < len(value):
            self.wrong(key, f"`{key}` names something twice.", "Name each once.")
        return tuple(dict.fromkeys(value))

    def table(self, key: str) -> Mapping[str, Any]:
        value = self._table.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, f"`{key}` must be a table.", f"Write it as  [{key}]")
            return {}
        return value


def parse_pack_toml(text: str, findings: Findings) -> PackHead | None:
    """The head of a pack; None when it cannot be built on."""
    data = _load(text, findings)
    if data is None:
        return None
    table = _Table(text, "", data, findings)
    table.only(PACK_KEYS)
    pack_id = table.text("id", None, most=64)
    if pack_id is not None and (not PACK_ID.fullmatch(pack_id) or reserved(pack_id)):
        table.wrong(
            "id", f"`{pack_id}` is no id.", "Use small letters, digits and -, like `fractions-p5`."
        )
        pack_id = None
    version, title = table.text("version", None, most=40), table.text("title", None)
    head = (pack_id, version, title)
    locales, levels = _locales(table), _levels(table)
    if None in head or not locales:
        return None
    return PackHead(
        id=str(pack_id),
        version=str(version),
        title=str(title),
        sequence=table.whole("sequence", 1, least=1, most=2**31 - 1),
        previous=table.text("previous", "", most=40) or None,
        locales=locales,
        levels=levels,
        license=table.text("license", "CC-BY-4.0", most=80) or "",
        authors=table.texts("authors"),
        least_client=table.text("least_client", "0.1.0", most=40) or "",
        mastery=_mastery(text, table),
    )


def parse_skills_toml(text: str, findings: Findings, *, unit: str) -> dict[str, tuple[Skill, int]]:
    """The skills in the order of the file, each with the line of its heading.

    `unit` is the heading for skills that name none.
    """
    data = _load(text, findings)
    skills: dict[str, tuple[Skill, int]] = {}
    for name, value in (data or {}).items():
        if not isinstance(value, dict):
            findings.error(
                _line_of(text, "", name),
                f"`{name}` stands outside any skill.",
                f"Put it under the heading of a skill, like  [{name}]",
            )
            continue
        table = _Table(text, name, value, findings)
        table.only(SKILL_KEYS)
        if not SKILL_ID.fullmatch(name):
            table.wrong("", f"`{name}` is no skill id.", "Use small letters, digits and -.")
        title = table.text("title", None)
        skill = Skill(
            id=name[:64],
            title=title or name[:64],
            requires=table.texts("requires"),
            helps=table.texts("helps"),
            unit=table.text("unit", unit) or unit,
            align=table.texts("align"),
        )
        skills[name] = (skill, table.line())
    _check_graph(text, skills, findings)
    return skills


def _load(text: str, findings: Findings) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        place = re.search(r"at line (\d+)", str(error))
        what = re.sub(r"\s*\(at .*\)$", "", str(error))
        findings.error(
            int(place[1]) if place else 0,
            f"This is not TOML: {what}.",
            'Look for a missing quote ", bracket or =.',
        )
        return None


def _locales(table: _Table) -> tuple[str, ...]:
    named = table.texts("locales")
    source = table.text("locale", named[0] if named else "en", most=16) or "en"
    locales = (source, *(locale for locale in named if locale != source))
    for locale in locales:
        if not LOCALE.fullmatch(locale):
            table.wrong(
                "locales", f"`{locale}` is no language code.", "Write for example `en` or `sw`."
            )
            return ()
    return locales


def _levels(table: _Table) -> tuple[str, ...]:
    levels = table.texts("levels", LEVELS)
    for level in levels:
        if level not in LEVELS:
            table.wrong("levels", f"`{level}` is no level.", suggest(level, LEVELS))
    return tuple(level for level in LEVELS if level in levels)


def _mastery(text: str, pack: _Table) -> MasteryDefaults:
    table = _Table(text, "mastery", pack.table("mastery"), pack.findings)
    table.only(MASTERY_KEYS)
    return MasteryDefaults(
        got_milli=table.whole("got_milli", 800, least=500, most=990),
        attempts_least=table.whole("attempts_least", 3, least=1, most=50),
    )


def _check_graph(text: str, skills: Mapping[str, tuple[Skill, int]], findings: Findings) -> None:
    for name, (skill, _) in skills.items():
        for key in ("requires", "helps"):
            for other in getattr(skill, key):
                if other not in skills:
                    findings.error(
                        _line_of(text, name, key),
                        f"`{other}` is no skill of this pack.",
                        suggest(other, skills),
                    )
    if ring := _ring({name: skill.requires for name, (skill, _) in skills.items()}):
        findings.error(
            _line_of(text, ring[0], "requires"),
            f"These skills wait for each other: {' > '.join((*ring, ring[0]))}.",
            "Take one `requires` away.",
        )


def _ring(requires: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Skills that require each other in a ring, or nothing."""
    done: set[str] = set()
    for start in requires:
        path: list[str] = []
        stack = [(start, iter(requires[start]))]
        while stack:
            name, rest = stack[-1]
            if not path or path[-1] != name:
                path.append(name)
            following = next((n for n in rest if n in requires and n not in done), None)
            if following is None:
                done.add(name)
                path.pop()
                stack.pop()
            elif following in path:
                return tuple(path[path.index(following) :])
            else:
                stack.append((following, iter(requires[following])))
    return ()


def _line_of(text: str, table: str, key: str) -> int:
    """The line of a key (or of the heading when `key` is empty); 1 when it is not found."""
    heading = re.compile(r"^\s*\[\[?\s*[\"']?([^\]\"']*?)[\"']?\s*\]")
    wanted = re.compile(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*=")
    now, found = "", 1
    for number, line in enumerate(text.split("\n"), start=1):
        if match := heading.match(line):
            now = match[1]
            if now == table:
                found = number
        elif key and now == table and wanted.match(line):
            return number
    return found
