"""Forms that came when their sign-in was over: kept until their sender is asked about them.

Owns: how many there are at a time, that they are forgotten, and how the fields of a form are
carried by a page so that they can be sent once more. In memory; a key cannot be guessed. Nothing of
a form is done by keeping it.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from darasa.content_packs.safe_text import safe_text
from darasa.sync.clock import Clock
from darasa.sync.ids import Rng

FORMS_MAX: Final = 20  # of 128 kB at most; after a power cut a whole staff room signs in again
KEPT_MS: Final = 3_600_000
_OWN: Final = frozenset({"token", "once"})
"""Fields that belong to the page a form stood on."""


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form that was sent `to` a path, by whom, and when (elapsed ms), for that person alone.

    Without its token and number.
    """

    account: bytes
    to: str
    fields: Mapping[str, str]
    at_ms: int


class KeptForms:
    """The forms that wait; safe to use from several threads."""

    def __init__(self, *, clock: Clock, rng: Rng) -> None:
        self._clock = clock
        self._rng = rng
        self._lock = threading.Lock()
        self._kept: dict[str, KeptForm] = {}

    def put(self, account: bytes, to: str, fields: Mapping[str, str]) -> str:
        """Keep a form; the key by which it is found. The oldest of many goes."""
        key = self._rng(16).hex()
        form = {name: value for name, value in fields.items() if name not in _OWN}
        with self._lock:
            while len(self._kept) >= FORMS_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = KeptForm(account, to, form, self._clock.elapsed_ms())
        return key

    def find(self, key: str) -> KeptForm | None:
        """The form of that key, for an hour."""
        with self._lock:
            form = self._kept.get(key)
            if form is not None and self._clock.elapsed_ms() - form.at_ms > KEPT_MS:
                del self._kept[key]
                return None
            return form


def carried(fields: Mapping[str, str]) -> dict[str, Markup]:
    """Fields as a page carries them in hidden inputs: cleaned like all text, but whole.

    The tabs of a pasted sheet stay, and so do more lines than a page would show.
    """
    return {
        str(safe_text(name)): escape("\n".join(_cleaned(line) for line in value.splitlines()))
        for name, value in fields.items()
    }


def _cleaned(line: str) -> str:
    return "\t".join(safe_text(part) for part in line.split("\t"))
