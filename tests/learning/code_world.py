"""What tests of one-use codes share: a learner uses a code, and whether a secret works."""

from darasa.learning.signing_in.desk import SignedIn
from darasa.learning.signing_in.learner_secrets import CodeFits
from darasa.learning.signing_in.verifier import SecretKind


def give(room, learner, code, secret, *, kind=SecretKind.TYPED):
    """A learner types the code and chooses a secret, at one computer."""
    fits = room.desk.queue_code(learner, code).result()
    assert isinstance(fits, CodeFits), fits
    assert room.desk.queue_choice(fits, kind, secret).result() == SignedIn(learner)


def works(room, learner, secret):
    """Whether the learner can sign in with it at that node."""
    return isinstance(room.desk.try_pin(learner, secret), SignedIn)
