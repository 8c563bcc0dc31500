"""Parameters of the other models, to compare on equal terms; their equations are in their files."""

import numpy as np

from darasa.learning.mastery import best_lr, elo, m_of_n
from darasa.learning.mastery.fitting.answers import Answers, Floats
from darasa.learning.mastery.fitting.fit import micro
from darasa.learning.mastery.fitting.rasch import fit_rasch
from darasa.learning.mastery.fitting.regression import Block, fit_logistic
from darasa.learning.mastery.integer_log import LN_1P
from darasa.learning.mastery.logistic import logit_micro
from darasa.learning.mastery.parameters import NamedValues, Parameters, ParametersError
from darasa.learning.mastery.scores import MICRO

_PENALTY = 1.0  # scikit-learn's own, with which the paper fits
_SOME = 2  # answers by which a share begins: one right, one not


def fit_peer(model: str, answers: Answers, *, name: str, source: str = "") -> Parameters:
    """The parameters of a model other than RLF. Raises ParametersError for one that has none."""
    match model:
        case m_of_n.NAME:
            found = _m_of_n(answers, name)
        case elo.NAME:
            found = _elo(answers, name)
        case best_lr.NAME:
            found = _best_lr(answers, name)
        case _:
            raise ParametersError(f"{model} is used with its fixed parameters: nothing to fit")
    return found if not source else _with_source(found, source)


def _with_source(parameters: Parameters, source: str) -> Parameters:
    import msgspec

    return msgspec.structs.replace(parameters, source=source)


def _m_of_n(answers: Answers, name: str) -> Parameters:
    """The share of right answers after each pair of (right, answers) among the last five."""
    rights = dict.fromkeys(m_of_n.PAIRS, 1)
    counts = dict.fromkeys(m_of_n.PAIRS, _SOME)
    last: dict[tuple[str, object], tuple[bool, ...]] = {}
    for row in answers.rows:
        for key in row.skills:
            before = last.get((row.learner, key), ())
            counts[sum(before), len(before)] += 1
            rights[sum(before), len(before)] += row.correct
            last[row.learner, key] = (*before, row.correct)[-m_of_n.LAST :]
    weights = {
        f"{right}/{of}": logit_micro(MICRO * rights[right, of] // counts[right, of])
        for right, of in m_of_n.PAIRS
    }
    return Parameters(model=m_of_n.NAME, name=name, mode="refit", weights=weights)


def _elo(answers: Answers, name: str) -> Parameters:
    known, _ = fit_rasch(answers, np.arange(len(answers)))
    return Parameters(
        model=elo.NAME,
        name=name,
        mode="refit",
        weights={"mu": micro(known.mean)},
        skills=_named(answers.skills, known.skills),
        items=_named(answers.items, known.items),
    )


def _best_lr(answers: Answers, name: str) -> Parameters:
    overall, right_k, wrong_k = _counts(answers)
    of_row = answers.skills_of_row
    skills = len(answers.skills)
    blocks = [
        Block(answers.item, len(answers.items), penalty=_PENALTY),
        *(
            Block(of_row.skill, skills, of_row.owner, value, _PENALTY)
            for value in (None, right_k, wrong_k)
        ),
    ]
    fitted = fit_logistic(overall, answers.correct, blocks)
    delta, beta, gamma, rho = fitted.blocks
    weights = {
        "intercept": fitted.intercept,
        "tau_c": fitted.weights[0],
        "tau_f": fitted.weights[1],
        "gamma": gamma.mean() if skills else 0.0,
        "rho": rho.mean() if skills else 0.0,
    }
    return Parameters(
        model=best_lr.NAME,
        name=name,
        mode="refit",
        weights={key: micro(value) for key, value in weights.items()},
        skills=_named(answers.skills, beta, gamma, rho),
        items=_named(answers.items, delta),
    )


def _counts(answers: Answers) -> tuple[Floats, Floats, Floats]:
    """phi of right and wrong so far: of each row; and of each skill of each row."""
    model = best_lr.BestLr(
        Parameters(
            model=best_lr.NAME,
            name="counts",
            mode="cold",
            weights=dict.fromkeys(best_lr.WEIGHTS, 0),
        )
    )
    states: dict[str, best_lr.Counts] = {}
    overall = np.empty((len(answers), 2))
    right_k: list[int] = []
    wrong_k: list[int] = []
    for at, row in enumerate(answers.rows):
        state = states.setdefault(row.learner, model.start())
        overall[at] = LN_1P[state.right], LN_1P[state.wrong]
        for key in row.skills:
            right, wrong = state.skills.get(key, (0, 0))
            right_k.append(LN_1P[right])
            wrong_k.append(LN_1P[wrong])
        model.update(state, row.evidence())
    return overall / MICRO, np.array(right_k) / MICRO, np.array(wrong_k) / MICRO


def _named(keys: list[tuple[str, str]], *values: Floats) -> tuple[NamedValues, ...]:
    return tuple(
        NamedValues(pack_id, name, tuple(micro(value) for value in each))
        for (pack_id, name), each in zip(keys, zip(*values, strict=True), strict=True)
    )
