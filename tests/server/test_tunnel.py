"""`darasa teach --web`: a browser here, the school there, and the pin between."""

import asyncio
import os
import threading
from contextlib import contextmanager

import httpx2
import pytest

from darasa.sync.channel import Channel
from darasa.sync.home import Home, Peer
from darasa.sync.ids import Role
from darasa.sync.transport.exchange import LinkError
from darasa.sync.transport.link import checked_url
from darasa.sync.transport.tunnel import serve_tunnel


@contextmanager
def _tunnel(home):
    """The address that a browser opens."""
    loop, opened, told = asyncio.new_event_loop(), threading.Event(), []

    def say(address):
        told.append(address)
        opened.set()

    task = loop.create_task(serve_tunnel(home, 0, on_open=say))

    def run():
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert opened.wait(30)
        yield told[0]
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(30)
        loop.close()


def _computer(school, url, channel):
    home = Home.in_memory(role=Role.COMPUTER, name="PC", rng=os.urandom)
    home.save_peer(
        Peer(
            checked_url(url),
            school.node_id,
            school.node_key.public,
            school.name,
            school.role,
            school.certificate,
            None,
            channel,
        )
    )
    return home


def test_pages_come_through_and_the_session_is_the_one_over_tls(make_place, serving, school_home):
    with serving(make_place(school_home)) as url:
        home = _computer(school_home, url, school_home.channel)
        with _tunnel(home) as address, httpx2.Client(trust_env=False) as browser:
            assert browser.get(f"{address}/health").json()["role"] == "school"
            cookie = browser.get(f"{address}/sign-in").headers["set-cookie"]
            assert cookie.startswith("__Host-")


def test_another_server_at_the_address_is_shown_nothing(make_place, serving, school_home):
    with serving(make_place(school_home)) as url:
        home = _computer(school_home, url, Channel(0, bytes(32)))
        with (
            _tunnel(home) as address,
            httpx2.Client(trust_env=False) as browser,
            pytest.raises(httpx2.HTTPError),
        ):
            browser.get(f"{address}/health")


def test_a_computer_that_has_not_joined_has_no_pages_to_open():
    home = Home.in_memory(role=Role.COMPUTER, name="PC", rng=os.urandom)
    with pytest.raises(LinkError, match="has not joined"):
        asyncio.run(serve_tunnel(home, 0, on_open=print))
