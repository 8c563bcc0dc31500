"""The parameters that ship with the program, until a hub has fitted its own.

Fitted by the project on about 627,000 answers of five public data sets (ASSISTments 2009 and 2017,
KDD Cup 2010 algebra, OLI statics, the Spanish of Lindsey, Shroyer, Pashler and Mozer 2014); what is
here are derived figures, no answers. `COLD` is for items of whose difficulty nothing is known,
`WARM` where the pack says it. Units of 1e-6.
"""

from typing import Final

from msgspec.structs import replace

from darasa.learning.mastery.parameters import NamedValues, Parameters, ParametersError

_SOURCE: Final = "shipped: five public data sets, about 627,000 answers"

COLD: Final = Parameters(
    model="rlf",
    name="shipped-cold",
    mode="cold",
    weights={
        "intercept": 805_515, "mu": 900_000, "b": 0, "level": 395_666, "form": 324_295,
        "right_all": 213_382, "wrong_all": -255_084, "skill": 504_431, "skill_recent": -17_228,
        "right_k": 118_087, "wrong_k": -163_706, "new_k": -617_679, "streak": 203_398,
        "seen": 55_242, "right_i": 372_985, "wrong_i": -130_746, "last_i": 152_595,
        "prev": 58_021, "same": 77_645, "same_prev": -60_232, "gap": -82_096,
        "att_7d": -266_727, "right_7d": 358_126,
    },
    source=_SOURCE,
)  # fmt: skip

WARM: Final = Parameters(
    model="rlf",
    name="shipped-warm",
    mode="pack",
    weights={
        "intercept": 282_882, "mu": 900_000, "b": 925_604, "level": 693_652, "form": 357_009,
        "right_all": 83_725, "wrong_all": -135_064, "skill": 331_847, "skill_recent": 153_253,
        "right_k": 35_276, "wrong_k": -53_674, "new_k": -596_900, "streak": 38_275,
        "seen": 115_340, "right_i": 250_587, "wrong_i": -34_459, "last_i": 77_076,
        "prev": 30_274, "same": 80_287, "same_prev": -40_818, "gap": -45_399,
        "att_7d": -104_369, "right_7d": 160_489,
    },
    source=_SOURCE,
)  # fmt: skip


def with_difficulties(fitted: Parameters) -> Parameters:
    """The WARM weights with the difficulties of fitted parameters, and nothing else of theirs.

    What a pack gives that says how hard its items are. Raises ParametersError when they are not
    RLF's.
    """
    if fitted.model != WARM.model:
        raise ParametersError(f"only rlf takes difficulties alone, not {fitted.model}")
    return replace(
        WARM,
        name=f"{fitted.name}-difficulties"[:64],
        version=fitted.version,
        weights={**WARM.weights, "mu": fitted.weights["mu"]},
        skills=tuple(_difficulty(row) for row in fitted.skills),
        items=tuple(_difficulty(row) for row in fitted.items),
    )


def _difficulty(row: NamedValues) -> NamedValues:
    return replace(row, values=(*row.values[:1], 0))
