"""A computer that reaches the school carries the sealed work of one that does not."""

import pytest

from darasa.sync.blob_store import BlobFolder
from darasa.sync.home import init_home
from darasa.sync.ids import Role
from darasa.sync.session import Limits
from darasa.sync.store import Store
from darasa.sync.transport import relay
from darasa.sync.transport.bundle_reading import read_head
from darasa.sync.transport.exchange import Exchange


@pytest.fixture
def lab(district, tmp_path):
    """`(far, near, school)`: two computers in folders; only the second reaches the school."""

    def node(role, name):
        home = init_home(tmp_path / name, role=role, name=name, rng=district.rng)
        return district.opened(home, Store.open(home.store_path, rng=district.rng))

    school = node(Role.SCHOOL, "school")
    far, near = (node(Role.COMPUTER, name) for name in ("far", "near"))
    for computer in (far, near):
        district.join(computer, school)
    return far, near, school


@pytest.fixture
def meet(make_link, stick_of):
    """`meet(near, school, cut_at=None)`: an exchange with what is carried."""

    def met(near, school, *, cut_at=None):
        link = make_link(school, cut_at=cut_at)
        link.responder.blobs = relay.taking(school.home, stick_of(school))
        one = Exchange(
            near.home,
            near.store,
            near.home.peer,
            hooks=near.hooks,
            clock=near.clock,
            limits=near.limits,
            trusted=True,
            blobs=relay.carried(near.home),
        )
        return one.run(link)

    return met


def _give(stick_of, tmp_path, giver, taker):
    """The far computer's bundle comes to another machine on a stick."""
    made = stick_of(giver).export_work(tmp_path)
    file = tmp_path / made.file
    head, maker, _ = read_head(file)
    assert relay.carries(taker.home, head, maker)
    return relay.carry(taker.home, file, head, maker)


def test_carried_work_reaches_the_school_and_is_let_go(lab, stick_of, meet, tmp_path):
    far, near, school = lab
    far.write(7)
    assert _give(stick_of, tmp_path, far, near).ok
    assert relay.carried_bytes(near.home)[0] == 1
    report = meet(near, school)
    assert report.ok
    assert school.places() == far.places()
    assert relay.carried_bytes(near.home) == (0, 0)
    assert not any((school.home.path / "relay").iterdir())
    assert meet(near, school).rounds == 1


def test_the_far_computer_gets_its_receipt_by_stick(lab, stick_of, meet, tmp_path):
    far, near, school = lab
    far.write(7)
    _give(stick_of, tmp_path, far, near)
    meet(near, school)
    (answer,) = stick_of(school).export_answers(tmp_path)
    assert stick_of(far).take(tmp_path / answer.file).ok
    assert far.store.unsent(school.home.node_id, author=far.home.node_id).total == 0


def test_a_link_that_is_cut_goes_on_where_it_was(lab, stick_of, meet, tmp_path, rng):
    far, near, school = lab
    for _ in range(200):
        far.write(body=(rng(900),))
    _give(stick_of, tmp_path, far, near)
    near.limits = Limits(frame=4_096)
    for _ in range(20):
        if meet(near, school, cut_at=60_000).ok and not relay.carried_bytes(near.home)[0]:
            break
    assert school.places() == far.places()
    assert set(school.hooks.told.values()) == {1}


def test_the_carrier_cannot_read_it_and_never_folds_it(lab, stick_of, meet, tmp_path):
    far, near, school = lab
    far.write(3, body=("Kazungu",))
    _give(stick_of, tmp_path, far, near)
    raw = b"".join(file.read_bytes() for file in (near.home.path / "relay").iterdir())
    assert b"Kazungu" not in raw
    meet(near, school)
    assert near.store.log_count() == 0
    assert near.hooks.told == {}


