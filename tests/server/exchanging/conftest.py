"""Nodes with stores on disk, and a school that is served on loopback."""

import random
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from sync_nodes import app_of, serving

from darasa.sync.clock import ManualClock
from darasa.sync.home import Home
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import Role
from darasa.sync.store import Store


@pytest.fixture
def clock():
    return ManualClock(1_760_000_000_000)


@pytest.fixture
def rng():
    return random.Random(23).randbytes


@pytest.fixture
def make_node(clock, rng, tmp_path):
    """`make_node(role)`: what a classroom is to the routes; its store is a file."""
    with ExitStack() as stack:

        def made(role, *, hooks=None):
            home = Home.in_memory(role=role, name=role.title(), rng=rng)
            path = tmp_path / f"{home.node_id.hex()}.sqlite3"
            store = stack.enter_context(Store.open(path, rng=rng))
            return SimpleNamespace(
                home=home,
                store=store,
                hooks=hooks or NoHooks(),
                clock=clock,
                rng=rng,
                folder=tmp_path,
                log=None,
                codec=None,
            )

        yield made


@pytest.fixture
def school(make_node):
    return make_node(Role.SCHOOL)


@pytest.fixture
def served(school):
    """(app, address) of a school."""
    app = app_of(school)
    with serving(app) as url:
        yield app, url
