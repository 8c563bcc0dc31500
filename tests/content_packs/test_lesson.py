import pytest

from darasa.content_packs.errors import PackDamagedError
from darasa.content_packs.findings import Findings
from darasa.content_packs.item import Text
from darasa.content_packs.lesson import Form, Lesson, LessonText, Level, Section
from darasa.content_packs.source_lessons import parse_lesson


def _text(form: Form, level: Level, locale: str) -> LessonText:
    words = f"{form} {level} {locale}"
    section = Section(title=words, text=Text(markdown=words, plain=words, spoken=words))
    return LessonText("halves", form, level, locale, words, (section,))


def _lesson(*keys: tuple[Form, Level, str]) -> Lesson:
    return Lesson(
        id="halves",
        skills=("halves",),
        title="Halves",
        source_locale="en",
        texts={key: lambda key=key: _text(*key) for key in keys},  # type: ignore[misc]
    )


WHOLE = _lesson(
    ("main", "easier", "en"),
    ("main", "middle", "en"),
    ("main", "richer", "en"),
    ("main", "middle", "sw"),
    ("worked", "middle", "en"),
)


@pytest.mark.parametrize(
    ("level", "locale", "form", "shown"),
    [
        ("middle", "en", "main", "main middle en"),
        ("richer", "en", "main", "main richer en"),
        ("richer", "sw", "main", "main middle sw"),  # same language first, then nearest words
        ("easier", "fr", "main", "main easier en"),  # then the pack's first language
        ("richer", "en", "worked", "worked middle en"),
        ("middle", "sw", "worked", "main middle sw"),
        ("middle", "en", "story", "main middle en"),
        ("strange", "en", "main", "main middle en"),
    ],
)
def test_the_nearest_text_is_shown(level: str, locale: str, form: str, shown: str) -> None:
    assert [part.title for part in WHOLE.sections(level, locale, form=form)] == [shown]


def test_it_tells_what_there_is() -> None:
    assert WHOLE.levels == ("easier", "middle", "richer")
    assert WHOLE.levels_in("sw") == ("middle",)
    assert WHOLE.locales == ("en", "sw")
    assert WHOLE.forms == ("main", "worked")
    assert (
        _lesson(("main", "easier", "en"), ("main", "richer", "en"))
        .sections("middle", "en")[0]
        .title.startswith("main easier")
    )


def test_a_text_in_the_wrong_place_is_damage() -> None:
    lesson = Lesson(
        id="halves",
        skills=("halves",),
        title="Halves",
        source_locale="en",
        texts={("main", "middle", "en"): lambda: _text("main", "easier", "en")},
    )
    with pytest.raises(PackDamagedError):
        lesson.check()


def test_sections_keep_headings_in_code_and_text_before_the_first_heading() -> None:
    findings = Findings("f")
    read = parse_lesson(
        "# Halves\nskills: a, b\n\nHello.\n\n## One\n\n```\n## not a heading\n```\n",
        findings,
        lesson="halves",
        name=("main", "middle", "en"),
    )
    assert findings.all == []
    assert read is not None
    assert read.skills == ("a", "b")
    assert [(part.title, part.text.plain) for part in read.text.sections] == [
        ("Halves", "Hello."),
        ("One", "    ## not a heading"),
    ]
