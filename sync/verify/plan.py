"""What will happen in a world: its shape, and a list of actions in order of time.

A plan is made from its seed alone and runs nothing. Each action has a seed of its own, so that
leaving others out (shrinking) does not change what it does. `tests/seeds` keeps plans as JSON.
"""

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final, Self

import msgspec
from msgspec import Struct

from darasa.sync.verify.life import LIFE
from darasa.sync.verify.link_faults import LINK_FAULTS
from darasa.sync.verify.node_faults import NODE_FAULTS
from darasa.sync.verify.parts import BLOWS, HABITS, PARTS, Part, parts_of
from darasa.sync.verify.world import Shape

MINUTES_A_DAY: Final = 24 * 60
_DAY_BEGINS: Final = 8 * 60
_DAY_LASTS: Final = 8 * 60
_FRAMES: Final = ((64 * 1024, 1 << 20), (64 * 1024, 1 << 20), (4_096, 16_384), (600, 2_500))
_SMALL: Final = 10_000
_QUOTA: Final = 200  # more than the largest of small frames holds: each passes by itself
_ACTIONS: Final = (14, 30)

Powers = tuple[float, float]
"""Of ten: the least and the greatest rate of a fault."""

_RATE: Final[Powers] = (-2.0, -0.7)
_STORMY_RATE: Final[Powers] = (-1.0, -0.3)
_FORCED_RATE: Final = 0.15
_ATTEMPTS_MAX: Final = 4


class Action(Struct, frozen=True, array_like=True):
    """Something that happens: `what` (a row of the tables) to node `who` at a minute.

    `attempts` are the exchanges that it tries, each with the names of its faults.
    """

    at_min: int
    what: str
    who: int
    seed: int
    attempts: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        day, minute = divmod(self.at_min, MINUTES_A_DAY)
        faults = "; ".join(", ".join(each) or "clean" for each in self.attempts)
        armed = f" ({faults})" if faults else ""
        return f"day {day} {minute // 60:02d}:{minute % 60:02d} node {self.who}: {self.what}{armed}"


