"""Exit codes, and the one place that turns an error into a code and a sentence."""

import errno
from enum import IntEnum
from typing import Final

from darasa.sync.errors import HomeError, StoreDamagedError, StoreError, SyncError

_OF_THE_MACHINE: Final = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EIO,
        errno.ENODEV,
        errno.ENXIO,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ENAMETOOLONG,
        errno.ELOOP,
        errno.EMFILE,
        errno.ENFILE,
    }
)
"""A disk that is full, may only be read or fails, a path that cannot be: no fault of ours."""


class Exit(IntEnum):
    """What the shell sees."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    BAD_INPUT = 3
    NOT_FOUND = 4
    UNREACHABLE = 5
    NOT_ALLOWED = 6
    DAMAGED = 7
    OUR_FAULT = 70


class CommandError(Exception):
    """A command that ends with a sentence and a code of its own."""

    def __init__(self, sentence: str, code: Exit = Exit.REFUSED) -> None:
        super().__init__(sentence)
        self.code = code


def exit_of(error: Exception) -> tuple[Exit, str]:
    """The code and the sentence for an error that no command handled."""
    from darasa.content_packs.errors import PackError
    from darasa.learning.errors import AmbiguousError, LearningError, NotFoundError

    match error:
        case CommandError():
            return error.code, str(error)
        case PackError():
            return Exit.BAD_INPUT, str(error)
        case StoreDamagedError():
            return Exit.DAMAGED, str(error)
        case HomeError() | StoreError() | SyncError() | LearningError():
            unclear = isinstance(error, NotFoundError | AmbiguousError)
            return Exit.NOT_FOUND if unclear else Exit.REFUSED, str(error)
        case OSError() if said := _refusal_of(error):
            return said
        case _:
            what = type(error).__name__
            return (
                Exit.OUR_FAULT,
                f"Something went wrong in Darasa itself ({what}). What was saved is safe. "
                "Run the command again with --debug for details.",
            )


def _refusal_of(error: OSError) -> tuple[Exit, str] | None:
    """What the machine refused; None for what should not have been asked of it."""
    if isinstance(error, PermissionError):
        return Exit.NOT_ALLOWED, f"Not allowed: {error.filename or error}"
    if error.errno not in _OF_THE_MACHINE:
        return None
    where = f"{error.filename}: " if error.filename else ""
    return Exit.REFUSED, f"{where}{error.strerror}. What was saved is safe."
