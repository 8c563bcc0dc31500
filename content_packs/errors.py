"""What can go wrong with a pack, said so that a teacher can act on it.

Owns: the error classes of this room. One root, `PackError`; each message is a whole sentence.
"""

from pathlib import PurePath

from darasa.content_packs.safe_text import safe_text


class PackError(Exception):
    """A pack or its source cannot be used.

    `path` and `line` say where (line is 1-based, 0 when there is none), `what` is wrong and
    `remedy` says how to mend it; both are sentences, `remedy` may be empty. What a pack says can
    stand in them, so they are safe to show.
    """

    def __init__(
        self, what: str, *, path: str | PurePath = "", line: int = 0, remedy: str = ""
    ) -> None:
        self.path = safe_text(str(path))
        self.line = line
        self.what = safe_text(what)
        self.remedy = safe_text(remedy)
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        where = f"{self.path}:{self.line}: " if self.path and self.line else ""
        if self.path and not self.line:
            where = f"{self.path}: "
        return f"{where}{self.what} {self.remedy}".strip()


class SourceError(PackError):
    """A folder of sources has mistakes; names the first one and how many there are."""


class ExpressionError(PackError):
    """A formula in `@{…}`, `vars` or `where` cannot be read or has no value."""


class InstanceError(PackError):
    """An item cannot be drawn, or its stored values belong to another version of it."""


class PackDamagedError(PackError):
    """Bytes of a pack are cut short, changed, or beyond a limit. Nothing was installed."""


class PackRefusedError(PackError):
    """A whole and undamaged pack that this node does not take: its signer or its number."""


class PackHereError(PackRefusedError):
    """A pack with this number or a later one is here already: nothing is to be done."""


class PackNotFoundError(PackError):
    """No pack of that name is installed here."""


class PackNotSavedError(PackError):
    """The disk took no more. What was installed before is as it was."""
