"""Reading a file of items: Markdown as a teacher writes it, into raw items with line numbers.

Owns: the line grammar of items (FORMAT.md section 2). Judges only what lines are; what they mean
together (one way to answer, known skills, formulas) is for `compile_items`. Never raises on any
text: every fault is a finding. Pure.
"""

import re
from collections.abc import Iterator
from typing import Final

from darasa.content_packs.findings import Findings, suggest
from darasa.content_packs.raw_items import Piece, RawAnswer, RawChoice, RawItem, RawWrong

VALUED_MARKS: Final = ("skill", "difficulty", "vars", "where", "choose", "reads", "sister-of")
BARE_MARKS: Final = ("challenge", "fixed-order")
MARKS: Final = (*VALUED_MARKS, *BARE_MARKS)
FILE_MARKS: Final = ("skill", "difficulty", "reads")
QUOTES: Final = ("Hint", "Solution", "Ask")
LATER_MARKS: Final = {
    "order": "Putting in order",
    "match": "Matching",
    "sort": "Sorting into groups",
    "file": "Handing in a file",
    "rubric": "A written answer with a rubric",
    "gaps": "A text with gaps",
}
_MARK: Final = re.compile(r"([a-z][a-z-]{0,30})\s*:(?!//)\s*(.*)")
_CHOICE: Final = re.compile(r"- \[([ xX])\](?: (.*)|$)")
_NEAR_CHOICE: Final = re.compile(r" {0,3}[-*+] ?(\[[ xX]?\]|\[[a-wyz]\] )|\[[xX]\] \w")
_ANSWER: Final = re.compile(r"(==?)(?!=)[ ]*(.*)")
_WRONG: Final = re.compile(r"!=[ ]*(.*)")
_QUOTE: Final = re.compile(r">[ ]?(.*)")
_QUOTE_HEAD: Final = re.compile(r"([A-Za-z]{2,12})[ ]?:(?:[ ]+(.*)|$)")
_NOTE: Final = re.compile(r"\s+>[ ]?(.*)")
_FENCE: Final = re.compile(r" {0,3}(```+|~~~+)")
_WRITTEN: Final = re.compile(r"_{3,}\s*\d+\s*\.\.")


def parse_items(text: str, findings: Findings) -> tuple[RawItem, ...]:
    """The items of a file, each with the marks of the file's head where it has none itself."""
    head, *bodies = _cut(text)
    common = _file_marks(head, findings)
    items = []
    for lines in bodies:
        number, heading = lines[0]
        item = RawItem(heading.lstrip("#").strip(), number)
        known = len(findings.all)
        _Body(item, findings).read(lines[1:])
        item.faulty = len(findings.all) > known
        item.marks = {**common, **item.marks}
        items.append(item)
    return tuple(items)


Lines = list[tuple[int, str]]


def _cut(text: str) -> list[Lines]:
    """The lines before the first `## `, then one list for each item, heading first."""
    parts: list[Lines] = [[]]
    fenced: str | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        fenced = _fence_after(line, fenced)
        if fenced is None and re.match(r"##(?!#)", line):
            parts.append([])
        parts[-1].append((number, line.rstrip()))
    return parts


def _fence_after(line: str, fenced: str | None) -> str | None:
    """The mark of the code block that is open after this line."""
    match = _FENCE.match(line)
    if match is None:
        return fenced
    if fenced is None:
        return match[1]
    closes = match[1].startswith(fenced) and not line.strip().strip(fenced[0])
    return None if closes else fenced


def _file_marks(lines: Lines, findings: Findings) -> dict[str, Piece]:
    marks: dict[str, Piece] = {}
    for number, line in lines:
        if not line.strip() or re.match(r"#(?!#)", line):
            continue
        match = _MARK.fullmatch(line)
        if match and match[1] in FILE_MARKS:
            marks[match[1]] = Piece(match[2], number)
        elif match:
            findings.error(
                number,
                f"`{match[1]}` is no mark for a whole file.",
                suggest(match[1], FILE_MARKS),
            )
        else:
            findings.error(
                number,
                "This line belongs to no item.",
                "Begin an item with a line like  ## equiv-01",
            )
    return marks


