"""The settings of one server, fixed when it starts.

Owns: names, units and defaults. Knows nothing of where they come from.
"""

from dataclasses import dataclass
from typing import Final, Protocol

LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", "::1")
BODY_BYTES_MAX: Final = 1 << 20  # one round of an exchange (sync.md section 8); nothing is larger
FORM_BYTES_MAX: Final = 16 << 10  # most forms have three short fields
LIST_BYTES_MAX: Final = 128 << 10  # a hundred names in any script, each letter as nine
UPLOAD_BYTES_MAX: Final = (4 << 20) + (64 << 10)  # a class list, and the form around it


class CableSwitch(Protocol):
    """The demo's network cable: a button on the teacher's page pulls it."""

    def is_cut(self) -> bool:
        """True while the cable is pulled."""

    def cut(self) -> None:
        """Pull it."""

    def mend(self) -> None:
        """Put it back."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may take (threat-model.md T6).

    A body may be slow, because a 2G link is: 20 kbit/s carries 2,500 bytes a second. In each window
    it must move at `body_bytes_per_s_min` on average.
    """

    header_within_s: float = 10.0
    body_window_s: float = 20.0
    body_bytes_per_s_min: int = 400
    connections_max: int = 512
    connections_per_address_max: int = 128

    @property
    def strangers_max(self) -> int:
        """Connections of all addresses at which nobody of the school was lately."""
        return self.connections_max // 2


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of the web side. `hosts` are its names without TLS; empty: any, and nodes too."""

    hosts: tuple[str, ...] = ()
    reached: str = ""  # where computers find it; empty: as the browser calls it
    sync_every_s: float = 60.0
    sync_soon_s: float = 10.0
    live_every_s: float = 2.0
    live_look_s: float = 10.0  # states also change with time alone
    live_tick_s: float = 15.0
    session_hours: int = 8
    sign_in_within_s: float = 1.0  # after that she is told how many are before her
    limits: Limits = Limits()
    cable: CableSwitch | None = None
