"""A fit as it travels: parameters signed by the server that made them (PROTOCOL.md 20).

    [1, public key, made_ms, zstd of the canonical parameters, signature]

packed; the signature, for `parameters`, is over the packed first four. The id of a fit is the
BLAKE2b-128 of all that, and it travels in parts of at most PART_BYTES. Pure. What comes from others
is bounded before memory is spent on it. Does not know who may make one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from darasa.learning.errors import FitError
from darasa.learning.mastery.parameters import (
    NamedValues,
    Parameters,
    ParametersError,
    parameters_from,
)
from darasa.learning.mastery.rlf import Rlf
from darasa.sync.codec import CodecError, pack, unpack
from darasa.sync.errors import LocalProtocolError
from darasa.sync.ids import NodeId, hash16, node_id_of
from darasa.sync.signing import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, NodeKey, verify
from darasa.sync.squeeze import expand, squeeze

FORMAT: Final = 1
PURPOSE: Final = "parameters"
SIGNED_BYTES_MAX: Final = 1 << 20
"""A minute of a slow link; the fit of 40,000 items is smaller."""
CLEAR_BYTES_MAX: Final = 8 << 20
ROWS_MAX: Final = 60_000
"""Items and skills: more would take more memory than a lab computer should spare."""
PART_BYTES: Final = 40_000
"""Leaves room in an event (48 KiB) and in a record of the feed."""
PARTS_MAX: Final = -(-SIGNED_BYTES_MAX // PART_BYTES)
_GRAIN: Final = 1_000
_MADE_MS_MAX: Final = 1 << 53
_FIELDS: Final = 5


@dataclass(frozen=True, slots=True)
class SignedFit:
    """A fit whose signature holds. `fit_id` names it wherever it is."""

    fit_id: bytes
    parameters: Parameters
    maker: NodeId
    made_ms: int


def sign_fit(parameters: Parameters, key: NodeKey, *, made_ms: int) -> bytes:
    """The signed bytes of a fit. Raises FitError when it is larger than others would take."""
    clear = rounded(parameters).to_bytes()
    if len(clear) > CLEAR_BYTES_MAX or _rows(parameters) > ROWS_MAX:
        raise FitError("This fit has more items than can be sent.")
    try:
        head = (FORMAT, key.public, made_ms, squeeze(clear))
    except LocalProtocolError as error:
        raise FitError("This fit says the same of all its items.") from error
    raw = pack((*head, key.sign(PURPOSE, pack(head))))
    if len(raw) > SIGNED_BYTES_MAX:
        raise FitError("This fit has more items than can be sent.")
    return raw


def open_fit(raw: bytes) -> SignedFit:
    """What signed bytes hold. Raises FitError with a sentence for all others."""
    try:
        value = unpack(raw, limit=SIGNED_BYTES_MAX)
    except CodecError as error:
        raise FitError("It is larger than a fit may be, or damaged.") from error
    public, made_ms, squeezed, signature = _checked_fields(value)
    if not verify(public, PURPOSE, pack(value[: _FIELDS - 1]), signature):
        raise FitError("Its signature does not hold.")
    try:
        parameters = parameters_from(expand(squeezed, limit=CLEAR_BYTES_MAX))
        Rlf(parameters)
    except (CodecError, ParametersError) as error:
        raise FitError("It holds no parameters of this program's model.") from error
    if _rows(parameters) > ROWS_MAX:
        raise FitError("It has more items than a fit may have.")
    return SignedFit(hash16(raw), parameters, node_id_of(public), made_ms)


def parts_of(raw: bytes) -> list[bytes]:
    """The signed bytes in parts, one at least."""
    return [raw[at : at + PART_BYTES] for at in range(0, len(raw), PART_BYTES)]


def joined(parts: Sequence[bytes], fit_id: bytes) -> bytes:
    """The bytes of all parts, in their order. Raises FitError when they are not that fit's."""
    raw = b"".join(parts)
    if hash16(raw) != fit_id:
        raise FitError("Its parts do not belong together.")
    return raw


def rounded(parameters: Parameters) -> Parameters:
    """The same with values to a thousandth: what is beyond is noise, and does not pack."""
    return msgspec.structs.replace(
        parameters,
        skills=tuple(_rounded_row(row) for row in parameters.skills),
        items=tuple(_rounded_row(row) for row in parameters.items),
    )


def _rounded_row(row: NamedValues) -> NamedValues:
    values = tuple(_GRAIN * ((value + _GRAIN // 2) // _GRAIN) for value in row.values)
    return msgspec.structs.replace(row, values=values)


def _rows(parameters: Parameters) -> int:
    return len(parameters.items) + len(parameters.skills)


def _checked_fields(value: object) -> tuple[bytes, int, bytes, bytes]:
    if not isinstance(value, tuple) or len(value) < _FIELDS or value[0] != FORMAT:
        raise FitError("It is a fit of a later version, or none.")
    public, made_ms, squeezed, signature = value[1:_FIELDS]
    if (
        type(public) is not bytes
        or len(public) != PUBLIC_KEY_BYTES
        or type(made_ms) is not int
        or not 0 <= made_ms <= _MADE_MS_MAX
        or type(squeezed) is not bytes
        or type(signature) is not bytes
        or len(signature) != SIGNATURE_BYTES
    ):
        raise FitError("It is no fit.")
    return public, made_ms, squeezed, signature
