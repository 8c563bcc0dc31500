"""`darasa join` when something is not right: what it ends with, and a second try."""

import pytest

from darasa.sync.home import init_home, open_home
from darasa.sync.ids import Role

pytestmark = pytest.mark.e2e

WRONG = "AAAA-BBBB"
NOBODY = "127.0.0.1:1"


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
