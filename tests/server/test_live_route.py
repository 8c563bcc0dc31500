"""The live page over a real connection: what is sent when, and how much of it."""

import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx2
import pytest

from darasa.learning.people.class_lists import close_class
from darasa.learning.people.handover import end_sign_in
from darasa.server.config import Config
from darasa.server.pages.class_page import class_live, fragment_of
from darasa.sync.messages import Doing

QUICK = Config(live_every_s=0.05, live_look_s=0.2, live_tick_s=0.3)


@contextmanager
def _stream(place, address: str, query: str, **headers: str) -> Iterator[Iterator[str]]:
    """The lines of a live stream, as a browser that is signed in gets them."""
    cookies = dict(place.browser.cookies)
    with (
        httpx2.Client(base_url=address, cookies=cookies, timeout=30) as client,
        client.stream("GET", f"/live?{query}", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.iter_lines()


def _event(lines: Iterator[str]) -> dict[str, str]:
    """The next event that has data."""
    event: dict[str, str] = {}
    for line in lines:
        if not line and "data" in event:
            return event
        name, _, value = line.partition(": ")
        if line and not line.startswith(":"):
            event[name] = event.get(name, "") + value
    raise AssertionError("the stream ended")


@pytest.fixture
def place(make_place, school_home):
    made = make_place(school_home, QUICK)
    made.sign_in_at_once()
    return made


def _class_query(place, **more: str) -> str:
    return "&".join([f"class={place.class_id.hex()}", *(f"{k}={v}" for k, v in more.items())])


def test_an_answer_reaches_the_open_page_as_the_row_that_changed(place, serving) -> None:
    computer = place.add_computer("PC 07")
    place.sit_down("Amina Kazungu", computer.node_id)
    now = class_live(place.app.state.darasa, place.class_id.hex())
    with (
        serving(place) as address,
        _stream(place, address, _class_query(place, have=now.mark)) as lines,
    ):
        place.answer("Amina Kazungu", right=False)
        event = _event(lines)
        while "data-part" not in event["data"]:
            event = _event(lines)
    assert event["id"] != now.mark
    rows = re.findall(r"<tr id=.*?</tr>", event["data"])
    assert len(rows) == 1
    assert "Amina K." in rows[0]
    assert 'aria-hidden="true">o<' in rows[0]


def test_a_page_that_knows_nothing_gets_everything_and_one_that_is_current_only_ticks(
    place, serving
) -> None:
    with serving(place) as address:
        with _stream(place, address, _class_query(place)) as lines:
            first = _event(lines)
            assert first["data"].count("<tr ") == 3
            assert 'id="needs"' in first["data"]
        again = {"last-event-id": first["id"]}
        with _stream(place, address, _class_query(place, have="old"), **again) as lines:
            tick = _event(lines)
    assert tick["event"] == "tick"
    assert re.fullmatch(r"\d+ \d\d:\d\d:\d\d", tick["data"])


def test_a_new_learner_makes_the_page_load_anew(place, serving) -> None:
    with (
        serving(place) as address,
        _stream(place, address, _class_query(place)) as lines,
    ):
        _event(lines)
        place.room.people.add_learner("Zawadi Moshi", place.class_id, pin="4711")
        event = _event(lines)
        while event.get("event") == "tick":
            event = _event(lines)
    assert event["event"] == "list"


def test_signing_out_ends_the_stream(place, serving) -> None:
    with (
        serving(place) as address,
        _stream(place, address, _class_query(place)) as lines,
    ):
        _event(lines)
        assert place.post("/sign-out", "/class") == 303
        assert [line for line in lines if line.startswith("data: <")] == []


def test_a_page_of_a_class_that_was_closed_is_loaded_anew(place, serving) -> None:
    with serving(place) as address, _stream(place, address, _class_query(place)) as lines:
        assert "Amina" in _event(lines)["data"]
        close_class(place.room, place.class_id)
        event = _event(lines)
        while event.get("event") == "tick":
            event = _event(lines)
    assert event == {"event": "list", "data": "changed"}


def test_a_page_of_who_signs_in_no_longer_is_loaded_anew_at_once(place, serving) -> None:
    peter = place.room.people.add_teacher("Peter Lema", "long enough it is")
    place.sign_in_at_once("Peter Lema")
    with serving(place) as address, _stream(place, address, _class_query(place)) as lines:
        assert "Amina" in _event(lines)["data"]
        end_sign_in(place.room, place.room.people.teacher(peter))
        event = _event(lines)
        while event.get("event") == "tick":
            event = _event(lines)
    assert event == {"event": "list", "data": "changed"}


def test_the_server_stops_while_a_live_page_is_open(place, serving) -> None:
    with ExitStack() as stack:
        with serving(place) as address:
            open_page = stack.enter_context(_stream(place, address, _class_query(place)))
            _event(open_page)
        assert [line for line in open_page if line.startswith("data: <")] == []


def test_without_a_session_or_a_class_there_is_no_stream(place) -> None:
    assert place.browser.get("/live?class=00").status_code == 404
    assert place.browser.get("/live").status_code == 404
    place.browser.cookies.clear()
    answer = place.browser.get(f"/live?{_class_query(place)}")
    assert answer.status_code == 403


def test_a_page_that_polls_gets_what_the_stream_would_have_said(place) -> None:
    all_of_it = place.browser.get(f"/live?{_class_query(place, once='1')}").text
    assert all_of_it.count("<tr ") == 3
    (mark,) = re.findall(r'data-have="(\w+)"', all_of_it)
    nothing_new = place.browser.get(f"/live?{_class_query(place, once='1', have=mark)}").text
    assert "data-part" not in nothing_new
    assert f'data-have="{mark}"' in nothing_new


def test_time_alone_changes_no_row_but_a_state_that_comes_with_time_does(place) -> None:
    darasa, class_id = place.app.state.darasa, place.class_id.hex()
    place.sit_down("Amina Kazungu", place.add_computer("PC 07").node_id)
    first = class_live(darasa, class_id)
    place.clock.advance(40_000)
    assert class_live(darasa, class_id).mark == first.mark
    place.clock.advance(120_000)
    later = class_live(darasa, class_id)
    assert later.mark != first.mark
    assert "Away" in fragment_of(later, first, token="t")


def test_an_update_of_a_class_of_forty_is_at_most_2_kb_on_the_wire(place) -> None:
    darasa, class_id = place.app.state.darasa, place.class_id.hex()
    people, computer = place.room.people, place.add_computer("PC 07").node_id
    names = [f"Learner {n:02} Moshi" for n in range(37)]
    place.room.record.record(
        *(
            fact
            for name in names
            for fact in people.learner_facts(place.room.rng(16), name, place.class_id, None)
        )
    )
    before = class_live(darasa, class_id)
    assert len(before.rows) == 40
    for name in names:
        place.sit_down(name, computer, doing=Doing.WORKING)
        place.answer(name, right=False, times=1)
    now = class_live(darasa, class_id)
    packer = zlib.compressobj(6, zlib.DEFLATED, 16 + 13, 5)  # as the route has it
    for known in (before, None):
        html = fragment_of(now, known, token="0123456789abcdef" * 2)
        sent = packer.compress(html.encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
        assert len(sent) <= 2_000


def test_the_class_page_with_40_learners_is_at_most_60_kb_in_6_requests(place) -> None:
    people = place.room.people
    for n in range(37):
        facts = people.learner_facts(place.room.rng(16), f"Learner {n:02}", place.class_id, None)
        place.room.record.record(*facts)
    packed = {"accept-encoding": "gzip"}
    html = place.browser.get("/class", headers=packed)
    assets = re.findall(r'(?:src|href)="(/static/[^"]+)"', html.text)
    assert html.text.count("<tr id=") == 40
    assert not re.search(r'(src|href)="(https?:)?//', html.text)
    sizes = [
        int(place.browser.get(path, headers=packed).headers["content-length"])
        for path in ("/class", *assets)
    ]
    assert len(sizes) + 1 <= 6  # and the live stream
    assert sum(sizes) <= 60_000
