import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from practice_world import attempts, shown

from darasa.content_packs.build import build_pack
from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.grading import Verdict, correct_response
from darasa.content_packs.pack import Pack
from darasa.content_packs.source import load_source
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Help, Kind
from darasa.learning.practice.sitting import PracticeError, Sitting
from darasa.learning.views import Phase, PlanKind
from darasa.sync.clock import ManualClock
from darasa.sync.errors import StoreError
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import LearnerId, Role


@pytest.fixture
def fractions(clock: ManualClock) -> Iterator[Classroom]:
    """A computer with the bundled course, which has lessons."""
    packs = tuple(load_source(path) for path in bundled_courses())
    rng = random.Random(7).randbytes
    with Classroom.in_memory(role=Role.COMPUTER, clock=clock, rng=rng, packs=packs) as room:
        yield room


def test_a_lesson_read_while_the_answer_is_open_is_help(
    fractions: Classroom, answer: Callable[..., None]
) -> None:
    learner = fractions.guest().learner_id
    sitting = Sitting.begin(fractions, learner)
    view = sitting.start_set()
    assert view is not None
    assert view.has_lesson
    lesson = sitting.lesson()
    assert lesson is not None
    answer(sitting, right=True)
    sitting.lesson()  # too late to help
    sitting.next()
    answer(sitting, right=True)
    assert [a.help for a in attempts(fractions, learner)] == [int(Help.LESSON), 0]


def test_a_lesson_that_has_rotted_on_the_disk_ends_no_sitting(
    folder: Path, clock: ManualClock
) -> None:
    with Classroom.open(open_home(folder), clock=clock, rng=random.Random(7).randbytes) as room:
        key = room.home.node_key
        built = build_pack(
            bundled_courses()[0], sign=lambda raw: (key.public, key.sign("pack", raw))
        )
        course = room.shelf.install(built, trusted=[key.public])
        for blob in course.manifest.blobs:
            if blob.path.startswith("lessons/"):
                (folder / "blobs" / "blobs" / blob.sha256[:2] / blob.sha256).write_bytes(b"worn")
        learner = room.guest().learner_id
        sitting = Sitting.begin(room, learner)
        assert sitting.start_set() is not None
        assert sitting.lesson() is None
        assert sitting.lesson(level="easier") is None
        assert Sitting.begin(room, learner).lesson(next(iter(course.skills))) is None
        view = shown(sitting)
        sitting.answer(correct_response(view.instance))
        assert not any(a.help & Help.LESSON for a in attempts(room, learner))


def test_a_lesson_keeps_its_place_when_the_level_changes_and_for_the_next_sitting(
    fractions: Classroom,
) -> None:
    learner = fractions.guest().learner_id
    sitting = Sitting.begin(fractions, learner)
    skill = next(key for key in fractions.packs()[0].lessons.values()).skills[0]
    lesson = sitting.lesson(skill)
    assert lesson is not None
    assert (lesson.level, lesson.section, lesson.levels) == (
        "middle",
        1,
        ("easier", "middle", "richer"),
    )
    sitting.lesson_progress(lesson, 2)
    easier = sitting.lesson(skill, level="easier")
    assert easier is not None
    assert (easier.level, easier.section) == ("easier", 2)
    assert easier.sections != lesson.sections
    again = Sitting.begin(fractions, learner).lesson(skill)
    assert again is not None
    assert (again.level, again.section) == ("easier", 2)
    with pytest.raises(PracticeError):
        sitting.lesson_progress(lesson, len(lesson.sections) + 1)


def test_a_worked_example_is_offered_with_the_solution_and_is_no_help(
    fractions: Classroom, answer: Callable[..., None]
) -> None:
    learner = fractions.guest().learner_id
    sitting = Sitting.begin(fractions, learner)
    sitting.start_set("add-same")
    answer(sitting, right=False)
    assert not shown(sitting).has_worked
    sitting.show_me()
    assert shown(sitting).has_worked
    lesson = sitting.lesson(worked=True)
    assert lesson is not None
    assert (lesson.form, lesson.section, lesson.levels) == ("worked", 1, ("middle",))
    assert lesson.sections != sitting.lesson().sections  # type: ignore[union-attr]
    before = sitting.state.events
    sitting.lesson_progress(lesson, 2)
    assert sitting.state.events == before
    sitting.next()
    answer(sitting, right=True)
    assert attempts(fractions, learner)[-1].help == 0


