"""Joining with a code: both keys proved, one guess, and sentences for everything else."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync import contacts
from darasa.sync.clock import ManualClock
from darasa.sync.codec import pack, unpack
from darasa.sync.enrol import (
    CODE_ALPHABET,
    EnrolClient,
    EnrolError,
    EnrolServer,
    Joiner,
    is_code,
    new_code,
    plain_code,
)
from darasa.sync.enrol_desk import (
    CODE_LIFE_MS,
    GUESSES_MAX,
    STARTS_A_MINUTE,
    STARTS_AN_ADDRESS,
    TRIES_AN_ADDRESS,
    TRIES_MAX,
    TRY_LIFE_MS,
    EnrolDesk,
)
from darasa.sync.home import Home
from darasa.sync.ids import Role
from darasa.sync.signing import NodeKey, check_certificate, issue_certificate
from darasa.sync.store import Store


@pytest.fixture
def clock():
    return ManualClock(1_760_000_000_000)


@pytest.fixture
def rng():
    return random.Random(11).randbytes


@pytest.fixture
def make_desk(clock, rng, request):
    """`make_desk(role)`: the desk of a new server; its home and store are attributes."""

    def made(role=Role.SCHOOL):
        home = Home.in_memory(role=role, name="Mlima Primary", rng=rng)
        store = Store.open(None, rng=rng)
        request.addfinalizer(store.close)
        desk = EnrolDesk(home, store, clock=clock, rng=rng)
        desk.home, desk.store = home, store
        return desk

    return made


@pytest.fixture
def desk(make_desk):
    return make_desk()


def _computer(key, **changes):
    fields = {"role": "computer", "name": "Lab 1", "school_id": None, "issued": ()} | changes
    return Joiner(key.public, **fields)


def _join(desk, code, key, rng, joiner=None):
    client = EnrolClient(code=code, key=key, rng=rng)
    second = client.finish(desk.start(client.start()), joiner or _computer(key))
    return client.welcomed(desk.finish(second))


def test_the_right_code_gives_a_certificate_under_the_servers_key(desk, rng):
    key = NodeKey.generate(rng)
    enrolled = _join(desk, desk.new_code(), key, rng)
    assert check_certificate(enrolled.certificate, desk.home.node_key.public)
    assert enrolled.certificate.public_key == key.public
    assert enrolled.certificate.role is Role.COMPUTER
    assert enrolled.school_id == desk.home.school_id
    assert enrolled.server_name == "Mlima Primary"
    assert enrolled.seal_public == desk.home.seal_public
    held = desk.store.read(contacts.certificates_of, key.node_id)
    assert held == [enrolled.certificate]
    assert [peer.name for peer in desk.store.peers()] == ["Lab 1"]


def test_case_spaces_and_dashes_of_a_typed_code_do_not_matter(desk, rng):
    code = desk.new_code()
    typed = f" {code.lower().replace('-', ' ')} "
    assert _join(desk, typed, NodeKey.generate(rng), rng).server_name == "Mlima Primary"


def test_a_wrong_code_is_refused_and_burns_the_code(desk, rng):
    code, key = desk.new_code(), NodeKey.generate(rng)
    with pytest.raises(EnrolError, match="does not fit"):
        _join(desk, "ABCD-EFGH", key, rng)
    with pytest.raises(EnrolError, match="No code is open"):
        _join(desk, code, key, rng)
    assert desk.store.peers() == []


def test_a_code_is_good_once(desk, rng):
    code = desk.new_code()
    _join(desk, code, NodeKey.generate(rng), rng)
    with pytest.raises(EnrolError, match="No code is open"):
        _join(desk, code, NodeKey.generate(rng), rng)


def test_a_code_is_good_for_ten_minutes(desk, rng, clock):
    first, key = desk.new_code(), NodeKey.generate(rng)
    clock.advance(CODE_LIFE_MS - 1)
    _join(desk, first, key, rng)
    second = desk.new_code()
    clock.advance(CODE_LIFE_MS)
    assert desk.open_codes() == ()
    with pytest.raises(EnrolError, match="No code is open"):
        _join(desk, second, key, rng)


def test_a_jumping_wall_clock_does_not_end_a_code(desk, rng, clock):
    code = desk.new_code()
    clock.wall = 0
    assert _join(desk, code, NodeKey.generate(rng), rng)


def test_several_open_codes_are_each_good_for_one_machine(desk, rng):
    codes = [desk.new_code() for _ in range(3)]
    for code in reversed(codes):
        _join(desk, code, NodeKey.generate(rng), rng)
    assert len(desk.store.peers()) == 3
    assert desk.open_codes() == ()


def test_an_unfinished_try_ends_and_leaves_the_code(desk, rng, clock):
    code, key = desk.new_code(), NodeKey.generate(rng)
    for _ in range(TRIES_AN_ADDRESS):
        desk.start(EnrolClient(code=code, key=key, rng=rng).start())
    with pytest.raises(EnrolError, match="Other machines"):
        _join(desk, code, key, rng)
    clock.advance(TRY_LIFE_MS)
    assert _join(desk, code, key, rng)


def test_a_machine_that_never_finishes_keeps_no_other_out(desk, rng, clock):
    code, key = desk.new_code(), NodeKey.generate(rng)
    for _ in range(TRIES_AN_ADDRESS):
        desk.start(EnrolClient(code=code, key=key, rng=rng).start(), address="10.0.0.66")
    client = EnrolClient(code=code, key=key, rng=rng)
    answer = desk.start(client.start(), address="10.0.0.7")
    assert client.welcomed(desk.finish(client.finish(answer, _computer(key))))


def test_tries_at_once_are_one_guess_at_a_code(desk, rng):
    code, key = desk.new_code(), NodeKey.generate(rng)
    right = EnrolClient(code=code, key=key, rng=rng)
    wrong = EnrolClient(code="ABCD-EFGH", key=key, rng=rng)
    to_right, to_wrong = desk.start(right.start()), desk.start(wrong.start())
    with pytest.raises(EnrolError, match="does not fit"):
        desk.finish(wrong.finish(to_wrong, _computer(key)))
    with pytest.raises(EnrolError, match="No code is open"):
        desk.finish(right.finish(to_right, _computer(key)))
    assert not desk.store.peers()


def _guess_wrong(desk, rng, address):
    """A machine that has no code tries one."""
    key = NodeKey.generate(rng)
    wrong = EnrolClient(code="ABCD-EFGH", key=key, rng=rng)
    answer = desk.start(wrong.start(), address=address)
    with pytest.raises(EnrolError, match="does not fit"):
        desk.finish(wrong.finish(answer, _computer(key)))


def test_a_machine_without_a_code_that_guesses_at_each_keeps_no_other_out(desk, rng):
    """It asked each second, and burned every code of a lab before anybody could type it."""
    code, key = desk.new_code(), NodeKey.generate(rng)
    _guess_wrong(desk, rng, "10.0.0.66")
    with pytest.raises(EnrolError, match="No code is open"):
        desk.start(EnrolClient(code=code, key=key, rng=rng).start(), address="10.0.0.66")
    client = EnrolClient(code=code, key=key, rng=rng)
    answer = desk.start(client.start(), address="10.0.0.7")
    assert client.welcomed(desk.finish(client.finish(answer, _computer(key))))


def test_a_code_takes_one_guess_of_an_address_and_few_in_all(desk, rng):
    code, key = desk.new_code(), NodeKey.generate(rng)
    for number in range(GUESSES_MAX):
        assert desk.open_codes() == (code,)
        _guess_wrong(desk, rng, f"10.0.0.{number}")
    assert desk.open_codes() == ()
    with pytest.raises(EnrolError, match="No code is open"):
        desk.start(EnrolClient(code=code, key=key, rng=rng).start(), address="10.0.0.99")


def test_tries_that_stand_still_make_room_when_all_is_taken(desk, rng, clock):
    """Four addresses kept all eight, and half a minute later again."""
    code, key = desk.new_code(), NodeKey.generate(rng)
    for number in range(TRIES_MAX):
        side = EnrolClient(code=code, key=key, rng=rng)
        desk.start(side.start(), address=f"10.0.0.{number // TRIES_AN_ADDRESS}")
        clock.advance(1_000)
    client = EnrolClient(code=code, key=key, rng=rng)
    answer = desk.start(client.start(), address="10.0.0.99")
    assert client.welcomed(desk.finish(client.finish(answer, _computer(key))))


def test_those_who_start_often_leave_room_for_a_machine_that_starts_once(desk, rng, clock):
    """Three addresses took the starts of every minute."""
    code, key = desk.new_code(), NodeKey.generate(rng)
    for number in range(STARTS_A_MINUTE):
        side = EnrolClient(code=desk.new_code(), key=key, rng=rng)
        answer = desk.start(side.start(), address=f"10.0.0.{number % 3}")
        desk.finish(side.finish(answer, _computer(key)))
    code = desk.new_code()
    client = EnrolClient(code=code, key=key, rng=rng)
    answer = desk.start(client.start(), address="10.0.0.99")
    assert client.welcomed(desk.finish(client.finish(answer, _computer(key))))


def test_more_tries_than_there_is_room_for_wait(desk, rng):
    code, key = desk.new_code(), NodeKey.generate(rng)
    for number in range(TRIES_MAX):
        side = EnrolClient(code=code, key=key, rng=rng)
        desk.start(side.start(), address=f"10.0.0.{number}")
    with pytest.raises(EnrolError, match="Other machines"):
        desk.start(EnrolClient(code=code, key=key, rng=rng).start(), address="10.0.0.99")


def test_a_finish_that_nobody_started_burns_nothing(desk, rng):
    code, key = desk.new_code(), NodeKey.generate(rng)
    client = EnrolClient(code=code, key=key, rng=rng)
    second = client.finish(desk.start(client.start()), _computer(key))
    stray = pack((b"x" * 8, *unpack(second)[1:]))
    for raw in (stray, b"", b"\x90", b"noise"):
        with pytest.raises(EnrolError):
            desk.finish(raw)
    assert client.welcomed(desk.finish(second))


def test_many_starts_are_slowed(desk, rng, clock):
    key = NodeKey.generate(rng)
    desk.new_code()
    for _ in range(STARTS_AN_ADDRESS):
        side = EnrolClient(code=desk.new_code(), key=key, rng=rng)
        desk.finish(side.finish(desk.start(side.start()), _computer(key)))
        clock.advance(1_000)
    with pytest.raises(EnrolError, match="Wait a minute"):
        desk.start(EnrolClient(code=desk.new_code(), key=key, rng=rng).start())
    side = EnrolClient(code=desk.new_code(), key=key, rng=rng)
    assert desk.start(side.start(), address="10.0.0.7")  # another machine does not wait


def test_a_middleman_that_puts_its_key_in_the_joiners_place_is_found_out(desk, rng):
    key, rogue = NodeKey.generate(rng), NodeKey.generate(rng)
    client = EnrolClient(code=desk.new_code(), key=key, rng=rng)
    attempt, _, _, confirmations = unpack(client.finish(desk.start(client.start()), _computer(key)))
    theirs = _computer(rogue).to_bytes()
    signature = rogue.sign("enrol", attempt + theirs)
    with pytest.raises(EnrolError, match="does not fit"):
        desk.finish(pack((attempt, theirs, signature, confirmations)))


def test_a_middleman_that_puts_its_key_in_the_servers_place_is_found_out(desk, rng):
    key, rogue = NodeKey.generate(rng), NodeKey.generate(rng)
    client = EnrolClient(code=desk.new_code(), key=key, rng=rng)
    attempt, _, messages = unpack(desk.start(client.start()))
    second = client.finish(pack((attempt, rogue.public, messages)), _computer(key))
    with pytest.raises(EnrolError, match="does not fit"):
        desk.finish(second)


def test_a_joiner_that_does_not_hold_its_key_is_refused(desk, rng):
    key, other = NodeKey.generate(rng), NodeKey.generate(rng)
    client = EnrolClient(code=desk.new_code(), key=key, rng=rng)
    attempt, joiner, _, confirmations = unpack(
        client.finish(desk.start(client.start()), _computer(key))
    )
    signature = other.sign("enrol", attempt + joiner)
    with pytest.raises(EnrolError, match="prove its key"):
        desk.finish(pack((attempt, joiner, signature, confirmations)))


def test_a_server_that_does_not_know_the_code_is_found_out(rng):
    key, rogue = NodeKey.generate(rng), NodeKey.generate(rng)
    client = EnrolClient(code="ABCD-EFGH", key=key, rng=rng)
    server = EnrolServer(codes=["HGFE-DCBA"], key=rogue, rng=rng)
    second = client.finish(server.start(client.start()), _computer(key))
    with pytest.raises(EnrolError):
        server.proved(second)
    with pytest.raises(EnrolError, match="could not prove"):
        client.welcomed(pack((0, b"\x90", bytes(32))))


def test_a_changed_welcome_is_found_out(desk, rng):
    key = NodeKey.generate(rng)
    client = EnrolClient(code=desk.new_code(), key=key, rng=rng)
    answer = desk.finish(client.finish(desk.start(client.start()), _computer(key)))
    place, welcome, confirmation = unpack(answer)
    for spoilt in (
        (place, welcome.replace(b"Mlima", b"Rogue"), confirmation),
        (place, welcome, bytes(32)),
        (3, welcome, confirmation),
    ):
        with pytest.raises(EnrolError):
            client.welcomed(pack(spoilt))


def test_a_school_joins_a_hub_with_its_own_id_and_its_computers(make_desk, rng):
    hub, school = make_desk(Role.HUB), make_desk(Role.SCHOOL)
    lab = NodeKey.generate(rng)
    inner = _join(school, school.new_code(), lab, rng)
    key, school_id = school.home.node_key, school.home.school_id
    brought = (inner.certificate.to_payload(),)
    joiner = _computer(key, role="school", school_id=school_id, issued=brought)
    enrolled = _join(hub, hub.new_code(), key, rng, joiner)
    assert (enrolled.certificate.role, enrolled.certificate.school_id) == (Role.SCHOOL, school_id)
    assert hub.store.read(contacts.certificates_of, lab.node_id) == [inner.certificate]


def test_another_server_cannot_join_as_a_school_that_is_there(make_desk, rng):
    hub, school_id = make_desk(Role.HUB), b"s" * 16
    first, second = NodeKey.generate(rng), NodeKey.generate(rng)
    _join(hub, hub.new_code(), first, rng, _computer(first, role="school", school_id=school_id))
    joiner = _computer(second, role="school", school_id=school_id)
    with pytest.raises(EnrolError, match="joined as this school"):
        _join(hub, hub.new_code(), second, rng, joiner)
    assert hub.store.read(contacts.certificates_of, second.node_id) == []
    again = _computer(first, role="school", school_id=school_id)
    _join(hub, hub.new_code(), first, rng, again)  # the same server may, after a restore


@pytest.mark.parametrize(
    ("role", "changes", "words"),
    [
        (Role.SCHOOL, {"role": "school", "school_id": b"s" * 16}, "computers only"),
        (Role.SCHOOL, {"role": "hub"}, "computers only"),
        (Role.HUB, {}, "schools only"),
        (Role.HUB, {"role": "school"}, "which school"),
        (Role.HUB, {"role": "school", "school_id": bytes(16)}, "which school"),
    ],
)
def test_the_wrong_kind_of_node_is_refused(make_desk, rng, role, changes, words):
    desk, key = make_desk(role), NodeKey.generate(rng)
    with pytest.raises(EnrolError, match=words):
        _join(desk, desk.new_code(), key, rng, _computer(key, **changes))
    assert desk.store.peers() == []


def test_certificates_that_a_school_did_not_give_are_refused(make_desk, rng):
    hub, key, other = make_desk(Role.HUB), NodeKey.generate(rng), NodeKey.generate(rng)
    school_id = b"s" * 16
    false = issue_certificate(
        other, subject_public=other.public, role=Role.COMPUTER, school_id=school_id
    )
    joiner = _computer(key, role="school", school_id=school_id, issued=(false.to_payload(),))
    with pytest.raises(EnrolError, match="not given by the school"):
        _join(hub, hub.new_code(), key, rng, joiner)


@given(st.binary(max_size=300))
def test_no_bytes_crash_a_side(raw):
    source = random.Random(5).randbytes
    key = NodeKey.generate(source)
    client = EnrolClient(code="ABCD-EFGH", key=key, rng=source)
    server = EnrolServer(codes=["ABCD-EFGH"], key=key, rng=source)
    with pytest.raises(EnrolError):
        client.finish(raw, _computer(key))
    with pytest.raises(EnrolError):
        client.welcomed(raw)
    with pytest.raises(EnrolError):
        server.start(raw)
    with pytest.raises(EnrolError):
        server.proved(raw)


@given(st.binary(min_size=32, max_size=32))
def test_messages_that_are_no_point_of_the_group_are_refused(raw):
    source = random.Random(5).randbytes
    key = NodeKey.generate(source)
    server = EnrolServer(codes=["ABCD-EFGH"], key=key, rng=source)
    try:
        server.start(pack((1, b"A" + raw)))
    except EnrolError as error:
        refused = str(error)
        assert refused.endswith(".")


def test_codes_are_readable_and_even():
    source = random.Random(1).randbytes
    codes = [new_code(source) for _ in range(500)]
    assert all(len(code) == 9 and code[4] == "-" for code in codes)
    letters = "".join(codes).replace("-", "")
    assert set(letters) == set(CODE_ALPHABET)
    assert not set("0O1IL") & set(CODE_ALPHABET)
    assert max(map(letters.count, CODE_ALPHABET)) < 2 * min(map(letters.count, CODE_ALPHABET))


@pytest.mark.parametrize("typed", ["", "ABCD", "ABCD-EFG0", "ABCD-EFGHI", "ÄBCD-EFGH"])
def test_what_cannot_be_a_code_is_said_at_once(typed):
    with pytest.raises(EnrolError, match="8 letters and digits"):
        plain_code(typed)


@pytest.mark.parametrize("typed", ["ABCD-EFGH", "abcd efgh", " 2345-6789 "])
def test_a_code_is_told_from_an_address_by_its_form(typed):
    assert is_code(typed)


@pytest.mark.parametrize("typed", ["192.168.1.5:8710", "school.local", "ABCD-EFG0", "", "kisima"])
def test_an_address_is_no_code(typed):
    assert not is_code(typed)
