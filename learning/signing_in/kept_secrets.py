"""What the fold of a learner's record says of her sign-in, in one column of lt_person.

Owns: putting it there as it came, sealed, and opening it where the school's key is. A learner whose
secret was chosen at two places at once has several: each works until a teacher has chosen one.
"""

from typing import Annotated

from msgspec import Meta, Struct

from darasa.learning.personal_text import PersonalText
from darasa.learning.records import (
    LEARNER_CODE,
    LEARNER_UNLOCKED,
    LEARNER_VERIFIER,
    RecordState,
)
from darasa.learning.signing_in.checks import (
    NO_CHECKS,
    SECRETS_MAX,
    Checks,
    CodeCheck,
    made_code_of,
    secret_of,
)
from darasa.sync.codec import convert, pack, unpack
from darasa.sync.ids import SHORT_BYTES

_REPLACED_MAX = 64
Sealed = Annotated[bytes, Meta(max_length=4_096)]


class _Kept(Struct, frozen=True, array_like=True):
    """`[[sealed secret…], [chain8…], sealed code|nil, unlocked|nil]`."""

    secrets: tuple[Sealed, ...]
    chains: tuple[bytes, ...]
    code: Sealed | None
    unlocked: bytes | None


def kept_secrets(record: RecordState) -> bytes | None:
    """The column of a folded record; None when there is nothing in it."""
    values = dict.fromkeys(v for v in record.values(LEARNER_VERIFIER) if isinstance(v, bytes))
    secrets = tuple(values)[:SECRETS_MAX]
    code, unlocked = record.shown(LEARNER_CODE), record.shown(LEARNER_UNLOCKED)
    kept = (
        secrets,
        record.chains(LEARNER_VERIFIER)[:_REPLACED_MAX],
        code if isinstance(code, bytes) else None,
        unlocked if isinstance(unlocked, bytes) and len(unlocked) == SHORT_BYTES else None,
    )
    return None if kept == ((), (), None, None) else pack(kept)


def opened_checks(personal: PersonalText, learner_id: bytes, column: bytes | None) -> Checks:
    """What a school tells its computers; empty at a node that cannot open what is sealed."""
    if column is None:
        return NO_CHECKS
    kept = convert(unpack(column), _Kept)
    opened = (secret_of(personal.open(learner_id, LEARNER_VERIFIER, each)) for each in kept.secrets)
    verifiers = dict.fromkeys(each.verifier for each in opened if each is not None)
    made = made_code_of(personal.open(learner_id, LEARNER_CODE, kept.code))
    code = None if made is None else CodeCheck(made.verifier, made.until_ms, kept.chains)
    return Checks(tuple(verifiers), code, kept.unlocked)


def code_until(opened: bytes | None) -> int | None:
    """When the day of a code ends: 0 before a teacher saw it, None when there is no code."""
    made = made_code_of(opened)
    return None if made is None else made.until_ms or 0