def test_a_worked_example_read_while_the_answer_is_open_is_help(
    fractions: Classroom, answer: Callable[..., None]
) -> None:
    learner = fractions.guest().learner_id
    sitting = Sitting.begin(fractions, learner)
    sitting.start_set("add-same")
    assert sitting.lesson(worked=True) is not None
    answer(sitting, right=True)
    assert attempts(fractions, learner)[-1].help == int(Help.LESSON)


def test_a_lesson_without_worked_examples_offers_none(
    fractions: Classroom, answer: Callable[..., None]
) -> None:
    sitting = Sitting.begin(fractions, fractions.guest().learner_id)
    sitting.start_set("parts")
    answer(sitting, right=False)
    sitting.show_me()
    assert not shown(sitting).has_worked
    assert sitting.lesson(worked=True) is None
    assert sitting.lesson() is not None


@pytest.fixture
def folder(tmp_path: Path, clock: ManualClock) -> Path:
    init_home(tmp_path / "pc", role=Role.COMPUTER, name="PC", rng=random.Random(1).randbytes)
    return tmp_path / "pc"


@pytest.fixture
def opened(folder: Path, clock: ManualClock, sums: Pack) -> Callable[[], Iterator[Classroom]]:
    """The computer of a folder as a process finds it after it was killed: nothing is closed."""
    from darasa.sync.store import Store

    def open_it() -> Iterator[Classroom]:
        home = open_home(folder)
        rng = random.Random(clock.wall_ms()).randbytes
        store = Store.open(home.store_path, rng=rng)
        from darasa.learning.personal_text import MachineSecret

        room = Classroom(
            home, store, clock=clock, rng=rng, secret=MachineSecret(bytes(32)), packs=(sums,)
        )
        room._start()
        try:
            yield room
        finally:
            store.close()

    return open_it


def test_after_a_kill_the_same_item_of_the_same_set_goes_on(
    opened: Callable[[], Iterator[Classroom]], answer: Callable[..., None], clock: ManualClock
) -> None:
    first = opened()
    room = next(first)
    learner = room.guest().learner_id
    sitting = Sitting.begin(room, learner)
    sitting.start_set("carry")
    answer(sitting, right=True)
    sitting.next()
    sitting.hint()
    answer(sitting, right=False)
    before = shown(sitting)
    clock.advance(600_000)

    second = opened()  # no sign-out, no close
    room = next(second)
    again = Sitting.begin(room, learner)
    home = again.home()
    assert home.plan[0].kind is PlanKind.CARRY_ON
    assert home.plan[0].reason == "You stopped at item 2 of about 8."
    assert home.stopped_ms is not None
    assert again.home().stopped_ms is None
    view = again.start_set()
    assert view is not None
    assert (view.nth, view.tries, view.hints) == (before.nth, 1, before.hints)
    assert view.instance == before.instance
    assert view.phase is Phase.ASK
    answer(again, right=True)
    events = attempts(room, learner)
    assert [(a.try_nth, a.help) for a in events] == [(1, 0), (1, 1), (2, 1)]
    assert events[0].sitting != events[2].sitting
    first.close()
    second.close()


def test_a_right_answer_before_a_kill_is_not_asked_again(
    opened: Callable[[], Iterator[Classroom]], answer: Callable[..., None]
) -> None:
    first = opened()
    room = next(first)
    learner = room.guest().learner_id
    sitting = Sitting.begin(room, learner)
    sitting.start_set("carry")
    answer(sitting, right=True)
    done = shown(sitting).instance.item.id
    second = opened()
    view = Sitting.begin(next(second), learner).start_set()
    assert view is not None
    assert (view.nth, view.instance.item.id != done) == (2, True)
    first.close()
    second.close()


