"""A figure beside its budget: one row, and the table that people read."""

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
        if budget is not None:
            met = figure >= budget if least else figure <= budget
        figure = round(figure, digits)
    return {
        "name": name,
        "figure": figure,
        "unit": unit,
        "budget": budget,
        "pass": met,
        "how": how,
    }


def print_table(rows: list[dict[str, Any]]) -> None:
    """The rows as a table: what, the figure, its budget, whether it is met, and how."""
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "figure", "budget", "", "how")
    words = {True: "met", False: "NOT MET", None: ""}
    for row in rows:
        unit = row["unit"]
        budget = "" if row["budget"] is None else f"{row['budget']} {unit}"
        table.add_row(
            row["name"], f"{row['figure']} {unit}", budget, words[row["pass"]], row["how"]
        )
    Console().print(table)
