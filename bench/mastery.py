"""How well the mastery models predict, and what they cost (mastery.md section 5).

Accuracy: answers of 27 learners of Spanish, cross-validated over learners: fitted to four fifths of
them, tried on the others; all models on the same rows in the same run. The data is not part of the
sources (see _real.py). Costs: processor time, which a busy machine stretches less.
"""

import gzip
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from darasa.cli.budgets import row

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded

from _real import find_file

from darasa.learning.evidence import Evidence, Outcome, Why
from darasa.learning.kinds import Attempt, body_of, kind_of
from darasa.learning.learner_state import fold
from darasa.learning.mastery.answers_csv import Answer, read_answers
from darasa.learning.mastery.base import ItemRef
from darasa.learning.mastery.fitting.answers import Answers
from darasa.learning.mastery.fitting.fit import fit_rlf
from darasa.learning.mastery.fitting.peers import fit_peer
from darasa.learning.mastery.models import model_of, shipped
from darasa.learning.mastery.parameters import Parameters
from darasa.learning.mastery.replay import Replay
from darasa.learning.mastery.scores import Scores
from darasa.learning.mastery.shipped import COLD, WARM, with_difficulties
from darasa.sync.event import Event, StoredEvent
from darasa.sync.ids import Chain, LearnerId, LogId, NodeId, SchoolId

FOLDS = 5
REFIT_ROWS = 220_000
HOUR_MS = 3_600_000
BUDGETS = {
    "rlf refit": {"auc": 0.852, "log_loss": 0.401, "calibration_error": 0.015},
    "rlf pack": {"auc": 0.843},
    "rlf cold": {"auc": 0.83},
}
WORDS = {"auc": "AUC", "log_loss": "log-loss", "calibration_error": "calibration error"}


def main() -> None:
    json.dump([*accuracy_rows(), *speed_rows(), *refit_rows()], sys.stdout)


def accuracy_rows() -> list[dict[str, Any]]:
    answers = real_answers()
    if not answers:
        return [row("Spanish", None, "", None, "the data is not here: DARASA_SHARED")]
    names = sorted({answer.learner for answer in answers})
    scores: dict[str, Scores] = {}
    for nth in range(FOLDS):
        held = set(names[nth::FOLDS])
        train = Answers.of(answer for answer in answers if answer.learner not in held)
        test = [answer for answer in answers if answer.learner in held]
        for name, parameters in tried(train).items():
            mine = scores.setdefault(name, Scores())
            for answer, p_micro in Replay(model_of(parameters), clock_ns=int).run(test):
                mine.add(p_micro, right=answer.correct)
    how = f"Spanish, {len(answers)} answers of {len(names)} learners, {FOLDS} folds over learners"
    rows = []
    for name, mine in scores.items():
        for figure, value in figures_of(mine).items():
            budget = BUDGETS.get(name, {}).get(figure)
            least = figure == "auc"
            rows.append(
                row(f"{name}: {WORDS[figure]}", value, "", budget, how, least=least, digits=4)
            )
    return rows


def tried(train: Answers) -> dict[str, Parameters]:
    """Every model, with what it can know from these learners."""
    fitted = fit_rlf(train, name="spanish").parameters
    return {
        "rlf refit": fitted,
        "rlf pack": with_difficulties(fitted),
        "rlf cold": COLD,
        "m-of-n, calibrated": fit_peer("m-of-n", train, name="spanish"),
        "bkt, fixed": shipped("bkt"),
        "elo with difficulties": fit_peer("elo", train, name="spanish"),
        "best-lr": fit_peer("best-lr", train, name="spanish"),
    }


def figures_of(scores: Scores) -> dict[str, float | None]:
    return {
        "auc": scores.auc(),
        "log_loss": scores.log_loss(),
        "calibration_error": scores.calibration_error(),
    }


