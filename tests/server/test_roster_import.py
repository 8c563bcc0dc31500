"""Importing a class list by the pages: as a browser without script does it."""

import html
import re
import threading

import oneroster_exports as exports
import pytest
from starlette.testclient import TestClient

from darasa.learning.erasure import erase_learner
from darasa.learning.rights import Post
from darasa.server.drafts import DRAFTS_MAX, Draft

HERE = "/people/import"


@pytest.fixture
def place(school):
    school.sign_in_at_once()
    return school


def upload(place, raw, name="class.csv"):
    form = {"token": place.token(HERE)}
    sent = place.browser.post(HERE, data=form, files={"file": (name, raw)}, follow_redirects=False)
    return sent.headers["location"] if sent.status_code == 303 else sent.status_code


def send(place, path, **fields):
    form = {"token": place.token(path), **fields}
    sent = place.browser.post(path, data=form, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def look(place, path):
    answer = place.browser.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.text)


def mapping_of(page):
    """What each select of the columns page has chosen."""
    selects = re.findall(r'<select id="c\d+" name="(c\d+)">(.*?)</select>', page)
    return {name: re.search(r'value="(\w+)" selected', body).group(1) for name, body in selects}


def choose(place, raw):
    """Upload, and take the columns as they are guessed."""
    assert upload(place, raw) == f"{HERE}/columns"
    page = look(place, f"{HERE}/columns")
    headings = re.search(r'name="headings"><option value="yes"( selected)?', page).group(1)
    return send(place, f"{HERE}/columns", headings="yes" if headings else "no", **mapping_of(page))


def figures(page):
    return [int(n) for n in re.findall(r"<li><b>(\d+)</b>", page)]


def test_a_list_is_imported_in_three_steps(place):
    raw = "Jina;Darasa;Namba\r\nZoé Müller;5B;17\r\nPendo Salama;6A;18\r\n".encode("cp1252")
    assert choose(place, raw) == f"{HERE}/preview"
    page = look(place, f"{HERE}/preview")
    assert figures(page) == [2, 0, 0, 0]
    assert send(place, f"{HERE}/preview", do="import") == f"{HERE}/done"
    names = [str(row.name) for row in place.room.people.learners()]
    assert {"Zoé Müller", "Pendo Salama"} <= set(names)
    page = look(place, f"{HERE}/done")
    assert "2 learners are new." in page
    assert re.search(r"Zoé Müller</th><td class=\"num\">\d{4}<", page)
    page = look(place, f"{HERE}/done?class=2")
    assert "Pendo Salama" in page
    (cards,) = re.findall(r'href="(/people/cards[^"]+)"', page)
    assert re.search(r"Pendo Salama</th><td class=\"num\">(\d{4})<", page).group(1) in look(
        place, cards
    )


def test_pins_are_shown_only_to_who_imported(place):
    choose(place, b"name,class\nZawadi Y,5B\n")
    send(place, f"{HERE}/preview", do="import")
    place.sign_in_at_once("Somebody Else")
    assert place.browser.get(f"{HERE}/done", follow_redirects=False).status_code == 303


def test_putting_away_forgets_the_pins(place):
    choose(place, b"name,class\nZawadi Y,5B\n")
    send(place, f"{HERE}/preview", do="import")
    place.post(f"{HERE}/drop", f"{HERE}/done")
    assert place.browser.get(f"{HERE}/done", follow_redirects=False).status_code == 303


def test_columns_are_shown_with_three_examples_and_can_be_changed(place):
    raw = b"Vardas,Klase,Gender\nAda L,5B,F\nBo M,5B,M\nCy N,5C,M\nDi O,5C,F\n"
    upload(place, raw)
    page = look(place, f"{HERE}/columns")
    assert mapping_of(page) == {"c0": "skip", "c1": "skip", "c2": "skip"}
    assert re.findall(r"<div>(\w+ \w)</div>", page) == ["Ada L", "Bo M", "Cy N"]
    assert send(place, f"{HERE}/columns", headings="yes", c0="name") == f"{HERE}/columns"
    assert "Which column is the class?" in look(place, f"{HERE}/columns")
    moved_on = send(place, f"{HERE}/columns", headings="yes", c0="name", c1="class")
    assert moved_on == f"{HERE}/preview"
    page = look(place, f"{HERE}/preview")
    assert figures(page) == [4, 0, 0, 0]
    assert "Left out: Gender" in page


