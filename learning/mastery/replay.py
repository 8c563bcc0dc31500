"""Answers of many learners, one after another: each predicted from those before it only.

Pure: the clock that measures is an argument. A learner's state goes when her last answer is past,
where it is known how many each has, so that memory holds those who are under way.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from darasa.learning.mastery.answers_csv import Answer
from darasa.learning.mastery.base import Model

_AT_ONCE: Final = 1_000


class Replay:
    """One pass. `busy_ns` is the time spent in `predict` and `update` so far, by `clock_ns`."""

    def __init__(
        self,
        model: Model[Any],
        *,
        answers_of: Mapping[str, int] | None = None,
        clock_ns: Callable[[], int],
    ) -> None:
        self._model = model
        self._left = dict(answers_of or {})
        self._clock_ns = clock_ns
        self._states: dict[str, Any] = {}
        self.busy_ns = 0

    def run(self, answers: Iterable[Answer]) -> Iterator[tuple[Answer, int]]:
        """Each answer with its prediction, in units of 1e-6."""
        source = iter(answers)
        predict, update = self._model.predict, self._model.update
        while some := list(islice(source, _AT_ONCE)):
            asked = [(self._state(each), each.ref(), each.evidence()) for each in some]
            predicted: list[int] = []
            began = self._clock_ns()
            for state, ref, evidence in asked:
                predicted.append(predict(state, ref))
                update(state, evidence)
            self.busy_ns += self._clock_ns() - began
            yield from zip(some, predicted, strict=True)
            self._let_go(some)

    def _state(self, answer: Answer) -> Any:
        state = self._states.get(answer.learner)
        if state is None:
            state = self._states[answer.learner] = self._model.start()
        return state

    def _let_go(self, past: Iterable[Answer]) -> None:
        left = self._left
        if not left:
            return
        for answer in past:
            left[answer.learner] -= 1
            if not left[answer.learner]:
                del self._states[answer.learner], left[answer.learner]
