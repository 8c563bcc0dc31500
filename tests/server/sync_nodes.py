"""What tests of the sync routes share: nodes that join, write and exchange over a real server."""

import socket
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import uvicorn
from starlette.applications import Starlette

from darasa.server.routes.enrol import routes as enrol_routes
from darasa.server.routes.sync import routes as sync_routes
from darasa.server.strangers import Neighbours
from darasa.sync.channel import channel_pem
from darasa.sync.enrol_desk import EnrolDesk
from darasa.sync.session import Asking, Other
from darasa.sync.session_store import StoreView
from darasa.sync.transport.exchange import myself
from darasa.sync.transport.http import exchange, join
from darasa.sync.transport.tls import PinnedContext

AMINA = b"A" * 16


def app_of(node):
    """An application with the routes that nodes call, and nothing else."""
    app = Starlette(routes=[*sync_routes, *enrol_routes])
    app.state.folder = node.folder
    desk = EnrolDesk(node.home, node.store, clock=node.clock, rng=node.rng)
    neighbours = Neighbours(node.clock)
    app.state.darasa = SimpleNamespace(classroom=node, enrolment=desk, neighbours=neighbours)
    return app


@contextmanager
def serving(app):
    """The address of a real server."""
    pem = app.state.folder / "tls.pem"
    pem.write_bytes(channel_pem(app.state.darasa.classroom.home.node_key))
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="critical",
        server_header=False,
        date_header=False,
        ssl_certfile=pem,
        ssl_keyfile=pem,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def joined(node, app, url):
    """The node, once it has joined with a new code."""
    code = app.state.darasa.enrolment.new_code()
    join(node.home, node.store, url, code, clock=node.clock, rng=node.rng)
    return node


def begin_log(node):
    return node.store.begin_log(
        key=node.home.node_key,
        school_id=node.home.school_id,
        clock=node.clock,
        app_version="t",
    )


def write(node, log, count):
    """So many answers of one learner, in one transaction."""
    with node.store.transaction() as tx:
        for n in range(count):
            tx.append(log, kind=18, version=1, learner_id=AMINA, lamport=1, body=(n, "answer"))


def exchange_of(node, **how):
    """The report of an exchange with the server that the node has joined."""
    return exchange(node.home, node.store, hooks=node.hooks, clock=node.clock, rng=node.rng, **how)


def dialled(url):
    """A connection, its handshake done."""
    host, _, port = url.removeprefix("https://").rpartition(":")
    return PinnedContext(None).wrap_socket(socket.create_connection((host, int(port)), timeout=5))


def body_of(node):
    """The body with which a node asks its server."""
    peer = node.home.peer
    one = Asking(
        me=myself(node.home),
        other=Other(peer.node_id, peer.public_key, peer.role, node.home.school_id),
        view=StoreView(node.store, myself(node.home)),
    )
    return one.send(5)


def request_of(body, *, host="x"):
    """The bytes of one POST."""
    head = f"POST /sync/1 HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
