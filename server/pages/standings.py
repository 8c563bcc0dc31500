"""The states of skills, each with a class, a sign and a word (ux.md 3.3), and their certainty."""

from typing import Final

from darasa.learning.views import Standing
from darasa.server.locale import _

STANDINGS: Final = {
    Standing.LATER: ("later", "-", _("Later")),
    Standing.READY: ("ready", "o", _("Ready")),
    Standing.LEARNING: ("learning", "~", _("Learning")),
    Standing.GOT: ("got", "+", _("Got it")),
    Standing.KEPT: ("kept", "*", _("Kept it")),
    Standing.REFRESH: ("refresh", "!", _("Refresh")),
}

CERTAINTY: Final = {
    "sure": _("sure"),
    "likely": _("likely"),
    "not sure yet": _("not sure yet"),
    "too few answers": _("too few answers"),
}
