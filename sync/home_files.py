"""The files of a node's folder: `darasa.toml`, the key files, and the lock.

Owns their form on disk and that each is written whole or not at all. Every refusal of the system
leaves here as a HomeError that a person can read. Does not decide what is written.
"""

import contextlib
import fcntl
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, cast

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from darasa.sync.channel import Channel, TlsNumber
from darasa.sync.codec import convert
from darasa.sync.database import sync_folder
from darasa.sync.errors import CertificateError, HomeBusyError, HomeError
from darasa.sync.fingerprint import Fingerprint
from darasa.sync.ids import ID_BYTES, NodeId, Role, SchoolId, node_id_of
from darasa.sync.signing import Certificate

if TYPE_CHECKING:
    import tomlkit

FORMAT: Final = 1
CONFIG_NAME: Final = "darasa.toml"
FIRST_KEY: Final = "node.key"
_KEY_BYTES: Final = 32
_MAY_BE_ABSENT: Final = frozenset(
    {"former", "seal_public", "peer", "tls_number", "tls_pin", "fingerprint"}
)
"""The settings of ours, and of our tables, that are not in every file."""


class Peer(Struct, frozen=True):
    """The server that this node has joined: a school for a computer, a hub for a school.

    `seal_public` is the key that bundles for it are sealed to, `channel` the certificate that it
    shows on a network; None when it was joined before that was kept, or by other means.
    """

    url: str
    node_id: NodeId
    public_key: bytes
    name: str
    role: Role
    certificate: Certificate
    seal_public: bytes | None = None
    channel: Channel | None = None

    def moved_to(self, url: str) -> Self:
        """The same server at another address."""
        return replace(self, url=url)


class Config(Struct, frozen=True):
    """What `darasa.toml` says. `certificate` is this node's own; `settings` is the whole file."""

    role: Role
    name: str
    school_id: SchoolId
    certificate: Certificate
    seal_public: bytes | None
    peer: Peer | None
    settings: dict[str, Any]
    former: tuple[Certificate, ...] = ()  # of the nodes this one came from, and as their child
    fingerprint: Fingerprint | None = None
    tls_number: int = 0  # at a server: which of its TLS keys counts


def config_tables(config: Config) -> dict[str, Any]:
    """The configuration as TOML tables; ids and keys in hex."""
    tables: dict[str, Any] = {
        "format": FORMAT,
        "role": str(config.role),
        "name": config.name,
        "school_id": config.school_id.hex(),
        "certificate": config.certificate.to_bytes().hex(),
    }
    if config.former:
        tables["former"] = [each.to_bytes().hex() for each in config.former]
    if config.seal_public is not None:
        tables["seal_public"] = config.seal_public.hex()
    if config.peer is not None:
        tables["peer"] = {
            "url": config.peer.url,
            "node_id": config.peer.node_id.hex(),
            "public_key": config.peer.public_key.hex(),
            "name": config.peer.name,
            "role": str(config.peer.role),
            "certificate": config.peer.certificate.to_bytes().hex(),
        }
        if config.peer.seal_public is not None:
            tables["peer"]["seal_public"] = config.peer.seal_public.hex()
        if config.peer.channel is not None:
            tables["peer"]["tls_number"] = config.peer.channel.number
            tables["peer"]["tls_pin"] = config.peer.channel.pin.hex()
    if config.tls_number:
        tables["tls_number"] = config.tls_number
    if config.fingerprint is not None:
        tables["fingerprint"] = to_builtins(config.fingerprint)
    return tables


def read_config(path: Path) -> Config:
    """The configuration of a node. Raises HomeError."""
    file = path / CONFIG_NAME
    try:
        return config_of(file.read_text(encoding="utf-8"), where=str(file))
    except UnicodeDecodeError as error:
        raise HomeError(f"{file} cannot be read: {error}.") from error


