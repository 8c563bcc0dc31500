"""What commands do with teachers' marks, by name, with plain values in and out.

Owns: finding learner, skill, answer and item by what somebody typed. What a mark is and who may
say it is in marking.py.
"""

from collections.abc import Callable
from typing import Any, Final

from darasa.learning import marking
from darasa.learning.classroom import Classroom
from darasa.learning.errors import AmbiguousError, NotFoundError
from darasa.learning.evidence import ItemKey, SkillKey
from darasa.learning.kinds import Source
from darasa.learning.reports.finding_skills import find_skill
from darasa.learning.reports.learner_report import teacher_names
from darasa.sync.ids import LearnerId

_Args = dict[str, Any]


def _observe(room: Classroom, args: _Args) -> _Args:
    learners = [room.people.find(name) for name in args["names"]]
    ids = [row.learner_id for row in learners]
    key = _skill(room, args["skill"], ids)
    source = Source.ORAL if args["oral"] else Source.PAPER
    marking.observe(room, ids, key, right=args["right"], source=source)
    return {"names": [row.name for row in learners], "skill": _title(room, key)}


def _judge(room: Classroom, args: _Args) -> _Args:
    learner = room.people.find(args["name"])
    key = _skill(room, args["skill"], [learner.learner_id])
    marking.judge(room, learner.learner_id, key, args["word"])
    return {"name": learner.name, "skill": _title(room, key)}


def _accept(room: Classroom, args: _Args) -> _Args:
    """`right` None: as it was. `for_all`: that answer of everybody."""
    learner = room.people.find(args["name"])
    log_id, seq = answer_place(room, learner.learner_id, args["answer"])
    if args["for_all"]:
        answer = marking.answer_at(room, learner.learner_id, log_id, seq)
        marking.overturn_for_all(room, answer, right=args["right"])
    else:
        marking.overturn(room, learner.learner_id, log_id, seq, right=args["right"])
    return {"name": learner.name, "answer": f"{log_id.hex()[:8]}:{seq}"}


def _unobserve(room: Classroom, args: _Args) -> _Args:
    learner = room.people.find(args["name"])
    log_id, seq = answer_place(room, learner.learner_id, args["answer"])
    marking.take_back(room, learner.learner_id, log_id, seq)
    return {"name": learner.name, "answer": f"{log_id.hex()[:8]}:{seq}"}


def _withdraw(room: Classroom, args: _Args) -> _Args:
    item = _item(room, args["item"])
    changed = marking.withdraw_item(room, item, withdrawn=args["withdrawn"])
    return {"item": "/".join(item), "changed": changed}


def _listed(room: Classroom, args: _Args) -> _Args:
    del args
    teacher = teacher_names(room)
    return {
        "marks": [
            {
                "item": f"{word.pack}/{word.item}",
                "answer": None if word.answer is None else answer_words(word.answer.answer),
                "withdrawn": word.withdrawn,
                "right": word.right,
                "by": teacher(word.by),
                "when_ms": word.said_ms,
                "disputed": word.is_disputed,
            }
            for word in marking.words_on_items(room)
        ]
    }


def answer_words(answer: "str | tuple[int, ...]") -> str:
    """An answer as it is compared, for people: what was typed, or the numbers of the choices."""
    if isinstance(answer, str):
        return answer
    return "choice " + ", ".join(str(place + 1) for place in answer)


def answer_place(room: Classroom, learner_id: LearnerId, typed: str) -> tuple[bytes, int]:
    """The place of an event of hers from `LOG:SEQ`, the log by the beginning of its id.

    Raises NotFoundError, or AmbiguousError when several of her logs begin so.
    """
    begins, _, number = typed.partition(":")
    if begins and number.isdecimal():
        found = {
            each.log_id
            for each in room.events_of(learner_id)
            if each.log_id.hex().startswith(begins.lower()) and each.seq == int(number)
        }
        if len(found) == 1:
            return bytes(found.pop()), int(number)
        if found:
            raise AmbiguousError("Several answers begin so. Give more of the first part.")
    raise NotFoundError("No such answer is there. `report learner` lists their places.")


def _skill(room: Classroom, typed: str, learners: list[LearnerId]) -> SkillKey:
    """A skill of a course here, or one that the first of these learners has met."""
    book = room.course_book()
    taught = {
        (pack.id, skill.id): skill.title for pack in book.packs for skill in pack.skills.values()
    }
    met = room.state(learners[0]).skills if learners else {}
    keys = [*taught, *(key for key in met if key not in taught)]
    return find_skill([(key, book.title(key)) for key in keys], typed)


def _title(room: Classroom, key: SkillKey) -> str:
    return room.course_book().title(key)


def _item(room: Classroom, typed: str) -> ItemKey:
    """`PACK/ITEM`, or an item's id where only one pack has it."""
    pack_id, slash, item = typed.partition("/")
    if slash:
        return (pack_id, item)
    packs = [pack.id for pack in room.packs() if typed in pack.items]
    if len(packs) > 1:
        told = ", ".join(f"{each}/{typed}" for each in packs)
        raise AmbiguousError(f"Several packs have it: {told}.")
    if not packs:
        raise NotFoundError("No course here has that question.")
    return (packs[0], typed)


MARKING: Final[dict[str, Callable[[Classroom, _Args], _Args]]] = {
    "mark-observe": _observe,
    "mark-unobserve": _unobserve,
    "mark-judge": _judge,
    "mark-accept": _accept,
    "mark-withdraw": _withdraw,
    "marks": _listed,
}
