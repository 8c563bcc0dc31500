"""`GET /packs/…`: content packs for enrolled nodes, resumable.

Owns: the list, a whole pack file, one blob, `Range`, what is asked for by its entity tag. Practice
packs are no secret (threat-model.md T2); the proof of `sync.node_proof` keeps strangers from taking
the server's time.
"""

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from darasa.content_packs.errors import PackDamagedError, PackNotFoundError
from darasa.server.state import Darasa, darasa_of
from darasa.sync.contacts import certificates_of
from darasa.sync.node_proof import claimed_node, proves
from darasa.sync.transport.entity_tags import entity_tag

_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def pack_list(request: Request) -> Response:
    """GET /packs/: `{"packs": [{"id", "version", "sequence", "title", "size"}]}`."""
    darasa = _enrolled(request)
    return JSONResponse(
        {
            "packs": [
                {
                    "id": pack.id,
                    "version": pack.version,
                    "sequence": pack.sequence,
                    "title": pack.title,
                    "size": pack.size,
                }
                for pack in darasa.classroom.shelf.list()
            ]
        }
    )


def pack_file(request: Request) -> Response:
    """GET /packs/ID.pack: the newest version as one file."""
    shelf = _enrolled(request).classroom.shelf
    try:
        file = shelf.pack_file(request.path_params["pack_id"])
    except (PackNotFoundError, PackDamagedError) as error:
        raise HTTPException(404, str(error)) from error
    return _part_of(request, file.read, size=file.size, tag=entity_tag(file.digest))


def blob(request: Request) -> Response:
    """GET /packs/blobs/SHA256: one zstd frame, by the hash of its raw bytes."""
    shelf = _enrolled(request).classroom.shelf
    try:
        frame = shelf.blob(request.path_params["sha256"])
    except PackNotFoundError as error:
        raise HTTPException(404, str(error)) from error

    def read(start: int, stop: int) -> Iterable[bytes]:
        return [frame[start:stop]]

    return _part_of(request, read, size=len(frame), tag=entity_tag(sha256(frame).digest()))


def _enrolled(request: Request) -> Darasa:
    """The server, for a node that it enrolled and did not remove. Raises HTTPException."""
    darasa = darasa_of(request)
    header = request.headers.get("authorization", "")
    node_id = claimed_node(header)
    known = [] if node_id is None else darasa.classroom.store.read(certificates_of, node_id)
    server = darasa.classroom.home.node_key
    if not proves(header, request.url.path, server=server, certificates=known):
        raise HTTPException(401, "Only enrolled nodes may ask.", {"www-authenticate": "Darasa"})
    assert node_id is not None  # it has proved who it is
    refusal = darasa.classroom.decisions.refusal_of(node_id)
    if refusal:
        raise HTTPException(403, refusal)
    return darasa


def _part_of(
    request: Request, read: Callable[[int, int], Iterable[bytes]], *, size: int, tag: str
) -> Response:
    """What a request wants of a file: all of it, a part, or only to know that it is the same."""
    headers = {"etag": tag, "accept-ranges": "bytes", "cache-control": "private, max-age=60"}
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range", "")
    if request.headers.get("if-range", tag) != tag:
        wanted = ""
    part = asked_range(wanted, size)
    start, stop = part or (0, size)
    if part is not None:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"
    if start >= stop:
        headers["content-range"] = f"bytes */{size}"
        return Response(status_code=416, headers=headers)
    headers["content-length"] = str(stop - start)
    return StreamingResponse(
        read(start, stop),
        status_code=200 if part is None else 206,
        headers=headers,
        media_type="application/octet-stream",
    )


def _tags(header: str) -> set[str]:
    """The entity tags of an `If-None-Match` header, weak ones as strong (RFC 9110 13.1.2)."""
    return {each.strip().removeprefix("W/") for each in header.split(",")}


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """(start, stop) of a `Range` header; empty when it lies outside; None for the whole.

    Several ranges in one header, and anything else that is not one range, mean the whole (RFC 9110
    section 14.2 allows it).
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size)
    stop = size if not last else min(size, int(last) + 1)
    if last and int(last) < int(first):
        return None
    return (int(first), stop)


routes: Final = [
    Route("/packs/", pack_list, methods=["GET"], max_body_size=0),
    Route("/packs/blobs/{sha256}", blob, methods=["GET"], max_body_size=0),
    Route("/packs/{pack_id}.pack", pack_file, methods=["GET"], max_body_size=0),
]
