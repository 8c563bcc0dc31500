"""A computer that has pruned old work, and a server that has lost it."""

from darasa.sync import events_table, rows
from darasa.sync.care import Care
from darasa.sync.pruning import DAY_MS, KEPT_DAYS, USED_DAYS
from darasa.sync.transport.exchange import LinkError


def prune(node, log_id: bytes) -> None:
    """As `pruning` leaves a log: its tips without its events."""
    with node.store.transaction() as tx:
        log = rows.find_log(tx.connection, node.home.school_id, log_id)
        assert log is not None
        tx.connection.execute(
            "UPDATE log SET is_pruned = 1, events = 0 WHERE log_key = ?", (log.log_key,)
        )
        events_table.forget(tx.connection, log)


def test_pruned_work_is_not_promised_to_a_server_that_was_set_back(district, pair):
    computer, school = pair
    backup = school.store._connection.serialize()
    old = computer.write(2)
    district.good(computer, school)
    computer.restart()
    prune(computer, old[0].log_id)
    school.store._connection.deserialize(backup)
    computer.write(3)
    assert district.good(computer, school).events_out >= 3
    assert district.good(computer, school).events_out == 0
    assert {each.log_id for each in school.store.events_after(0)} == {computer.log.log_id}


def test_a_run_whose_log_was_pruned_goes_on_in_another(district, pair):
    """By a clock that was years wrong when it began, an open log may look old."""
    computer, school = pair
    old = computer.write(2)
    district.good(computer, school)
    prune(computer, old[0].log_id)
    (new,) = computer.write(1)
    assert (new.log_id != old[0].log_id, new.seq) == (True, 1)
    district.good(computer, school)
    assert len(school.places()) == 3


def test_what_both_servers_were_set_back_to_before_stays_until_one_says_that_it_has_it(
    district, chain_of_three, make_link
):
    """That the hub has it was said before: the word stays with the computer, and is not true."""
    computer, school, hub = chain_of_three
    empty = {node: node.store._connection.serialize() for node in (school, hub)}
    old = {each.chain for each in computer.write(30)}
    for joiner, server in ((computer, school), (school, hub), (computer, school)):
        district.good(joiner, server)
    computer.restart()
    for node, backup in empty.items():
        node.store._connection.deserialize(backup)
    link, rounds = make_link(school), iter(range(2))

    def breaking(body):
        if next(rounds, None) is None:
            raise LinkError("The link broke.")
        return link(body)

    assert not district.exchange(computer, school, link=breaking).ok
    district.clock.advance((KEPT_DAYS + 1) * DAY_MS)
    care = Care(computer.store, district.clock, prunes=computer.home.node_id)

    def use():
        for _ in range(USED_DAYS + 2):
            district.clock.advance(DAY_MS)
            computer.write(1)
            care.finish()

    use()
    district.good(computer, school)
    assert old <= {chain for _, _, chain, _ in school.places()}
    use()
    assert not old & {chain for _, _, chain, _ in computer.places()}
