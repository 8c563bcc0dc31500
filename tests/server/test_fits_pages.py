"""By which fit a school's learners are folded: seen by its teachers, chosen by its head."""

import re

import pytest
from msgspec.structs import replace
from people_pages import send, text_of, undo_mark

from darasa.learning.fits import comparing
from darasa.learning.fits.adopting import keep_fit
from darasa.learning.fits.chosen import chosen_fits
from darasa.learning.fits.signed_fit import parts_of, sign_fit
from darasa.learning.fits.words import SETTING
from darasa.learning.kinds import FitPart, Op
from darasa.learning.mastery.parameters import NamedValues
from darasa.learning.mastery.shipped import WARM
from darasa.learning.records import SCHOOL_PARAMETERS
from darasa.learning.rights import Post
from darasa.server.pages import fits
from darasa.sync.ids import hash16

MADE_MS = 1_799_000_000_000
DAY_MS = 86_400_000


def sign_in(place, post=Post.HEAD, name="Ruth Njeri"):
    account = place.room.people.add_teacher(name, "long enough it is", post=post)
    darasa = place.app.state.darasa
    session = darasa.sessions.open(account, name)
    place.browser.cookies.set(darasa.cookie_name, darasa.sessions.cookie_of(session))


def fit(place, version, *, name="Tana", source="9 answers", shift=0, **logits):
    """A fit that this school made; its id."""
    pack = place.room.packs()[0].id
    made = replace(
        WARM,
        name=name,
        version=version,
        source=source,
        weights={**WARM.weights, "intercept": WARM.weights["intercept"] + shift},
        items=tuple(
            NamedValues(pack, item.replace("_", "-"), (round(b * 1e6), 0))
            for item, b in logits.items()
        ),
    )
    signed = sign_fit(made, place.room.home.node_key, made_ms=MADE_MS)
    return keep_fit(place.room, signed).fit_id


def use(place, fit_id, **fields):
    wanted = "shipped" if fit_id is None else fit_id.hex()
    return send(place, "/fits", "/fits", fit=wanted, **fields)


def rules(place):
    return place.room.store.read(place.room.fits.rules).name


def read(place, path="/fits"):
    answer = place.browser.get(path)
    assert answer.status_code == 200
    return text_of(answer.text)


def test_the_page_says_what_is_in_use_since_when_and_what_it_was_made_from(school):
    sign_in(school, name="Asha Omar")
    page = read(school)
    assert "In use: what ships with the program. " in page
    assert "Since" not in page
    fit_id = fit(school, 3, source="4800 answers of 120 learners")
    school.clock.advance(2 * DAY_MS)  # her session has ended
    sign_in(school)
    assert use(school, fit_id).status_code == 303
    page = read(school)
    assert "Answers are weighed by version 3 of Tana from now on." in page
    assert "In use: version 3 of Tana. Since 2027-01-17, by Ruth Njeri." in page
    assert "Made from 4800 answers of 120 learners." in page
    assert rules(school).endswith(fit_id.hex())


def test_the_head_goes_back_to_one_before_and_takes_that_back(school):
    sign_in(school)
    first, second = fit(school, 1), fit(school, 2, shift=300_000)
    for fit_id in (first, second, first):
        assert use(school, fit_id).status_code == 303
    assert [each.fit_id for each in chosen_fits(school.room)] == [first, second, first]
    page = school.browser.get("/fits").text
    assert text_of(page).count("version 2 of Tana (Ruth Njeri)") == 1
    mark = undo_mark(school, "/fits")
    assert school.post("/people/undo", "/fits", mark=mark, to="/fits") == 303
    assert rules(school).endswith(second.hex())
    assert use(school, None).status_code == 303
    assert rules(school) == "rlf-shipped-warm-1"
    assert "No newer fit is taken by itself." in read(school)
    mark = undo_mark(school, "/fits")
    assert school.post("/people/undo", "/fits", mark=mark, to="/fits") == 303
    assert rules(school).endswith(second.hex())
    assert "is taken by itself" in read(school)


def test_going_back_to_the_one_before_is_one_press(school):
    sign_in(school)
    ids = [fit(school, 1), fit(school, 2, shift=300_000)]
    assert "Go back" not in read(school)
    use(school, ids[0])
    assert "Go back to what ships with the program" in read(school)
    use(school, ids[1])
    page = school.browser.get("/fits").text
    (former,) = re.findall(r'name="fit" value="(\w+)"><p><button>Go back to version 1', page)
    assert send(school, "/fits", "/fits", fit=former).status_code == 303
    assert rules(school).endswith(ids[0].hex())
    assert "Go back to version 2 of Tana" in read(school)


def test_a_choice_that_somebody_changed_since_is_not_taken_back(school):
    sign_in(school)
    first, second = fit(school, 1), fit(school, 2, shift=300_000)
    use(school, first)
    mark = undo_mark(school, "/fits")
    fits.choose(school.room, second)
    assert school.post("/people/undo", "/fits", mark=mark, to="/fits") == 409
    assert rules(school).endswith(second.hex())


def test_a_fit_that_is_to_stay_is_said_to(school):
    sign_in(school)
    assert "Between terms" in read(school)
    assert use(school, fit(school, 1), stays="1").status_code == 303
    assert "No newer fit is taken by itself." in read(school)


