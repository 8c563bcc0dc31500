from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from darasa.learning.mastery import parameters
from darasa.learning.mastery.models import model_of
from darasa.learning.mastery.parameters import (
    NamedValues,
    ParametersError,
    parameters_from,
)
from darasa.learning.mastery.shipped import COLD, WARM

ROWS = st.lists(
    st.builds(
        NamedValues,
        st.text(max_size=6),
        st.text(max_size=6),
        st.tuples(st.integers(-(10**7), 10**7), st.integers(-(10**7), 10**7)),
    ),
    unique_by=lambda row: (row.pack, row.name),
    max_size=8,
)


@given(ROWS, ROWS)
def test_bytes_give_the_parameters_back_in_whatever_order_they_came(
    skills: list[NamedValues], items: list[NamedValues]
) -> None:
    one = replace(WARM, skills=tuple(skills), items=tuple(items))
    other = replace(WARM, skills=tuple(reversed(skills)), items=tuple(reversed(items)))
    assert one.to_bytes() == other.to_bytes()
    assert one.digest() == other.digest()
    read = parameters_from(one.to_bytes())
    assert read.to_bytes() == one.to_bytes()
    assert model_of(read).name == "rlf"


def test_another_weight_is_another_digest() -> None:
    assert COLD.digest() != WARM.digest()
    assert len(COLD.digest()) == 32


def _with(**changes: object) -> bytes:
    return json.dumps(json.loads(COLD.to_bytes()) | changes).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        _with(format="darasa-mastery-2"),
        _with(weights={"b": 10**9}),
        _with(weights={"b": 0.5}),
        _with(version=0),
        _with(mode="warm"),
        _with(items=[["", "x", [1] * 9]]),
        _with(items=[["", "x" * 5_000, [1, 1]]]),
        _with(more=1),
    ],
    ids=str,
)
def test_what_is_no_parameters_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(ParametersError, match="holds no mastery parameters"):
        parameters_from(raw)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": {"b": 0}}, "weights are not those"),
        ({"items": [["", "x", [1]]]}, "has 1 values, not 2"),
        ({"items": [["", "x", [1, 1]], ["", "x", [2, 2]]]}, "named twice"),
        ({"model": "guess"}, "no model 'guess'"),
    ],
)
def test_parameters_that_do_not_fit_their_model_are_refused(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ParametersError, match=words):
        model_of(parameters_from(_with(**changes)))


def test_a_file_of_any_size_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "FILE_BYTES_MAX", 10)
    with pytest.raises(ParametersError, match="too large"):
        parameters_from(COLD.to_bytes())
