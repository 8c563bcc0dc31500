"""What a teacher says herself of one learner: seen on paper, her own word, an answer accepted.

Owns: the page of one answer, and the one form of marks, which says by `do` what it does. Each can
be taken back for ten minutes with one press, and later by saying so again. What the model makes
of answers is the learner's page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.learning import marking, marking_undo
from darasa.learning.evidence import SkillKey, Why
from darasa.learning.kinds import Source
from darasa.learning.marking_undo import TakeBack
from darasa.learning.people.people import LearnerRow
from darasa.learning.reports.evidence_rows import EvidenceRow
from darasa.learning.reports.reports import learner_page
from darasa.learning.rights import Right
from darasa.server import reach
from darasa.server.auth import Visit, local_path, rights_in
from darasa.server.locale import _
from darasa.server.pages.forms import changed, frame, tried
from darasa.server.pages.learner_page import answer_view

_LOG_BYTES: Final = 8
_SEQ_DIGITS_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen, and how."""

    right: bool
    source: Source
    words: str


SEEN: Final = {
    "paper-right": _Seen(True, Source.PAPER, _("Seen on paper: {name} had it right.")),
    "paper-not-yet": _Seen(False, Source.PAPER, _("Seen on paper: not yet, {name}.")),
    "oral-right": _Seen(True, Source.ORAL, _("Heard: {name} had it right.")),
    "oral-not-yet": _Seen(False, Source.ORAL, _("Heard: not yet, {name}.")),
}
"""By what the buttons of a skill send."""

_SAID: Final[dict[str, tuple[marking.JudgedWord, str]]] = {
    "say-got": ("got", _("You say “Got it” of {name}. It is your word.")),
    "say-learning": ("learning", _("You say “Learning” of {name}. It is your word.")),
    "say-back": ("", _("No teacher's word stands on that skill of {name} now.")),
}
_ACCEPTED: Final[dict[str, tuple[bool | None, str]]] = {
    "accept": (True, _("That answer of {name} counts as right now.")),
    "not-yet": (False, _("That answer of {name} counts as not yet now.")),
    "as-it-was": (None, _("That answer of {name} counts as it did at first.")),
}
_FOR_ALL: Final[dict[str, tuple[bool | None, str]]] = {
    "accept-all": (True, _("That answer counts as right now, of everybody.")),
    "as-it-was-all": (None, _("That answer counts as it did at first, of everybody.")),
}


def answer_page(visit: Visit) -> Response:
    """GET /learner/{pid}/answer?log=…&seq=…: one answer, and what a teacher may say of it."""
    pid = visit.path["pid"]
    row = reach.learner_of(visit, pid)
    log_id, seq = _place(visit.query)
    found = _row_at(visit, row, log_id, seq)
    may_mark = Right.EVIDENCE in rights_in(visit.darasa, visit.session)
    return visit.page(
        "answer.html",
        **frame(visit),
        here="/learner",
        pid=pid,
        name=row.name,
        may_act=may_mark and reach.may_change(visit, row.learner_id),
        answer=answer_view(found, {}),
        log=found.log,
        seq=found.seq,
        pack=found.item_key[0],
        item=found.item_key[1],
        to=f"/learner/{pid}/answer?log={found.log}&seq={found.seq}",
        is_seen=found.seen_by is not None,
        is_taken_back=found.why is Why.TAKEN_BACK,
        is_withdrawn=found.why is Why.WITHDRAWN,
        turned=found.turned,
        for_all=None if found.seen_by is not None else _for_all(visit, row, log_id, seq),
    )


