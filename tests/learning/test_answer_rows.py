"""Rows of answers: what goes in comes out, whatever the cut of the rows."""

import random

from darasa.learning import answer_rows
from darasa.learning.answer_rows import ROW_MAX, Answer
from darasa.learning.kinds import Attempt
from darasa.sync.event import Event, StoredEvent

A, COMPUTER, LOG = b"A" * 16, b"C" * 16, b"L" * 8
CLASS = b"5" * 16


def attempts(count: int, *, lamport: int = 1, seed: int = 1) -> list[tuple[StoredEvent, Attempt]]:
    rng = random.Random(seed)
    made = []
    for nth in range(count):
        attempt = Attempt(
            b"s" * 8, "fractions", f"item-{nth % 7}", b"v" * 8, (f"skill-{rng.randrange(3)}",), 0,
            1, (), 1 + rng.randrange(2), rng.random() < 0.5, (), "", rng.randrange(3), False, 900,
            0, 0, None, False,
        )  # fmt: skip
        event = Event(18, 1, A, lamport, nth, ())
        at = 1_700_000_000_000 + rng.randrange(-5_000, 5_000_000)
        made.append(
            (StoredEvent(b"S" * 16, LOG, nth + 1, b"c" * 16, b"", event, COMPUTER, at), attempt)
        )
    return made


def expected(made: list[tuple[StoredEvent, Attempt]]) -> list[Answer]:
    return [
        Answer(each.pack, each.skills[0], stored.happened_ms, each.try_nth, each.right, each.help)
        for stored, each in made
    ]


def newest(room) -> list[Answer]:
    with room.store.reading() as connection:
        return list(answer_rows.newest_by(connection, A, COMPUTER))


def test_answers_come_back_the_newest_first_however_they_came_in(school):
    made = attempts(ROW_MAX * 2 + 30)
    for first, last in ((0, 1), (1, 90), (90, 205), (205, 230)):
        with school.store.transaction() as tx:
            answer_rows.add(tx.connection, A, made[first:last])
    assert newest(school) == expected(made)[::-1]
    with school.store.reading() as connection:
        (rows,) = connection.execute("SELECT count(*) FROM lt_answers").fetchone()
    assert rows == 3


def test_sittings_have_rows_of_their_own(school):
    first, second = attempts(5), attempts(5, lamport=2, seed=2)
    with school.store.transaction() as tx:
        answer_rows.add(tx.connection, A, first + second)
    assert newest(school) == (expected(first) + expected(second))[::-1]


def test_only_the_answers_of_a_stretch_of_time_are_recent(school):
    made = attempts(60)
    with school.store.transaction() as tx:
        answer_rows.add(tx.connection, A, made)
        tx.connection.execute(
            "INSERT INTO lt_membership VALUES (?, ?, ?, 'Amina', NULL, NULL)", (b"S" * 16, CLASS, A)
        )
    after, until = 1_700_001_000_000, 1_700_002_500_000
    with school.store.reading() as connection:
        found = list(answer_rows.recent_of_class(connection, CLASS, after_ms=after, until_ms=until))
    wanted = [each for each in expected(made) if after < each.happened_ms <= until]
    assert 0 < len(wanted) < 60
    assert found == [(A, COMPUTER, each) for each in wanted]