def test_a_list_without_headings_is_mapped_by_place(place):
    upload(place, b"Ada Lu,5F\nBo Ma,5G\n")
    assert mapping_of(look(place, f"{HERE}/columns")) == {"c0": "skip", "c1": "skip"}
    assert send(place, f"{HERE}/columns", headings="no") == f"{HERE}/columns"
    page = look(place, f"{HERE}/columns")
    assert "Column 2" in page
    send(place, f"{HERE}/columns", headings="no", c0="name", c1="class")
    assert figures(look(place, f"{HERE}/preview")) == [2, 0, 0, 0]


def test_every_fault_is_shown_with_its_line_on_pages_and_nothing_is_imported(place):
    lines = [f"Learner {n},{'' if n % 40 == 0 else '5B'}" for n in range(4_000)]
    raw = "name,class\n" + "\n".join(lines)
    choose(place, raw.encode())
    before = place.room.store.event_count()
    first = look(place, f"{HERE}/preview")
    assert figures(first)[3] == 100
    found = []
    for page in (1, 2):
        text = look(place, f"{HERE}/preview?findings={page}")
        found += [int(n) for n in re.findall(r'<th scope="row" class="num">(\d+)</th>', text)]
    assert found == [2 + n for n in range(0, 4_000, 40)]
    assert 'value="import"' not in first
    form = {"token": place.token(HERE), "do": "import"}
    assert place.browser.post(f"{HERE}/preview", data=form).status_code == 409
    assert place.room.store.event_count() == before


def test_who_is_asked_about_is_made_unless_she_is_ticked(place):
    raw = b"name,class\nAmina Kazungu,5B\nBaraka Mwitta,5B\nJuma Ali,6A\n"
    choose(place, raw)
    page = look(place, f"{HERE}/preview")
    assert figures(page) == [2, 1, 2, 0]
    assert "nearly the same name" in page
    assert "the same name, another class" in page
    send(place, f"{HERE}/preview", **{"same-3": "1", "do": "keep", "next": "1"})
    assert figures(look(place, f"{HERE}/preview")) == [1, 2, 2, 0]
    before = len(place.room.people.learners())
    send(place, f"{HERE}/preview", **{"same-3": "1", "do": "import"})
    assert len(place.room.people.learners()) == before + 1


def test_a_class_is_changed_only_when_that_is_chosen(place):
    from darasa.learning.rosters.applying import import_roster
    from darasa.learning.rosters.reading import read_roster

    import_roster(place.room, read_roster(b"name,class,id\nAda Lu,5B,17\n"))
    choose(place, b"name,class,id\nAda Lu,6A,17\n")
    assert "1 is here in another class" in look(place, f"{HERE}/preview")
    send(place, f"{HERE}/preview", moves="move", do="import")
    assert place.room.people.find("Ada Lu").class_name == "6A"


def test_a_list_that_changed_since_it_was_looked_at_is_shown_again(place):
    choose(place, b"name,class\nAda Lu,5B\n")
    token = place.token(f"{HERE}/preview")
    place.room.people.add_learner("Ada Lu", place.class_id, pin="4711")
    form = {"token": token, "do": "import"}
    sent = place.browser.post(f"{HERE}/preview", data=form, follow_redirects=False)
    assert sent.headers["location"] == f"{HERE}/preview"
    page = look(place, f"{HERE}/preview")
    assert "have changed meanwhile" in page
    assert figures(page) == [0, 1, 0, 0]


