import pytest

from darasa.learning.classroom import Classroom
from darasa.learning.operations import NOT_FOUND, REFUSED, run_operation


def test_a_name_that_nobody_has_is_an_answer_and_a_fault_of_ours_is_an_exception(
    school: Classroom,
) -> None:
    answer = run_operation(school, "reset-pin", {"name": "Nobody"})
    assert answer == {"error": "No learner is called Nobody.", "code": NOT_FOUND}
    with pytest.raises(KeyError):  # and not "'name'" as a sentence for a person
        run_operation(school, "reset-pin", {})


def test_an_operation_of_another_version_is_refused(school: Classroom) -> None:
    assert run_operation(school, "fly", {})["code"] == REFUSED
