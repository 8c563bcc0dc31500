"""The rows that a learner's events add beside her state: answers, sittings, "that was not me".

Owns: the tables lt_sitting, lt_not_me, lt_wrong_tries and lt_language; answer_rows.py has the rows
of answers, goal_rows.py those of goals. Does not know states.
"""

import sqlite3
from collections.abc import Iterable

from msgspec.structs import replace

from darasa.learning import answer_rows
from darasa.learning.goal_rows import note_goal
from darasa.learning.kinds import (
    Attempt,
    Challenge,
    ChoseLanguage,
    KindError,
    NotMe,
    Placement,
    SetGoal,
    SignIn,
    SignOut,
    WrongTries,
    payload_of,
)
from darasa.learning.marks import HerMarks, SchoolMarks
from darasa.learning.trials import Trials
from darasa.sync.event import StoredEvent


def note_rows(
    connection: sqlite3.Connection,
    learner_id: bytes,
    folded: Iterable[StoredEvent],
    hers: HerMarks,
    marks: SchoolMarks,
    *,
    trials: Trials,
) -> list[Attempt]:
    """The rows that events add; unknown kinds and bodies that do not fit add none.

    `trials` are hers before these events. Gives her attempts, each right or not as teachers left
    it.
    """
    in_trials: set[tuple[bytes, int]] = set()
    attempts: list[tuple[StoredEvent, Attempt]] = []
    for stored in folded:
        try:
            payload = payload_of(stored.event)
        except KindError:
            continue
        if isinstance(payload, Attempt):
            right = marks.mark_of(stored, payload, hers).right_of(payload)
            is_as_said = right == payload.right
            attempts.append((stored, payload if is_as_said else replace(payload, right=right)))
            if trials.open is not None and trials.open.has(stored, payload):
                in_trials.add((stored.log_id, stored.seq))
        elif isinstance(payload, Challenge | Placement):
            trials = trials.after(stored, payload)
        elif isinstance(payload, SignIn | SignOut):
            _note_sitting(connection, learner_id, stored, payload)
        elif isinstance(payload, NotMe):
            connection.execute(
                "INSERT OR IGNORE INTO lt_not_me VALUES (?, ?, ?)",
                (learner_id, payload.other, stored.happened_ms),
            )
        elif isinstance(payload, ChoseLanguage):
            connection.execute(
                "INSERT OR REPLACE INTO lt_language VALUES (?, ?)", (learner_id, payload.language)
            )
        elif isinstance(payload, SetGoal):
            note_goal(connection, learner_id, stored, payload)
        elif isinstance(payload, WrongTries):
            said = (payload.tries, payload.how, stored.happened_ms)
            connection.execute(
                "INSERT OR IGNORE INTO lt_wrong_tries VALUES (?, ?, ?, ?, ?, ?, ?)",
                (learner_id, stored.log_id, stored.seq, stored.author, *said),
            )
    answer_rows.add(connection, learner_id, attempts, in_trials=in_trials)
    return [attempt for _, attempt in attempts]


def _note_sitting(
    connection: sqlite3.Connection,
    learner_id: bytes,
    stored: StoredEvent,
    payload: SignIn | SignOut,
) -> None:
    if isinstance(payload, SignIn):
        connection.execute(
            "INSERT OR IGNORE INTO lt_sitting (learner_id, sitting, author, how, begun_ms)"
            " VALUES (?, ?, ?, ?, ?)",
            (learner_id, payload.sitting, stored.author, payload.how, stored.happened_ms),
        )
    else:
        connection.execute(
            "UPDATE lt_sitting SET ended_ms = ?, reason = ? WHERE learner_id = ? AND sitting = ?",
            (stored.happened_ms, payload.reason, learner_id, payload.sitting),
        )
