"""GET /channel: which TLS certificate is this server's, under its node key (PROTOCOL.md section 8).

For a node that finds another certificate than the one it pinned: the node key, which it knows from
joining, says whether that one counts. Open to all; it tells nothing that a handshake does not.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from darasa.server.state import darasa_of
from darasa.sync.channel import announce


def channel(request: Request) -> Response:
    """The announcement, packed."""
    home = darasa_of(request).classroom.home
    return Response(announce(home.node_key, home.channel).to_bytes())


routes: Final = [Route("/channel", channel, methods=["GET"], max_body_size=0)]
