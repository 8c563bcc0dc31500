"""The answers of a sitting as the live page and the work page read them: a row for up to a hundred.

Owns the table `lt_answers`. A row holds answers of one learner in one log under one lamport, which
is that of her sitting, in the order they fold; they come in that order, or she is folded anew. Does
not know what an answer means.
"""

import sqlite3
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from darasa.learning.kinds import Attempt
from darasa.sync.codec import pack, unpack
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId, NodeId

ROW_MAX: Final = 100
"""Answers of one row: each answer writes its row anew."""


class Answer(NamedTuple):
    """What is kept of an attempt; the event has the rest. `in_trial`: it was given in one, as far
    as is known (trials.py)."""

    pack: str
    skill: str
    happened_ms: int
    try_nth: int
    right: bool
    help: int
    in_trial: bool = False


def add(
    connection: sqlite3.Connection,
    learner_id: bytes,
    attempts: Iterable[tuple[StoredEvent, Attempt]],
    *,
    in_trials: Container[tuple[bytes, int]] = (),
) -> None:
    """Add attempts of a learner, which come after all that are there, in the order they fold.

    `in_trials`: those that were given in a trial, by log and place in it.
    """
    row: _Row | None = None
    for stored, attempt in attempts:
        lamport, log_id, seq, _ = stored.order_key
        if row is None or not row.takes(lamport, log_id, seq):
            if row is not None:
                _write(connection, learner_id, row)
            row = _last_row(connection, learner_id, stored)
            if not row.takes(lamport, log_id, seq):
                row = _Row(lamport, log_id, seq, stored.author, [])
        row.answers.append(
            Answer(
                attempt.pack,
                attempt.skills[0],
                stored.happened_ms,
                attempt.try_nth,
                attempt.right,
                attempt.help,
                (stored.log_id, stored.seq) in in_trials,
            )
        )
    if row is not None:
        _write(connection, learner_id, row)


def recent_of_class(
    connection: sqlite3.Connection, class_id: bytes, *, after_ms: int, until_ms: int
) -> Iterator[tuple[LearnerId, NodeId, Answer]]:
    """(learner, computer, answer) of a class's members in a stretch of time, as they fold."""
    rows = connection.execute(
        "SELECT a.learner_id, a.author, a.answers FROM lt_answers a"
        " WHERE a.learner_id IN (SELECT coalesce(root, m.learner_id) FROM lt_membership m"
        "  LEFT JOIN lt_alias USING (learner_id) WHERE m.class_id = ?)"
        " AND a.last_ms > ? AND a.first_ms <= ?"
        " ORDER BY a.learner_id, a.lamport, a.log_id, a.first_seq",
        (class_id, after_ms, until_ms),
    ).fetchall()
    for learner_id, author, raw in rows:
        for answer in _unpacked(raw):
            if after_ms < answer.happened_ms <= until_ms:
                yield LearnerId(learner_id), NodeId(author), answer


def times_of(
    connection: sqlite3.Connection, learner_id: bytes, *, after_ms: int, until_ms: int
) -> list[int]:
    """When a learner answered anything in a stretch of time, in milliseconds since 1970."""
    rows = connection.execute(
        "SELECT answers FROM lt_answers WHERE learner_id = ? AND last_ms > ? AND first_ms <= ?",
        (learner_id, after_ms, until_ms),
    )
    times = (answer.happened_ms for (raw,) in rows for answer in _unpacked(raw))
    return [each for each in times if after_ms < each <= until_ms]


def newest_by(connection: sqlite3.Connection, learner_id: bytes, author: bytes) -> Iterator[Answer]:
    """A learner's answers at one computer, the newest first."""
    rows = connection.execute(
        "SELECT answers FROM lt_answers WHERE learner_id = ? AND author = ?"
        " ORDER BY lamport DESC, first_seq DESC",
        (learner_id, author),
    )
    for (raw,) in rows:
        yield from reversed(_unpacked(raw))


class _Row(NamedTuple):
    lamport: int
    log_id: bytes
    first_seq: int
    author: bytes
    answers: list[Answer]

    def takes(self, lamport: int, log_id: bytes, seq: int) -> bool:
        """Whether the next answer goes in here; beside another at its place it does."""
        same = (self.lamport, self.log_id) == (lamport, log_id)
        return same and (len(self.answers) < ROW_MAX or self.first_seq == seq)


def last_answer_ms(connection: sqlite3.Connection) -> int:
    """When the last answer that is here was given; 0 when there is none."""
    row = connection.execute("SELECT max(last_ms) FROM lt_answers").fetchone()
    return int(row[0] or 0)


def _last_row(connection: sqlite3.Connection, learner_id: bytes, stored: StoredEvent) -> _Row:
    """The row that answers of that sitting were put in last, or an empty one."""
    lamport, log_id, seq, _ = stored.order_key
    found = connection.execute(
        "SELECT first_seq, answers FROM lt_answers"
        " WHERE learner_id = ? AND lamport = ? AND log_id = ? ORDER BY first_seq DESC LIMIT 1",
        (learner_id, lamport, log_id),
    ).fetchone()
    if found is None:
        return _Row(lamport, log_id, seq, stored.author, [])
    return _Row(lamport, log_id, found[0], stored.author, _unpacked(found[1]))


def _write(connection: sqlite3.Connection, learner_id: bytes, row: _Row) -> None:
    times = [answer.happened_ms for answer in row.answers]
    connection.execute(
        "INSERT OR REPLACE INTO lt_answers"
        " (learner_id, lamport, log_id, first_seq, author, first_ms, last_ms, answers)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            learner_id,
            row.lamport,
            row.log_id,
            row.first_seq,
            row.author,
            min(times),
            max(times),
            _packed(row.answers),
        ),
    )


def _packed(answers: Sequence[Answer]) -> bytes:
    """`[[pack, skill]..., [[which, ms since the one before, try, right, help, trial]...]]`."""
    about: dict[tuple[str, str], int] = {}
    before_ms = 0
    lines: list[tuple[int, int, int, bool, int, bool]] = []
    for answer in answers:
        nth = about.setdefault((answer.pack, answer.skill), len(about))
        passed_ms = answer.happened_ms - before_ms
        said = (answer.try_nth, answer.right, answer.help, answer.in_trial)
        lines.append((nth, passed_ms, *said))
        before_ms = answer.happened_ms
    return pack((tuple(about), tuple(lines)))


def _unpacked(raw: bytes) -> list[Answer]:
    about, lines = unpack(raw)
    answers: list[Answer] = []
    happened_ms = 0
    for nth, passed_ms, *said in lines:
        happened_ms += passed_ms
        in_pack, skill = about[nth]
        answers.append(Answer(in_pack, skill, happened_ms, *said))
    return answers
