"""What `darasa status` says of sticks, as lines."""

from typing import Any

from darasa.sync.dates import local_time


def stick_lines(told: dict[str, Any]) -> list[str]:
    """The lines for a person; none where no stick is used and none is needed."""
    lines: list[str] = []
    if told["wanted"]:
        lines.append("Work has waited for more than a week. A stick helps:  darasa bundle export")
    if told["asked_ms"] is not None:
        made = local_time(told["asked_ms"])
        lines.append(f"The bundle of {made:%d %b} has no answer yet. Bring the stick back.")
    if told["to_answer"]:
        lines.append(f"{told['to_answer']} can have an answer on a stick.")
    if told["carried"]:
        size = told["carried_bytes"] / 1_000_000
        lines.append(f"Carries {told['carried']} bundles of other computers ({size:.1f} MB).")
    return lines