def test_each_fit_has_its_page_and_a_way_to_be_used(school):
    sign_in(school)
    ids = [fit(school, 1).hex(), fit(school, 2, source="", shift=300_000).hex(), "shipped"]
    page = school.browser.get("/fits").text
    assert sorted(re.findall(r'href="/fits/one\?fit=(\w+)"', page)) == sorted(ids)
    assert sorted(re.findall(r'name="fit" value="(\w+)"', page)) == sorted(ids[:2])
    assert "?" not in text_of(page)  # nothing that is empty is shown as a hole
    for each in ids:
        assert read(school, f"/fits/one?fit={each}").count("Use this one") == (each != "shipped")


def test_a_teacher_looks_and_the_head_chooses(school):
    fit_id = fit(school, 1)
    sign_in(school, Post.TEACHER)
    page = school.browser.get("/fits").text
    assert "The head chooses for the whole school." in page
    assert "<button" not in page[page.index("<main") :]
    assert "Use this one" not in school.browser.get(f"/fits/one?fit={fit_id.hex()}").text
    assert send(school, "/fits", "/packs", fit=fit_id.hex()).status_code == 403
    assert rules(school) == "rlf-shipped-warm-1"


@pytest.mark.parametrize("wanted", ["", "x", "00" * 16, "shipped "])
def test_a_fit_that_is_not_here_is_not_found(school, wanted):
    sign_in(school)
    assert school.browser.get("/fits/one", params={"fit": wanted}).status_code == 404
    assert send(school, "/fits", "/fits", fit=wanted).status_code == 404


def test_what_is_in_use_already_is_refused_in_words(school):
    sign_in(school)
    fit_id = fit(school, 1)
    assert use(school, fit_id).status_code == 303
    again = use(school, fit_id)
    assert again.status_code == 409
    assert "This school goes by that fit already." in again.text


def test_while_the_chosen_fit_is_not_here_the_page_says_what_is_used_instead(school):
    sign_in(school)
    first = fit(school, 1)
    use(school, first)
    seen = school.room.people.record_of(SETTING).chains(SCHOOL_PARAMETERS)
    elsewhere = Op(SETTING, SCHOOL_PARAMETERS, (b"a fit of the hub", False), seen)
    school.room.record.record((None, elsewhere))
    page = read(school)
    assert "The fit that was chosen is not here yet. This one is used until then." in page
    assert "In use: version 1 of Tana. Made from 9 answers." in page
    assert ": a fit that is not here (The office)" in page
    assert "beside what ships with the program" in read(school, f"/fits/one?fit={first.hex()}")


def test_a_refused_fit_says_why_and_cannot_be_chosen(school):
    sign_in(school)
    raw = parts_of(b"no fit at all")
    fit_id = hash16(b"no fit at all")
    school.room.record.record((None, FitPart(fit_id, 0, 1, raw[0])))
    page = school.browser.get("/fits").text
    assert "A fit that is refused" in page
    assert fit_id.hex() not in page
    assert use(school, fit_id).status_code == 404


def items_of(place):
    pack = place.room.packs()[0]
    return [item.id.replace("-", "_") for item in pack.items_of(next(iter(pack.skills)))]


def test_the_items_that_moved_most_are_told_in_chances(school):
    sign_in(school)
    hard, easy, same, *_ = items_of(school)
    fit_id = fit(school, 1, **{hard: -3.0, easy: 3.0})
    page = read(school, f"/fits/one?fit={fit_id.hex()}")
    assert "This is not in use. Below it stands beside what ships with the program." in page
    moved = re.findall(r"fractions-p5/(\S+) (harder|easier): (\d+) of 100, was (\d+)", page)
    assert {(name.replace("-", "_"), word) for name, word, _, _ in moved} == {
        (hard, "harder"),
        (easy, "easier"),
    }
    assert all((int(then) > int(now)) == (word == "harder") for _, word, now, then in moved)
    assert same.replace("_", "-") not in page
    assert "@{" not in page
    assert "No question here moved" in read(school, "/fits/one?fit=shipped")


def test_too_few_answers_say_nothing_and_enough_say_how_far_off_it_is(school, monkeypatch):
    sign_in(school)
    fit_id = fit(school, 1, shift=2_000_000)
    school.answer("Amina Kazungu", right=False, times=4)
    school.answer("Baraka Mwita", right=False, times=4)
    path = f"/fits/one?fit={fit_id.hex()}"
    assert "answers are here: too few to try it on." in read(school, path)
    monkeypatch.setattr(comparing, "ENOUGH_ANSWERS", 4)
    page = read(school, path)
    assert "On these answers it is worse than what ships with the program." in page
    assert "answers of 2 learners here." in page
    now, before = re.search(
        r"off by ([\d.]+) in 100\. The other is off by ([\d.]+)\.", page
    ).groups()
    assert float(now) > float(before)
    use(school, fit_id)
    other_way = read(school, "/fits/one?fit=shipped")
    assert "On these answers it is better than version 1 of Tana." in other_way


def test_of_the_one_in_use_the_page_tells_what_it_changed(school):
    sign_in(school)
    first, second = fit(school, 1), fit(school, 2, shift=300_000)
    use(school, first)
    use(school, second)
    page = read(school, f"/fits/one?fit={second.hex()}")
    assert "This is in use now. Below it stands beside version 1 of Tana." in page
    assert "beside version 2 of Tana" in read(school, f"/fits/one?fit={first.hex()}")


def test_no_name_of_a_learner_is_on_these_pages(school):
    sign_in(school)
    school.answer("Amina Kazungu", right=True, times=3)
    fit_id = fit(school, 1)
    use(school, fit_id)
    for path in ("/fits", f"/fits/one?fit={fit_id.hex()}"):
        assert "Amina" not in read(school, path)
