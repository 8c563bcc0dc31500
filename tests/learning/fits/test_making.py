"""Fits from what a node holds: what enters, how much there must be, what comes of it."""

import pytest
from deciding_world import work
from fits_world import parameters

from darasa.learning.digest import learner_digest
from darasa.learning.errors import FitError
from darasa.learning.fits.adopting import adopt, keep_fit, newest_here, next_version
from darasa.learning.fits.held_answers import held_answers
from darasa.learning.fits.signed_fit import sign_fit
from darasa.learning.kinds import SignIn, WithdrawItem
from darasa.learning.mastery.answers_csv import Answer
from darasa.learning.mastery.parameters import NamedValues
from darasa.learning.mastery.shipped import WARM
from darasa.sync.ids import Role

from mastery_world import invented  # isort: skip

pytest.importorskip("scipy", reason="the fit wants the extra hub")

from darasa.learning.fits.making import LEARNERS_MIN, make_fit


def answers(pack="p", *, learners=24, items=12, each=40, told=0, first=0):
    """Answers of an invented world, as a node has them."""
    return [
        row._replace(
            learner=f"{first + int(row.learner.split()[1])}",
            skills=tuple((pack, skill) for _, skill in row.skills),
            item=(pack, row.item[1]),
            difficulty_milli=told,
        )
        for row in invented(learners=learners, items=items, answers=each)
    ]


def test_what_counts_enters_a_fit_and_nothing_else(school, class_id, make_attempt):
    amina, ben, practice = (
        school.people.add_learner(name, class_id, pin="4821") for name in ("Amina", "Ben", "Zed")
    )
    work(school, amina, make_attempt, answers=2)
    school.record.record(
        (ben, SignIn(b"sitting2", "pin")),
        (ben, make_attempt(sitting=b"sitting2", item="q2", difficulty_milli=-700, right=False)),
        (ben, make_attempt(sitting=b"sitting2", item="q3", response_ms=100)),  # too quick
        (ben, make_attempt(sitting=b"sitting2", item="q4", partners=1)),
        (ben, make_attempt(sitting=b"sitting2", item="q5", help=1)),
        (ben, make_attempt(sitting=b"sitting2", item="q6", nth=2, values=(9,))),
        (practice, SignIn(b"sitting3", "simulated")),
        (practice, make_attempt(sitting=b"sitting3")),
    )
    school.record.record((None, WithdrawItem(None, "fractions", "q6", True, ())))
    found = held_answers(school)
    assert len({answer.learner for answer in found}) == 2
    assert not {answer.learner for answer in found} & {amina.hex(), "Amina", "Ben"}
    of_ben = {a.item[1]: (a.correct, a.difficulty_milli) for a in found if a.item[1] != "q1"}
    assert of_ben == {"q2": (False, -700), "q5": (False, 0)}  # with help is a not-yet
    assert held_answers(school, pack="another") == []
    assert {a.item[1] for a in held_answers(school, invented=True)} == {"q1"}
    assert len({a.learner for a in held_answers(school, limit=1)}) == 1


def test_too_few_learners_are_refused_with_a_sentence():
    few = answers(learners=LEARNERS_MIN - 1)
    with pytest.raises(FitError, match=r"wants the answers of 10 learners; there are those of 9"):
        make_fit(few, WARM, name="few", version=1)
    many = few + answers("other", learners=20, first=100)
    with pytest.raises(FitError, match="there are those of 9"):
        make_fit(many, WARM, name="few", version=1, pack="p")


def test_a_fit_of_one_pack_leaves_weights_and_other_packs_as_they_are():
    before = parameters(4)
    rows = answers("p") + answers("q", first=5)
    made = make_fit(rows, before, name="p", version=5, pack="p")
    fitted = made.fit.parameters
    assert fitted.weights == before.weights
    assert {row.pack for row in fitted.items} == {"fractions", "p"}
    assert [row for row in fitted.items if row.pack == "fractions"] == list(before.items)
    assert (fitted.version, fitted.mode, made.fit.is_refit) == (5, "refit", False)
    assert made.fit.rows == len(answers("p"))


