"""The errors of this layer. Messages are sentences for people: what happened and what to do."""


class LearningError(Exception):
    """Root of what `learning` raises on purpose."""


class OtherServerError(LearningError):
    """A computer that owes work to its school was about to join another one."""


class PeopleError(LearningError):
    """A change of people or a look-up that cannot be done."""


class NotFoundError(PeopleError, LookupError):
    """Nobody, or no class, has that name or id."""


class AmbiguousError(PeopleError, LookupError):
    """Several have that name; the message lists them."""


class NotHereError(PeopleError):
    """Only the school server may change people."""


class NoSchoolKeyError(PeopleError):
    """Personal text cannot be kept: this computer has not joined a school yet."""


class DecisionError(LearningError):
    """A decision about a node or learner that cannot be made here, or changes nothing."""


class SecretError(LearningError, ValueError):
    """A PIN or passphrase that may not be used; the message says what is wanted."""


class FitError(LearningError):
    """Parameters that cannot be made, are not what they say, or are not known here."""
