"""Which version two nodes speak: the highest that both know (PROTOCOL.md section 15).

Pure. What a version changes is in the modules that it changes; they are told the number.
"""

from typing import Final, NamedTuple


class Versions(NamedTuple):
    """All versions from `least` to `most`."""

    least: int
    most: int

    def common(self, theirs: "Versions") -> int | None:
        """The highest version that both know."""
        most = min(self.most, theirs.most)
        return most if most >= max(self.least, theirs.least) else None

    def refusal(self, theirs: "Versions", *, who: str) -> str:
        """The sentence for people; `who` is this side: "This server"."""
        return (
            f"{who} speaks version {self} of the exchange, the other side {theirs}."
            " Update the older one."
        )

    def __str__(self) -> str:
        return str(self.most) if self.least == self.most else f"{self.least} to {self.most}"


class Program(NamedTuple):
    """What a program says of itself in HELLO; `lacks` has the bits of `capabilities` that it has
    not. Only the simulator runs another than `THIS`: an older one, or one of a later version.
    """

    versions: Versions
    lacks: int = 0


SPOKEN: Final = Versions(1, 1)
"""1 (2026): the first. A change that an older program cannot skip raises `most`; `least` follows a
release behind, so that a school and its computers need not be updated on one day."""

THIS: Final = Program(SPOKEN)
