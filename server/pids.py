"""Ids of learners as they appear in addresses: they say nothing outside this server.

An address may end up in a browser's history or on a screenshot. `pid` is BLAKE2b-128 of the
learner's id under a key that is derived from the node's own, so bookmarks outlive a restart.
"""

from hashlib import blake2b


class Pids:
    """Learner id to the id in an address. One way; the caller looks among the learners it holds."""

    def __init__(self, node_private: bytes) -> None:
        self._key = blake2b(node_private, person=b"darasa/pid", digest_size=32).digest()

    def pid_of(self, learner_id: bytes) -> str:
        """32 hexadecimal digits."""
        return blake2b(learner_id, key=self._key, digest_size=16).hexdigest()