def speed_rows() -> list[dict[str, Any]]:
    """One learner of 10,000 answers on 60 skills and 600 items, over 100 days."""
    model = model_of(WARM)
    evidence = list(history(10_000))
    asked = [ItemRef.of(each) for each in evidence]
    each_us, refolds = [], []
    for _ in range(5):
        state = model.start()
        for at in range(0, len(evidence), 500):
            began = time.process_time_ns()
            for ref, seen in zip(asked[at : at + 500], evidence[at : at + 500], strict=True):
                model.predict(state, ref)
                model.update(state, seen)
            each_us.append((time.process_time_ns() - began) / 500 / 1_000)
        state = model.start()
        began = time.process_time_ns()
        for seen in evidence:
            model.update(state, seen)
        refolds.append((time.process_time_ns() - began) / 1e6)
    how = "one learner, 60 skills, a fifth of the items has two, clocks; median of 100"
    refold = "the model's state; median of 5"
    whole = "decode, evidence, every skill's and item's state and p; one run"
    return [
        row("predict and update", statistics.median(each_us), "µs", 10, how),
        row("10,000 answers refolded", statistics.median(refolds), "ms", 100, refold),
        row("10,000 events of a learner folded", folded_ms(evidence), "ms", None, whole),
    ]


def folded_ms(history: list[Evidence]) -> float:
    """The learner's whole state from her events."""
    events = list(events_of(history))
    began = time.process_time_ns()
    fold(events)
    return (time.process_time_ns() - began) / 1e6


def events_of(history: list[Evidence]) -> Iterator[StoredEvent]:
    who = bytes(16)
    for n, seen in enumerate(history):
        attempt = Attempt(
            sitting=(n // 12).to_bytes(8, "big"), pack="pack", item=seen.item[1],
            item_version=bytes(8), skills=tuple(skill for _, skill in seen.skills),
            difficulty_milli=seen.difficulty_milli, nth=n // 600 + 1, values=(n,), try_nth=1,
            right=seen.right_alone, picked=(), typed="", help=0, shown_before=False,
            response_ms=9_000, source=0, partners=0, pair=None, supervised=False,
        )  # fmt: skip
        kind, version = kind_of(attempt)
        event = Event(kind, version, LearnerId(who), 1, n * 60_000, body_of(attempt))
        chain = Chain(n.to_bytes(16, "big"))
        yield StoredEvent(
            SchoolId(who), LogId(bytes(8)), n + 1, chain, b"", event, NodeId(who), seen.happened_ms
        )


def history(answers: int) -> Iterator[Evidence]:
    now = 1_772_000_000_000
    for n in range(answers):
        item = n * 7_919 % 600
        skills = tuple(
            ("pack", f"s{k % 60}") for k in ((item, item + 7) if item % 5 == 0 else (item,))
        )
        outcome = Outcome.NOT_YET if n * 2_654_435_761 % 97 < 27 else Outcome.RIGHT
        now += 23 * HOUR_MS if n % 100 == 0 else 45_000
        b = (item % 3 - 1) * 1_000
        yield Evidence(skills, ("pack", f"i{item}"), b, outcome, 1, Why.COUNTS, now)


def refit_rows() -> list[dict[str, Any]]:
    answers = real_answers() or invented_answers()
    many: list[Answer] = []
    copy = 0
    while len(many) < REFIT_ROWS:
        many += [each._replace(learner=f"{copy}/{each.learner}") for each in answers]
        copy += 1
    began = time.process_time()
    fit_rlf(Answers.of(many[:REFIT_ROWS]), name="refit")
    how = f"{copy} copies of the learners, one thread"
    return [row("refit on 220,000 answers", time.process_time() - began, "s", 15, how)]


def real_answers() -> list[Answer]:
    path = find_file()
    if path is None:
        return []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return list(read_answers(lines))


def invented_answers() -> list[Answer]:
    """Where the real ones are not at hand: 40 learners, as many answers as `history` gives."""
    return [
        Answer(f"learner {n % 40}", each.skills, each.item, each.right_alone, each.happened_ms)
        for n, each in enumerate(history(40_000))
    ]


if __name__ == "__main__":
    main()