def test_what_is_fitted_is_better_on_learners_left_out():
    made = make_fit(answers(learners=60, each=60), WARM, name="p", version=1)
    assert made.fit.held_out.rows == made.before.held_out.rows
    assert made.fit.held_out.log_loss() < made.before.held_out.log_loss() - 0.01
    assert made.fit.held_out.auc() > made.before.held_out.auc() + 0.02


def test_b_is_what_the_pack_says_and_a_correction_what_it_misjudges():
    """Said to be hard by two logits, and answered as others are: b stays, u takes it back."""
    flat = answers(learners=12, each=8)
    hard = [
        row._replace(difficulty_milli=-2_000) if row.item[1] == "item 3" else row for row in flat
    ]
    found = {row.name: row.values for row in _items(hard)}
    assert {b for name, (b, _) in found.items() if name != "item 3"} == {WARM.weights["mu"]}
    assert found["item 3"][0] == WARM.weights["mu"] - 2_000_000
    assert found["item 3"][1] > max(u for name, (_, u) in found.items() if name != "item 3")
    assert len({b for b, _ in (row.values for row in _items(flat))}) > 5  # by Rasch: nothing said


def _items(rows: list[Answer]) -> tuple[NamedValues, ...]:
    return make_fit(rows, WARM, name="p", version=1).fit.parameters.items


def test_an_item_of_few_learners_gets_the_mean_of_its_skill():
    rows = answers()
    rare = [row._replace(item=("p", "rare")) for row in rows if row.learner in {"1", "2"}][:4]
    made = make_fit(rows + rare, WARM, name="p", version=1)
    assert "rare" not in {row.name for row in made.fit.parameters.items}
    assert made.fit.few == 1


def test_a_fit_of_what_a_school_holds_is_signed_kept_and_adopted(school, class_id, make_attempt):
    learners = [school.people.add_learner(f"Child {n}", class_id, pin="4821") for n in range(12)]
    for n, learner in enumerate(learners):
        work(school, learner, make_attempt, sitting=b"sittng%02d" % n, right=n % 3 > 0)
    made = make_fit(held_answers(school), WARM, name="Kisima", version=next_version(school))
    raw = sign_fit(made.fit.parameters, school.home.node_key, made_ms=1)
    row = keep_fit(school, raw)
    assert (row.version, row.name, row.source) == (1, "Kisima", "36 answers of 12 learners")
    adopt(school, "1")
    dumped = repr(made.fit.parameters)
    assert not any(learner.hex() in dumped for learner in learners)
    assert school.state(learners[0]).rules.model.parameters.items[0].name == "q1"


def test_fits_of_one_pack_after_another_keep_what_was_found_before(school):
    first = make_fit(answers("p"), WARM, name="p", version=1, pack="p")
    keep_fit(school, sign_fit(first.fit.parameters, school.home.node_key, made_ms=1))
    base = newest_here(school)
    assert {row.pack for row in base.items} == {"p"}
    second = make_fit(answers("q"), WARM, base=base, name="q", version=2, pack="q")
    assert {row.pack for row in second.fit.parameters.items} == {"p", "q"}
    keep_fit(school, sign_fit(second.fit.parameters, school.home.node_key, made_ms=2))
    adopt(school, "2")
    assert newest_here(school) == school.store.read(school.fits.rules).model.parameters


def test_a_hub_fits_what_its_schools_have_sent(make_room, make_attempt, exchange):
    hub = make_room(Role.HUB)
    schools = [make_room(Role.SCHOOL, joined=hub, name=f"School {n}") for n in range(2)]
    for school in schools:
        class_id = school.people.add_class("5B")
        for nth in range(6):
            learner = school.people.add_learner(f"Child {nth}", class_id, pin="4821")
            work(school, learner, make_attempt, sitting=b"sittng%02d" % nth, right=nth % 3 > 0)
        exchange(school, hub)
    rows = held_answers(hub)
    assert len({row.learner for row in rows}) == 12
    made = make_fit(rows, newest_here(hub), name="district", version=next_version(hub))
    keep_fit(hub, sign_fit(made.fit.parameters, hub.home.node_key, made_ms=1))
    for school in schools:
        exchange(school, hub)
        assert adopt(school, "1").name == "district"
        exchange(school, hub)
        learner = school.learner_ids()[0]
        assert learner_digest(hub, learner) == learner_digest(school, learner)
    assert newest_here(hub).items[0].name == "q1"
