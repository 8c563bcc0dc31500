"""`darasa pack build --difficulties`: from a fit to the question on a learner's screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from darasa.cli.exits import Exit
from darasa.cli.main import run
from darasa.cli.options import classroom_at
from darasa.content_packs.grading import correct_response
from darasa.learning.digest import learner_digest
from darasa.learning.kinds import Attempt, payload_of
from darasa.learning.mastery.models import shipped
from darasa.learning.mastery.parameters import FILE_BYTES_MAX, NamedValues, Parameters
from darasa.learning.mastery.shipped import WARM
from darasa.learning.practice.sitting import Sitting
from darasa.learning.reports.course_book import CourseBook
from darasa.sync.clock import ManualClock
from darasa.sync.home import init_home
from darasa.sync.ids import LearnerId, Role

PACK = 'id = "sums"\nversion = "{0}"\nsequence = {0}\ntitle = "Sums"\nlocales = ["en"]\n'
SKILLS = '[add]\ntitle = "Adding"\n\n[carry]\ntitle = "Carrying"\n'
STEPS = {"q1": 1, "q2": 1, "q3": 2, "q4": 2, "q5": 3, "q6": 3, "new": 3}


def question(name: str, step: int) -> str:
    return (
        f"\n## {name}\ndifficulty: {step}\n\nWhat is {name[-1]} and one more, of {name}?\n\n"
        f"- [x] this\n- [ ] that\n- [ ] none\n\n> Hint: Count on.\n> Solution: This.\n"
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=os.urandom)
    return tmp_path / "school"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sums"
    (made / "items").mkdir(parents=True)
    (made / "pack.toml").write_text(PACK.format(1))
    (made / "skills.toml").write_text(SKILLS)
    items = "".join(question(name, step) for name, step in STEPS.items())
    (made / "items" / "add.en.md").write_text("# Adding\nskill: add\n" + items)
    other = question("c1", 2)
    (made / "items" / "carry.en.md").write_text("# Carrying\nskill: carry\n" + other)
    return made


def fit_in(file: Path, *, made: Parameters = WARM, pack: str = "", **logits: float) -> Path:
    """What `mastery fit` writes, with these difficulties."""
    rows = tuple(NamedValues(pack, name, (round(b * 1e6), 0)) for name, b in logits.items())
    file.write_bytes(replace(made, items=rows).to_bytes() if rows else made.to_bytes())
    return file


UPSIDE_DOWN = {"q1": -3.0, "q2": 1.0, "q3": 0.0, "q4": 0.0, "q5": -1.0, "q6": 2.0}


def build(folder: Path, out: Path, home: Path, *more: str) -> int:
    return run(["pack", "build", str(folder), "--out", str(out), "--home", str(home), *more])


def test_the_build_says_what_came_from_where_and_what_to_look_at(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = fit_in(tmp_path / "fit.json", **UPSIDE_DOWN)
    first, second, plain = (tmp_path / f"{n}.pack" for n in range(3))
    assert build(folder, first, home, "--difficulties", str(file)) == Exit.DONE
    said = capsys.readouterr().out
    assert "6 items from answers.\n  1 item from other items of the same skill.\n" in said
    assert "1 item as the author wrote.\n" in said
    assert "Look at q1: written as 1, answers say 3.8 steps harder.\n" in said
    assert "Look at q6: written as 3, answers say 3.2 steps easier.\n" in said
    assert said.count("Look at") == 2
    assert build(folder, second, home, "--difficulties", str(file)) == Exit.DONE
    assert first.read_bytes() == second.read_bytes()
    assert build(folder, plain, home) == Exit.DONE
    assert plain.read_bytes() != first.read_bytes()


def test_a_bad_file_gives_one_sentence_and_nothing_is_written(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, key = tmp_path / "out.pack", tmp_path / "author.key"
    cases: dict[str, bytes] = {
        "empty": b"",
        "binary": os.urandom(4_000),
        "no parameters": b'{"model": "rlf"}',
        "escapes": b'{"\\u001b[2Jx": 1}',
        "deep": b"[" * 100_000,
        "another model": shipped("elo").to_bytes(),
        "another pack": fit_in(tmp_path / "x", pack="other", q1=1.0).read_bytes(),
        "other items": fit_in(tmp_path / "x", r1=1.0).read_bytes(),
        "twice": replace(WARM, items=(NamedValues("", "q1", (1, 1)),) * 2).to_bytes(),
    }
    capsys.readouterr()
    for name, raw in cases.items():
        file = tmp_path / name
        file.write_bytes(raw)
        code = build(folder, out, home, "--difficulties", str(file), "--key", str(key))
        told = capsys.readouterr()
        assert (code, told.out) == (Exit.BAD_INPUT, ""), name
        assert told.err.startswith(f"{file}: "), name
        assert told.err.count("\n") == 1, name
        assert "\x1b" not in told.err, name
    huge = tmp_path / "huge"
    with huge.open("wb") as file_of_holes:
        file_of_holes.truncate(FILE_BYTES_MAX + 1)
    assert build(folder, out, home, "--difficulties", str(huge)) == Exit.BAD_INPUT
    assert capsys.readouterr().err == f"{huge}: it is too large for parameters.\n"
    nowhere = str(tmp_path / "nowhere")
    assert build(folder, out, home, "--difficulties", nowhere) == Exit.NOT_FOUND
    assert not out.exists()
    assert not key.exists()


def test_new_difficulties_lead_to_other_questions_and_leave_what_was_answered(
    home: Path, folder: Path, tmp_path: Path
) -> None:
    """From the built file over the shelf to the planner, the attempt and the fold."""
    file, packed = fit_in(tmp_path / "fit.json", **UPSIDE_DOWN), tmp_path / "sums.pack"
    assert build(folder, packed, home) == Exit.DONE
    assert run(["pack", "install", str(packed), "--home", str(home)]) == Exit.DONE
    with classroom_at(home, writable=True) as room:
        class_id = room.people.add_class("5B")
        learner = room.people.add_learner("Amina", class_id, pin="4821")
        asked = answered(room, learner)
        before, shown = learner_digest(room, learner), read(room, learner)
    assert asked in ("q1", "q2")  # what the author called easy
    (folder / "pack.toml").write_text(PACK.format(2))
    assert build(folder, packed, home, "--difficulties", str(file)) == Exit.DONE
    assert run(["pack", "install", str(packed), "--home", str(home)]) == Exit.DONE
    with classroom_at(home, writable=True) as room:
        assert learner_digest(room, learner) == before
        assert read(room, learner) == shown
        assert shown[0][1] == "this"
        other = room.people.add_learner("Baraka", class_id, pin="4821")
        asked = answered(room, other)
        (said,) = attempts(room, other)
        (pack,) = room.packs()
    assert asked == "q6"  # what answers say is easy, whatever was written
    assert said.difficulty_milli == pack.items["q6"].fitted_milli > 1_000


def read(room, learner: LearnerId) -> list[tuple[str, str]]:
    """How a teacher reads her answers: the questions, and the texts that she picked."""
    book = CourseBook.of(room.packs())
    return [(book.asked(each), book.answered(each)) for each in attempts(room, learner)]


def attempts(room, learner: LearnerId) -> list[Attempt]:
    said = [payload_of(stored.event) for stored in room.events_of(learner)]
    return [payload for payload in said if isinstance(payload, Attempt)]


def answered(room, learner: LearnerId) -> str:
    """Her next question, which she gets right."""
    sitting = Sitting.begin(room, learner, how="pin")
    view = sitting.start_set("add")
    assert view is not None
    sitting.answer(correct_response(view.instance))
    sitting.sign_out()
    return view.instance.item.id


def test_a_fit_of_a_school_is_saved_as_a_file_that_packs_take(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from darasa.learning.fits.adopting import keep_fit
    from darasa.learning.fits.signed_fit import sign_fit

    rows = tuple(NamedValues("sums", name, (round(b * 1e6), 0)) for name, b in UPSIDE_DOWN.items())
    with classroom_at(home, writable=True) as room:
        made = replace(WARM, name="Kisima", version=3, items=rows)
        keep_fit(room, sign_fit(made, room.home.node_key, made_ms=ManualClock(0).wall_ms()))
    file, out = tmp_path / "saved.json", tmp_path / "out.pack"
    assert run(["mastery", "save", "3", str(file), "--home", str(home)]) == Exit.DONE
    assert "version 3, 6 items, 0 skills." in capsys.readouterr().out
    assert file.read_bytes() == made.to_bytes()
    assert build(folder, out, home, "--difficulties", str(file)) == Exit.DONE
    assert "6 items from answers." in capsys.readouterr().out
    assert run(["mastery", "save", "4", str(file), "--home", str(home)]) == Exit.NOT_FOUND
