"""A school joins a hub over real connections; the hub's page shows the school, and no learner."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from darasa.server.config import Config
from darasa.server.hub.queries import school_facts
from darasa.server.jobs import exchange_now
from darasa.sync.transport.http import join

CONFIG = Config(sync_every_s=0.2, sync_soon_s=0.05)
NAMES = ("Amina", "Kazungu", "Baraka", "Mwita", "Grace Otieno")


@pytest.fixture
def school(make_place, school_home):
    return make_place(school_home, CONFIG)


@pytest.fixture
def district(school, hub, serving) -> Iterator[tuple]:
    """(school, hub) that have joined; both serve, so the school's job exchanges by itself."""
    with ExitStack() as stack:
        address = stack.enter_context(serving(hub))
        hub.sign_in_at_once("Peter Lema")
        assert hub.post("/hub/code", "/hub") == 303
        (code,) = re.findall(r'<p class="code">(.*?)</p>', hub.browser.get("/hub").text)
        room = school.room
        join(room.home, room.store, address, code, clock=room.clock, rng=os.urandom)
        yield school, hub


def test_the_work_of_a_school_reaches_the_hub_and_its_page(district) -> None:
    school, hub = district
    school.answer("Amina Kazungu", right=True, times=3)
    report = exchange_now(school.app.state.darasa, url=None)
    assert report["ok"], report
    (facts,) = school_facts(hub.room.store)
    assert facts.events == school.room.store.event_count()
    page = hub.browser.get("/hub").text
    assert "Kisima Primary" in page
    assert "just now" in page
    assert f">{facts.events}<" in page
    assert not [name for name in NAMES if name in page]


def test_no_name_is_anywhere_in_the_folder_of_the_hub(district) -> None:
    school, hub = district
    school.answer("Amina Kazungu", right=True)
    assert exchange_now(school.app.state.darasa, url=None)["ok"]
    files = [path for path in Path(hub.room.home.path).rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert not [name for name in NAMES if name.encode() in content], path


def test_the_page_counts_the_computers_of_which_work_has_come(district) -> None:
    school, hub = district
    school.add_computer("PC 07")
    exchange_now(school.app.state.darasa, url=None)
    (facts,) = school_facts(hub.room.store)
    assert facts.heard == 0
    assert "0 of " in hub.browser.get("/hub").text


def test_a_used_code_is_gone_from_the_page(district) -> None:
    _school, hub = district
    assert "Code for one school" not in hub.browser.get("/hub").text


def test_the_school_shows_when_the_district_was_heard(district) -> None:
    school, _hub = district
    assert exchange_now(school.app.state.darasa, url=None)["ok"]
    school.sign_in_at_once()
    assert "District: just now." in school.browser.get("/class").text


def test_a_serving_school_brings_new_work_by_itself(district, serving) -> None:
    school, hub = district
    with serving(school):
        school.answer("Baraka Mwita", right=True)
        wanted = school.room.store.event_count()
        deadline_s = monotonic() + 60
        while sum(facts.events for facts in school_facts(hub.room.store)) < wanted:
            assert monotonic() < deadline_s
            Event().wait(0.02)
    (facts,) = school_facts(hub.room.store)
    assert facts.events == wanted


def test_an_officer_signs_in_at_the_hub(hub) -> None:
    hub.room.people.add_teacher("Peter Lema", "maize field rain")
    assert hub.sign_in("Peter Lema", "maize field rain") == 303
    assert hub.browser.get("/hub").status_code == 200
