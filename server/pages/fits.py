"""By which fit learners are folded: which one is in use, what it changes, and another in its place.

Owns: both pages and their one form. A fit weighs the answers of the whole school, so all its
teachers may look and the head chooses. What is measured is `learning.fits.comparing`'s; no learner
is on these pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.errors import PackError
from darasa.content_packs.instance import draw
from darasa.content_packs.item import Item
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.fits.adopting import stays
from darasa.learning.fits.chosen import Chosen, choose, chosen_fits
from darasa.learning.fits.comparing import (
    Moved,
    Tried,
    moved_items,
    parameters_of,
    tried_on_answers,
)
from darasa.learning.fits.rows import FitRow
from darasa.learning.fits.words import SETTING
from darasa.learning.mastery.scores import MICRO, Scores, Verdict
from darasa.learning.reports.learner_report import teacher_names
from darasa.learning.rights import Right
from darasa.server.auth import Visit, rights_in
from darasa.server.locale import _, ngettext
from darasa.server.pages.forms import changed, frame, tried
from darasa.server.wording import day, number

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

HERE: Final = "/fits"
SHIPPED: Final = "shipped"
"""What a form calls the parameters that ship with the program."""

_NOTHING: Final = SafeText("")
_SHIPPED: Final = SafeText(_("what ships with the program"))
_GONE: Final = SafeText(_("a fit that is not here"))
_VERDICTS: Final = {
    Verdict.WORSE: _("On these answers it is worse than {other}."),
    Verdict.SAME: _("On these answers it is about as good as {other}."),
    Verdict.BETTER: _("On these answers it is better than {other}."),
}
_MOVED_SHOWN: Final = 20
_CHOICES_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class _Shown:
    """A fit, or what ships, in words; what is not known of it is empty."""

    title: SafeText
    id: str = ""
    in_use: bool = False
    is_shipped: bool = False
    fault: SafeText = _NOTHING
    made: str = ""
    maker: SafeText = _NOTHING
    source: SafeText = _NOTHING
    items: str = ""

    @property
    def heading(self) -> str:
        """The title where a sentence begins."""
        return self.title[:1].upper() + self.title[1:]


@dataclass(frozen=True, slots=True)
class _Known:
    """The fits that are known here, by which one learners are folded, and the names of servers."""

    rows: Sequence[FitRow]
    in_use: bytes | None
    names: Mapping[bytes, str]

    @classmethod
    def of(cls, room: "Classroom") -> Self:
        """As of now."""
        rows, rules = room.store.read(room.fits.listed), room.store.read(room.fits.rules)
        in_use = (row.fit_id for row in rows if rules.name.endswith(row.fit_id.hex()))
        return cls(rows, next(in_use, None), room.store.read(room.nodes.names))

    def named(self, wanted: str) -> bytes | None:
        """The fit of an address or form; None for what ships. Raises HTTPException 404."""
        if wanted == SHIPPED:
            return None
        for row in self.rows:
            if row.fit_id.hex() == wanted and not row.fault:
                return row.fit_id
        raise HTTPException(404, _("There is no such fit here."))

    def is_good(self, fit_id: bytes | None) -> bool:
        """Whether learners could be folded by it here."""
        good = (row.fit_id for row in self.rows if not row.fault)
        return fit_id is None or fit_id in good

    def shown(self, fit_id: bytes | None) -> _Shown:
        """A fit, or what ships, in words."""
        in_use = self.in_use == fit_id
        row = next((each for each in self.rows if each.fit_id == fit_id), None)
        if fit_id is None:
            return _Shown(_SHIPPED, SHIPPED, in_use, is_shipped=True)
        if row is None:
            return _Shown(_GONE)
        return _Shown(
            title=_title(row),
            id=row.fit_id.hex(),
            in_use=in_use,
            fault=_shown_text(row.fault),
            made=day(row.made_ms) if row.maker else "",
            maker=safe_line(self.names.get(row.maker, row.maker.hex()[:8])),
            source=_shown_text(row.source),
            items="" if row.fault else number(row.items),
        )


def fits(visit: Visit) -> Response:
    """GET /fits."""
    room = visit.darasa.classroom
    known, choices, teacher = _Known.of(room), chosen_fits(room), teacher_names(room)
    told = [
        {"day": day(each.when_ms), "by": teacher(each.by), "fit": known.shown(each.fit_id)}
        for each in choices
    ]
    since = (
        row
        for row, each in zip(told, choices, strict=True)
        if each.in_force and each.fit_id == known.in_use
    )
    return visit.page(
        "fits.html",
        **frame(visit),
        here=HERE,
        may_choose=_may_choose(visit),
        now=known.shown(known.in_use),
        since=next(since, None),
        former=known.shown(_beside(known, choices, known.in_use)) if choices else None,
        lacking=room.store.read(room.fits.lacks) is not None,
        stays=stays(room.people.record_of(SETTING)),
        waiting=room.stale(),
        rows=[known.shown(each) for each in (*(row.fit_id for row in known.rows), None)],
        choices=told[:_CHOICES_SHOWN],
    )


def fit_page(visit: Visit) -> Response:
    """GET /fits/one?fit=ID: what a fit changes against the one before it, or the one in use."""
    room = visit.darasa.classroom
    known = _Known.of(room)
    fit_id = known.named(visit.query.get("fit", ""))
    other = _beside(known, chosen_fits(room), fit_id)
    now = tried(lambda: parameters_of(room, fit_id))
    before = tried(lambda: parameters_of(room, other))
    found = tried_on_answers(room, now, before)
    moved = moved_items(room.packs(), now, before)[:_MOVED_SHOWN]
    return visit.page(
        "fit.html",
        **frame(visit),
        here=HERE,
        may_choose=_may_choose(visit),
        fit=known.shown(fit_id),
        other=known.shown(other),
        tried=None if found.verdict is None else _tried(found, found.verdict),
        answers=number(found.now.rows),
        moved=[_moved(visit, each) for each in moved],
    )


def choose_fit(visit: Visit) -> Response:
    """POST /fits: `fit` is an id, or `shipped`; `stays` keeps it when a newer one comes."""
    room = visit.darasa.classroom
    known = _Known.of(room)
    fit_id = known.named(visit.form.get("fit", ""))
    back = tried(lambda: choose(room, fit_id, stays=bool(visit.form.get("stays"))))
    name = known.shown(fit_id).title
    words = _("Answers are weighed by {name} from now on.").format(name=name)
    return changed(visit, words, back, to=HERE)


def _may_choose(visit: Visit) -> bool:
    return Right.FITS in rights_in(visit.darasa, visit.session)


def _beside(known: _Known, choices: Sequence[Chosen], fit_id: bytes | None) -> bytes | None:
    """What to compare with: of the one in use what was before it, of others the one in use."""
    if fit_id != known.in_use:
        return known.in_use
    former = (each.fit_id for each in choices if each.fit_id != fit_id)
    return next((each for each in former if known.is_good(each)), None)


def _shown_text(text: str) -> SafeText:
    return safe_line(text) if text else _NOTHING


def _title(row: FitRow) -> SafeText:
    if row.fault:
        return SafeText(_("a fit that is refused"))
    words = _("version {n} of {name}")
    return SafeText(words.format(n=row.version, name=safe_line(row.name)))


def _tried(found: Tried, verdict: Verdict) -> dict[str, Any]:
    """How well it foretells, in words and in tenths."""
    return {
        "verdict": _VERDICTS[verdict],
        "learners": ngettext("{n} learner", "{n} learners", found.learners).format(
            n=number(found.learners)
        ),
        "off": _off(found.now),
        "off_before": _off(found.before),
        "tenths": [
            {
                "said": f"{each.predicted:.0%}",
                "right": f"{each.right:.0%}",
                "rows": number(each.rows),
            }
            for each in found.now.bins()
        ],
    }


def _off(scores: Scores) -> str:
    """By how many of a hundred answers it is off on average."""
    return f"{100 * (scores.calibration_error() or 0.0):.1f}"


def _moved(visit: Visit, each: Moved) -> dict[str, Any]:
    packs = {pack.id: pack for pack in visit.darasa.classroom.packs()}
    if each.now_micro < each.before_micro:
        words = _("harder: {now} of 100, was {before}")
    else:
        words = _("easier: {now} of 100, was {before}")
    return {
        "id": safe_line(f"{each.pack}/{each.item}"),
        "asked": _example(packs[each.pack].items[each.item]),
        "words": words.format(now=_of_100(each.now_micro), before=_of_100(each.before_micro)),
    }


def _of_100(p_micro: int) -> int:
    return round(100 * p_micro / MICRO)


def _example(item: Item) -> SafeText:
    """The question, with numbers that somebody might get."""
    try:
        return safe_line(draw(item, learner_id=b"an example", nth=1).prompt)
    except PackError:
        return safe_line(item.prompt.plain)
