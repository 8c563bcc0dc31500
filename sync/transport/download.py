"""Fetching a file from the server that a node has joined, going on at the byte where it stopped.

It goes on only while the file there is still the one that the first bytes are of: the server's
strong entity tag is kept beside them and sent as `If-Range` (RFC 9110 section 13.1.5).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.sync.home import Home
from darasa.sync.node_proof import authorization_of
from darasa.sync.transport.entity_tags import is_strong
from darasa.sync.transport.exchange import LinkError

if TYPE_CHECKING:
    import httpx2

_STOPPED: Final = "The link broke. What came is kept; the rest comes later."

Fits = Callable[[int, int], None]
"""Is told how many bytes are to come and how many the whole file has; raises to have none."""


class NotGivenError(LinkError):
    """The server was reached and does not give the file, or not in a size that is taken."""


class SameFileError(NotGivenError):
    """The server still has the very file that is not wanted again."""


def download(
    home: Home,
    path: str,
    into: Path,
    *,
    bytes_max: int,
    url: str | None = None,
    unwanted: str = "",
    fits: Fits | None = None,
) -> str:
    """Bring the file at `path` of the server into the file `into`, after what it holds already.

    On return it is whole and flushed; whether it is what was wanted, the caller checks. The answer
    is the server's strong entity tag of it, "" when it gave none. `unwanted`: the tag of a file
    that is not fetched again. `fits` is asked before anything is written. Raises NotGivenError and
    SameFileError for the server's word, LinkError with a sentence for the link; what had come by
    then stays for the next try. Raises OSError when it cannot be written.
    """
    import httpx2

    from darasa.sync.transport.link import joined_link  # late: the HTTP library takes a while

    peer = home.peer
    if peer is None:
        raise LinkError("This machine has not joined a server yet.")
    headers = {"authorization": authorization_of(home.node_key, peer.node_id, path)}
    held, tag = _held(into)
    if held:
        headers |= {"range": f"bytes={held}-", "if-range": tag}
    if unwanted:
        headers["if-none-match"] = unwanted
    try:
        with (
            joined_link(home, url) as link,
            link.stream("GET", path, headers=headers) as answer,
        ):
            if held and answer.status_code == httpx2.codes.RANGE_NOT_SATISFIABLE:
                return tag  # nothing lies beyond what is here
            _check_given(answer, unwanted)
            if answer.status_code != httpx2.codes.PARTIAL_CONTENT:
                held, tag = 0, _strong_tag(answer)
            _check_size(answer, held, bytes_max, fits)
            if not held:
                _begin(into, tag)
            _save(answer, into, bytes_max)
    except httpx2.HTTPError as error:
        raise LinkError(_STOPPED) from error
    return tag


def forget_download(into: Path) -> None:
    """Drop what has come of a file, and of which one it is."""
    into.unlink(missing_ok=True)
    tag_file(into).unlink(missing_ok=True)


def tag_file(into: Path) -> Path:
    """Where the tag of the file stands whose first bytes are in `into`."""
    return into.with_suffix(".tag")


def _held(into: Path) -> tuple[int, str]:
    """How many bytes are here, and the tag of the file they are of; none when that is not known."""
    try:
        tag = tag_file(into).read_text(encoding="ascii")
        size = into.stat().st_size
    except (OSError, UnicodeDecodeError):
        return 0, ""
    return (size, tag) if is_strong(tag) else (0, "")


def _strong_tag(answer: "httpx2.Response") -> str:
    tag = answer.headers.get("etag", "")
    return tag if is_strong(tag) else ""


def _check_given(answer: "httpx2.Response", unwanted: str) -> None:
    """Raise for an answer without the file; one that has it is no more than begun."""
    import httpx2

    is_same = bool(unwanted) and _strong_tag(answer) == unwanted
    if is_same or answer.status_code == httpx2.codes.NOT_MODIFIED:
        raise SameFileError("The server has the same file as before.")
    if answer.status_code not in (httpx2.codes.OK, httpx2.codes.PARTIAL_CONTENT):
        raise NotGivenError(f"The server did not give the file ({answer.status_code}).")


def _check_size(answer: "httpx2.Response", held: int, bytes_max: int, fits: Fits | None) -> None:
    """What a server says of the size is believed before it is fetched, and counted after."""
    length = answer.headers.get("content-length", "")
    to_come = int(length) if length.isdecimal() and len(length) < 20 else 0
    if held + to_come > bytes_max:
        raise NotGivenError("The server sends more than the file may be.")
    if fits is not None:
        fits(to_come, held + to_come)


def _begin(into: Path, tag: str) -> None:
    """Empty the file, then note which one comes: never may old bytes stand beside a new tag."""
    tag_file(into).unlink(missing_ok=True)
    with into.open("wb") as file:
        os.fsync(file.fileno())
    if tag:
        with tag_file(into).open("w", encoding="ascii") as file_of_tag:
            file_of_tag.write(tag)


def _save(answer: "httpx2.Response", into: Path, bytes_max: int) -> None:
    with into.open("ab") as file:
        for part in answer.iter_raw():
            if file.tell() + len(part) > bytes_max:
                raise NotGivenError("The server sends more than the file may be.")
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
