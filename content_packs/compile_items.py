"""From a raw item to its built form: one way to answer, known skills, rendered texts.

Owns: what the lines of an item mean together. Every fault is a finding with its line; an item
with an error is left out of the result. What must hold for every draw is for `prove`. Pure.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from darasa.content_packs.compile_texts import ItemErrors, TextCompiler
from darasa.content_packs.findings import Findings, suggest
from darasa.content_packs.item import (
    CHOICE_LENGTH_MAX,
    CHOICES_MAX,
    Answer,
    AnswerKind,
    Ask,
    Choice,
    Item,
    ItemKind,
    Text,
    WrongNote,
    with_version,
)
from darasa.content_packs.names import ITEM_ID
from darasa.content_packs.numerals import read_number
from darasa.content_packs.raw_items import Piece, RawAnswer, RawChoice, RawItem, RawWrong
from darasa.content_packs.template import PLACE

VALUE_LENGTH_MAX: Final = 200
_ALGEBRA: Final = re.compile(r"[0-9A-Za-z)]\s*[\^*+]\s*[0-9A-Za-z(]|\$|\\frac")


@dataclass(slots=True)
class Compiled:
    """A built item and the lines of its parts, for findings about its draws."""

    item: Item
    raw: RawItem
    path: str


@dataclass(slots=True)
class _Compiler:
    raw: RawItem
    skills: Collection[str]
    locale: str
    errors: ItemErrors
    words: TextCompiler

    def item(self) -> Item | None:
        raw = self.raw
        self._id()
        vars_ = self.words.vars(raw.marks.get("vars"))
        where = self.words.where(raw.marks.get("where"))
        kind = self._kind()
        item_skills = self._skills()
        prompt = self._prompt(raw)
        hints = [text for hint in raw.hints if (text := self.words.text(hint))]
        solution = None if raw.solution is None else self.words.text(raw.solution)
        choices = tuple(c for choice in raw.choices if (c := self._choice(choice)))
        answers, wrong = self._answers(raw)
        asks = tuple(ask for one in raw.asks if (ask := self._ask(one)))
        marks = raw.marks
        difficulty, reads = self._whole("difficulty"), self._whole("reads")
        if self.errors.count or raw.faulty or kind is None or prompt is None:
            return None
        return with_version(
            Item(
                id=raw.id,
                kind=kind,
                skills=item_skills,
                prompt=prompt,
                difficulty=difficulty or 2,
                choices=choices,
                answers=answers,
                wrong=wrong,
                hints=tuple(hints),
                asks=asks,
                solution=solution,
                vars=vars_,
                where=where,
                fixed_order="fixed-order" in marks,
                challenge="challenge" in marks,
                sister_of=marks["sister-of"].text or None if "sister-of" in marks else None,
                reads=reads,
                locale=self.locale,
            )
        )

    def _id(self) -> None:
        if not ITEM_ID.fullmatch(self.raw.id):
            self.errors.error(
                self.raw.line,
                f"`{self.raw.id[:80]}` is no id for an item.",
                "Use letters, digits, - . and _, like  ## equiv-01",
            )

    def _skills(self) -> tuple[str, ...]:
        mark = self.raw.marks.get("skill")
        if mark is None:
            self.errors.error(self.raw.line, "This item names no skill.", "Write  skill: equiv")
            return ()
        named = tuple(dict.fromkeys(s.strip() for s in mark.text.split(",") if s.strip()))
        if not 1 <= len(named) <= 8:
            self.errors.error(mark.line, "An item has 1 to 8 skills.", "Write  skill: equiv")
        for skill in named:
            if skill not in self.skills:
                self.errors.error(
                    mark.line,
                    f"skills.toml has no skill `{skill}`.",
                    suggest(skill, self.skills, otherwise="Add it to skills.toml."),
                )
        return named

    def _whole(self, name: str) -> int | None:
        mark = self.raw.marks.get(name)
        if mark is None:
            return None
        if mark.text not in ("1", "2", "3"):
            self.errors.error(mark.line, f"`{name}` is 1, 2 or 3.", f"Write  {name}: 2")
            return None
        return int(mark.text)

    def _kind(self) -> ItemKind | None:
        raw = self.raw
        choose = raw.marks.get("choose")
        if choose is not None and choose.text not in ("all", "one"):
            self.errors.error(choose.line, "`choose` is all or one.", "Write  choose: all")
        if raw.later:
            line, what = raw.later[0]
            self.errors.error(
                line, f"{what} comes with a later version.", "Ask it with choices or an answer."
            )
            return None
        if raw.faulty:
            return None
        if raw.choices and (raw.answers or raw.wrong):
            line = (raw.answers or raw.wrong)[0].value.line
            self.errors.error(
                line, "An item has one way to answer; this one has two.", "Make it two items."
            )
            return None
        if raw.choices:
            return self._choice_kind(choose)
        if choose is not None:
            self.errors.error(choose.line, "`choose` needs choices.", "Write  - [x] …")
        if not raw.answers:
            self._no_answer()
            return None
        return "answer"

    def _no_answer(self) -> None:
        if re.search(r"^[^|\n]*\S \| \S|^\|.*\|", self.raw.prompt.text, re.MULTILINE):
            self.errors.error(
                self.raw.prompt.line,
                "Matching and sorting come with a later version.",
                "Ask it with choices or an answer.",
            )
            return
        self.errors.error(
            self.raw.line,
            "This item has no right answer.",
            "Write choices  - [x] …  or an answer  = 3/4",
        )

    def _choice_kind(self, choose: Piece | None) -> ItemKind | None:
        choices = self.raw.choices
        right = sum(choice.right for choice in choices)
        line = choices[0].text.line
        if not 2 <= len(choices) <= CHOICES_MAX:
            self.errors.error(
                line, f"There are {len(choices)} choices.", f"Give 2 to {CHOICES_MAX} of them."
            )
        if right == 0:
            self.errors.error(line, "No choice is right.", "Mark the right one with  - [x]")
        if choose is not None and choose.text == "one" and right > 1:
            self.errors.error(
                choose.line, f"{right} choices are right.", "Mark one, or write  choose: all"
            )
        return "multiple" if right > 1 or (choose and choose.text == "all") else "choice"

    def _prompt(self, raw: RawItem) -> Text | None:
        if not raw.prompt.text and (raw.faulty or raw.later):
            return None
        if not raw.prompt.text:
            self.errors.error(raw.line, "This item asks nothing.", "Write the question.")
            return None
        return self.words.text(raw.prompt)

    def _choice(self, raw: RawChoice) -> Choice | None:
        text = self.words.text(raw.text)
        note = None if raw.note is None else self.words.text(raw.note)
        if text is not None and len(text.plain) > CHOICE_LENGTH_MAX:
            self.errors.error(
                raw.text.line,
                f"This choice has {len(text.plain)} characters; {CHOICE_LENGTH_MAX} are the most.",
                "Put what all choices share into the question.",
            )
        return None if text is None else Choice(text=text, right=raw.right, note=note)

    def _answers(self, raw: RawItem) -> tuple[tuple[Answer, ...], tuple[WrongNote, ...]]:
        answers = tuple(a for one in raw.answers if (a := self._answer(one)))
        wrong = tuple(w for one in raw.wrong if (w := self._wrong(one)))
        for most, lines, what in ((16, raw.answers, "right"), (32, raw.wrong, "wrong")):
            if len(lines) > most:
                self.errors.error(
                    lines[most].value.line,
                    f"There are more than {most} {what} answers.",
                    "Keep the best.",
                )
        return answers, wrong

    def _answer(self, raw: RawAnswer) -> Answer | None:
        value, tolerance = raw.value.text, ""
        if match := re.fullmatch(r"(.+?)\s*(?:\+-|\+/-|±)\s*(.+)", value):
            value, tolerance = match[1], match[2]
        if not self._value(Piece(value, raw.value.line)):
            return None
        kind = _kind_of(value)
        if tolerance and (kind == "text" or _kind_of(tolerance) == "text" or raw.written):
            self.errors.error(
                raw.value.line, "A tolerance needs two numbers.", "Write  = 10 +- 0.5"
            )
            return None
        self.words.places(Piece(tolerance, raw.value.line))
        if kind == "text" and read_number(PLACE.sub("1", value).split()[0]) is not None:
            self.errors.findings.warn(
                raw.value.line,
                "This answer mixes a number with words; it must be typed just so.",
                "Write the number alone, and the unit in the question.",
            )
        return Answer(value=value, kind=kind, written=raw.written, tolerance=tolerance)

    def _wrong(self, raw: RawWrong) -> WrongNote | None:
        note = self.words.text(raw.note)
        if not self._value(raw.value) or note is None:
            return None
        return WrongNote(value=raw.value.text, kind=_kind_of(raw.value.text), note=note)

    def _value(self, piece: Piece) -> bool:
        before = self.errors.count
        bare = PLACE.sub("1", piece.text)
        if len(piece.text) > VALUE_LENGTH_MAX:
            self.errors.error(
                piece.line, "This answer is too long to type.", "Ask for something shorter."
            )
        elif "@{" in bare or "|" in piece.text:
            self.errors.error(
                piece.line, "A place for a number does not end.", "Write for example @{n*k}"
            )
        elif _kind_of(piece.text) == "text" and _ALGEBRA.search(bare):
            self.errors.error(
                piece.line,
                "An answer that is an expression comes with a later version.",
                "Ask for a number, a fraction or a word.",
            )
        self.words.places(piece)
        return self.errors.count == before

    def _ask(self, raw: RawItem) -> Ask | None:
        faults = (*raw.choices, *raw.hints, *raw.asks, *raw.marks, *raw.later)
        if faults or raw.solution or not raw.answers:
            self.errors.error(
                raw.line,
                "An Ask is a question with answers; more comes with a later version.",
                "Write under it  >   = 4",
            )
            return None
        prompt = self._prompt(raw)
        answers, wrong = self._answers(raw)
        if prompt is None or not answers:
            return None
        return Ask(prompt=prompt, answers=answers, wrong=wrong[:16])


def compile_item(
    raw: RawItem, findings: Findings, *, skills: Collection[str], locale: str
) -> Compiled | None:
    """The built form of a raw item, or None after findings."""
    errors = ItemErrors(findings)
    item = _Compiler(raw, skills, locale, errors, TextCompiler(errors)).item()
    if item is None:
        return None
    if not item.hints:
        findings.warn(raw.line, "This item has no hint.", "Add a line  > Hint: …")
    if item.solution is None:
        findings.warn(raw.line, "This item has no solution.", "Add a line  > Solution: …")
    return Compiled(item, raw, findings.path)


def check_sisters(compiled: Mapping[str, Compiled], findings: Mapping[str, Findings]) -> None:
    """Every `sister-of` names another item of the pack."""
    for name, one in compiled.items():
        sister = one.item.sister_of
        if sister is not None and (sister == name or sister not in compiled):
            findings[one.path].error(
                one.raw.marks["sister-of"].line,
                f"There is no other item `{sister}`.",
                suggest(sister, set(compiled) - {name}, otherwise="Name another item."),
            )


def _kind_of(value: str) -> AnswerKind:
    return "number" if read_number(PLACE.sub("1", value)) is not None else "text"
