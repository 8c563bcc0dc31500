"""One folder is one node: its role and name, its keys, its peer, and the lock on it.

`home_files` has the form of `darasa.toml`, of the key files (0600 in a 0700 folder) and of the
lock; this says what is in them, and when. A folder is a node from the
moment `darasa.toml` is there; that file is written last, whole, so that a crash leaves either no
node or a whole one. Does not know what the store holds.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, Self, TypeVar

from msgspec.structs import replace

from darasa.sync import seal_key_files
from darasa.sync.channel import Channel, channel_of, channel_pem
from darasa.sync.clock import Clock
from darasa.sync.database import sync_folder
from darasa.sync.erased_file import FILE_NAME as ERASED_FILE
from darasa.sync.errors import HomeError
from darasa.sync.home_files import (
    CONFIG_NAME,
    FIRST_KEY,
    Config,
    Peer,
    config_tables,
    key_name,
    locked,
    read_config,
    read_key,
    speaking,
    write_config,
    write_key,
    write_whole,
)
from darasa.sync.ids import ID_BYTES, NO_SCHOOL, NodeId, Rng, Role, SchoolId
from darasa.sync.lineage import is_child
from darasa.sync.signing import Certificate, NodeKey, issue_certificate

if TYPE_CHECKING:
    from darasa.sync.fingerprint import Fingerprint
    from darasa.sync.recovery_kit import RecoveryKit
    from darasa.sync.sealing import SealKey

__all__ = ["Home", "Peer", "init_home", "is_home", "open_home", "recovered_home"]

NAME_LENGTH_MAX: Final = 120
_ROLE_WORDS: Final = {
    Role.COMPUTER: "the computer",
    Role.SCHOOL: "the school server",
    Role.HUB: "the hub",
}
_WHAT_A_ROLE_IS: Final = {
    Role.COMPUTER: "a computer",
    Role.SCHOOL: "a school server",
    Role.HUB: "a hub",
}


_Args = ParamSpec("_Args")
_Answer = TypeVar("_Answer")


def _one_change(
    change: "Callable[Concatenate[Home, _Args], _Answer]",
) -> "Callable[Concatenate[Home, _Args], _Answer]":
    """What begins from the configuration as it is and saves another, one thread at a time."""

    @wraps(change)
    def alone(home: "Home", /, *args: _Args.args, **kwargs: _Args.kwargs) -> _Answer:
        with home.saving:
            return change(home, *args, **kwargs)

    return alone


class Home:
    """An opened node. Made by `init_home`, `open_home`, or `Home.in_memory`.

    Safe to use from several threads.
    """

    def __init__(
        self,
        path: Path | None,
        config: Config,
        *,
        node_key: NodeKey,
        seal_keys: "tuple[SealKey, ...]",
    ) -> None:
        self._path = path
        self._config = config
        self.saving = threading.RLock()
        self.node_key = node_key
        self.seal_keys = seal_keys  # the one for new text first, then those it had before

    @classmethod
    def in_memory(
        cls, *, role: Role, name: str, rng: Rng, school_id: SchoolId | None = None
    ) -> Self:
        """A node without a folder, for simulated nodes and tests; `path` and files raise."""
        config, node_key, seal_keys = _new_node(role, name, rng, school_id=school_id)
        return cls(None, config, node_key=node_key, seal_keys=seal_keys)

    @property
    def path(self) -> Path:
        """The folder. Raises HomeError for a node in memory."""
        if self._path is None:
            raise HomeError("This node has no folder.")
        return self._path

    @property
    def is_in_memory(self) -> bool:
        """Whether there is no folder."""
        return self._path is None

    @property
    def role(self) -> Role:
        """What it is, as `init` made it."""
        return self._config.role

    @property
    def name(self) -> str:
        """The name people gave it."""
        return self._config.name

    @property
    def node_id(self) -> NodeId:
        """Its id, from its key."""
        return self.node_key.node_id

    @property
    def school_id(self) -> SchoolId:
        """Its school; NO_SCHOOL for a hub, and for a computer that has not joined."""
        return self._config.school_id

    @property
    def seal_key(self) -> "SealKey | None":
        """The private half of the key that new personal text is sealed to; a computer has none."""
        return next(iter(self.seal_keys), None)

    @property
    def seal_public(self) -> bytes | None:
        """What personal text is sealed to; None on a computer that has not joined."""
        return self._config.seal_public if self.seal_key is None else self.seal_key.public

    @property
    def certificate(self) -> Certificate:
        """This node's own certificate: from its server once it has joined, else by itself."""
        return self._config.certificate

    @property
    def former(self) -> tuple[Certificate, ...]:
        """Certificates of the nodes that this one came from, and those that they gave it."""
        return self._config.former

    @property
    def own_ids(self) -> tuple[NodeId, ...]:
        """This node's id, and those it had before its folder was copied or moved."""
        return tuple(dict.fromkeys((self.node_id, *(each.node_id for each in self.former))))

    @property
    def peer(self) -> Peer | None:
        """The server it has joined."""
        return self._config.peer

    @property
    def config(self) -> dict[str, Any]:
        """The whole of `darasa.toml`, as plain values; a copy."""
        return {**self._config.settings, **config_tables(self._config)}

    @property
    def store_path(self) -> Path:
        """The SQLite store."""
        return self.path / "store.sqlite3"

    @property
    def erased_path(self) -> Path:
        """The learners who are erased; it outlives a store that is put back."""
        return self.path / ERASED_FILE

    @property
    def blobs_path(self) -> Path:
        """The folder of content packs and files."""
        return self.path / "blobs"

    @property
    def control_path(self) -> Path:
        """The socket on which the running program takes operations."""
        return self.path / "control.sock"

    @_one_change
    def save_peer(
        self,
        peer: Peer,
        *,
        certificate: Certificate | None = None,
        school_id: SchoolId | None = None,
        seal_public: bytes | None = None,
    ) -> None:
        """Note the server that this node has joined, and what it gave: all at once or not at all.

        `certificate` is this node's new one; a computer also gets its school and the key that
        personal text is sealed to. Raises HomeError when it cannot be saved.
        """
        config = replace(
            self._config,
            peer=peer,
            certificate=self._config.certificate if certificate is None else certificate,
            school_id=self._config.school_id if school_id is None else school_id,
            seal_public=self._config.seal_public if seal_public is None else seal_public,
        )
        self._save(config)

    @cached_property
    def channel(self) -> Channel:
        """At a server: the certificate that it shows on a network."""
        return channel_of(self.node_key, self._config.tls_number)

    def write_channel_pem(self) -> Path:
        """At a server: the file that the TLS library takes. Raises HomeError.

        It is the same at each start, and then nothing is written: a full disk stops no server.
        """
        file = self.path / "keys" / "tls.pem"
        pem = channel_pem(self.node_key, self._config.tls_number)
        with speaking(self.path, "used"):
            if not file.exists() or file.read_bytes() != pem:
                write_whole(file, pem)
        return file

    @_one_change
    def renew_channel(self) -> None:
        """At a server: the next TLS key counts, from its next start. Raises HomeError."""
        self._save(replace(self._config, tls_number=self._config.tls_number + 1))
        self.__dict__.pop("channel", None)

    @_one_change
    def keep_channel(self, number: int) -> None:
        """At a server that came back: the TLS key that those who joined it know, if it is later."""
        if number > self._config.tls_number:
            self._save(replace(self._config, tls_number=number))
            self.__dict__.pop("channel", None)

    @_one_change
    def take_channel(self, channel: Channel) -> None:
        """The server that this node has joined shows another certificate. Raises HomeError."""
        assert self.peer is not None
        self._save(replace(self._config, peer=replace(self.peer, channel=channel)))

    @_one_change
    def take_seal_public(self, seal_public: bytes) -> None:
        """At a computer: its school has a new key for new text. Raises HomeError."""
        self._save(replace(self._config, seal_public=seal_public))

    @_one_change
    def take_seal_key(self, key: "SealKey", *, is_newest: bool) -> None:
        """Keep a key of this server; `is_newest`: new text is sealed to it from now on.

        A key that is known stays where it is. The earlier ones are kept for ever: what was sealed
        to them is readable by no other. Raises HomeError when it cannot be saved.
        """
        if any(known.key_id == key.key_id for known in self.seal_keys):
            return
        newest, others = self.seal_keys[:1], self.seal_keys[1:]
        keys = (key, *newest, *others) if is_newest else (*newest, key, *others)
        if self._path is not None:
            seal_key_files.write(self._path, keys)
        self.seal_keys = keys
        self._save(replace(self._config, seal_public=keys[0].public))

    @_one_change
    def save_certificate(self, certificate: Certificate) -> None:
        """Take the certificate of this node that its server gave in place of the one it had.

        A child's certificate is kept as former: it proves where this node came from.
        """
        if certificate == self._config.certificate:
            return
        old = self._config.certificate
        former = (*self._config.former, old) if is_child(old) else self._config.former
        self._save(replace(self._config, certificate=certificate, former=former))

    @property
    def fingerprint(self) -> "Fingerprint | None":
        """The place where this folder was last; None: not noted yet."""
        return self._config.fingerprint

    @_one_change
    def save_fingerprint(self, fingerprint: "Fingerprint") -> None:
        """Note where this folder is. Raises HomeError."""
        self._save(replace(self._config, fingerprint=fingerprint))

    @_one_change
    def become(self, key: NodeKey, child: Certificate, fingerprint: "Fingerprint") -> None:
        """Be the node of `key` from now on, which came from this one: all at once or not at all.

        `child` is its certificate by the key so far, which stays in its file. Raises HomeError.
        """
        if self._path is not None:
            with speaking(self._path, "saved"):
                write_key(self._path / "keys" / key_name(key.node_id), key.private_bytes())
        former = (*self._config.former, self.certificate)
        self._save(replace(self._config, certificate=child, former=former, fingerprint=fingerprint))
        self.node_key = key

    def _save(self, config: Config) -> None:
        if self._path is not None:
            write_config(self._path, config)
        self._config = config

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder: one process at a time. Raises HomeBusyError when another has it."""
        if self._path is None:
            yield
            return
        with locked(self._path):
            yield


def init_home(path: Path, *, role: Role, name: str, rng: Rng, clock: Clock | None = None) -> Home:
    """Make a folder a node; it may exist already, if it is not one. `clock` is not needed.

    Raises HomeError when it is a node, when the name is empty or too long, or when it cannot be
    written. A crash on the way leaves no node, and a second try succeeds.
    """
    del clock  # a node's identity has no date
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH_MAX:
        raise HomeError(f"Give it a name of 1 to {NAME_LENGTH_MAX} letters.")
    return _made(path, *_new_node(role, name, rng))


def recovered_home(path: Path, kit: "RecoveryKit") -> Home:
    """A server again, from its recovery kit, in a new folder; its store begins empty.

    Those who joined it know it by its key: they send what it lacks. A kit without a school is a
    hub's. Raises HomeError like `init_home`.
    """
    from darasa.sync.sealing import SealKey

    node_key = NodeKey.from_private(kit.node_key)
    seal_keys = tuple(map(SealKey.from_private, kit.seal_keys))
    school_id = SchoolId(kit.school_id)
    role = Role.HUB if school_id == NO_SCHOOL else Role.SCHOOL
    return _made(path, *_node_of(role, kit.name, node_key, school_id, seal_keys))


def _made(path: Path, config: Config, node_key: NodeKey, seal_keys: "tuple[SealKey, ...]") -> Home:
    """Write a new node's folder; `darasa.toml` last, so that a crash leaves none."""
    with speaking(path, "made"):
        path.mkdir(parents=True, exist_ok=True)
        with locked(path):
            if is_home(path):
                raise HomeError(_already(path))
            path.chmod(0o700)
            keys = path / "keys"
            keys.mkdir(mode=0o700, exist_ok=True)
            keys.chmod(0o700)
            write_key(keys / FIRST_KEY, node_key.private_bytes())
            seal_key_files.write(path, seal_keys)
            sync_folder(path)
            write_config(path, config)
            sync_folder(path.parent)
    return Home(path, config, node_key=node_key, seal_keys=seal_keys)


