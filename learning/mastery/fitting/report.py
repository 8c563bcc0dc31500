"""What a fit did, for the person who decides whether to use it: text, and a picture.

Pure. Figures are of learners whom the weights had not seen. Colours are not needed to read the
picture: shapes differ too.
"""

import statistics
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from darasa.learning.mastery.fitting.fit import Fit
from darasa.learning.mastery.parameters import Parameters
from darasa.learning.mastery.scores import MICRO, Scores, Verdict, verdict

_MOVED_SHOWN: Final = 10
_NAME_SHOWN: Final = 40
_SAID: Final = "Difficulties: as the packs say; what they misjudge is in the corrections."
_KEPT: Final = "Weights: as before; what is known of items and skills was fitted."
_FEW: Final = "items were left out: too few learners. They get their skill's mean."
_MISJUDGED: Final = 0.1  # logits: less is hardly seen
_MISJUDGED_SHOWN: Final = 5
_VERDICTS: Final = {
    None: "There is nobody to try it on: nothing can be said of how good it is.",
    Verdict.WORSE: "On learners left out it is worse than what was in use. Better not adopt it.",
    Verdict.SAME: "On learners left out it is about as good as what was in use.",
    Verdict.BETTER: "On learners left out it is better than what was in use.",
}
_SIDE: Final = 360
_EDGE: Final = 60


@dataclass(frozen=True)
class Before:
    """The parameters in use until now, and how good they are on the same held-out answers."""

    parameters: Parameters
    held_out: Scores


def figures(scores: Scores) -> dict[str, float | None]:
    """AUC, log-loss and calibration error, to six digits."""
    found = {
        "auc": scores.auc(),
        "log_loss": scores.log_loss(),
        "calibration_error": scores.calibration_error(),
    }
    return {name: None if value is None else round(value, 6) for name, value in found.items()}


def as_text(fit: Fit, before: Before) -> str:
    """The whole report in plain lines."""
    made = fit.parameters
    lines = [
        f"Fit of {_shown(made.name)}, version {made.version}, digest {made.digest()}",
        _VERDICTS[verdict(fit.held_out, before.held_out)],
        "",
        f"Data: {fit.rows:,} answers of {fit.learners:,} learners; {fit.items:,} items,"
        f" {fit.skills:,} skills.",
        _SAID
        if fit.is_said
        else f"Difficulties: by the learners of the other folds, {fit.folds} folds.",
        *([] if fit.is_refit else [_KEPT]),
        _held_out(fit),
        "Those of before may have been fitted to some of these answers.",
        "",
        f"{'':20}{'before':>10}{'now':>10}",
        *_compared(figures(before.held_out), figures(fit.held_out)),
        "",
        "Calibration, held out",
        f"{'predicted':>10}{'right':>10}{'answers':>10}",
        *(f"{b.predicted:10.3f}{b.right:10.3f}{b.rows:10,}" for b in fit.held_out.bins()),
        "",
        *(_weights(before.parameters, made) if fit.is_refit else []),
        *_moved(before.parameters, made),
        *(_misjudged(made) if fit.is_said else []),
        *([] if not fit.few else [f"{fit.few:,} {_FEW}"]),
    ]
    return "\n".join(lines) + "\n"


