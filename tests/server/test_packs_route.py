"""Packs for enrolled nodes: the proof, the list, ranges."""

import os

import pytest

from darasa.server.routes.packs import asked_range
from darasa.sync.ids import Role
from darasa.sync.node_proof import authorization_of
from darasa.sync.signing import NodeKey, issue_certificate


def _ask(place, key: NodeKey, path: str, **headers: str):
    proof = authorization_of(key, place.room.home.node_id, path)
    return place.browser.get(path, headers={"authorization": proof, **headers})


@pytest.fixture
def pack(school) -> str:
    """The address of the course."""
    return f"/packs/{school.room.packs()[0].id}.pack"


def test_an_enrolled_computer_gets_the_list_and_the_whole_pack(school, pack) -> None:
    key = school.add_computer("PC 07")
    (listed,) = _ask(school, key, "/packs/").json()["packs"]
    assert f"/packs/{listed['id']}.pack" == pack
    answer = _ask(school, key, pack)
    assert answer.status_code == 200
    assert answer.content == b"".join(school.room.shelf.pack_file(listed["id"]).read())
    blob = school.room.shelf.manifest(listed["id"]).blobs[0]
    path = f"/packs/blobs/{blob.sha256}"
    assert _ask(school, key, path).content == school.room.shelf.blob(blob.sha256)


def test_a_pack_that_was_cut_short_goes_on_where_it_stopped(school, pack) -> None:
    key = school.add_computer("PC 07")
    whole = _ask(school, key, pack)
    first = _ask(school, key, pack, range="bytes=0-9999")
    rest = _ask(school, key, pack, range="bytes=10000-", **{"if-range": whole.headers["etag"]})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.content + rest.content == whole.content
    assert (
        rest.headers["content-range"]
        == f"bytes 10000-{len(whole.content) - 1}/{len(whole.content)}"
    )
    other = _ask(school, key, pack, range="bytes=10000-", **{"if-range": '"another version"'})
    assert other.content == whole.content
    beyond = _ask(school, key, pack, range=f"bytes={len(whole.content)}-")
    assert beyond.status_code == 416


def test_a_file_that_the_computer_names_as_known_is_not_sent(school, pack) -> None:
    key = school.add_computer("PC 07")
    tag = _ask(school, key, pack).headers["etag"]
    for known in (tag, f'"another", W/{tag}'):
        answer = _ask(school, key, pack, **{"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert _ask(school, key, pack, **{"if-none-match": '"another"'}).status_code == 200


def test_a_computer_that_was_removed_gets_no_pack(school, pack) -> None:
    key = school.add_computer("PC 07")
    school.room.decisions.remove(key.node_id)
    answer = _ask(school, key, pack)
    assert answer.status_code == 403
    assert "was removed from the school" in answer.text


@pytest.mark.parametrize("path", ["/packs/", "/packs/x.pack", "/packs/blobs/" + "0" * 64])
def test_strangers_get_nothing(school, path: str) -> None:
    stranger = NodeKey.generate(os.urandom)
    enrolled = school.add_computer("PC 07")
    server = school.room.home.node_id
    itself = issue_certificate(
        stranger,
        subject_public=stranger.public,
        role=Role.COMPUTER,
        school_id=school.room.home.school_id,
    )
    with school.room.store.transaction() as tx:
        tx.put_certificate(itself)
    right = authorization_of(enrolled, server, path)
    for proof in (
        "",
        "Basic eDp4",
        "Darasa ",
        "Darasa zz.zz",
        right[:-2],
        right.replace(enrolled.node_id.hex(), stranger.node_id.hex()),
        authorization_of(stranger, server, path),
        authorization_of(enrolled, server, "/packs/other"),
        authorization_of(enrolled, b"x" * 16, path),
    ):
        answer = school.browser.get(path, headers={"authorization": proof})
        assert answer.status_code == 401, proof


def test_what_is_not_on_the_shelf_is_not_found(school) -> None:
    key = school.add_computer("PC 07")
    for path in ("/packs/none.pack", "/packs/blobs/" + "0" * 64, "/packs/blobs/x", "/packs/x/y"):
        assert _ask(school, key, path).status_code == 404


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("", None),
        ("bytes=-", None),
        ("bytes=0-1,4-5", None),
        ("items=0-1", None),
        ("bytes=5-2", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 6)),
        ("bytes=2-99", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=10-", (10, 10)),
        ("bytes=-0", (10, 10)),
    ],
)
def test_a_range_is_one_run_of_bytes(header: str, part: tuple[int, int] | None) -> None:
    assert asked_range(header, 10) == part
