"""Forked logs: both branches are kept, sent and headed, and the author begins another log."""

from darasa.sync.event import chain_after, leaf_of
from darasa.sync.frontier import Head, Tip
from darasa.sync.heads import statements_of
from darasa.sync.reads import forked_logs, runs
from darasa.sync.signing import sign_heads

AMINA = b"A" * 16


def test_a_fork_is_kept_whole(author, open_store, deliver, no_damage):
    events = author.write(4)
    other = author.branch(events[1], 3, body="copied machine")
    school = open_store()
    deliver(events, author.store, school)
    visible = author.insert_into(school, events[1], other, believed=3)
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
    other = author.branch(events[1], 3, body="copied machine")
    school, hub = open_store(), open_store()
    deliver(events, author.store, school)
    author.insert_into(school, events[1], other, believed=3)
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
    other = author.branch(events[1], 3, body="copied machine")
    school = open_store()
    deliver(events, author.store, school)
    mark = school.position().ordinal
    author.insert_into(school, events[1], other, believed=3)
    known = [Tip(author.log_id, 3, events[2].chain[:8]), Tip(author.log_id, 3, other[0].chain[:8])]
    with school.reading() as connection:

        def sent(**kwargs) -> set[bytes]:
            found = runs(connection, author.school_id, author.log_id, **kwargs)
            return {canonical for run in found for canonical in run.canonicals}

        assert sent(known=known) == {events[3].canonical, other[1].canonical}
        assert sent(after_ordinal=mark) == {each.canonical for each in other}
        assert sent(known=[Tip(author.log_id, 3, bytes(8))]) == sent()


def test_the_author_of_a_forked_log_begins_another(author, deliver):
    events = author.write(3)
    other = author.branch(events[1], 1, body="copied machine")
    author.insert_into(author.store, events[1], other, believed=1)
    (next_event,) = author.write()
    assert next_event.log_id != events[0].log_id
    assert next_event.seq == 1
    assert author.store.event_count() == 5


def test_the_heads_of_both_branches_are_kept_though_they_come_before_their_events(
    author, open_store, deliver
):
    """Else a relay holds a branch that nobody may take from it any more."""
    events = author.write(4)
    other = author.branch(events[1], 1, body="other")
    tips = [Head(author.log_id, each.seq, each.chain) for each in (events[3], other[0])]
    school = open_store()
    deliver(events[:2], author.store, school)
    with school.transaction() as tx:
        for tip in tips:
            tx.insert_heads(author.school_id, sign_heads(author.key, [tip]))
    author.insert_into(school, events[1], events[2:], believed=2)
    author.insert_into(school, events[1], other, believed=1)
    with school.reading() as connection:
        told = statements_of(connection, author.school_id, [author.log_id])
    assert {head for each in told for head in each.heads} >= set(tips)


def test_a_statement_of_both_branches_that_comes_after_their_events_counts_for_both(
    author, open_store, deliver
):
    """Else the short branch has no head of its own, and those of the other pile up for ever."""
    events = author.write(4)
    other = author.branch(events[1], 9, body="copied machine")
    hub = open_store()
    deliver(events, author.store, hub, believed=0)
    author.insert_into(hub, events[1], other[:3], believed=0)
    short, *far = (Head(author.log_id, each.seq, each.chain) for each in (events[-1], *other[2:]))
    with hub.transaction() as tx:
        tx.insert_heads(author.school_id, sign_heads(author.key, (short, far[0])))
    for nth, head in enumerate(far[1:], start=3):
        author.insert_into(hub, other[nth - 1], other[nth : nth + 1], believed=0)
        with hub.transaction() as tx:
            tx.insert_heads(author.school_id, sign_heads(author.key, (head,)))
    assert set(hub.tips()) == {short, far[-1]}
    with hub.reading() as connection:
        told = statements_of(connection, author.school_id, [author.log_id])
    assert [each.heads for each in told] == [(short, far[0]), (far[-1],)]
