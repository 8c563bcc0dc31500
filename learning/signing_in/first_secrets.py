"""First secrets that the school makes up, and the rules for one that a learner chooses.

Pure. Owns: joining the two kinds, PIN and pictures. Does not know whose a secret is.
"""

from msgspec import Struct

from darasa.learning.errors import SecretError
from darasa.learning.signing_in.pictures import (
    check_pictures,
    easy_pictures,
    first_pictures,
    words_of,
)
from darasa.learning.signing_in.verifier import SecretKind, check_pin, easy_pin, first_pin
from darasa.sync.ids import Rng


class FirstSecret(Struct, frozen=True):
    """A secret that was made up. `typed` is what is hashed, `shown` what is printed: "4821" or
    "fish drum house"."""

    kind: SecretKind
    typed: str
    shown: str


def first_secret(kind: SecretKind, rng: Rng) -> FirstSecret:
    """A random secret that is none of those which anyone tries first."""
    if kind is SecretKind.PICTURES:
        keys = first_pictures(rng)
        return FirstSecret(kind, keys, words_of(keys))
    pin = first_pin(rng)
    return FirstSecret(kind, pin, pin)


def first_secret_of(shown: str) -> FirstSecret:
    """A first secret from what is printed of it. Raises SecretError."""
    is_pin = "".join(shown.split()).isdigit()
    kind = SecretKind.TYPED if is_pin else SecretKind.PICTURES
    return FirstSecret(kind, check_secret(kind, shown), shown)


def check_secret(kind: SecretKind, text: str) -> str:
    """A PIN or pictures as they are hashed. Raises SecretError."""
    return check_pictures(text) if kind is SecretKind.PICTURES else check_pin(text)


def check_chosen(kind: SecretKind, text: str) -> str:
    """The same of a secret that a learner chooses, who may not take what anyone tries first."""
    checked = check_secret(kind, text)
    is_easy = easy_pictures if kind is SecretKind.PICTURES else easy_pin
    if is_easy(checked):
        raise SecretError("Others would try that first. Choose another one.")
    return checked
