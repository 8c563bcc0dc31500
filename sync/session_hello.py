"""HELLO, made and checked: the greeting of both sides under a signature."""

from collections.abc import Sequence
from typing import Final

import msgspec

from darasa.sync.capabilities import Capability
from darasa.sync.ids import SchoolId
from darasa.sync.messages import CursorGroup, EndCode, Hello
from darasa.sync.session_view import Myself, SessionEndedError
from darasa.sync.signing import verify
from darasa.sync.versions import Versions

IN_A_BUNDLE: Final = Capability.ERASURE
ON_A_LINK: Final = Capability.RANGES | Capability.ERASURE
"""What a side can do in a session of rounds; a bundle, which has one, compares nothing."""
_UNSIGNED: Final = bytes(64)


def signed_hello(
    me: Myself,
    *,
    receiver: bytes,
    wall_ms: int,
    answers_to: bytes = b"",
    school_id: SchoolId | None = None,
    mark: bytes | None = None,
    cursors: Sequence[CursorGroup] = (),
    capabilities: Capability = Capability(0),  # noqa: B008 (a constant)
    erased_digest: bytes | None = None,
) -> Hello:
    """A greeting for `receiver`; an answer is bound to the asker's greeting by its signature."""
    hello = Hello(
        version_min=me.program.versions.least,
        version_max=me.program.versions.most,
        node_id=me.key.node_id,
        school_id=school_id,
        mark=mark,
        cursors=tuple(cursors),
        erased_digest=erased_digest,
        capabilities=me.can(capabilities | (0 if me.codec is None else Capability.COLUMNS)),
        wall_ms=wall_ms,
        signature=_UNSIGNED,
    )
    raw = hello.signed_bytes(receiver=receiver, answers_to=answers_to)
    return msgspec.structs.replace(hello, signature=me.key.sign("hello", raw))


def common_version(me: Myself, hello: Hello, *, who: str) -> int:
    """The version to speak from here on. Raises SessionEndedError; `who` is this side."""
    theirs = Versions(hello.version_min, hello.version_max)
    version = me.program.versions.common(theirs)
    if version is None:
        raise SessionEndedError(me.program.versions.refusal(theirs, who=who), code=EndCode.VERSION)
    return version


def is_signed_hello(hello: Hello, public_key: bytes, *, receiver: bytes, answers_to: bytes) -> bool:
    """Whether that key signed this greeting for this receiver, as an answer to that one."""
    raw = hello.signed_bytes(receiver=receiver, answers_to=answers_to)
    return verify(public_key, "hello", raw, hello.signature)
