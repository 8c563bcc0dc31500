"""What is planted, made up or played again erases nobody, and brings back nothing of the erased."""

from darasa.sync import events_table, feed
from darasa.sync.codec import pack, unpack
from darasa.sync.erased import erase_record
from darasa.sync.event import chain_after, chain_of_genesis
from darasa.sync.frames import FrameReader, FrameType
from darasa.sync.messages import Feed, StubRun, Stubs
from darasa.sync.session_body import body_of
from darasa.sync.session_store import apply_write
from darasa.sync.session_view import KeepFeed
from darasa.sync.squeeze import expand
from darasa.sync.transport.exchange import myself

AMINA = b"A" * 16
BARAKA = b"B" * 16
HERS, HIS = b"l" + AMINA, b"l" + BARAKA
CLASS = b"c" + b"7A" * 8


def test_a_stub_takes_nothing_from_who_holds_the_event(
    district, chain_of_three, make_link, frames_of
):
    """Only the school's record erases: who says "erased" of what is here changes nothing."""
    computer, school, _ = chain_of_three
    computer.write(3)
    district.good(computer, school)
    with computer.store.transaction() as tx:  # a computer that lies about its own log
        events_table.erase(tx.connection, AMINA)
        tx.connection.execute("DELETE FROM mark_given")
        tx.connection.execute("DELETE FROM receipt")
    link = make_link(school)
    district.good(computer, school, link=link)
    assert frames_of(link.bodies[0], FrameType.STUB)
    assert school.store.event_count_of(AMINA) == 3


def test_a_stranger_may_not_say_that_work_is_erased(district, pair, make_link):
    computer, school = pair
    other = district.computer(school)
    other.write(3, learner=BARAKA)
    district.good(other, school)
    mine = computer.write(1)
    # the computer offers the other's log as if it were its own, erased
    with other.store.reading() as theirs:
        genesis = theirs.execute("SELECT genesis FROM log").fetchone()[0]
    log_id = other.log.log_id
    leaf = b"L" * 16
    first = chain_of_genesis(genesis)
    planted = Stubs((StubRun(log_id, first[:8], 1, genesis, (leaf,)),)).to_frame()
    link = make_link(school)

    def post(body):
        frames = [frame.raw for frame in FrameReader().feed(body)][:-1]
        yield from link(body_of([frames[0], planted, *frames[1:]]))

    report = district.exchange(computer, school, link=post)
    assert "may not say so" in report.error
    with school.store.reading() as connection:
        chains = connection.execute("SELECT chain FROM event WHERE log_key = 1").fetchall()
    assert (chain_after(first, leaf),) not in chains
    assert mine[0].chain not in [chain for (chain,) in chains]


def test_a_record_that_the_school_did_not_sign_is_refused(district, pair):
    computer, school = pair
    school.write(2)
    computer.write(2)
    planted = erase_record(computer.home.node_key, school.home.school_id, AMINA)
    with computer.store.transaction() as tx:
        tx.connection.execute(
            "INSERT INTO erased (school_id, learner_hash, signature) VALUES (?, ?, ?)",
            (planted.school_id, planted.learner_hash, planted.signature),
        )
    report = district.exchange(computer, school)
    assert report.error == "A record of erasure is not signed by the school."
    assert school.store.event_count_of(AMINA) == 2
    assert school.erased_digest() is None


def test_an_old_body_that_is_played_again_brings_nothing_back(district, pair, make_link):
    computer, school = pair
    computer.write(4)
    link = make_link(school)
    district.good(computer, school, link=link)
    school.erase()
    for body in link.bodies:
        school.responder().handle([body])
    school.knows_nothing_of()
    assert school.store.event_count() == 4


def feeds_of(answers, computer):
    """What the FEED frames of answers would have a computer keep."""
    for frame in FrameReader().feed(b"".join(answers)):
        if frame.type == FrameType.FEED:
            told = Feed.parse(frame.payload)
            records = unpack(expand(told.records))
            authority = computer.home.peer.node_id
            yield [KeepFeed(authority, told.scope, told.start, told.to, records)]


def test_an_old_answer_that_is_played_again_brings_nothing_back(district, pair, make_link):
    computer, school = pair
    computer.fed_by(school, HERS, HIS, CLASS)
    school.write(4)
    link = make_link(school)
    district.good(computer, school, link=link)
    assert computer.store.event_count_of(AMINA) == 4
    old = computer.store.read(feed.cursors, school.home.node_id)
    assert HERS in old
    school.erase()
    district.good(computer, school)
    computer.knows_nothing_of()
    copies = [kept for step in feeds_of(link.answers, computer) for kept in step]
    assert copies
    with computer.store.transaction() as tx:
        for write in copies:
            apply_write(tx, write, me=myself(computer.home), hooks=computer.hooks)
    computer.knows_nothing_of()


def test_a_record_about_something_else_that_names_her_goes_and_does_not_come_again(
    district, pair, make_link
):
    """Who is one with whom is told in records of their own; nothing else here has her id."""
    computer, school = pair
    computer.fed_by(school, b"s")
    with school.store.transaction() as tx:
        tx.publish(b"s", b"one".ljust(16), pack(("alias", BARAKA, AMINA)))
        tx.publish(b"s", b"two".ljust(16), pack(("class", "5B")))
    link = make_link(school)
    district.good(computer, school, link=link)
    assert AMINA in computer.image()
    school.erase()
    district.good(computer, school)
    copies = [kept for step in feeds_of(link.answers, computer) for kept in step]
    assert copies
    for write in (None, *copies):
        if write is not None:
            with computer.store.transaction() as tx:
                apply_write(tx, write, me=myself(computer.home), hooks=computer.hooks)
        computer.knows_nothing_of()
        school.knows_nothing_of()
        assert set(computer.store.records(b"s")) == {b"two".ljust(16)}


def test_another_schools_record_takes_nothing_from_a_school(district):
    hub, first, second = district.hub(), district.school(), district.school()
    for school in (first, second):
        district.join(school, hub)
        school.write(2)
        district.good(school, hub)
    first.erase()
    district.good(first, hub)
    district.good(second, hub)
    held = hub.store.events_of(AMINA)
    assert {each.school_id for each in held} == {second.home.school_id}
    assert second.store.event_count_of(AMINA) == 2
