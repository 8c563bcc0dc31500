"""Bundles: the session carried on a stick, both ways, and what a stick may do to it."""

import random

import msgspec

from darasa.sync.bundle import BundleKind
from darasa.sync.ids import Role
from darasa.sync.sealing import SealKey
from darasa.sync.transport.bundle_reading import read_head

CLASS = b"c" * 17
AMINA_SCOPE = b"l" + b"A" * 16


def test_work_goes_up_on_a_stick_and_the_receipt_comes_back(pair, carry):
    computer, school = pair
    computer.write(5)
    up, down = carry(computer, school)
    assert (up.ok, up.events_in, up.error) == (True, 5, "")
    assert (down.ok, down.receipt_level, down.error) == (True, 1, "")
    assert computer.places() == school.places()
    assert computer.store.unsent(school.home.node_id, author=computer.home.node_id).total == 0


def test_a_bundle_after_the_receipt_holds_only_what_is_new(pair, carry, stick_of, tmp_path):
    computer, school = pair
    computer.write(50)
    carry(computer, school)
    computer.write(3)
    made = stick_of(computer).export_work(tmp_path)
    assert (made.events, made.logs) == (3, 1)
    assert stick_of(school).take(tmp_path / made.file).events_in == 3
    assert computer.places() == school.places()


def test_without_a_receipt_everything_goes_again(pair, stick_of, tmp_path):
    computer, school = pair
    computer.write(5)
    stick_of(computer).export_work(tmp_path)
    computer.write(2)
    made = stick_of(computer).export_work(tmp_path)
    assert made.events == 7
    assert stick_of(school).take(tmp_path / made.file).events_in == 7


def test_all_means_all(pair, carry, stick_of, tmp_path):
    computer, school = pair
    computer.write(5)
    carry(computer, school)
    made = stick_of(computer).export_work(tmp_path, from_start=True)
    assert made.events == 5
    taken = stick_of(school).take(tmp_path / made.file)
    assert (taken.ok, taken.events_in) == (True, 0)


def test_a_second_time_changes_nothing(pair, stick_of, tmp_path):
    computer, school = pair
    computer.write(5)
    made = stick_of(computer).export_work(tmp_path)
    assert stick_of(school).take(tmp_path / made.file).events_in == 5
    told = school.hooks.told.copy()
    again = stick_of(school).take(tmp_path / made.file)
    assert (again.ok, again.events_in) == (True, 0)
    assert school.hooks.told == told
    assert set(told.values()) == {1}


def test_lists_come_down_on_a_stick_and_then_only_what_changed(pair, carry):
    computer, school = pair
    school.hooks.allowed = computer.hooks.wanted = (CLASS,)
    with school.store.transaction() as tx:
        tx.publish(CLASS, b"amina", b"Amina")
        tx.publish(CLASS, b"juma", b"Juma")
    assert carry(computer, school)[1].records_in == 2
    assert computer.store.records(CLASS) == {b"amina": b"Amina", b"juma": b"Juma"}
    with school.store.transaction() as tx:
        tx.publish(CLASS, b"juma", None)
    assert carry(computer, school)[1].records_in == 1
    assert computer.store.records(CLASS) == {b"amina": b"Amina"}


def test_lists_that_the_first_list_names_come_on_the_same_stick(pair, carry):
    computer, school = pair
    school.hooks.allowed = (b"s", CLASS)

    class NamesAClass(type(computer.hooks)):
        def wanted_scopes(self):
            return (b"s", CLASS) if self.records else (b"s",)

    computer.hooks = NamesAClass()
    with school.store.transaction() as tx:
        tx.publish(b"s", CLASS[:16], b"Class 5B")
        tx.publish(CLASS, b"amina", b"Amina")
    carry(computer, school)
    assert computer.store.records(CLASS) == {b"amina": b"Amina"}


def test_a_learners_own_work_from_other_computers_comes_only_where_it_is_asked_for(
    district, pair, carry
):
    one, school = pair
    two = district.computer(school)
    school.hooks.allowed = (AMINA_SCOPE,)
    one.hooks.wanted = (AMINA_SCOPE,)
    two.write(4)
    carry(two, school)
    carry(one, school)
    assert len(one.store.events_of(b"A" * 16)) == 4
    assert two.store.event_count_of(b"A" * 16) == 4


