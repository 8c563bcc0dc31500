"""`darasa join` when something is not right: what it ends with, and a second try."""

import os

import pytest

from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Attempt
from darasa.sync.clock import SystemClock
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import Role

pytestmark = pytest.mark.e2e

WRONG = "AAAA-BBBB"
NOBODY = "127.0.0.1:1"


def work_at(folder):
    """A first answer that nobody else has."""
    attempt = Attempt(
        sitting=b"sitting1",
        pack="fractions",
        item="q1",
        item_version=b"version1",
        skills=("add",),
        difficulty_milli=0,
        nth=1,
        values=(3, 4),
        try_nth=1,
        right=True,
        picked=(),
        typed="3/4",
        help=0,
        shown_before=False,
        response_ms=9_000,
        source=0,
        partners=0,
        pair=None,
        supervised=False,
    )
    with Classroom.open(open_home(folder), clock=SystemClock(), rng=os.urandom) as room:
        room.record.record((b"A" * 16, attempt))


@pytest.fixture
def computer(nodes):
    """A computer that tried to join where nobody was."""
    nodes.run("join", NOBODY, "--code", WRONG, "--name", "Lab PC 70", home="pc", code=5)
    return nodes.folder / "pc"


def test_a_name_that_is_typed_at_the_second_try_counts(nodes, computer):
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    server = nodes.serve("school")
    code = nodes.run("invite", home="school").stdout.split()[1]
    nodes.run(
        "join", f"127.0.0.1:{server.port}", "--code", code, "--name", " Lab  PC 07", home="pc"
    )
    assert open_home(computer).name == "Lab PC 07"
    assert "Lab PC 07" in nodes.run("computers", "list", home="school").stdout


def test_a_code_that_is_refused_is_not_a_server_that_is_not_reached(nodes, computer):
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    server = nodes.serve("school")
    address = f"127.0.0.1:{server.port}"
    told = nodes.run("join", address, "--code", WRONG, home="pc", code=1).stderr
    assert "Ask for a new one" in told
    nodes.run("join", NOBODY, "--code", WRONG, home="pc", code=5)


def test_a_folder_that_another_program_uses_is_refused(nodes, computer):
    with open_home(computer).lock():
        told = nodes.run("join", NOBODY, "--code", WRONG, "--name", "X", home="pc", code=1).stderr
    assert "Another Darasa program" in told
    assert open_home(computer).name == "Lab PC 70"


def test_a_server_is_not_given_another_name_by_joining(nodes):
    init_home(nodes.folder / "school", role=Role.SCHOOL, name="Kisima", rng=lambda n: b"7" * n)
    words = ("join", NOBODY, "--code", WRONG, "--name", "Lab PC 07")
    told = nodes.run(*words, home="school", code=1).stderr
    assert told == "Only a computer is given a name here. Leave --name out.\n"


@pytest.mark.parametrize("name", ["   ", "x" * 121])
def test_a_name_that_cannot_be_is_refused(nodes, computer, name):
    told = nodes.run("join", NOBODY, "--code", WRONG, "--name", name, home="pc", code=1).stderr
    assert "Give it a name" in told
    assert open_home(computer).name == "Lab PC 70"


def test_a_computer_with_work_is_not_given_away_unasked(nodes):
    for home, name in (("school", "Kisima Primary"), ("other", "Baraka Primary")):
        nodes.run("school", "init", "--name", name, home=home)
    school, other = nodes.serve("school"), nodes.serve("other")
    nodes.join("pc", school.url, inviting="school")
    school.stop()
    work_at(nodes.folder / "pc")

    address = other.url.removeprefix("https://")
    code = nodes.run("invite", home="other").stdout.split()[1]
    told = nodes.run("join", address, "--code", code, home="pc", code=1).stderr
    assert "1 pieces of work" in told
    assert "Kisima Primary" in told
    assert "darasa bundle export --for school" in told
    assert "--leave-work" in told
    assert open_home(nodes.folder / "pc").peer.name == "Kisima Primary"

    # the code was not used up; the work is owed to the school that was left, and comes back to it
    nodes.run("join", address, "--code", code, "--leave-work", home="pc")
    told = nodes.json("status", home="pc")
    assert told["unsent"] == 0
    owed = {peer["name"]: peer["unsent"] for peer in told["peers"]}
    assert owed == {"Baraka Primary": 0, "Kisima Primary": 1}
    assert "joins it again" in nodes.run("doctor", home="pc").stdout
    school = nodes.serve("school")
    nodes.join("pc", school.url, inviting="school")
    assert nodes.json("status", home="pc")["unsent"] == 0


def test_who_joins_the_same_school_again_is_not_asked(nodes):
    nodes.run("school", "init", "--name", "Kisima Primary", home="school")
    school = nodes.serve("school")
    nodes.join("pc", school.url, inviting="school")
    work_at(nodes.folder / "pc")
    assert nodes.json("status", home="pc")["unsent"]
    nodes.join("pc", school.url, inviting="school")
    assert nodes.json("status", home="pc")["unsent"] == 0
