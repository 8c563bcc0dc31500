"""What teachers have said of questions to all: withdrawn, and answers accepted from everybody.

Owns: the list and its one form, which withdraws a question and takes such words back.
"""

from hashlib import blake2b
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning import marking, marking_undo
from darasa.learning.marking import ItemWord
from darasa.learning.marking_operations import answer_words
from darasa.learning.reports.learner_report import teacher_names
from darasa.server.auth import Visit, local_path
from darasa.server.locale import _
from darasa.server.pages.forms import changed, frame, tried
from darasa.server.wording import day

HERE = "/questions"


def questions(visit: Visit) -> Response:
    """GET /questions."""
    room = visit.darasa.classroom
    teacher = teacher_names(room)
    rows = [_row(visit, word, teacher(word.by)) for word in marking.words_on_items(room)]
    return visit.page("questions.html", **frame(visit), here=HERE, rows=rows)


def mark_question(visit: Visit) -> Response:
    """POST /questions: `do` is withdraw or back (of `pack`, `item`), or unaccept (of `word`)."""
    do, room = visit.form.get("do", ""), visit.darasa.classroom
    to = local_path(visit.form.get("to"), default=HERE)
    if do in {"withdraw", "back"}:
        item, withdrawn = (visit.form.get("pack", ""), visit.form.get("item", "")), do == "withdraw"
        back = tried(lambda: marking_undo.withdraw_item(room, item, withdrawn=withdrawn))
        if withdrawn:
            words = _("That question is withdrawn: answers to it count no more.")
        else:
            words = _("Answers to that question count again.")
        return changed(visit, words, back, to=to)
    if do != "unaccept":
        raise HTTPException(400, _("That form was not understood."))
    wanted = visit.form.get("word", "")
    found = [word for word in marking.words_on_items(room) if _name(word) == wanted]
    if not found or found[0].answer is None:
        raise HTTPException(404, _("That does not stand any more."))
    answer = found[0].answer
    back = tried(lambda: marking_undo.overturn_for_all(room, answer, right=None))
    words = _("That answer counts as it did at first, of everybody.")
    return changed(visit, words, back, to=to)


def _row(visit: Visit, word: ItemWord, by: SafeText) -> dict[str, Any]:
    return {
        "question": _asked(visit, word),
        "id": safe_line(f"{word.pack}/{word.item}"),
        "pack": word.pack,
        "item": word.item,
        "withdrawn": word.withdrawn,
        "answer": None if word.answer is None else safe_line(answer_words(word.answer.answer)),
        "right": word.right,
        "by": by,
        "day": day(word.said_ms),
        "disputed": word.is_disputed,
        "name": _name(word),
    }


def _asked(visit: Visit, word: ItemWord) -> SafeText:
    """The question, without numbers that are drawn; nothing when no pack here has it."""
    for pack in visit.darasa.classroom.packs():
        if pack.id == word.pack and word.item in pack.items:
            return safe_line(pack.items[word.item].prompt.plain)
    return SafeText("")


def _name(word: ItemWord) -> str:
    """A short name of a word for a form."""
    key = repr((word.pack, word.item, word.answer))
    return blake2b(key.encode("utf-8", "replace"), digest_size=12).hexdigest()
