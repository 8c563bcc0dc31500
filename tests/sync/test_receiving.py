"""Events of others: belief, forks, duplicates, gaps, copies of a school."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darasa.sync.adoption import logs_without_school
from darasa.sync.audit import audit
from darasa.sync.chains import held_heads
from darasa.sync.erased import erase_record
from darasa.sync.errors import EventError, LearnerErasedError, LocalProtocolError
from darasa.sync.event import Event, canonical_bytes, chain_after, leaf_of
from darasa.sync.frontier import Head, Tip
from darasa.sync.heads import statements_of
from darasa.sync.ids import NO_SCHOOL
from darasa.sync.reads import forked_logs, runs
from darasa.sync.rows import find_log
from darasa.sync.signing import NodeKey, sign_heads
from darasa.sync.store import Store

AMINA = b"A" * 16


@dataclass(frozen=True)
class Arrived:
    """What an engine hands over."""

    seq: int
    chain: bytes
    canonical: bytes
    event: Event


def branch(before, count: int, *, body: str) -> list[Arrived]:
    """Events that follow `before` (an Arrived or StoredEvent) on another branch of its log."""
    made: list[Arrived] = []
    for _ in range(count):
        event = Event(18, 1, AMINA, 1, 0, (body,))
        raw = canonical_bytes(event)
        before = Arrived(before.seq + 1, chain_after(before.chain, leaf_of(raw)), raw, event)
        made.append(before)
    return made


def no_damage(store: Store) -> bool:
    with store.reading() as connection:
        return not list(audit(connection))


def insert(store: Store, author, before, events, *, believed: int):
    with store.transaction() as tx:
        return tx.insert_received(
            author.school_id,
            author.log_id,
            genesis=None,
            prev_chain=before.chain,
            events=events,
            believed=believed,
        )


def test_a_delivered_log_is_the_same_log(author, open_store, deliver):
    events = author.write(5)
    school = open_store()
    assert deliver(events, author.store, school) == events
    assert school.events_of(AMINA) == events
    assert school.frontier_digest() == author.store.frontier_digest()
    assert no_damage(school)


def test_a_duplicate_run_changes_nothing(author, open_store, deliver):
    events = author.write(5)
    school = open_store()
    deliver(events, author.store, school)
    before = list(dump(school))
    assert deliver(events, author.store, school) == []
    assert deliver(events[2:4], author.store, school) == []
    assert list(dump(school)) == before


def test_an_overlapping_run_adds_only_what_is_new(author, open_store, deliver):
    events = author.write(6)
    school = open_store()
    deliver(events[:4], author.store, school)
    assert deliver(events[2:], author.store, school) == events[4:]
    assert school.events_of(AMINA) == events
    assert len(school.tips()) == 1


def test_a_run_after_a_hole_is_refused_whole(author, open_store, deliver):
    events = author.write(6)
    school = open_store()
    with pytest.raises(LocalProtocolError):
        deliver(events[3:], author.store, school)
    assert school.event_count() == school.log_count() == 0


def test_a_wrong_chain_is_refused_whole(author, open_store, deliver):
    events = author.write(3)
    other = branch(events[0], 1, body="forged")
    school = open_store()
    with pytest.raises(LocalProtocolError):
        deliver([events[0], other[0], events[2]], author.store, school)
    assert school.event_count() == 0


def test_another_genesis_for_a_known_log_is_refused(author, make_author, open_store, deliver):
    events = author.write(2)
    other = make_author()
    other.write(1)
    school = open_store()
    deliver(events, author.store, school)
    with other.store.reading() as connection:
        foreign = find_log(connection, other.school_id, other.log_id).genesis
    for log_id in (author.log_id, b"unknown!"):
        with pytest.raises(EventError), school.transaction() as tx:
            tx.insert_received(
                author.school_id, log_id, genesis=foreign, prev_chain=log_id, events=events
            )
    with pytest.raises(LocalProtocolError), school.transaction() as tx:
        tx.insert_received(
            author.school_id, b"unknown!", genesis=None, prev_chain=b"unknown!", events=events
        )


def test_provisional_events_are_kept_and_seen_by_no_read(author, open_store, deliver):
    events = author.write(4)
    school = open_store()
    assert deliver(events, author.store, school, believed=0) == []
    assert school.events_of(AMINA) == []
    assert school.event_count() == school.log_count() == school.max_lamport() == 0
    assert school.tips() == [] == school.events_after(0)
    assert school.unsent(None).total == 0
    with school.reading() as connection:
        assert list(runs(connection, author.school_id, author.log_id)) == []
        log = find_log(connection, author.school_id, author.log_id)
        assert held_heads(connection, log, [author.store.tips()[0].tip]) == ()
    assert no_damage(school)


def test_a_head_that_comes_later_makes_them_believed(author, open_store, deliver):
    events = author.write(4)
    school = open_store()
    deliver(events, author.store, school, believed=0)
    with school.transaction() as tx:
        assert tx.insert_heads(author.school_id, author.heads()) == events
        assert tx.insert_heads(author.school_id, author.heads()) == []
    assert school.events_of(AMINA) == events
    assert school.frontier_digest() == author.store.frontier_digest()
    assert no_damage(school)


def test_a_head_that_comes_first_makes_its_events_believed_on_arrival(author, open_store, deliver):
    events = author.write(6)
    school = open_store()
    with school.transaction() as tx:
        assert tx.insert_heads(author.school_id, author.heads()) == []
    assert deliver(events[:3], author.store, school, believed=0) == []
    assert deliver(events[3:], author.store, school, believed=0) == events
    assert no_damage(school)


def test_a_head_covers_what_is_before_it_only(author, open_store, deliver):
    events = author.write(2)
    heads = author.heads()
    events += author.write(3)
    school = open_store()
    deliver(events, author.store, school, believed=0)
    with school.transaction() as tx:
        assert tx.insert_heads(author.school_id, heads) == events[:2]
    assert school.tips() == [Head(author.log_id, 2, events[1].chain)]
    with school.transaction() as tx:
        assert tx.believe(author.school_id, author.log_id, 4, events[3].chain) == events[2:4]
        assert tx.believe(author.school_id, author.log_id, 4, bytes(16)) == []
        assert tx.believe(author.school_id, b"unknown!", 4, bytes(16)) == []
    assert no_damage(school)


def test_a_head_of_another_chain_covers_nothing(author, open_store, deliver):
    events = author.write(2)
    school = open_store()
    deliver(events, author.store, school, believed=0)
    forged = sign_heads(author.key, (Head(author.log_id, 2, bytes(16)),))
    with school.transaction() as tx:
        assert tx.insert_heads(author.school_id, forged) == []
    assert school.events_of(AMINA) == []


def test_part_of_a_run_may_be_believed(author, open_store, deliver):
    events = author.write(5)
    school = open_store()
    assert deliver(events, author.store, school, believed=3) == events[:3]
    assert deliver(events, author.store, school, believed=5) == events[3:]
    assert school.tips() == author.store.tips()
    assert no_damage(school)


def test_provisional_events_can_be_dropped_and_believed_ones_stay(author, open_store, deliver):
    events = author.write(5)
    school = open_store()
    deliver(events, author.store, school, believed=2)
    with school.transaction() as tx:
        assert tx.drop_provisional(b"another school!!") == 0
        assert tx.drop_provisional(author.school_id) == 3
    assert school.events_of(AMINA) == events[:2]
    assert deliver(events[2:], author.store, school) == events[2:]
    assert no_damage(school)


def test_a_believed_event_counts_as_new_when_it_is_believed(author, open_store, deliver):
    events = author.write(2)
    school = open_store()
    deliver(events, author.store, school, believed=0)
    before = school.position().ordinal
    with school.transaction() as tx:
        tx.insert_heads(author.school_id, author.heads())
    assert school.events_after(before) == events


def test_a_fork_is_kept_whole(author, open_store, deliver):
    events = author.write(4)
    other = branch(events[1], 3, body="copied machine")
    school = open_store()
    deliver(events, author.store, school)
    visible = insert(school, author, events[1], other, believed=3)
    assert [each.canonical for each in visible] == [each.canonical for each in other]
    assert school.event_count() == 7
    assert {(tip.seq, tip.chain) for tip in school.tips()} == {
        (4, events[3].chain),
        (5, other[2].chain),
    }
    with school.reading() as connection:
        assert forked_logs(connection) == [(author.key.node_id, author.log_id)]
    folded = school.events_of(AMINA)
    assert folded == sorted(folded, key=lambda each: each.order_key)
    assert no_damage(school)


def test_runs_of_a_forked_log_give_each_event_once_and_rebuild_it(author, open_store, deliver):
    events = author.write(4)
    other = branch(events[1], 3, body="copied machine")
    school, hub = open_store(), open_store()
    deliver(events, author.store, school)
    insert(school, author, events[1], other, believed=3)
    with school.reading() as connection:
        sent = list(runs(connection, author.school_id, author.log_id, bytes_max=1 << 20))
    assert sum(len(run.canonicals) for run in sent) == 7
    by_chain = {each.chain: each for each in school.events_after(0)}
    for run in sent:
        chain, arrived = run.prev_chain, []
        for canonical in run.canonicals:
            chain = chain_after(chain, leaf_of(canonical))
            arrived.append(by_chain[chain])
        with hub.transaction() as tx:
            tx.insert_received(
                author.school_id,
                author.log_id,
                genesis=run.log.genesis,
                prev_chain=run.prev_chain[:8],
                events=arrived,
                believed=len(arrived),
            )
    assert hub.frontier_digest() == school.frontier_digest()
    assert hub.events_of(AMINA) == school.events_of(AMINA)


def test_a_forked_log_is_sent_from_what_the_peer_has_of_each_branch(author, open_store, deliver):
    events = author.write(4)
    other = branch(events[1], 3, body="copied machine")
    school = open_store()
    deliver(events, author.store, school)
    mark = school.position().ordinal
    insert(school, author, events[1], other, believed=3)
    known = [Tip(author.log_id, 3, events[2].chain[:8]), Tip(author.log_id, 3, other[0].chain[:8])]
    with school.reading() as connection:

        def sent(**kwargs) -> set[bytes]:
            found = runs(connection, author.school_id, author.log_id, **kwargs)
            return {canonical for run in found for canonical in run.canonicals}

        assert sent(known=known) == {events[3].canonical, other[1].canonical}
        assert sent(after_ordinal=mark) == {each.canonical for each in other}
        assert sent(known=[Tip(author.log_id, 3, bytes(8))]) == sent()


def test_runs_are_cut_at_the_size_asked_for(author):
    events = author.write(10)
    size = len(events[0].canonical)
    with author.store.reading() as connection:
        cut = list(
            runs(connection, author.school_id, author.log_id, bytes_max=size * 3 + size // 2)
        )
    assert [len(run.canonicals) for run in cut] == [3, 3, 3, 1]
    assert [run.first_seq for run in cut] == [1, 4, 7, 10]
    assert [run.prev_chain for run in cut[1:]] == [run.head.chain for run in cut[:-1]]
    assert cut[-1].head == author.store.tips()[0]


def test_runs_begin_after_what_the_peer_has(author):
    events = author.write(4)
    mark = author.store.position().ordinal
    later = author.write(2)

    def sent(**kwargs) -> list[bytes]:
        with author.store.reading() as connection:
            found = runs(connection, author.school_id, author.log_id, **kwargs)
            return [canonical for run in found for canonical in run.canonicals]

    assert sent(after_ordinal=mark) == [each.canonical for each in later]
    assert sent(after_ordinal=mark + 1) == []
    known = Tip(author.log_id, 3, events[2].chain[:8])
    assert sent(known=[known]) == [each.canonical for each in (*events[3:], *later)]
    assert sent(known=[author.store.tips()[0].tip]) == []
    assert len(sent(known=[Tip(author.log_id, 99, bytes(8))])) == 6
    assert len(sent(known=[Tip(b"another!", 3, events[2].chain[:8])])) == 6


def test_the_author_of_a_forked_log_begins_another(author, deliver):
    events = author.write(3)
    other = branch(events[1], 1, body="copied machine")
    insert(author.store, author, events[1], other, believed=1)
    (next_event,) = author.write()
    assert next_event.log_id != events[0].log_id
    assert next_event.seq == 1
    assert author.store.event_count() == 5


def test_only_the_best_head_of_a_straight_log_is_kept(author, open_store, deliver):
    school = open_store()
    for _ in range(5):
        events = author.write(2)
        with school.transaction() as tx:
            tx.insert_heads(author.school_id, author.heads())
        deliver(events, author.store, school, believed=0)
    with school.reading() as connection:
        (statement,) = statements_of(connection, author.school_id, [author.log_id])
        assert connection.execute("SELECT count(*) FROM statement").fetchone() == (1,)
    assert statement == author.heads()
    assert school.event_count() == 10


def test_the_heads_of_both_branches_are_kept_though_they_come_before_their_events(
    author, open_store, deliver
):
    """Else a relay holds a branch that nobody may take from it any more."""
    events = author.write(4)
    other = branch(events[1], 1, body="other")
    tips = [Head(author.log_id, each.seq, each.chain) for each in (events[3], other[0])]
    school = open_store()
    deliver(events[:2], author.store, school)
    with school.transaction() as tx:
        for tip in tips:
            tx.insert_heads(author.school_id, sign_heads(author.key, [tip]))
    insert(school, author, events[1], events[2:], believed=2)
    insert(school, author, events[1], other, believed=1)
    with school.reading() as connection:
        told = statements_of(connection, author.school_id, [author.log_id])
    assert {head for each in told for head in each.heads} >= set(tips)


def test_a_statement_of_both_branches_that_comes_after_their_events_counts_for_both(
    author, open_store, deliver
):
    """Else the short branch has no head of its own, and those of the other pile up for ever."""
    events = author.write(4)
    other = branch(events[1], 9, body="copied machine")
    hub = open_store()
    deliver(events, author.store, hub, believed=0)
    insert(hub, author, events[1], other[:3], believed=0)
    short, *far = (Head(author.log_id, each.seq, each.chain) for each in (events[-1], *other[2:]))
    with hub.transaction() as tx:
        tx.insert_heads(author.school_id, sign_heads(author.key, (short, far[0])))
    for nth, head in enumerate(far[1:], start=3):
        insert(hub, author, other[nth - 1], other[nth : nth + 1], believed=0)
        with hub.transaction() as tx:
            tx.insert_heads(author.school_id, sign_heads(author.key, (head,)))
    assert set(hub.tips()) == {short, far[-1]}
    with hub.reading() as connection:
        told = statements_of(connection, author.school_id, [author.log_id])
    assert [each.heads for each in told] == [(short, far[0]), (far[-1],)]


def test_heads_whose_events_never_come_are_bounded(author, open_store, deliver):
    school = open_store()
    deliver(author.write(1), author.store, school)
    with school.transaction() as tx:
        for seq in range(2, 100):
            head = Head(author.log_id, seq, bytes([seq]) * 16)
            tx.insert_heads(author.school_id, sign_heads(author.key, [head]))
    with school.reading() as connection:
        told = statements_of(connection, author.school_id, [author.log_id])
    assert len(told) <= 17


def test_a_statement_is_kept_while_one_of_its_heads_is_of_use(
    author, make_author, open_store, deliver
):
    other = make_author()
    events = author.write(1)
    other.write(1)
    both = sign_heads(author.key, (*author.store.tips(), *other.store.tips()))
    school = open_store()
    with school.transaction() as tx:
        tx.insert_heads(author.school_id, both)
    events += author.write(1)
    with school.transaction() as tx:
        tx.insert_heads(author.school_id, author.heads())
    deliver(events, author.store, school, believed=0)
    with school.reading() as connection:
        assert statements_of(connection, author.school_id, [other.log_id]) == [both]
        assert statements_of(connection, author.school_id, [author.log_id]) == [author.heads()]
        found = statements_of(connection, author.school_id, [other.log_id, author.log_id])
        assert found == [both, author.heads()]


def test_unknown_kinds_are_kept_bit_for_bit(author, open_store, deliver):
    with author.store.transaction() as tx:
        event = tx.append(
            author.log, kind=60_000, version=9, learner_id=AMINA, lamport=1, body=((b"new", None),)
        )
    school = open_store()
    deliver([event], author.store, school)
    (kept,) = school.events_of(AMINA)
    assert kept.canonical == event.canonical
    assert kept == event


def test_logs_written_before_joining_are_adopted(make_author, open_store, deliver):
    author = make_author(school_id=NO_SCHOOL)
    old = author.write(2)
    author.restart()
    old += author.write(1)
    before = author.store.position().ordinal
    assert author.store.read(logs_without_school, author.key.node_id) == [
        old[0].log_id,
        old[2].log_id,
    ]
    assert author.store.read(logs_without_school, b"x" * 16) == []
    log_ids = [old[0].log_id, old[2].log_id, b"unknown!"]
    with author.store.transaction() as tx:
        assert tx.adopt(b"S" * 16, log_ids) == 2
        event = tx.append(
            author.log, kind=1, version=1, learner_id=None, lamport=1, body=(b"S" * 16,)
        )
    assert event.school_id == b"S" * 16
    assert event.log_id not in log_ids
    assert {each.school_id for each in author.store.events_after(before)} == {b"S" * 16}
    assert len(author.store.events_after(before)) == 4
    with author.store.transaction() as tx:
        assert tx.adopt(b"S" * 16, log_ids) == 0
    assert author.store.read(logs_without_school, author.key.node_id) == []
    assert no_damage(author.store)


def test_an_adoption_that_is_rolled_back_leaves_the_log_where_it_was(make_author):
    author = make_author(school_id=NO_SCHOOL)
    (old,) = author.write()

    def adopt_and_fail() -> None:
        with author.store.transaction() as tx:
            tx.adopt(b"S" * 16, [old.log_id])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        adopt_and_fail()
    (new,) = author.write()
    assert (new.log_id, new.seq, new.school_id) == (old.log_id, 2, NO_SCHOOL)


def test_adopting_a_log_that_came_back_already_joins_the_two(make_author, open_store, deliver):
    author = make_author(school_id=NO_SCHOOL)
    events = author.write(3)
    with author.store.reading() as connection:
        genesis = find_log(connection, NO_SCHOOL, author.log_id).genesis
    with author.store.transaction() as tx:  # the hub gives back what an older disk adopted
        tx.insert_received(
            b"S" * 16,
            author.log_id,
            genesis=genesis,
            prev_chain=author.log_id,
            events=events[:2],
            believed=2,
        )
        assert tx.adopt(b"S" * 16, [events[0].log_id]) == 1
    assert [each.seq for each in author.store.events_of(AMINA)] == [1, 2, 3]
    assert (author.store.event_count(), author.store.log_count()) == (3, 1)
    assert len(author.store.tips()) == 1
    assert no_damage(author.store)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_runs_in_any_order_with_repeats_give_the_same_store(data, make_author, open_store, deliver):
    authors = [make_author(), make_author()]
    pieces = []
    for author in authors:
        events = author.write(data.draw(st.integers(1, 6)))
        pieces += [(author, events[:cut]) for cut in range(1, len(events) + 1)]
    one, two = open_store(), open_store()
    for author, events in data.draw(st.permutations(pieces)):
        deliver(events, author.store, one)
    for author, events in data.draw(st.permutations(pieces + pieces)):
        deliver(events, author.store, two, believed=data.draw(st.integers(0, len(events))))
    for author in authors:
        with two.transaction() as tx:
            tx.insert_heads(author.school_id, author.heads())
    assert one.frontier_digest() == two.frontier_digest()
    assert one.events_of(AMINA) == two.events_of(AMINA)
    assert no_damage(one)
    assert no_damage(two)


def dump(store: Store):
    with store.reading() as connection:
        yield from connection.iterdump()


def test_a_key_of_another_node_mints_another_log(make_author, rng):
    key = NodeKey.generate(rng)
    first, second = make_author(key=key), make_author(key=key)
    assert first.write()[0].log_id != second.write()[0].log_id


@pytest.mark.parametrize("is_believed", [True, False])
def test_a_merge_that_names_someone_erased_arrives_as_a_leaf(
    author, open_store, deliver, *, is_believed
):
    """Its envelope is another learner's; nothing new of the kind is written here either."""
    store, juma = open_store(), b"J" * 16
    plain = author.write(1, learner=juma)
    with author.store.transaction() as tx:
        merge = tx.append(
            author.log, kind=7, version=1, learner_id=juma, lamport=1, body=(AMINA, ())
        )
    record = erase_record(author.key, author.school_id, AMINA)
    with store.transaction() as tx:
        tx.keep_erased([record])
    deliver([*plain, merge], author.store, store, believed=2 if is_believed else 0)
    with store.reading() as connection:
        rows = connection.execute("SELECT canonical, leaf FROM event ORDER BY seq").fetchall()
        assert list(audit(connection)) == []
    assert rows[1] == (b"", leaf_of(merge.canonical))
    assert rows[0][0] == plain[0].canonical
    with author.store.transaction() as tx:
        tx.keep_erased([record])
        with pytest.raises(LearnerErasedError):
            tx.append(author.log, kind=7, version=1, learner_id=juma, lamport=2, body=(AMINA, ()))
