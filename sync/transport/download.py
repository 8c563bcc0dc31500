"""Fetching a file from the server that a node has joined, going on at the byte where it stopped."""

import os
from pathlib import Path
from typing import Final

from darasa.sync.home import Home
from darasa.sync.node_proof import authorization_of
from darasa.sync.transport.exchange import LinkError

_STOPPED: Final = "The link broke. What came is kept; the rest comes later."


def download(home: Home, path: str, into: Path, *, bytes_max: int, url: str | None = None) -> None:
    """Bring the file at `path` of the server into the file `into`, after what it holds already.

    On return it is whole and flushed; whether it is what was wanted, the caller checks. Raises
    LinkError with a sentence; what had come by then stays for the next try.
    """
    import httpx2

    from darasa.sync.transport.link import joined_link  # late: the HTTP library takes a while

    peer = home.peer
    if peer is None:
        raise LinkError("This machine has not joined a server yet.")
    held = into.stat().st_size if into.exists() else 0
    headers = {"authorization": authorization_of(home.node_key, peer.node_id, path)}
    if held:
        headers["range"] = f"bytes={held}-"
    try:
        with (
            joined_link(home, url) as link,
            link.stream("GET", path, headers=headers) as answer,
        ):
            if answer.status_code == httpx2.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # nothing lies beyond what is here
            if answer.status_code not in (httpx2.codes.OK, httpx2.codes.PARTIAL_CONTENT):
                raise LinkError(f"The server did not give the file ({answer.status_code}).")
            goes_on = answer.status_code == httpx2.codes.PARTIAL_CONTENT
            with into.open("ab" if goes_on else "wb") as file:
                for part in answer.iter_raw():
                    if file.tell() + len(part) > bytes_max:
                        raise LinkError("The server sends more than the file may be.")
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
    except httpx2.HTTPError as error:
        raise LinkError(_STOPPED) from error
