"""The sheet of sign-in cards: as a page, and as a file that needs nothing else."""

import re

import pytest
from people_pages import class_id, send
from test_hostile_text import HOSTILE, _check

from darasa.cli.main import run
from darasa.learning.people import class_lists
from darasa.learning.signing_in.pictures import check_pictures
from darasa.learning.signing_in.verifier import SecretKind
from darasa.server.assets import assets


@pytest.fixture
def five_b(school):
    school.sign_in_at_once()
    return class_id(school, "5B")


def test_a_card_says_how_to_sign_in_with_the_first_pin_and_an_empty_line_for_others(school, five_b):
    form = {"class": five_b, "how": "one", "name": "Neema Paul", "number": "17"}
    assert send(school, "/people/add", **form).status_code == 303
    answer = school.browser.get(f"/people/cards?class={five_b}")
    cards = re.findall(r'<li class="cut">.*?</ol>', answer.text, re.DOTALL)
    assert len(cards) == 4
    (neema,) = [card for card in cards if "Neema Paul" in card]
    pin = re.search(r'<span class="secret">(\d{4})</span>', neema)
    assert pin
    assert "No. 17" in neema
    assert "Choose class 5B</li>" in neema
    assert "Choose your name: Neema P.</li>" in neema
    learner = school.room.people.find("Neema Paul").learner_id
    assert school.room.desk.try_pin(learner, pin[1]).learner_id == learner
    others = [card for card in cards if card is not neema]
    assert all('class="line"' in card and "Ask for a code." in card for card in others)
    assert "3 learners have another one" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_class_that_signs_in_with_pictures_has_their_words_on_its_cards(school, five_b):
    school.room.people.set_sign_in(bytes.fromhex(five_b), SecretKind.PICTURES)
    form = {"class": five_b, "how": "one", "name": "Neema Paul"}
    assert send(school, "/people/add", **form).status_code == 303
    page = school.browser.get(f"/people/cards?class={five_b}").text
    cards = re.findall(r'<li class="cut">.*?</ol>', page, re.DOTALL)
    (neema,) = [card for card in cards if "Neema Paul" in card]
    words = re.search(r'Your pictures: <span class="secret words">(\w+ \w+ \w+)</span>', neema)
    assert words
    learner = school.room.people.find("Neema Paul").learner_id
    keys = check_pictures(words[1])
    assert school.room.desk.try_pin(learner, keys).learner_id == learner
    others = [card for card in cards if card is not neema]
    assert all("Your pictures: <span" in card and "Ask for a code." in card for card in others)


def test_nothing_in_the_style_would_be_changed_by_being_put_into_a_page():
    style = assets()["cards.css"].content.decode()
    assert not set(style) & set("<>&\"'")


@pytest.mark.parametrize("name", [*HOSTILE, "x" * 200])
def test_hostile_names_stay_on_their_cards_as_text(school, five_b, name):
    class_lists.rename_class(school.room, bytes.fromhex(five_b), name)
    class_lists.rename(school.room, school.room.people.find("Juma Ali").learner_id, name)
    page = school.browser.get(f"/people/cards?class={five_b}").text
    _check(page)


def test_the_command_writes_a_file_with_the_cards_that_asks_nobody_for_anything(tmp_path, capsys):
    home, out = str(tmp_path / "school"), tmp_path / "cards.html"
    run(["school", "init", "--home", home, "--name", "Kisima <Primary>"])
    run(["people", "add-class", "--home", home, "5B"])
    run(["people", "add", "--home", home, "5B", "Neema Paul", "Juma Ali"])
    pins = re.findall(r"(\d{4})   ", capsys.readouterr().out)
    assert len(pins) == 2
    assert run(["people", "cards", "--home", home, "--class", "5B", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "2 cards" in told
    assert "Print it, then delete it." in told
    html = out.read_text()
    assert all(pin in html for pin in pins)
    assert "Kisima &lt;Primary&gt;" in html
    assert not re.search(r"https?:|src=|href=|@import|url\(", html)
    assert "size: A4" in html
    assert out.stat().st_mode & 0o077 == 0
    assert run(["people", "cards", "--home", home, "--class", "9Z", "--out", str(out)]) == 4
