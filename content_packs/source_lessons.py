"""Reading a lesson: its file name, its title and skills, its sections.

Owns: `lessons/<id>/[form-]level.locale.md` (FORMAT.md section 5). Every fault is a finding. Pure.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from darasa.content_packs.findings import Findings, suggest
from darasa.content_packs.item import Text
from darasa.content_packs.lesson import FORMS, LEVELS, LessonText, Section
from darasa.content_packs.render import RenderError, render

SECTION_LENGTH_MAX: Final = 4000
"""A section is shown at a time: about 4 kB of text on screen at most (ux section 5.4)."""
MARKS: Final = ("skill", "skills")

_FENCE: Final = re.compile(r" {0,3}(```|~~~)")
_MARK: Final = re.compile(r"([a-z][a-z-]{0,30})\s*:\s*(.*)")


@dataclass(frozen=True, slots=True)
class LessonFile:
    """One parsed lesson file: its text, the skills it names, the line of its title."""

    text: LessonText
    skills: tuple[str, ...]
    line: int


def lesson_name(
    name: str, *, levels: Collection[str], locales: Collection[str], findings: Findings
) -> tuple[str, str, str] | None:
    """Form, level and locale from a file name like `try-middle.en.md`; None after a finding."""
    match = re.fullmatch(r"(?:([a-z]+)-)?([a-z]+)\.([A-Za-z-]+)\.md", name)
    if match is None:
        findings.error(
            0,
            "This is not the name of a lesson.",
            "Name it level.language.md, for example middle.en.md",
        )
        return None
    form, level, locale = match[1] or "main", match[2], match[3]
    for word, known, what in ((form, FORMS, "form"), (level, LEVELS, "level")):
        if word not in known:
            findings.error(0, f"`{word}` is no {what} of a lesson.", suggest(word, known))
            return None
    if level not in levels:
        findings.error(
            0, f"pack.toml does not name the level `{level}`.", "Add it to `levels` there."
        )
        return None
    if locale not in locales:
        findings.error(
            0, f"pack.toml does not name the language `{locale}`.", "Add it to `locales` there."
        )
        return None
    return form, level, locale


def parse_lesson(
    text: str, findings: Findings, *, lesson: str, name: tuple[str, str, str]
) -> LessonFile | None:
    """The lesson in a file; None after a finding that leaves nothing to show."""
    lines = text.split("\n")
    title, line, at = _title(lines, findings)
    skills, at = _skills(lines, at, findings)
    sections = tuple(_sections(lines, at, title, findings))
    if not sections:
        findings.error(line, "This lesson has no text.", "Write sections, each with a ## heading.")
        return None
    form, level, locale = name
    return LessonFile(
        LessonText(
            lesson=lesson,
            form=form,  # type: ignore[arg-type]  # lesson_name checked it
            level=level,  # type: ignore[arg-type]
            locale=locale,
            title=title,
            sections=sections[:200],
        ),
        skills,
        line,
    )


def _title(lines: list[str], findings: Findings) -> tuple[str, int, int]:
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        match = re.fullmatch(r"#(?!#)\s*(.+)", line)
        if match and len(match[1].strip()) <= 200:
            return match[1].strip(), at + 1, at + 1
        findings.error(at + 1, "A lesson begins with its title.", "Write a first line  # Title")
        return "?", at + 1, at
    findings.error(1, "This file is empty.", "Write a first line  # Title")
    return "?", 1, len(lines)


def _skills(lines: list[str], at: int, findings: Findings) -> tuple[tuple[str, ...], int]:
    skills: list[str] = []
    while at < len(lines):
        match = _MARK.fullmatch(lines[at].rstrip())
        if match is None:
            break
        if match[1] in MARKS:
            skills += [skill.strip() for skill in match[2].split(",") if skill.strip()]
        else:
            findings.error(
                at + 1, f"`{match[1]}` is no mark of a lesson.", suggest(match[1], MARKS)
            )
        at += 1
    return tuple(dict.fromkeys(skills)), at


def _sections(lines: list[str], at: int, title: str, findings: Findings) -> list[Section]:
    sections: list[Section] = []
    heading, begin, body = title, at + 1, list[str]()
    fenced = False

    def close() -> None:
        if section := _section(heading, begin, body, findings, titled=heading is not title):
            sections.append(section)

    for number, line in enumerate(lines[at:], start=at + 1):
        fenced ^= _FENCE.match(line) is not None
        match = None if fenced else re.fullmatch(r"##(?!#)\s*(.*)", line.rstrip())
        if match is None:
            body.append(line)
            continue
        close()
        heading, begin, body = match[1].strip(), number + 1, []
        if not 1 <= len(heading) <= 200:
            findings.error(number, "This section has no heading.", "Write  ## What it is about")
            heading = "?"
    close()
    return sections


def _section(
    heading: str, line: int, body: list[str], findings: Findings, *, titled: bool
) -> Section | None:
    markdown = "\n".join(body).strip("\n")
    if not markdown.strip():
        if titled:
            findings.error(line - 1, "This section is empty.", "Write its text, or delete it.")
        return None
    line += next((n for n, text in enumerate(body) if text.strip()), 0)
    for number, text in enumerate(markdown.split("\n"), start=line):
        if re.search(r"!\[\s*\]\(", text):
            findings.error(
                number,
                "This picture has no words.",
                "Describe it:  ![a loaf in 4 parts](loaf.webp)",
            )
    try:
        text_forms: Text = render(markdown)
    except RenderError as error:
        findings.error(line + error.line, error.what, error.remedy)
        return None
    if "@{" in text_forms.plain:
        findings.error(line, "Lessons have no drawn numbers.", "Write the numbers themselves.")
        return None
    if len(text_forms.plain) > SECTION_LENGTH_MAX:
        findings.warn(
            line,
            f"This section has {len(text_forms.plain)} characters.",
            f"Cut it in parts of at most {SECTION_LENGTH_MAX}.",
        )
    return Section(title=heading, text=text_forms)