def is_home(path: Path) -> bool:
    """Whether a folder is a node, readable or not."""
    return (path / CONFIG_NAME).is_file()


def open_home(path: Path, *, expect: Role | None = None) -> Home:
    """Open the node in a folder.

    Raises HomeError: no node there, not of the role `expect`, or files that cannot be read.
    """
    if not is_home(path):
        what = _WHAT_A_ROLE_IS.get(expect, "a Darasa folder") if expect else "a Darasa folder"
        raise HomeError(f"{path} is not {what} yet.")
    with speaking(path, "read"):
        config = read_config(path)
        if expect is not None and config.role is not expect:
            raise HomeError(
                f"{path} is {_ROLE_WORDS[config.role]} “{config.name}”,"
                f" not {_WHAT_A_ROLE_IS[expect]}."
            )
        node_key = _node_key(path / "keys", config.certificate.node_id)
        if node_key.node_id != config.certificate.node_id:
            raise HomeError(f"The key in {path} belongs to another node.")
        seal_keys = seal_key_files.read(path)
    return Home(path, config, node_key=node_key, seal_keys=seal_keys)


def _node_key(keys: Path, node_id: NodeId) -> NodeKey:
    """The key of a node: the first one of the folder, or one that it made when it was copied."""
    file = keys / key_name(node_id)
    return NodeKey.from_private(read_key(file if file.exists() else keys / FIRST_KEY))