def test_a_second_press_of_the_button_imports_nothing_more(place):
    choose(place, b"name,class\nAda Lu,5B\n")
    token = place.token(f"{HERE}/preview")
    for _ in range(2):
        form = {"token": token, "do": "import"}
        sent = place.browser.post(f"{HERE}/preview", data=form, follow_redirects=False)
        assert sent.headers["location"] == f"{HERE}/done"
    assert [str(row.name) for row in place.room.people.learners()].count("Ada Lu") == 1


def test_who_presses_again_while_it_is_imported_waits_for_what_comes(place):
    choose(place, b"name,class\nAda Lu,5B\n")
    darasa, page = place.app.state.darasa, look(place, f"{HERE}/preview")
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page)) | {"do": "import"}
    session = darasa.sessions.find(place.browser.cookies[darasa.cookie_name])
    came = []

    def press():
        browser = TestClient(place.app, cookies=dict(place.browser.cookies))
        sent = browser.post(f"{HERE}/preview", data=form, follow_redirects=False)
        came.append((sent.headers["location"], darasa.drafts.result(session) is not None))

    presses = [threading.Thread(target=press) for _ in range(2)]
    with place.room.store.transaction():  # the import waits for its turn to write
        presses[0].start()
        while darasa.drafts.find(session) is not None:
            presses[0].join(0.01)
        presses[1].start()
        presses[1].join(0.5)  # the second comes back at once if it waits for nothing
    for each in presses:
        each.join()
    assert came == [(f"{HERE}/done", True)] * 2