def mark_learner(visit: Visit) -> Response:
    """POST /learner/mark."""
    pid, do = visit.form.get("learner", ""), visit.form.get("do", "")
    row = reach.learner_of(visit, pid, act=True)
    to = local_path(visit.form.get("to"), default=f"/learner/{pid}")
    acts: dict[str, Callable[[Visit, LearnerRow, str], tuple[str, TakeBack | None]]] = {
        **dict.fromkeys(SEEN, _observe),
        **dict.fromkeys(_SAID, _judge),
        **dict.fromkeys(_ACCEPTED, _accept),
        **dict.fromkeys(_FOR_ALL, _accept_for_all),
        "unsee": _unsee,
    }
    if do not in acts:
        raise HTTPException(400, _("That form was not understood."))
    words, back = acts[do](visit, row, do)
    return changed(visit, words.format(name=row.name), back, to=to)


def skill_of(form: str) -> SkillKey:
    """The skill that a form names. Raises HTTPException 400."""
    pack, slash, skill = form.partition("/")
    if not slash:
        raise HTTPException(400, _("That form was not understood."))
    return (pack, skill)


def _observe(visit: Visit, row: LearnerRow, do: str) -> tuple[str, TakeBack | None]:
    seen, skill = SEEN[do], skill_of(visit.form.get("skill", ""))
    room = visit.darasa.classroom
    return seen.words, tried(
        lambda: marking_undo.observe(
            room, [row.learner_id], skill, right=seen.right, source=seen.source
        )
    )


def _judge(visit: Visit, row: LearnerRow, do: str) -> tuple[str, TakeBack | None]:
    (word, words), skill = _SAID[do], skill_of(visit.form.get("skill", ""))
    room = visit.darasa.classroom
    return words, tried(lambda: marking_undo.judge(room, row.learner_id, skill, word))


def _accept(visit: Visit, row: LearnerRow, do: str) -> tuple[str, TakeBack | None]:
    (right, words), (log_id, seq) = _ACCEPTED[do], _place(visit.form)
    room = visit.darasa.classroom
    return words, tried(
        lambda: marking_undo.overturn(room, row.learner_id, log_id, seq, right=right)
    )


def _accept_for_all(visit: Visit, row: LearnerRow, do: str) -> tuple[str, TakeBack | None]:
    (right, words), (log_id, seq) = _FOR_ALL[do], _place(visit.form)
    room = visit.darasa.classroom
    answer = tried(lambda: marking.answer_at(room, row.learner_id, log_id, seq))
    return words, tried(lambda: marking_undo.overturn_for_all(room, answer, right=right))


def _unsee(visit: Visit, row: LearnerRow, do: str) -> tuple[str, TakeBack | None]:
    del do
    log_id, seq = _place(visit.form)
    tried(lambda: marking.take_back(visit.darasa.classroom, row.learner_id, log_id, seq))
    return _("What was seen of {name} does not count any more."), None


def _place(fields: Any) -> tuple[bytes, int]:
    """The place of an event in an address or form. Raises HTTPException 404."""
    log, seq = fields.get("log", ""), fields.get("seq", "")
    try:
        log_id = bytes.fromhex(log)
    except ValueError:
        log_id = b""
    is_number = seq.isascii() and seq.isdecimal() and len(seq) <= _SEQ_DIGITS_MAX
    if len(log_id) != _LOG_BYTES or not is_number:
        raise HTTPException(404, _("There is no such answer."))
    return log_id, int(seq)


def _row_at(visit: Visit, row: LearnerRow, log_id: bytes, seq: int) -> EvidenceRow:
    report = learner_page(visit.darasa.classroom, row.learner_id)
    for skill in report.skills:
        for each in skill.events:
            if (each.log, each.seq) == (log_id.hex(), seq):
                return each
    raise HTTPException(404, _("There is no such answer."))


def _for_all(visit: Visit, row: LearnerRow, log_id: bytes, seq: int) -> bool | None:
    """What was said of that answer to everybody; None: nothing."""
    room = visit.darasa.classroom
    answer = tried(lambda: marking.answer_at(room, row.learner_id, log_id, seq))
    words = (each for each in marking.words_on_items(room) if each.answer == answer)
    return next((each.right for each in words), None)