def test_a_school_that_lives_by_the_stick_for_a_term(district, carry):
    hub, school = district.hub(), district.school()
    district.join(school, hub)
    computers = [district.computer(school) for _ in range(3)]
    chance = random.Random(5)
    for _ in range(12):
        for computer in computers:
            computer.restart()
            computer.write(chance.randrange(30))
            if chance.random() < 0.7:
                carry(computer, school)
        carry(school, hub)
    for computer in computers:
        computer.write()
        carry(computer, school)
    up, down = carry(school, hub)
    assert up.ok
    assert down.receipt_level == 3
    assert hub.places() == school.places()
    assert set(hub.hooks.told.values()) == {1}
    assert school.store.unsent(hub.home.node_id, school_id=school.home.school_id).total == 0


def test_sticks_and_wires_may_be_mixed(district, pair, carry):
    computer, school = pair
    for turn in range(6):
        computer.write(3)
        if turn % 2:
            district.good(computer, school)
        else:
            carry(computer, school)
    assert district.good(computer, school).rounds == 1
    assert computer.places() == school.places()
    assert set(school.hooks.told.values()) == {1}


def test_a_server_restored_from_an_old_backup_gets_the_rest_by_stick(district, pair, carry):
    computer, school = pair
    computer.write(3)
    carry(computer, school)
    old = school.image()
    computer.write(4)
    carry(computer, school)
    computer.write(2)
    back = district.anew(school, old)
    carry(computer, back)  # the answer says that the mark is not known
    carry(computer, back)
    assert back.places() == computer.places()
    assert computer.store.unsent(school.home.node_id, author=computer.home.node_id).total == 0


def test_a_removed_computer_is_refused_on_a_stick_too_and_keeps_its_work(pair, stick_of, tmp_path):
    computer, school = pair
    computer.write(3)
    asked = stick_of(computer).export_work(tmp_path)
    stick_of(school).take(tmp_path / asked.file)
    school.hooks.refusals[computer.home.node_id] = "This computer was removed."
    computer.write(2)
    made = stick_of(computer).export_work(tmp_path)
    taken = stick_of(school).take(tmp_path / made.file)
    assert (taken.ok, taken.events_in, taken.error) == (False, 0, "This computer was removed.")
    assert len(school.places()) == 3
    (answer,) = stick_of(school).export_answers(tmp_path)  # to what it asked before
    told = stick_of(computer).take(tmp_path / answer.file)
    assert (told.ok, told.error) == (False, "This computer was removed.")
    assert len(computer.places()) == 5


def test_a_node_that_was_removed_is_refused_on_a_stick_as_on_a_link(
    pair, carry, stick_of, tmp_path
):
    computer, school = pair
    school.hooks.allowed = computer.hooks.wanted = (CLASS,)
    computer.write(2)
    made = stick_of(computer).export_work(tmp_path)
    assert stick_of(school).take(tmp_path / made.file).ok  # a question that waits for its answer
    before = school.places()
    school.hooks.refusals[computer.home.node_id] = "This computer was removed."
    with school.store.transaction() as tx:
        tx.publish(CLASS, b"r", b"news")
    computer.write(3)
    up, down = carry(computer, school)
    assert (up.error, down.error) == ("This computer was removed.",) * 2
    assert school.places() == before
    assert down.records_in == 0
    assert computer.store.unsent(school.home.node_id).total == 5


def test_what_only_the_hub_still_holds_goes_again_to_a_school_that_lost_it(
    district, chain_of_three, carry
):
    computer, school, hub = chain_of_three
    computer.write(3)
    carry(computer, school)
    carry(school, hub)
    assert carry(computer, school)[1].receipt_level == 3
    back = district.anew(school)
    carry(computer, back)  # the answer says that the mark is not known
    carry(computer, back)
    assert back.places() == computer.places()


def test_a_receipt_of_a_store_that_is_there_no_more_holds_nothing_back(
    district, chain_of_three, carry
):
    computer, school, hub = chain_of_three
    computer.write(2)
    carry(computer, school)
    carry(school, hub)
    school = district.anew(school)
    district.good(school, hub)  # the hub gives back what it had; the computer's mark is gone
    saved = school.image()
    computer.write(4)
    carry(computer, school)  # receipted, and no mark noted
    back = district.anew(school, saved)
    carry(computer, back)
    carry(computer, back)
    assert back.places() == computer.places()


def test_an_old_list_that_is_played_again_deletes_nothing(pair, carry, stick_of, tmp_path):
    computer, school = pair
    school.hooks.allowed = computer.hooks.wanted = (CLASS,)
    with school.store.transaction() as tx:
        tx.publish(CLASS, b"amina", b"Amina")
    carry(computer, school)
    old = next(tmp_path.glob("darasa-answer-*")).read_bytes()
    with school.store.transaction() as tx:
        tx.publish(CLASS, b"juma", b"Juma")
    carry(computer, school)
    (tmp_path / "darasa-old.bundle").write_bytes(old)
    taken = stick_of(computer).take(tmp_path / "darasa-old.bundle")
    assert "Nothing was changed" in taken.passed
    assert set(computer.store.records(CLASS)) == {b"amina", b"juma"}


