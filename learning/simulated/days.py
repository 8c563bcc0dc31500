"""When invented learners sit down, and what they are called. Pure: time and chance are arguments.

Owns: three school days a week for each learner, some of them missed; names that nobody bears.
"""

import random
from dataclasses import dataclass
from typing import Final

from darasa.learning.skill_state import DAY_MS

DAYS_A_WEEK: Final = 3
_MISSED_PERCENT: Final = 10
_LESSON_MS: Final = 90 * 60_000  # sittings of a day begin within this
_MONDAY: Final = 4  # days from 1 January 1970, a Thursday, to the first Monday
_SCHOOL_DAYS: Final = 5

_FIRST: Final = (
    "Amina", "Baraka", "Chiku", "Daudi", "Esther", "Farida", "Grace", "Hassan", "Imani", "Juma",
    "Khadija", "Lulu", "Musa", "Neema", "Omari", "Pendo", "Rehema", "Salim", "Tatu", "Upendo",
    "Victor", "Wanjiru", "Yusuf", "Zawadi", "Abdi", "Beatrice", "Charo", "Dalila", "Elias",
    "Fatuma", "Gideon", "Halima", "Ibrahim", "Joyce", "Karim", "Leila", "Mwangi", "Nuru",
    "Otieno", "Pili",
)  # fmt: skip
_LAST: Final = (
    "Abwao", "Baya", "Chebet", "Dida", "Etyang", "Fundi", "Gakuru", "Hamisi", "Irungu",
    "Jilani", "Kazungu", "Lema", "Mwakio", "Njeri", "Odhiambo", "Pamba", "Rono", "Salome",
    "Tayo", "Umazi", "Wekesa", "Yegon", "Zuma",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seating:
    """One learner at one computer: `day` days before today, `begins_ms` after that day began."""

    day: int
    computer: int
    learner: int
    begins_ms: int


def names(count: int, rng: random.Random) -> list[str]:
    """Invented full names, each once as long as there are enough."""
    pairs = [f"{first} {last}" for first in _FIRST for last in _LAST]
    rng.shuffle(pairs)
    more = [f"{pairs[n % len(pairs)]} {n // len(pairs) + 1}" for n in range(len(pairs), count)]
    return (pairs + more)[:count]


def seatings(
    *, learners: int, computers: int, days: int, today_ms: int, rng: random.Random
) -> list[Seating]:
    """Who sits where and when, in the order of days; today (day 0) is a school day whatever it is.

    A learner mostly takes the same computer; one time in ten she finds it taken and takes the next.
    """
    weekdays = [sorted(rng.sample(range(_SCHOOL_DAYS), DAYS_A_WEEK)) for _ in range(learners)]
    today = today_ms // DAY_MS
    planned: list[Seating] = []
    for day in range(days - 1, -1, -1):
        weekday = (today - day - _MONDAY) % 7
        for learner in range(learners):
            comes = rng.randrange(3) < 2 if day == 0 else weekday in weekdays[learner]
            if not comes or rng.randrange(100) < _MISSED_PERCENT:
                continue
            computer = (learner + int(rng.randrange(10) == 0)) % computers
            planned.append(Seating(day, computer, learner, rng.randrange(_LESSON_MS)))
    return sorted(planned, key=lambda s: (-s.day, s.computer, s.begins_ms, s.learner))
