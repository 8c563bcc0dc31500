"""`darasa pack`: check, build and install content packs, list them, begin a new one."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from darasa.cli.bundled import install_bundled
from darasa.cli.exits import CommandError, Exit
from darasa.cli.options import home_option, on_node, print_json

if TYPE_CHECKING:
    from darasa.sync.home import Home

Sign = Callable[[bytes], tuple[bytes, bytes]]


@click.group()
def pack() -> None:
    """Content packs: check, build, install, list, new.

    Example: darasa pack check fractions-p5
    """


@pack.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(folder: Path, *, as_json: bool) -> int:
    """Look for mistakes in a folder of sources: file, line, what is wrong, how to mend it.

    Example: darasa pack check fractions-p5
    """
    from darasa.content_packs.check import check_folder
    from darasa.content_packs.safe_text import safe_text

    _folder_there(folder)
    findings = check_folder(folder)
    errors = sum(finding.level == "error" for finding in findings)
    warnings = len(findings) - errors
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "errors": errors,
                "warnings": warnings,
                "findings": [asdict(finding) for finding in findings],
            }
        )
    else:
        for finding in findings:
            where = safe_text(str(folder / finding.path))
            click.echo(f"{where}{_line(finding.line)}: {finding.level}")
            click.echo(f"    {finding.what}")
            if finding.remedy:
                click.echo(f"    {finding.remedy}")
        click.echo(_summary(errors, warnings))
    return Exit.BAD_INPUT if errors else Exit.DONE


@pack.command()
@home_option
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Sign with this key file (made if it is not there) and not with the node's key.",
)
@click.option(
    "--difficulties",
    "fit_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="How hard items are, by a fit that `mastery fit` or `mastery save` wrote.",
)
def build(
    home: Path, folder: Path, out: Path | None, key_file: Path | None, fit_file: Path | None
) -> None:
    """Build a folder of sources into one signed file.

    Example: darasa pack build fractions-p5 --difficulties fitted.json
    """
    from darasa.cli.pack_difficulties import say, with_fit
    from darasa.content_packs.build import build_source
    from darasa.content_packs.source import read_source, sound

    _folder_there(folder)
    with _plain_refusals():
        source, difficulties = sound(read_source(folder)), None
        if fit_file is not None:
            source, difficulties = with_fit(source, fit_file)
        key, sign = _key_of(home, key_file)
        built = build_source(source, sign=sign)
    assert source.manifest is not None
    target = out or Path(f"{source.manifest.id}.pack")
    _write_file(target, built)
    head = source.manifest
    click.echo(f"{target}: {head.title}, version {head.version}, number {head.sequence}.")
    click.echo(f"{head.items} items, {len(head.skills)} skills, {len(built)} bytes.")
    if difficulties is not None:
        say(difficulties)
    if key_file is not None:
        click.echo(f"Signed by {key.hex()}")
    click.echo(f"Next:  darasa pack install {target}")


@pack.command()
@home_option
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--trust", metavar="KEY", multiple=True, help="Accept this author's key too.")
def install(home: Path, file: Path | None, trust: tuple[str, ...]) -> None:
    """Put a pack on this node. It takes effect when a learner next signs in.

    Without FILE: the courses that come with Darasa, as `school init` does; for a server that came
    back from its recovery kit.

    Example: darasa pack install fractions-p5.pack
    """
    from darasa.content_packs.shelf import Shelf
    from darasa.learning.pack_delivery import countersign_of
    from darasa.sync.home import open_home
    from darasa.sync.ids import Role

    node = open_home(home)
    if file is None:
        _install_bundled(node)
        return
    own = None if node.role is Role.COMPUTER else countersign_of(node)
    keys = [node.node_key.public, *(_public_key(text) for text in trust)]
    if node.peer is not None:
        keys.append(node.peer.public_key)
    with _plain_refusals():
        pack = Shelf(node.blobs_path).install(file, trusted=keys, countersign=own)
    if node.role is Role.SCHOOL:
        on_node(home, "publish-packs", {})  # its computers fetch what it says it has
    click.echo(f"{pack.title}, version {pack.version}, is installed: {len(pack.items)} items.")


def _install_bundled(node: "Home") -> None:
    from darasa.sync.ids import Role

    if node.role is Role.COMPUTER and node.peer is not None:
        raise CommandError(f"The courses of this computer come from {node.peer.name}:  darasa sync")
    with _plain_refusals():
        titles = install_bundled(node)
    if node.role is Role.SCHOOL:
        on_node(node.path, "publish-packs", {})
    if titles:
        click.echo(f"Courses: {', '.join(titles)}.")
    else:
        click.echo("Newer courses are here already. Nothing was changed.")


@pack.command("list")
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_(home: Path, *, as_json: bool) -> None:
    """The packs that are installed on this node.

    Example: darasa pack list --json
    """
    from darasa.content_packs.shelf import Shelf
    from darasa.sync.home import open_home

    packs = Shelf(open_home(home).blobs_path).list()
    if as_json:
        print_json({"packs": [asdict(info) for info in packs]})
        return
    for info in packs:
        click.echo(
            f"{info.id}  {info.version}  {info.title}: {info.items} items, {info.skills} skills, "
            f"{info.size // 1024 + 1} KiB"
        )
    if not packs:
        click.echo("No pack is installed.  darasa pack install FILE")


@pack.command()
@click.argument("folder", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Begin a pack: a small folder that shows how each thing is written.

    Example: darasa pack new my-first-pack
    """
    from darasa.content_packs.scaffold import new_folder

    with _plain_refusals():
        made = new_folder(folder)
    for path in made:
        click.echo(str(path))
    click.echo(f"Next:  darasa pack check {folder}")


@contextmanager
def _plain_refusals() -> Iterator[None]:
    """Give each kind of pack error its exit code."""
    from darasa.content_packs.errors import PackError, PackNotFoundError, PackRefusedError

    try:
        yield
    except PackRefusedError as error:
        raise CommandError(str(error), Exit.REFUSED) from error
    except PackNotFoundError as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from error
    except PackError as error:
        raise CommandError(str(error), Exit.BAD_INPUT) from error


def _key_of(home: Path, key_file: Path | None) -> tuple[bytes, Sign]:
    """The public key that signs, and the signer."""
    from darasa.sync.home import open_home
    from darasa.sync.home_files import read_key, write_key
    from darasa.sync.signing import NodeKey

    if key_file is None:
        key = open_home(home).node_key
    elif key_file.exists():
        key = NodeKey.from_private(read_key(key_file))
    else:
        key = NodeKey.generate(os.urandom)
        write_key(key_file, key.private_bytes())
        click.echo(f"Made a new key: {key_file}. Keep it; later versions need it.", err=True)
    return key.public, lambda raw: (key.public, key.sign("pack", raw))


def _public_key(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise click.UsageError("--trust takes 64 figures 0-9 a-f, as `pack build --key` prints.")
    return raw


def _write_file(target: Path, raw: bytes) -> None:
    """Write the whole file or leave what is there."""
    temporary = target.with_name(f".{target.name}.new")
    try:
        temporary.write_bytes(raw)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise CommandError(f"{target} could not be written ({error.strerror}).") from error


def _folder_there(folder: Path) -> None:
    if not folder.is_dir():
        raise CommandError(f"There is no folder {folder}.", Exit.NOT_FOUND)


def _line(line: int) -> str:
    return f":{line}" if line else ""


def _summary(errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return "No mistakes found."
    return (
        f"{errors} to mend, {warnings} to look at." if errors else f"Good. {warnings} to look at."
    )
