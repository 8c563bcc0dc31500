"""One row of a bench, as `darasa bench` prints it."""

from typing import Any


def row(
    name: str,
    figure: float | None,
    unit: str,
    budget: float | None,
    how: str,
    *,
    least: bool = False,
    digits: int = 2,
) -> dict[str, Any]:
    """`figure` None: not measured, `how` says why. `least`: the budget is a lower bound."""
    met: bool | None = None
    if figure is not None:
        figure = round(figure, digits)
        if budget is not None:
            met = figure >= budget if least else figure <= budget
    return {
        "name": name,
        "figure": figure,
        "unit": unit,
        "budget": budget,
        "pass": met,
        "how": how,
    }
