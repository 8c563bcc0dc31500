"""The job that prepares one-use codes at a running school."""

import time

import pytest

from darasa.learning.signing_in.codes_job import CodesJob

WITHIN_S = 60


@pytest.fixture
def job(school):
    job = CodesJob(school, begin_after_s=0.0, rest_s=0.01)
    yield job
    job.close()


def wait_until(claim):
    until = time.monotonic() + WITHIN_S
    while not claim():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_codes_are_made_for_whoever_can_sign_in_and_again_when_one_is_used(school, job):
    class_id = school.people.add_class("5B")
    amina = school.people.add_learner("Amina Kato", class_id, pin="4821")
    wait_until(lambda: school.codes.sheet([amina]))
    fits = school.desk.queue_code(amina, school.codes.show(amina).code).result()
    school.secrets.choose(fits, school.desk.kind(amina), "7391")
    wait_until(lambda: school.codes.sheet([amina]))
    assert school.codes.sheet([amina])[amina] != fits.code


def test_a_closed_job_makes_none(school, job):
    job.close()
    amina = school.people.add_learner("Amina Kato", school.people.add_class("5B"), pin="4821")
    assert school.codes.sheet([amina]) == {}
