"""The style sheet and the script, under names that change with their content.

Owns: reading them once, their hashed names, and caching for a year. There are no other assets.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib import resources
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served; `path` is its address."""

    path: str
    media_type: str
    content: bytes
    packed: bytes  # gzip


@cache
def assets() -> dict[str, Asset]:
    """The assets by their file name, such as `darasa.css`."""
    folder = resources.files("darasa.server") / "static"
    return {
        entry.name: _asset(entry.name, entry.read_bytes())
        for entry in folder.iterdir()
        if entry.name.rpartition(".")[2] in _TYPES
    }


def _asset(name: str, content: bytes) -> Asset:
    stem, _, suffix = name.rpartition(".")
    version = blake2b(content, digest_size=6).hexdigest()
    return Asset(
        path=f"/static/{stem}.{version}.{suffix}",
        media_type=_TYPES[suffix],
        content=content,
        packed=gzip.compress(content, 9, mtime=0),
    )


async def static(request: Request) -> Response:
    """GET /static/{name}: a hashed name, kept by browsers for a year."""
    wanted = f"/static/{request.path_params['name']}"
    for asset in assets().values():
        if asset.path == wanted:
            return _response(asset, accepts=request.headers.get("accept-encoding", ""))
    raise HTTPException(404)


def _response(asset: Asset, *, accepts: str) -> Response:
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
    if "gzip" in accepts:
        headers["content-encoding"] = "gzip"
        return Response(asset.packed, media_type=asset.media_type, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)