def test_when_nothing_can_be_saved_the_item_stays_as_it_was(
    computer: Classroom, sitting: Sitting, clock: ManualClock
) -> None:
    view = sitting.start_set("count")
    assert view is not None
    clock.advance(9_000)
    with computer.store.transaction() as tx:
        tx.connection.execute("PRAGMA query_only = 1")
    with pytest.raises(StoreError):
        sitting.answer(correct_response(view.instance))
    assert shown(sitting) == view
    with computer.store.reading() as connection:
        connection.execute("PRAGMA query_only = 0")
    assert sitting.answer(correct_response(view.instance)).saved_ms is not None


def test_an_answer_that_is_saved_stays_saved_when_got_it_cannot_be(
    computer: Classroom, learner: LearnerId, sitting: Sitting, answer: Callable[..., None]
) -> None:
    sitting.start_set("count")
    _refuse_mastery_shown(computer)
    for _nth in range(7):  # fewer bring the rule
        answer(sitting, right=True)
        given = shown(sitting).feedback
        assert given is not None
        assert (given.verdict, given.got) == (Verdict.RIGHT, None)
        sitting.next()
    assert len(attempts(computer, learner)) == 7
    _refuse_mastery_shown(computer, refuse=False)
    answer(sitting, right=True)
    assert shown(sitting).feedback.got == "Counting"  # type: ignore[union-attr]


def _refuse_mastery_shown(room: Classroom, *, refuse: bool = True) -> None:
    """A disk with room for an answer and none for what follows it."""
    with room.store.transaction() as tx:
        tx.connection.execute("DROP TRIGGER IF EXISTS no_room")
        tx.connection.execute("CREATE TABLE IF NOT EXISTS filler (raw BLOB)")
        tx.connection.execute(f"PRAGMA max_page_count = {1_000 if refuse else 2**30}")
        if refuse:
            tx.connection.execute(
                "CREATE TRIGGER no_room BEFORE INSERT ON event"
                f" WHEN NEW.kind = {int(Kind.MASTERY_SHOWN)}"
                " BEGIN INSERT INTO filler VALUES (zeroblob(100000000)); END"
            )


def test_help_flags_fit_their_byte() -> None:
    assert int(Help.HINTS | Help.LESSON | Help.SOLUTION) < 256


def test_content_that_arrives_during_a_sitting_is_for_the_next_one(
    computer: Classroom,
    learner: LearnerId,
    sitting: Sitting,
    answer: Callable[..., None],
    make_pack: Callable[..., Pack],
) -> None:
    view = sitting.start_set("count")
    assert view is not None
    [old] = computer.packs()
    without = tuple(i for i in old.items.values() if i.id != view.instance.item.id)
    computer._packs = (make_pack(tuple(old.skills.values()), without),)
    answer(sitting, right=True)
    assert len(attempts(computer, learner)) == 1
    again = Sitting.begin(computer, learner).start_set()
    assert again is not None
    assert again.instance.item.id != view.instance.item.id


def test_a_skill_that_she_was_back_at_and_that_is_gone_leads_on(
    computer: Classroom,
    learner: LearnerId,
    sitting: Sitting,
    answer: Callable[..., None],
    make_pack: Callable[..., Pack],
) -> None:
    sitting.start_set("add")
    for _ in range(2):
        sitting.not_sure()
        sitting.skip()
    while shown(sitting).skill[1] == "count":
        sitting.not_sure()
        sitting.skip()
        if len(sitting._desk.place.run.skipped) > 3:  # type: ignore[union-attr]
            break
    assert sitting._desk.place.run.steps == ("count",)  # type: ignore[union-attr]
    [old] = computer.packs()
    skills = (replace(old.skills["add"], requires=()),)
    items = tuple(item for item in old.items.values() if item.skills == ("add",))
    computer._packs = (make_pack(skills, items),)
    again = Sitting.begin(computer, learner)
    again.start_set()
    while again.current is not None:
        assert shown(again).skill[1] == "add"
        answer(again, right=True)
        again.next()
    assert again.summary().grown[0].title == "Adding"
