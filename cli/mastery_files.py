"""The files of `darasa mastery`: answers in, predictions and parameters out.

Owns: how a file of answers is opened, whatever program wrote it, and that a written file is there
only once it is whole. Does not know what is made of answers.
"""

import codecs
import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from darasa.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from darasa.learning.mastery.answers_csv import Answer
    from darasa.learning.mastery.parameters import Parameters

_GZIP: Final = b"\x1f\x8b"
_LONG_BYTES: Final = 8 << 20
"""Of a file that is read in more than a few seconds."""


def existing(file: Path) -> Path:
    """The file, if it is one that is there. Raises CommandError."""
    if not file.is_file():
        raise CommandError(f"There is no file {file}.", Exit.NOT_FOUND)
    return file


def parameters_in(file: Path) -> "Parameters":
    """The parameters in a file. Raises CommandError, ParametersError."""
    from darasa.learning.mastery.parameters import (
        FILE_BYTES_MAX,
        ParametersError,
        parameters_from,
    )

    if existing(file).stat().st_size > FILE_BYTES_MAX:  # before it is in memory
        raise ParametersError("it is too large for parameters")
    return parameters_from(file.read_bytes())


def is_long(file: Path) -> bool:
    """Whether a person would wonder, with no word, if reading it goes on."""
    return existing(file).stat().st_size > _LONG_BYTES


def answers_in(file: Path) -> Iterator["Answer"]:
    """The answers of a file, plain or gzip; a bad line ends it with the file and the line."""
    from darasa.learning.mastery.answers_csv import AnswersError, read_answers

    line = 1
    try:
        with _opened(existing(file)) as lines:
            yield from read_answers(lines)
    except AnswersError as error:
        line, why = error.line, str(error)
    except UnicodeDecodeError:
        why = "it is not text"
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        why = f"it cannot be unpacked: {error}"
    else:
        return
    raise CommandError(f"{file}:{line}: {why}", Exit.BAD_INPUT)


def _opened(file: Path) -> IO[str]:
    with file.open("rb") as some:
        is_packed = some.read(2) == _GZIP or file.suffix == ".gz"
    kind = _encoding(file, is_packed=is_packed)
    errors = "surrogateescape" if kind == "utf-8" else "strict"
    if is_packed:
        return gzip.open(file, "rt", encoding=kind, errors=errors, newline="")
    return file.open(encoding=kind, errors=errors, newline="")


def _encoding(file: Path, *, is_packed: bool) -> str:
    """UTF-16 says so in its first bytes; what is no UTF-8 in the rest, the reader sees to."""
    with gzip.open(file) if is_packed else file.open("rb") as some:
        first = some.read(2)
    return "utf-16" if first in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"


@contextmanager
def predictions_into(
    out: Path | None,
) -> Iterator[Callable[[int, "Answer", int], None] | None]:
    """What writes a row of predictions; None without a file. The file is there when it is whole."""
    if out is None:
        yield None
        return
    with _whole(out) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "learner", "skill", "item", "correct", "p"])

        def write(nth: int, answer: "Answer", p_micro: int) -> None:
            skills = "~".join(skill for _, skill in answer.skills)
            chance = f"{p_micro / 1e6:.6f}"
            writer.writerow(
                [nth, answer.learner, skills, answer.item[1], int(answer.correct), chance]
            )

        yield write


def write_whole(out: Path, raw: bytes) -> None:
    """Write a file in one piece, or nothing."""
    with _whole(out) as part:
        part.write_bytes(raw)


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A file beside `out` that takes its name once it is whole, and goes when it is not."""
    part = out.with_name(out.name + ".part")
    try:
        yield part
        part.replace(out)
    except FileNotFoundError as error:
        raise CommandError(f"There is no folder {out.parent}.", Exit.NOT_FOUND) from error
    except PermissionError:
        raise
    except OSError as error:
        why = error.strerror or str(error)
        raise CommandError(f"{out} cannot be written: {why}.") from error
    finally:
        part.unlink(missing_ok=True)