def _new_node(
    role: Role, name: str, rng: Rng, *, school_id: SchoolId | None = None
) -> tuple[Config, NodeKey, "tuple[SealKey, ...]"]:
    """A node that certifies itself: keys, a school's id, and its configuration."""
    from darasa.sync.sealing import SealKey

    node_key = NodeKey.generate(rng)
    seal_keys = () if role is Role.COMPUTER else (SealKey.generate(rng),)
    if school_id is None:
        school_id = SchoolId(rng(ID_BYTES)) if role is Role.SCHOOL else NO_SCHOOL
    return _node_of(role, name, node_key, school_id, seal_keys)


def _node_of(
    role: Role,
    name: str,
    node_key: NodeKey,
    school_id: SchoolId,
    seal_keys: "tuple[SealKey, ...]",
) -> tuple[Config, NodeKey, "tuple[SealKey, ...]"]:
    """A node of these keys, certified by itself."""
    certificate = issue_certificate(
        node_key, subject_public=node_key.public, role=role, school_id=school_id
    )
    seal_public = seal_keys[0].public if seal_keys else None
    return Config(role, name, school_id, certificate, seal_public, None, {}), node_key, seal_keys


def _already(path: Path) -> str:
    """The sentence for a folder that is a node."""
    try:
        config = read_config(path)
    except HomeError:
        return f"{path} is already a Darasa folder, and it cannot be read."
    return f"{path} is already {_ROLE_WORDS[config.role]} “{config.name}”."