def as_svg(fit: Fit, before: Before) -> str:
    """The calibration of both as a picture: on the line is as predicted."""
    marks = [
        _circle(each.predicted, each.right, each.rows / max(1, before.held_out.rows), now=False)
        for each in before.held_out.bins()
    ]
    marks += [
        _circle(each.predicted, each.right, each.rows / max(1, fit.held_out.rows), now=True)
        for each in fit.held_out.bins()
    ]
    ticks = "".join(
        f'<text x="{_x(n / 10)}" y="{_y(0) + 18}" text-anchor="middle">{n / 10:g}</text>'
        f'<text x="{_x(0) - 8}" y="{_y(n / 10) + 4}" text-anchor="end">{n / 10:g}</text>'
        for n in range(0, 11, 2)
    )
    title = escape(f"{fit.parameters.name}, version {fit.parameters.version}: calibration")
    size = _SIDE + 2 * _EDGE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"'
        f' font-family="sans-serif" font-size="12" role="img"><title>{title}</title>'
        f'<rect width="{size}" height="{size}" fill="#fff"/>'
        f'<text x="{_EDGE}" y="24" font-size="14">{title}</text>'
        f'<text x="{_EDGE}" y="42">on the line: as predicted; filled: now,'
        f" ring: {escape(_shown(before.parameters.name))}; size: answers</text>"
        f'<rect x="{_x(0)}" y="{_y(1)}" width="{_SIDE}" height="{_SIDE}" fill="none"'
        ' stroke="#666"/>'
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#666"'
        ' stroke-dasharray="4 4"/>'
        f"{ticks}{''.join(marks)}"
        f'<text x="{_x(0.5)}" y="{size - 14}" text-anchor="middle">predicted</text>'
        f'<text x="16" y="{_y(0.5)}" text-anchor="middle"'
        f' transform="rotate(-90 16 {_y(0.5)})">right</text></svg>\n'
    )


def _x(share: float) -> float:
    return round(_EDGE + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_EDGE + (1 - share) * _SIDE, 1)


def _circle(predicted: float, right: float, share: float, *, now: bool) -> str:
    radius = round(3 + 20 * share**0.5, 1)
    look = 'fill="#0b6" fill-opacity=".7"' if now else 'fill="none" stroke="#333"'
    return f'<circle cx="{_x(predicted)}" cy="{_y(right)}" r="{radius}" {look}/>'


def _compared(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    words = {"auc": "AUC", "log_loss": "log-loss", "calibration_error": "calibration error"}
    return [f"{words[name]:20}{_number(before[name])}{_number(now[name])}" for name in now]


def _number(value: float | None) -> str:
    return f"{'none':>10}" if value is None else f"{value:10.4f}"


def _weights(before: Parameters, now: Parameters) -> list[str]:
    rows = [
        f"{name:20}{_number(before.weights.get(name, 0) / MICRO)}{_number(weight / MICRO)}"
        for name, weight in now.weights.items()
    ]
    head = f"Weights, against {_shown(before.name)} version {before.version}"
    return [head, f"{'':20}{'before':>10}{'now':>10}", *rows, ""]


def _misjudged(made: Parameters) -> list[str]:
    """The items whose packs say most wrongly how hard they are, for their authors."""
    by = sorted((row.values[1] / MICRO, row.pack, row.name) for row in made.items)
    lines: list[str] = []
    for word, rows in (("Harder", by), ("Easier", by[::-1])):
        some = [each for each in rows[:_MISJUDGED_SHOWN] if abs(each[0]) >= _MISJUDGED]
        if some:
            lines.append(f"{word} than the pack says, in logits:")
        lines += [f"{u:+10.3f}  {_shown(pack)} {_shown(name)}" for u, pack, name in some]
    return lines or ["No item is far from what its pack says."]


def _held_out(fit: Fit) -> str:
    if fit.is_refit:
        return f"Held out: one fold, {fit.held_out.rows:,} answers of learners not in the weights."
    return f"Held out: each fold in turn, {fit.held_out.rows:,} answers in all."


def _moved(before: Parameters, now: Parameters) -> list[str]:
    """What became of items that were known before."""
    known = {(row.pack, row.name): row.values[0] for row in before.items}
    both = [
        ((row.values[0] - known[row.pack, row.name]) / MICRO, row.name)
        for row in now.items
        if (row.pack, row.name) in known
    ]
    lines = [f"Items: {len(now.items) - len(both):,} new, {len(both):,} known before."]
    if both:
        middle = statistics.median(abs(by) for by, _ in both)
        lines.append(f"Their difficulties moved by {middle:.3f} in the median. The most:")
        both.sort(key=lambda each: (-abs(each[0]), each[1]))
        lines += [f"{by:+10.3f}  {_shown(name)}" for by, name in both[:_MOVED_SHOWN]]
    return lines


def _shown(text: str) -> str:
    """A name from a file, safe on a terminal."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain if len(plain) <= _NAME_SHOWN else plain[: _NAME_SHOWN - 1] + "…"