class Plan(Struct, frozen=True):
    """A world and all that will happen in it. Node 0 is the hub, then schools, then computers."""

    seed: int
    shape: Shape
    actions: tuple[Action, ...]
    is_stormy: bool = False

    @property
    def lab_years(self) -> float:
        """A lab-year is a year of the lab of one school."""
        return self.shape.days * len(self.shape.machines) / 365

    def with_actions(self, actions: Sequence[Action]) -> Self:
        """The same world in which only these happen."""
        return msgspec.structs.replace(self, actions=tuple(actions))

    def to_json(self) -> str:
        """As `tests/seeds` keeps it: an action a line."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        lines = ",\n".join("  " + json.dumps(action) for action in plain.pop("actions"))
        return f'{json.dumps(plain)[:-1]}, "actions": [\n{lines}\n]}}\n'

    @classmethod
    def from_json(cls, raw: str | bytes) -> Self:
        """A plan that `to_json` wrote. Raises msgspec.ValidationError."""
        return msgspec.json.decode(raw, type=cls)


def plan_of(seed: int, *, is_stormy: bool = False) -> Plan:
    """The plan of a seed. Each fault is in it with p = 0.5 at a rate of its own; one, in turn by
    the seed, is forced: so rare paths are met every few dozen seeds.

    In a stormy district each fault comes five times as often: exchanges mostly fail, and what
    one fault left behind meets the next.
    """
    powers = _STORMY_RATE if is_stormy else _RATE
    random = Random(f"darasa {seed}")
    shape = _shape(random, seed)
    rates = _rates(random, seed, powers)
    what = _what_happens(random, random.randint(*_ACTIONS), rates)
    minutes = sorted(_minute(random, shape.days) for _ in what)
    armed = {name: rate for name, rate in rates.items() if name in LINK_FAULTS}
    actions = tuple(
        Action(minute, each, _who(random, each, shape), random.getrandbits(32), ())
        if each in NODE_FAULTS
        else Action(
            minute,
            each,
            _who(random, each, shape),
            random.getrandbits(32),
            _attempts(random, armed),
        )
        for minute, each in zip(minutes, what, strict=True)
    )
    of_parts = [
        action
        for name, chance in parts_of(seed).items()
        for action in _actions_of(PARTS[name], chance, seed, shape, len(actions), powers=powers)
    ]
    in_order = sorted((*actions, *of_parts), key=lambda each: each.at_min)
    return Plan(seed, shape, tuple(in_order), is_stormy)


def _shape(random: Random, seed: int) -> Shape:
    """Mostly small worlds, some of three schools with 30 machines each."""
    schools = random.choices((1, 2, 3), (5, 3, 2))[0]
    machines = tuple(3 + int(28 * random.random() ** 4) for _ in range(schools))
    frame, body = random.choice(_FRAMES)
    own = Random(f"programs {seed}")
    return Shape(
        days=random.randint(10, 120),
        machines=machines,
        learners=random.randint(2, 8),
        frame=frame,
        body=body,
        burst=random.choice((1, 2, 3, 10, 30)) if frame > _SMALL else random.choice((1, 2, 4)),
        named_logs=random.choice((1_000, 1_000, 2)),
        work=own.choice((0.0, 0.5, 0.9)),
        alike=own.choice((0, 0, 1, 2)),
        quota=own.choice((0, _QUOTA)) if frame <= _SMALL else 0,
        older=own.choice((0.0, 0.0, 0.2, 0.5)),
    )


def _rates(random: Random, seed: int, powers: Powers) -> dict[str, float]:
    """How often each fault comes; those that never do are left out."""
    names = [*LINK_FAULTS, *NODE_FAULTS]
    return _drawn_rates(random, names, names[seed % len(names)], powers)


def _drawn_rates(
    random: Random, names: Sequence[str], forced: str, powers: Powers
) -> dict[str, float]:
    chosen = [name for name in names if random.random() < 0.5]
    rates = {name: 10 ** random.uniform(*powers) for name in chosen}
    rates[forced] = max(rates.get(forced, 0.0), _FORCED_RATE)
    return rates


def _actions_of(
    part: Part, random: Random, seed: int, shape: Shape, count: int, *, powers: Powers
) -> list[Action]:
    """What happens of a part in a district that has it, among `count` other actions."""
    names = [*part.faults, *part.blows]
    rates = _drawn_rates(random, names, names[seed % len(names)], powers)
    armed = {name: rate for name, rate in rates.items() if name in part.faults}
    weights = [each.weight for each in part.habits.values()]
    what = random.choices(list(part.habits), weights, k=2 + int(count * part.times))
    for name, blow in part.blows.items():
        expected = rates.get(name, 0.0) * blow.times * count
        what += [name] * int(expected + random.random())
    return [
        Action(
            _minute(random, shape.days),
            each,
            _who(random, each, shape),
            random.getrandbits(32),
            () if each in part.blows else _attempts(random, armed),
        )
        for each in what
    ]


def _what_happens(random: Random, count: int, rates: Mapping[str, float]) -> list[str]:
    """The names of all actions: ordinary life, and the faults of nodes between exchanges."""
    weights = [each.weight for each in LIFE.values()]
    what = random.choices(list(LIFE), weights, k=count)
    for name, blow in NODE_FAULTS.items():
        expected = rates.get(name, 0.0) * blow.times * count
        what += [name] * int(expected + random.random())
    random.shuffle(what)
    return what


def _minute(random: Random, days: int) -> int:
    day = random.randrange(days)
    return day * MINUTES_A_DAY + _DAY_BEGINS + random.randrange(_DAY_LASTS)


def _who(random: Random, what: str, shape: Shape) -> int:
    """A node for an action; some machines are used far more than others."""
    on = (HABITS[what] if what in HABITS else BLOWS[what]).on
    schools, computers = len(shape.machines), sum(shape.machines)
    kind = random.choice(on)
    if kind == "hub":
        return 0
    if kind == "school":
        return 1 + random.randrange(schools)
    return 1 + schools + int(computers * random.random() ** 2)


def _attempts(random: Random, rates: Mapping[str, float]) -> tuple[tuple[str, ...], ...]:
    """The faults of each try of an exchange: after one with a fault there is mostly another."""
    attempts: list[tuple[str, ...]] = []
    while len(attempts) < _ATTEMPTS_MAX:
        faults = tuple(name for name, rate in rates.items() if random.random() < rate)
        attempts.append(faults)
        if not faults or random.random() < 0.3:
            break
    return tuple(attempts)
