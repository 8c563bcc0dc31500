"""Whether the joined server is there, asked of a real one over TLS."""

import os
import socket

from darasa.learning.checkup import Health
from darasa.learning.machine_checks import server_checks
from darasa.sync.channel import Channel
from darasa.sync.home import Home, Peer
from darasa.sync.ids import Role
from darasa.sync.transport.link import checked_url


def computer(school, url, channel):
    home = Home.in_memory(role=Role.COMPUTER, name="PC", rng=os.urandom)
    known = (school.node_id, school.node_key.public, school.name, school.role, school.certificate)
    home.save_peer(Peer(checked_url(url), *known, None, channel))
    return home


def asked(home, **more):
    (check,) = server_checks(home, **more)
    return check


def test_the_server_that_was_joined_answers_under_its_pinned_key(make_place, serving, school_home):
    with serving(make_place(school_home)) as url:
        check = asked(computer(school_home, url, school_home.channel))
    assert check.health is Health.FINE
    assert check.what.startswith("Kisima Primary answers at 127.0.0.1:")
    assert "pinned" in check.what


def test_another_machine_at_its_address_needs_somebody(make_place, serving, school_home):
    with serving(make_place(school_home)) as url:
        check = asked(computer(school_home, url, Channel(0, bytes(32))))
        unpinned = asked(computer(school_home, url, None))
    assert check.health is Health.ACT
    assert "Another machine answers" in check.what
    assert "with a new code" in check.remedy
    assert unpinned.health is Health.ACT


def test_a_server_that_is_away_is_a_note_because_work_goes_on(school_home):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    check = asked(computer(school_home, f"127.0.0.1:{port}", school_home.channel))
    assert check.health is Health.NOTE
    assert "Work is kept here" in check.what


def test_a_server_that_never_answers_does_not_hold_the_check(school_home):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        home = computer(school_home, f"127.0.0.1:{silent.getsockname()[1]}", school_home.channel)
        check = asked(home, within_s=0.05)
    assert (check.health, check.what) == (Health.NOTE, "The server answers very slowly.")