def test_a_list_from_the_start_that_a_wire_overtook_deletes_nothing(
    district, pair, stick_of, tmp_path
):
    computer, school = pair
    school.hooks.allowed = computer.hooks.wanted = (CLASS,)
    with school.store.transaction() as tx:
        tx.publish(CLASS, b"amina", b"Amina")
    made = stick_of(computer).export_work(tmp_path)
    stick_of(school).take(tmp_path / made.file)
    (answer,) = stick_of(school).export_answers(tmp_path)
    with school.store.transaction() as tx:
        tx.publish(CLASS, b"juma", b"Juma")
    district.good(computer, school)
    taken = stick_of(computer).take(tmp_path / answer.file)
    assert taken.ok
    assert taken.records_in == 0
    assert set(computer.store.records(CLASS)) == {b"amina", b"juma"}
    assert district.good(computer, school).records_in == 0


def test_an_answer_to_a_lost_stick_closes_only_what_was_asked_before_it(pair, stick_of, tmp_path):
    computer, school = pair
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    computer.write(2)
    first = stick_of(computer).export_work(tmp_path / "one")
    computer.write(2)
    second = stick_of(computer).export_work(tmp_path / "two")
    stick_of(school).take(tmp_path / first.file)
    (early,) = stick_of(school).export_answers(tmp_path / "one")
    stick_of(school).take(tmp_path / second.file)
    (late,) = stick_of(school).export_answers(tmp_path / "two")
    assert stick_of(computer).take(tmp_path / early.file).ok
    assert computer.store.unsent(school.home.node_id).total == 2
    assert stick_of(computer).take(tmp_path / late.file).ok
    assert computer.store.unsent(school.home.node_id).total == 0
    assert stick_of(computer).take(tmp_path / early.file).passed


def test_a_bundle_for_another_school_opens_nothing(district, pair, stick_of, tmp_path):
    computer, _ = pair
    other = district.school()
    computer.write(2)
    made = stick_of(computer).export_work(tmp_path)
    taken = stick_of(other).take(tmp_path / made.file)
    assert taken.passed == "This bundle is for another school. Nothing was taken."
    assert other.store.log_count() == 0


def test_a_bundle_that_was_sealed_before_the_school_had_a_new_key_is_still_read(
    pair, stick_of, tmp_path, rng
):
    computer, school = pair
    computer.write(2)
    made = stick_of(computer).export_work(tmp_path)
    school.home.take_seal_key(SealKey.generate(rng), is_newest=True)
    assert stick_of(school).take(tmp_path / made.file).events_in == 2


def test_a_school_that_never_learnt_the_hubs_seal_key_seals_to_its_node(
    district, carry, stick_of, tmp_path
):
    hub, school = district.hub(), district.school()
    district.join(school, hub)
    assert school.home.peer.seal_public == hub.home.seal_public
    school.home.save_peer(msgspec.structs.replace(school.home.peer, seal_public=None))
    school.write(2)
    assert carry(school, hub)[1].receipt_level == 3


def test_a_bundle_of_a_machine_that_this_school_never_met_is_refused(
    district, pair, stick_of, tmp_path
):
    _, school = pair
    stranger = district.computer(district.school())
    stranger.home.save_peer(
        school.home.peer
        or stranger.home.peer.__class__(
            "http://127.0.0.1:1",
            school.home.node_id,
            school.home.node_key.public,
            "x",
            Role.SCHOOL,
            school.home.certificate,
        ),
        school_id=school.home.school_id,
        seal_public=school.home.seal_public,
    )
    stranger.restart()
    stranger.write(2)
    made = stick_of(stranger).export_work(tmp_path)
    taken = stick_of(school).take(tmp_path / made.file)
    assert not taken.ok
    assert "does not know this machine" in taken.error
    assert school.store.log_count() == 0


def test_the_clear_part_tells_counts_and_no_name(pair, stick_of, tmp_path):
    computer, _ = pair
    computer.write(7, body=("Kazungu",))
    made = stick_of(computer).export_work(tmp_path)
    head, maker, _ = read_head(tmp_path / made.file)
    assert (head.kind, head.events, head.logs) == (BundleKind.WORK, 7, 1)
    assert maker.node_id == computer.home.node_id
    raw = (tmp_path / made.file).read_bytes()
    assert b"Kazungu" not in raw
    assert computer.home.name.encode() not in raw
