"""Security headers on every kind of answer, and no word of ours that a page could run."""

import re
from importlib import resources

import pytest

from darasa.server.config import Config
from darasa.server.headers import SECURITY_HEADERS

PATHS = ("/", "/sign-in", "/class", "/people", "/health", "/packs/", "/nothing", "/static/none.css")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers(school, path: str) -> None:
    for method in ("GET", "POST"):
        headers = school.browser.request(method, path).headers
        for name, value in SECURITY_HEADERS.items():
            assert headers[name] == value, (method, path, name)


def test_an_answer_to_a_body_that_is_too_large_carries_them_too(school) -> None:
    answer = school.browser.post("/sign-in", content=b"x" * (1 << 20) + b"x")
    assert answer.status_code == 413
    assert "content-security-policy" in answer.headers


def test_routes_between_nodes_carry_no_header_that_only_browsers_read(school) -> None:
    answer = school.browser.post("/sync/1", content=b"no frames")
    assert set(answer.headers).isdisjoint(SECURITY_HEADERS)


def test_the_policy_allows_nothing_inline_and_no_other_host() -> None:
    policy = SECURITY_HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy


def test_pages_hold_no_inline_script_style_or_handler() -> None:
    for template in (resources.files("darasa.server") / "templates").iterdir():
        text = template.read_text(encoding="utf-8")
        if template.name.endswith("_file.html"):  # saved, not served: it brings its style along
            assert "<script" not in text
            text = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:|<script>|<script [^s]", text)
        assert "|safe" not in text.replace(" ", "")
        assert "autoescape" not in text


def test_assets_are_kept_for_a_year_and_pages_not_at_all(school) -> None:
    page = school.browser.get("/")
    assert page.headers["cache-control"] == "no-store"
    for path in re.findall(r'"(/static/[^"]+)"', page.text):
        asset = school.browser.get(path)
        assert asset.status_code == 200
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_name_that_is_not_this_server_is_refused(make_place, school_home) -> None:
    place = make_place(school_home, Config(hosts=("127.0.0.1", "localhost")))
    for host, status in (("127.0.0.1:8710", 200), ("localhost", 200), ("evil.example", 400)):
        assert place.browser.get("/health", headers={"host": host}).status_code == status
