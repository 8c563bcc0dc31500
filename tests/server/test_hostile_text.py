"""Names, packs and answers that try to be HTML, templates or terminal codes."""

import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace
from people_pages import send

from darasa.content_packs.safe_text import safe_line
from darasa.learning import marking
from darasa.learning.fits.adopting import keep_fit
from darasa.learning.fits.chosen import choose
from darasa.learning.fits.signed_fit import sign_fit
from darasa.learning.mastery.shipped import WARM

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "\x1b[31mred\x1b]52;c;eA==\x07",
    "\u202eevil\u2066",
    "<!-- --><![CDATA[",
    "&lt;b&gt;",
)
_TAGS = {
    *("html", "head", "meta", "title", "link", "body", "a", "header", "div", "span", "nav", "ul"),
    *(
        "li",
        "form",
        "input",
        "button",
        "main",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "section",
        "b",
    ),
    *(
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "meter",
    ),
    *(
        "script",
        "noscript",
        "code",
        "label",
        "ol",
        "textarea",
        "select",
        "option",
        "fieldset",
        "legend",
    ),
}
_ADDRESS = re.compile(r"(/([a-z].*)?|#main)", re.DOTALL)


class _Reader(HTMLParser):
    """What a browser would make of a page: tags, attributes and text, all checked."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name in {"href", "src", "action"}:
                assert _ADDRESS.fullmatch(value or ""), value
        if tag == "script":
            assert dict(attrs)["src"].startswith("/static/darasa.")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        pytest.fail(f"a declaration: {data}")


def _check(html: str) -> str:
    """The text of a page that a browser can show without harm."""
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text_on_every_page(school, name: str) -> None:
    class_id = school.room.people.add_class(f"Class {name}")
    learner_id = school.room.people.add_learner(name, class_id, pin="4711")
    computer = school.add_computer(name)
    school.answer(learner_id.hex(), right=False)
    school.sit_down(learner_id.hex(), computer.node_id)
    school.sign_in_at_once(name)
    pid = school.app.state.darasa.pids.pid_of(learner_id)
    wanted = f"?class={class_id.hex()}"
    of_class = [f"{path}{wanted}" for path in ("/class", "/people", "/skills", "/groups")]
    for path in (*of_class, f"/learner/{pid}", "/computers", "/packs"):
        answer = school.browser.get(path)
        assert answer.status_code == 200
        text = _check(answer.text)
        if path != "/packs":
            assert safe_line(name) in text
    _check(school.browser.get(f"/live{wanted}&once=1").text)
    skill = "/".join(school.room.weighed(learner_id)[0].evidence.skills[0])
    form = {"learner": pid, "skill": skill, "do": "oral-right"}
    assert send(school, "/learner/mark", f"/learner/{pid}", **form).status_code == 303
    withdrawn = school.room.weighed(learner_id)[0].evidence.item
    marking.withdraw_item(school.room, withdrawn)
    for each in school.room.weighed(learner_id):
        at = f"log={each.stored.log_id.hex()}&seq={each.stored.seq}"
        assert safe_line(name) in _check(school.browser.get(f"/learner/{pid}/answer?{at}").text)
    made = replace(WARM, name=name[:64], source=name)
    signed = sign_fit(made, school.room.home.node_key, made_ms=1)
    fit_id = keep_fit(school.room, signed).fit_id
    choose(school.room, fit_id)
    of_fits = ("/fits", f"/fits/one?fit={fit_id.hex()}")
    for path in (f"/learner/{pid}", f"/class/observe{wanted}", "/questions", *of_fits):
        answer = school.browser.get(path)
        assert answer.status_code == 200
        _check(answer.text)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_typed_into_the_sign_in_comes_back_as_text(school, text: str) -> None:
    form = {"token": school.token("/sign-in"), "name": text, "passphrase": "x", "next": text}
    _check(school.browser.post("/sign-in", data=form).text)
    _check(school.browser.get("/sign-in", params={"next": text}).text)


def test_a_template_cannot_mark_anything_as_safe() -> None:
    from darasa.server.templating import environment

    assert "safe" not in environment().filters