class _Body:
    """Reads the lines of one item, in the order: marks, prompt, answers, help."""

    def __init__(self, item: RawItem, findings: Findings) -> None:
        self._item = item
        self._findings = findings
        self._prompt: Lines = []
        self._answered = False  # a choice, an answer or a quote with a head was seen
        self._fenced: str | None = None

    def read(self, lines: Lines) -> None:
        """Fill the item from its lines."""
        at = self._read_marks(lines)
        while at < len(lines):
            at = self._read_block(lines, at)
        self._item.prompt = _piece(self._prompt)

    def _read_marks(self, lines: Lines) -> int:
        """Read the marks under the heading; an empty line after them ends them."""
        apart = False
        for at, (number, line) in enumerate(lines):
            if not line.strip():
                if self._item.marks:
                    return at
                apart = True
                continue
            word = line.split(":")[0].strip()
            if (apart and word not in MARKS) or not self._is_mark(number, line):
                return at
        return len(lines)

    def _is_mark(self, number: int, line: str) -> bool:
        match = _MARK.fullmatch(line)
        if match is None:
            return self._is_bare_mark(number, line)
        name, value = match[1], match[2].strip()
        if name in LATER_MARKS:
            self._item.later.append((number, LATER_MARKS[name]))
        elif name not in MARKS:
            self._findings.error(
                number,
                f"`{name}` is no mark of an item.",
                suggest(name, MARKS) + " (A question begins with a capital or after other words.)",
            )
        elif name in self._item.marks:
            self._findings.error(number, f"`{name}` stands twice.", "Keep one of them.")
        else:
            self._item.marks[name] = Piece(value, number)
        return True

    def _is_bare_mark(self, number: int, line: str) -> bool:
        word = line.strip()
        if word in BARE_MARKS:
            self._item.marks[word] = Piece("", number)
            return True
        if word in VALUED_MARKS:
            self._findings.error(number, f"`{word}` has no value.", f"Write  {word}: …")
            return True
        if re.fullmatch(r"[a-z]+-[a-z]+|challeng\w*", word):
            self._findings.error(number, f"`{word}` is no mark.", suggest(word, BARE_MARKS))
            return True
        return False

    def _read_block(self, lines: Lines, at: int) -> int:
        """Read what begins at a line; returns the index of the line after it."""
        number, line = lines[at]
        if self._fenced or _FENCE.match(line):
            self._fenced = _fence_after(line, self._fenced)
            self._to_prompt(number, line)
            return at + 1
        if match := _CHOICE.fullmatch(line):
            return self._read_choice(lines, at, match)
        if match := _WRONG.fullmatch(line):
            return self._read_wrong(lines, at, match)
        if match := _ANSWER.fullmatch(line):
            self._answered = True
            self._read_answer(number, match)
            return at + 1
        if _QUOTE.fullmatch(line):
            return self._read_quote(lines, at)
        self._plain_line(number, line)
        return at + 1

    def _plain_line(self, number: int, line: str) -> None:
        mark = _MARK.fullmatch(line)
        if _NEAR_CHOICE.match(line.strip() if self._item.choices else line):
            self._findings.error(
                number, "This looks like a choice, but is not one.", "Write  - [ ] …  or  - [x] …"
            )
        elif mark and mark[1] in MARKS:
            self._findings.error(
                number, f"The mark `{mark[1]}` comes too late.", "Put it under the item's heading."
            )
        elif (mark and mark[1] in LATER_MARKS) or _WRITTEN.match(line):
            self._item.later.append((number, LATER_MARKS[mark[1]] if mark else "A written answer"))
        else:
            self._to_prompt(number, line)

    def _to_prompt(self, number: int, line: str) -> None:
        if re.search(r"\[=", re.sub(r"`[^`]*`", "", line)) and not self._fenced:
            self._item.later.append((number, LATER_MARKS["gaps"]))
        elif self._answered and line.strip():
            self._findings.error(
                number,
                "This text stands after the answers.",
                "Put it above them, or begin it with  > Hint:  or  > Solution:",
            )
        elif not self._answered:
            self._prompt.append((number, line))

    def _read_choice(self, lines: Lines, at: int, match: re.Match[str]) -> int:
        self._answered = True
        end = at + 1
        text: Lines = [(lines[at][0], match[2] or "")]
        note: Lines = []
        while end < len(lines) and lines[end][1].startswith(" ") and lines[end][1].strip():
            number, line = lines[end]
            if _NEAR_CHOICE.match(line.strip()):
                break
            if quoted := _NOTE.fullmatch(line):
                note.append((number, quoted[1]))
            elif note:
                note.append((number, line.strip()))
            else:
                text.append((number, line.strip()))
            end += 1
        choice = RawChoice(_piece(text), match[1] != " ", _piece(note) if note else None)
        if not choice.text.text:
            self._findings.error(lines[at][0], "This choice is empty.", "Write what it says.")
        self._item.choices.append(choice)
        return end

    def _read_answer(self, number: int, match: re.Match[str]) -> None:
        value = match[2].strip()
        if not value:
            self._findings.error(number, "This answer is empty.", "Write  = 3/4")
        elif value.startswith("~"):
            self._findings.error(
                number, "Patterns do not exist here.", "Write each right answer on its own line."
            )
        else:
            self._item.answers.append(RawAnswer(Piece(value, number), match[1] == "=="))

    def _read_wrong(self, lines: Lines, at: int, match: re.Match[str]) -> int:
        self._answered = True
        number = lines[at][0]
        value, colon, note = match[1].partition(" : ")
        rest: Lines = [(number, note)]
        end = at + 1
        while end < len(lines) and lines[end][1].startswith("  ") and lines[end][1].strip():
            rest.append((lines[end][0], lines[end][1].strip()))
            end += 1
        if not colon or not value.strip() or not note.strip():
            self._findings.error(
                number,
                "A wrong answer needs a value and a note.",
                "Write  != 2/8 : You added the bottoms.",
            )
        else:
            self._item.wrong.append(RawWrong(Piece(value.strip(), number), _piece(rest)))
        return end

    def _read_quote(self, lines: Lines, at: int) -> int:
        end = at + 1
        while end < len(lines) and _QUOTE.fullmatch(lines[end][1]) and not _head_of(lines[end][1]):
            end += 1
        quoted = [(number, _unquoted(line)) for number, line in lines[at:end]]
        head = _head_of(lines[at][1])
        if head is not None:
            self._answered = True
            self._read_help(head, quoted)
        elif self._answered or self._looks_like_help(quoted[0]):
            word = _QUOTE_HEAD.match(quoted[0][1])
            self._findings.error(
                quoted[0][0],
                "This quote is neither a hint nor a solution.",
                suggest(word[1].capitalize(), QUOTES)
                if word
                else "Begin it with  > Hint:  or indent it under a choice as its note.",
            )
        else:
            for number, line in lines[at:end]:
                self._to_prompt(number, line)
        return end

    def _looks_like_help(self, first: tuple[int, str]) -> bool:
        word = _QUOTE_HEAD.match(first[1])
        return bool(word and suggest(word[1].capitalize(), QUOTES).startswith("Did you"))

    def _read_help(self, head: str, quoted: Lines) -> None:
        number, line = quoted[0]
        quoted = [(number, line.partition(":")[2].strip()), *quoted[1:]]
        if head == "Ask":
            ask = RawItem(f"{self._item.id} (Ask)", number)
            inside = [(n, re.sub(r"^ {1,2}(?=[=!])", "", text)) for n, text in quoted]
            _Body(ask, self._findings).read(inside)
            self._item.asks.append(ask)
            return
        piece = _piece(quoted)
        if not piece.text:
            self._findings.error(number, f"This {head.lower()} is empty.", "Write what it says.")
        elif head == "Hint":
            self._item.hints.append(piece)
        elif self._item.solution is not None:
            self._findings.error(number, "This item has two solutions.", "Join them in one.")
        else:
            self._item.solution = piece


def _unquoted(line: str) -> str:
    match = _QUOTE.fullmatch(line)
    return match[1] if match else line


def _head_of(line: str) -> str | None:
    match = _QUOTE_HEAD.match(_unquoted(line)) if line.startswith(">") else None
    name = match[1].capitalize() if match else ""
    return name if name in QUOTES else None


def _piece(lines: Lines) -> Piece:
    """Lines as one text, without the empty ones around it."""
    kept = list(_stripped(lines))
    if not kept:
        return Piece("", lines[0][0] if lines else 0)
    return Piece("\n".join(line for _, line in kept), kept[0][0])


def _stripped(lines: Lines) -> Iterator[tuple[int, str]]:
    first = next((at for at, (_, line) in enumerate(lines) if line.strip()), len(lines))
    last = next((at for at in range(len(lines), first, -1) if lines[at - 1][1].strip()), first)
    return iter(lines[first:last])
