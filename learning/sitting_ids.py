"""The id of a sitting: derived from the place of its first event, so that no sync need carry it.

BLAKE2b-64, personalised `darasa-sitting-1`, of the log's id, the number of the sign-in in it (8
bytes) and the learner's id. Sittings of older programs have random ids; both are just 8 bytes.
"""

import hashlib
from typing import Final

SITTING_BYTES: Final = 8
_PERSON: Final = b"darasa-sitting-1"
_SEQ_BYTES: Final = 8


def sitting_id(log_id: bytes, seq: int, learner_id: bytes) -> bytes:
    """The id of the sitting that begins with event `seq` of a log."""
    place = log_id + seq.to_bytes(_SEQ_BYTES, "big") + learner_id
    return hashlib.blake2b(place, digest_size=SITTING_BYTES, person=_PERSON).digest()