def test_a_carrier_that_changes_it_does_no_harm(lab, stick_of, meet, tmp_path):
    far, near, school = lab
    far.write(3)
    _give(stick_of, tmp_path, far, near)
    (file,) = (near.home.path / "relay").iterdir()
    raw = bytearray(file.read_bytes())
    raw[-40] ^= 1
    file.write_bytes(bytes(raw))
    assert meet(near, school).ok
    assert school.places() == []
    assert relay.carried_bytes(near.home) == (0, 0)  # else it would go up for ever
    assert far.store.unsent(school.home.node_id, author=far.home.node_id).total == 3


def test_beyond_the_quota_a_bundle_is_refused_and_the_older_ones_stay(
    lab, stick_of, tmp_path, monkeypatch, rng
):
    far, near, _ = lab
    monkeypatch.setattr(relay, "RELAY_BYTES_MAX", 4_000)
    far.write(body=(rng(1_000),))
    assert _give(stick_of, tmp_path, far, near).ok
    before = relay.carried_bytes(near.home)
    far.write(body=(rng(3_000),))
    refused = _give(stick_of, tmp_path, far, near)
    assert not refused.ok
    assert "Take the stick to the school" in refused.error
    assert relay.carried_bytes(near.home) == before


def test_a_bundle_that_was_cut_is_not_carried_on(lab, stick_of, tmp_path):
    far, near, _ = lab
    far.write(1)
    made = stick_of(far).export_work(tmp_path)
    file = tmp_path / made.file
    head, maker, _ = read_head(file)
    for length in (file.stat().st_size - 1, file.stat().st_size - 200):
        short = tmp_path / "darasa-short.bundle"
        short.write_bytes(file.read_bytes()[:length])
        assert "missing" in relay.carry(near.home, short, head, maker).error
    assert relay.carried_bytes(near.home) == (0, 0)


def test_only_work_of_the_same_schools_computers_is_carried(district, lab, stick_of, tmp_path):
    far, near, school = lab
    other = district.computer(district.school())
    other.write(1)
    far.write(1)
    theirs, own = (
        read_head(tmp_path / stick_of(node).export_work(tmp_path).file) for node in (other, far)
    )
    assert not relay.carries(near.home, *theirs[:2])
    assert not relay.carries(far.home, *own[:2])
    assert not relay.carries(school.home, *own[:2])
    assert relay.carries(near.home, *own[:2])


def test_a_server_whose_disk_was_full_is_given_the_bundle_again(lab, stick_of, meet, tmp_path, rng):
    far, near, school = lab
    for _ in range(30):
        far.write(body=(rng(900),))
    _give(stick_of, tmp_path, far, near)
    pages = school.store._connection.execute("PRAGMA page_count").fetchone()[0]
    school.store._connection.execute(f"PRAGMA max_page_count = {pages}")
    report = meet(near, school)
    assert "cannot save" in report.error
    assert school.places() == []
    assert relay.carried_bytes(near.home)[0] == 1
    school.store._connection.execute("PRAGMA max_page_count = 100000")
    assert meet(near, school).ok
    assert school.places() == far.places()
    assert relay.carried_bytes(near.home) == (0, 0)


def test_what_a_server_took_whole_and_never_opened_keeps_no_other_bundle_away(
    lab, stick_of, meet, tmp_path, monkeypatch
):
    far, near, school = lab
    far.write(body=(far.rng(2_000),))
    left_behind = stick_of(far).export_work(tmp_path)
    arrived = BlobFolder(school.home.path / "relay", bytes_max=4_000, room=4_000)
    assert arrived.keep(lambda: [(tmp_path / left_behind.file).read_bytes()])
    monkeypatch.setattr(relay, "_ARRIVING_BYTES_MAX", 4_000)
    far.write(body=(far.rng(300),))
    assert _give(stick_of, tmp_path, far, near).ok
    assert meet(near, school).ok
    assert school.places() == far.places()
    assert relay.carried_bytes(near.home) == (0, 0)