def config_of(text: str, *, where: str) -> Config:
    """The configuration in the text of a `darasa.toml`. Raises HomeError that says `where`."""
    try:
        settings = tomllib.loads(text)
        if settings["format"] > FORMAT:
            raise HomeError(f"{where} was made by a newer Darasa. Update Darasa to open it.")
        seal_public = settings.get("seal_public")
        peer = settings.get("peer")
        return Config(
            Role(settings["role"]),
            str(settings["name"]),
            SchoolId(_hex(settings["school_id"], ID_BYTES)),
            Certificate.from_bytes(bytes.fromhex(settings["certificate"])),
            None if seal_public is None else _hex(seal_public, 32),
            None if peer is None else _peer_of(peer),
            settings,
            tuple(Certificate.from_bytes(bytes.fromhex(raw)) for raw in settings.get("former", ())),
            convert(settings["fingerprint"], Fingerprint) if "fingerprint" in settings else None,
            convert(settings.get("tls_number", 0), TlsNumber),
        )
    except (ValueError, KeyError, TypeError, AttributeError, CertificateError) as error:
        raise HomeError(f"{where} cannot be read: {error}.") from error


def _peer_of(table: dict[str, Any]) -> Peer:
    public_key = _hex(table["public_key"], 32)
    seal_public = table.get("seal_public")
    pin = table.get("tls_pin")
    return Peer(
        str(table["url"]),
        node_id_of(public_key),
        public_key,
        str(table["name"]),
        Role(table["role"]),
        Certificate.from_bytes(bytes.fromhex(table["certificate"])),
        None if seal_public is None else _hex(seal_public, 32),
        None if pin is None else Channel(convert(table["tls_number"], TlsNumber), _hex(pin, 32)),
    )


def _hex(text: str, length: int) -> bytes:
    """Bytes of a known length from hex. Raises ValueError."""
    raw = bytes.fromhex(text)
    if len(raw) != length:
        raise ValueError(f"{length} bytes were expected")
    return raw


def write_config(path: Path, config: Config) -> None:
    """Write `darasa.toml`; what people added to it stays, their comments too."""
    import tomlkit  # late: only a change of the configuration needs it

    file = path / CONFIG_NAME
    with speaking(path, "saved"):
        if file.exists():
            document = tomlkit.parse(file.read_text(encoding="utf-8"))
        else:
            document = tomlkit.document()
            document.add(tomlkit.comment("One folder is one node. Keep the keys secret."))
        _update(document, config_tables(config), _MAY_BE_ABSENT)
        write_whole(file, tomlkit.dumps(document).encode("utf-8"))


def _update(
    table: "tomlkit.items.Table | tomlkit.TOMLDocument",
    values: dict[str, Any],
    may_be_absent: frozenset[str],
) -> None:
    """Set these; of ours that may be absent, those that are not among them go."""
    for name in may_be_absent - values.keys():
        table.pop(name, None)
    for name, value in values.items():
        if isinstance(value, dict) and name in table:
            _update(cast("tomlkit.items.Table", table[name]), value, _MAY_BE_ABSENT)
        else:
            table[name] = value


def key_name(node_id: NodeId) -> str:
    """The file of the key of a node that came from another one."""
    return f"{node_id.hex()}.key"


def write_key(file: Path, raw: bytes) -> None:
    """Write the 32 bytes of a key, in hex, for the owner's eyes only."""
    write_whole(file, raw.hex().encode("ascii") + b"\n")


def read_key(file: Path) -> bytes:
    """The 32 bytes of a key file. Raises HomeError."""
    try:
        return _hex(file.read_text(encoding="ascii").strip(), 32)
    except ValueError as error:
        raise HomeError(f"The key file {file} is damaged.") from error


def write_whole(file: Path, raw: bytes) -> None:
    """Put a file (0600) in place whole, or leave what is there; durable on return."""
    temporary = file.with_name(f".{file.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(raw)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)
    sync_folder(file.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `lock` in a folder. Raises HomeBusyError when another program has it."""
    with speaking(path, "used"):
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with speaking(path, "used"):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise HomeBusyError(
                    f"Another Darasa program is using {path}. Close it and try again."
                ) from None
        yield
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)


@contextmanager
def speaking(path: Path, done: str) -> Iterator[None]:
    """Turn the system's refusal into a sentence."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise HomeError(f"The folder {path} cannot be {done}: {reason}.") from error