def test_a_list_that_a_full_disk_kept_out_is_imported_by_pressing_again(place):
    choose(place, b"name,class\nAda Lu,5B\n")
    page = look(place, f"{HERE}/preview")
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page)) | {"do": "import"}
    place.room.store._connection.execute("PRAGMA query_only = 1")
    assert place.browser.post(f"{HERE}/preview", data=form).status_code == 503
    place.room.store._connection.execute("PRAGMA query_only = 0")
    sent = place.browser.post(f"{HERE}/preview", data=form, follow_redirects=False)
    assert sent.headers["location"] == f"{HERE}/done"
    assert "Ada Lu" in [str(row.name) for row in place.room.people.learners()]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "Choose a file"),
        (b"PK\x03\x04\x00\x00", "damaged"),
        (exports.zipped({"[Content_Types].xml": b""}), "Save it as CSV"),
        (b"\xd0\xcf\x11\xe0\x00", "Save the sheet as CSV"),
        (b"\n\n\n", "empty"),
        (b"a," * 300, "columns"),
        (b"x" * ((4 << 20) + 1), "larger than 4 MB"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(place, raw, words):
    assert upload(place, raw) == HERE
    assert words in look(place, HERE)


def test_a_teacher_imports_into_her_own_classes_and_new_ones_only(place):
    from darasa.learning.people.class_staff import set_teachers, teachers_of

    room = place.room
    head = room.people.add_teacher("The Head", "river stone lamp", post=Post.HEAD)
    zuri = room.people.add_teacher("Zuri", "river stone lamp", post=Post.TEACHER)
    mine, theirs = room.people.add_class("3A"), room.people.add_class("3B")
    set_teachers(room, mine, [zuri])
    set_teachers(room, theirs, [head])
    place.sign_in_at_once("Zuri")
    choose(place, b"name,class\nAda Lu,3A\nBo Ma,New\n")
    send(place, f"{HERE}/preview", do="import")
    assert {"Ada Lu", "Bo Ma"} <= {str(row.name) for row in room.people.learners()}
    (new,) = [row.record_id for row in room.people.classes() if row.name == "New"]
    assert [row.name for row in teachers_of(room, new)] == ["Zuri"]
    room.people.add_learner("Di Ona", theirs, pin="4711")
    choose(place, b"name,class\nDi Ona,3A\n")
    assert figures(look(place, f"{HERE}/preview")) == [1, 0, 0, 0]
    choose(place, b"name,class\nCy Na,3B\n")
    page = look(place, f"{HERE}/preview")
    assert "Other teachers have these classes: 3B." in page
    form = {"token": place.token(HERE), "do": "import"}
    sent = place.browser.post(f"{HERE}/preview", data=form, follow_redirects=False)
    assert sent.status_code == 403
    upload(place, exports.zipped(exports.small()), "lists.zip")
    assert "all classes" in look(place, f"{HERE}/preview")
    place.sign_in_at_once("The Head")
    choose(place, b"name,class\nCy Na,3B\n")
    send(place, f"{HERE}/preview", do="import")
    assert room.people.find("Cy Na").class_name == "3B"


def test_an_export_of_another_system_is_imported_too(place):
    assert upload(place, exports.zipped(exports.small()), "lists.zip") == f"{HERE}/preview"
    page = look(place, f"{HERE}/preview")
    assert figures(page) == [2, 1, 0, 0]
    assert "This list leads." in page
    assert "2 teachers are in it." in page
    send(place, f"{HERE}/preview", do="import")
    page = look(place, f"{HERE}/done")
    assert "These teachers have no passphrase yet: Peter Lema" in page
    assert place.room.people.find("Amina Kato").class_name == "5B"


def test_of_an_export_of_several_schools_one_is_chosen(place):
    orgs = exports.lines(exports.ORGS, "s1,,,Kisima,school,,", "s2,,,<b>Maji</b>,school,,")
    raw = exports.zipped(exports.small(**{"orgs.csv": orgs}))
    assert upload(place, raw, "lists.zip") == f"{HERE}/columns"
    assert "<b>Maji" not in place.browser.get(f"{HERE}/columns").text
    assert send(place, f"{HERE}/columns", school="s1") == f"{HERE}/preview"
    assert figures(look(place, f"{HERE}/preview"))[0] == 2


def test_a_file_beyond_the_limit_of_the_form_is_refused(place):
    assert upload(place, b"x" * (5 << 20)) == 413


def test_hostile_cells_are_text_on_every_page(place):
    evil = "<script>alert(1)</script>\x1b[2J\u202e{{7*7}}"
    choose(place, f"name,class,{evil}\n{evil},5B,x\n".encode())
    pages = [f"{HERE}/columns", f"{HERE}/preview"]
    for path in pages:
        text = place.browser.get(path).text
        assert "<script>alert" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "{{7*7}}" in text or path.endswith("preview")
    send(place, f"{HERE}/preview", do="import")
    assert "<script>alert" not in place.browser.get(f"{HERE}/done").text


def test_a_form_of_another_site_is_refused(place):
    sent = place.browser.post(HERE, data={"token": "0" * 32}, files={"file": b"name,class\n"})
    assert sent.status_code == 403


def test_few_lists_are_kept_and_for_an_hour(place):
    darasa = place.app.state.darasa
    sessions = [darasa.sessions.open(b"", str(n)) for n in range(DRAFTS_MAX + 1)]
    for session in sessions:
        darasa.drafts.put(session, Draft("a.csv", b""))
    assert darasa.drafts.find(sessions[0]) is None
    assert darasa.drafts.find(sessions[-1]) is not None
    place.clock.advance(3_600_001)
    assert darasa.drafts.find(sessions[-1]) is None


def test_who_is_erased_after_an_import_is_not_on_its_page_any_more(place):
    choose(place, b"Name,Class\nNeema Zawadi,4A\nPaul Wekesa,4A\nRehema Juma,4B\n")
    send(place, f"{HERE}/preview", do="import")
    for name in ("Neema Zawadi", "Rehema Juma"):
        erase_learner(place.room, place.room.people.find(name).learner_id)
    page = place.browser.get(f"{HERE}/done").text
    assert "Paul Wekesa" in page
    assert "Neema" not in page
    assert "4B" not in page
    erase_learner(place.room, place.room.people.find("Paul Wekesa").learner_id)
    page = place.browser.get(f"{HERE}/done")
    assert page.status_code == 200
    assert "Wekesa" not in page.text
