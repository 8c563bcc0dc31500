"""All mastery models by their names, each with the parameters that ship for it."""

from typing import Any, Final

from darasa.learning.mastery import best_lr, bkt, elo, m_of_n, rlf
from darasa.learning.mastery.base import Model
from darasa.learning.mastery.parameters import Parameters, ParametersError
from darasa.learning.mastery.shipped import COLD

NAMES: Final = (rlf.NAME, m_of_n.NAME, bkt.NAME, elo.NAME, best_lr.NAME)

_SHIPPED: Final = {
    rlf.NAME: COLD,
    m_of_n.NAME: m_of_n.SHIPPED,
    bkt.NAME: bkt.OATUTOR,
    elo.NAME: elo.SHIPPED,
}


def shipped(name: str) -> Parameters:
    """What a model starts with. Raises ParametersError for one that must be fitted first."""
    if name not in _SHIPPED:
        raise ParametersError(f"{name} has no parameters of its own: fit some first")
    return _SHIPPED[name]


def model_of(parameters: Parameters) -> Model[Any]:
    """The model that these parameters are for. Raises ParametersError when they do not fit it."""
    match parameters.model:
        case rlf.NAME:
            return rlf.Rlf(parameters)
        case m_of_n.NAME:
            return m_of_n.MOfN(parameters)
        case bkt.NAME:
            return bkt.Bkt(parameters)
        case elo.NAME:
            return elo.Elo(parameters)
        case best_lr.NAME:
            return best_lr.BestLr(parameters)
        case other:
            raise ParametersError(f"there is no model {other!r}")
