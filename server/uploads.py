"""A form with a file in it (RFC 7578), as browsers send one without script.

Owns: taking such a body apart, within limits. Bytes in, fields and one file out; the route limits
how many bytes. What is in the file is for others to judge.
"""

from dataclasses import dataclass
from email.message import Message
from typing import Final

from darasa.content_packs.safe_text import SafeText, safe_line

_PARTS_MAX: Final = 20
_HEAD_BYTES_MAX: Final = 2_048
_FIELD_BYTES_MAX: Final = 1_024
_BOUNDARY_CHARS_MAX: Final = 70  # RFC 2046
_NAME_CHARS_MAX: Final = 80


class UploadError(ValueError):
    """The body is not such a form."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody chose. `name` is only for showing: it names nothing here."""

    name: SafeText
    raw: bytes


def parse_upload(body: bytes, content_type: str) -> tuple[dict[str, str], Upload | None]:
    """The fields and the file of a form; the first of each name counts. Raises UploadError."""
    boundary = _boundary(content_type)
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary, _PARTS_MAX + 2)
    if len(parts) > _PARTS_MAX + 2 or len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise UploadError("The form is not whole.")
    fields: dict[str, str] = {}
    upload: Upload | None = None
    for part in parts[1:-1]:
        name, file_name, raw = _part(part)
        if file_name is None:
            fields.setdefault(name, _text(raw))
        elif upload is None:
            upload = Upload(_shown(file_name), raw)
    return fields, upload


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/form-data" or not boundary:
        raise UploadError("That is no form with a file.")
    if len(boundary) > _BOUNDARY_CHARS_MAX or not boundary.isascii():
        raise UploadError("The form is not marked as one.")
    return boundary.encode()


def _part(part: bytes) -> tuple[str, str | None, bytes]:
    """The name of a field, the name of its file if it is one, and what is in it."""
    head, found, raw = part.partition(b"\r\n\r\n")
    if not found or len(head) > _HEAD_BYTES_MAX:
        raise UploadError("A part of the form has no end.")
    message = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-disposition":
            message["content-disposition"] = " ".join(value.split())
    name = message.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise UploadError("A part of the form has no name.")
    file_name = message.get_param("filename", header="content-disposition")
    return name, file_name if file_name is None else str(file_name), raw


def _text(raw: bytes) -> str:
    if len(raw) > _FIELD_BYTES_MAX:
        raise UploadError("A field is too long.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise UploadError("A field is no text.") from error


def _shown(file_name: str) -> SafeText:
    """The last part of a path: old browsers send the whole."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return safe_line(last, length_max=_NAME_CHARS_MAX)
