"""Plain HTTP: pages for a browser on this machine, and nothing else (threat-model.md section 3).

`Doorway` lets nobody else in without TLS; this keeps other sites' names out (a page elsewhere may
point a name of its own at this machine) and the routes between nodes, which need the pin.
"""

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from darasa.server.locale import _

BETWEEN_NODES: Final = ("/sync/", "/enrol/")
_OTHER_NAME: Final = _("This server does not answer to that name.")
_NEEDS_TLS: Final = _("Computers speak to this server over TLS only.")


class PlainPages:
    """ASGI middleware: of requests without TLS only those to `hosts`, and only pages."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with a sentence."""
        if scope["type"] == "http" and scope["scheme"] == "http":
            refusal = self._refusal(scope)
            if refusal:
                await PlainTextResponse(refusal, status_code=400)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str:
        if scope["path"].startswith(BETWEEN_NODES):
            return _NEEDS_TLS
        name = Headers(scope=scope).get("host", "")
        name = name[: name.rfind("]") + 1] or name.partition(":")[0]
        return "" if name.strip("[]").lower() in self.hosts else _OTHER_NAME
