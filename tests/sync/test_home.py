"""One folder is one node: made whole or not at all, opened with a sentence when it is not right."""

import os
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from darasa.sync import home_files
from darasa.sync.channel import Channel
from darasa.sync.errors import HomeBusyError, HomeError
from darasa.sync.home import Home, Peer, init_home, is_home, open_home
from darasa.sync.ids import NO_SCHOOL, Role
from darasa.sync.signing import NodeKey, check_certificate, issue_certificate

TOML_NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)


@pytest.fixture
def school(tmp_path, rng) -> Home:
    return init_home(tmp_path / "school", role=Role.SCHOOL, name="Umoja", rng=rng)


def peer_of(school: Home) -> Peer:
    return Peer(
        "http://127.0.0.1:8710",
        school.node_id,
        school.node_key.public,
        school.name,
        school.role,
        school.certificate,
    )


@pytest.mark.parametrize("role", list(Role))
def test_a_node_opens_as_it_was_made(tmp_path, rng, clock, role):
    made = init_home(
        tmp_path / "node", role=role, name="  Umoja   “Primary” ", rng=rng, clock=clock
    )
    again = open_home(tmp_path / "node", expect=role)
    for node in (made, again):
        assert (node.role, node.name) == (role, "Umoja “Primary”")
        assert node.node_id == made.node_key.node_id
        assert node.certificate.is_self_signed
        assert check_certificate(node.certificate, made.node_key.public)
        assert node.certificate.role is role
        assert node.certificate.school_id == node.school_id == made.school_id
        assert node.seal_public == made.seal_public
        assert node.peer is None
        assert not node.is_in_memory
    assert (made.school_id == NO_SCHOOL) == (role is not Role.SCHOOL)
    assert (made.seal_key is None) == (made.seal_public is None) == (role is Role.COMPUTER)
    assert again.config["role"] == str(role)


def test_two_nodes_never_share_an_identity(tmp_path, rng):
    one = init_home(tmp_path / "1", role=Role.SCHOOL, name="A", rng=rng)
    two = init_home(tmp_path / "2", role=Role.SCHOOL, name="A", rng=rng)
    assert one.node_id != two.node_id
    assert one.school_id != two.school_id
    assert one.seal_public != two.seal_public


def test_only_the_owner_may_read_the_keys(school):
    assert mode(school.path) == mode(school.path / "keys") == 0o700
    for name in ("keys/node.key", "keys/seal.key", "darasa.toml", "lock"):
        assert mode(school.path / name) == 0o600


def test_private_keys_are_not_in_the_configuration(school):
    text = (school.path / "darasa.toml").read_text()
    assert school.node_key.private_bytes().hex() not in text
    assert school.seal_key.private_bytes().hex() not in text


def test_a_folder_that_is_a_node_is_not_made_again(school, rng):
    with pytest.raises(HomeError, match="is already the school server “Umoja”"):
        init_home(school.path, role=Role.HUB, name="District", rng=rng)
    assert open_home(school.path).node_id == school.node_id


def test_an_unreadable_node_is_not_made_again(school, rng):
    (school.path / "darasa.toml").write_text("role = ")
    with pytest.raises(HomeError, match="already a Darasa folder"):
        init_home(school.path, role=Role.SCHOOL, name="Umoja", rng=rng)


@pytest.mark.parametrize("name", ["", "  \n ", "x" * 121])
def test_a_node_needs_a_name(tmp_path, rng, name):
    with pytest.raises(HomeError):
        init_home(tmp_path / "node", role=Role.HUB, name=name, rng=rng)
    assert not is_home(tmp_path / "node")


def test_a_folder_of_another_role_is_refused_with_its_name(school):
    with pytest.raises(HomeError, match="is the school server “Umoja”, not a computer"):
        open_home(school.path, expect=Role.COMPUTER)


def test_a_folder_that_is_no_node_is_refused(tmp_path):
    with pytest.raises(HomeError, match="is not a computer yet"):
        open_home(tmp_path, expect=Role.COMPUTER)
    with pytest.raises(HomeError, match="is not a Darasa folder yet"):
        open_home(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml",
        "format = 1",
        "format = 2",
        'format = "one"',
        'format = 1\nrole = "king"\nname = "x"\nschool_id = ""\ncertificate = ""',
        'format = 1\nrole = "hub"\nname = "x"\nschool_id = "zz"\ncertificate = ""',
        'format = 1\nrole = "hub"\nname = "x"\nschool_id = 5\ncertificate = ""',
        "\x00",
    ],
)
def test_a_configuration_that_cannot_be_read_is_a_sentence(school, text):
    (school.path / "darasa.toml").write_text(text)
    with pytest.raises(HomeError):
        open_home(school.path)


@given(raw=st.binary(max_size=200))
def test_no_configuration_crashes_the_reader(tmp_path_factory, raw):
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    (folder / "darasa.toml").write_bytes(raw)
    with pytest.raises(HomeError):
        open_home(folder)


def test_damaged_or_foreign_keys_are_refused(school, tmp_path, rng):
    key = school.path / "keys" / "node.key"
    good = key.read_text()
    for bad in ("", "zz", good[:-4], NodeKey.generate(rng).private_bytes().hex()):
        key.write_text(bad)
        with pytest.raises(HomeError):
            open_home(school.path)
    key.unlink()
    with pytest.raises(HomeError):
        open_home(school.path)


def test_joining_saves_all_or_nothing(tmp_path, rng, school, monkeypatch):
    computer = init_home(tmp_path / "pc", role=Role.COMPUTER, name="Lab 1", rng=rng)
    given_certificate = issue_certificate(
        school.node_key,
        subject_public=computer.node_key.public,
        role=Role.COMPUTER,
        school_id=school.school_id,
    )
    gifts = {
        "certificate": given_certificate,
        "school_id": school.school_id,
        "seal_public": school.seal_public,
    }
    with monkeypatch.context() as broken:
        broken.setattr(home_files.os, "fsync", full_disk)
        with pytest.raises(HomeError):
            computer.save_peer(peer_of(school), **gifts)
    for node in (computer, open_home(computer.path)):
        assert node.peer is None
        assert node.school_id == NO_SCHOOL
    computer.save_peer(peer_of(school), **gifts)
    for node in (computer, open_home(computer.path)):
        assert node.peer == peer_of(school)
        assert node.school_id == school.school_id
        assert node.seal_public == school.seal_public
        assert node.certificate == given_certificate
    moved = peer_of(school).moved_to("http://10.0.0.2:8710")
    computer.save_peer(moved)
    assert open_home(computer.path).peer == moved
    assert open_home(computer.path).certificate == given_certificate


def test_settings_that_people_added_stay(school, tmp_path, rng):
    added = '\n[serve]\nport = 8711\nhosts = ["a", "b"]\nfast = true\n[serve.deep]\n"a b" = 1.5\n'
    file = school.path / "darasa.toml"
    file.write_text(file.read_text() + added)
    node = open_home(school.path)
    hub = init_home(tmp_path / "hub", role=Role.HUB, name="District", rng=rng)
    node.save_peer(peer_of(hub))
    config = open_home(school.path).config
    assert config["serve"] == {
        "port": 8711,
        "hosts": ["a", "b"],
        "fast": True,
        "deep": {"a b": 1.5},
    }
    assert config["peer"]["name"] == "District"


def test_what_the_server_is_no_longer_known_by_leaves_the_file(school, tmp_path, rng):
    hub = init_home(tmp_path / "hub", role=Role.HUB, name="District", rng=rng)
    node = open_home(school.path)
    node.save_peer(replace(peer_of(hub), channel=hub.channel, seal_public=hub.seal_public))
    later = replace(peer_of(hub), channel=None, seal_public=None)
    node.save_peer(later)
    assert open_home(school.path).peer == later


@given(name=TOML_NAMES)
def test_any_name_survives_the_configuration_file(tmp_path_factory, name):
    import random  # a seeded one: hypothesis runs this many times

    folder = tmp_path_factory.mktemp("names") / "node"
    if not name.split():
        return
    made = init_home(folder, role=Role.HUB, name=name, rng=random.Random(1).randbytes)
    assert open_home(folder).name == made.name == " ".join(name.split())


def test_the_folder_is_held_by_one(school):
    with school.lock(), pytest.raises(HomeBusyError, match="Another Darasa program is using"):
        open_home(school.path).lock().__enter__()
    with school.lock():
        pass


def test_the_lock_is_let_go_when_its_process_dies(school):
    held = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                """
                import sys
                from pathlib import Path
                from darasa.sync.home import open_home
                with open_home(Path(sys.argv[1])).lock():
                    print("held", flush=True)
                    sys.stdin.read()
                """
            ),
            str(school.path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with held:
        assert held.stdout.readline() == b"held\n"
        with pytest.raises(HomeBusyError):
            school.lock().__enter__()
        held.kill()
    with school.lock():
        pass


def test_a_crash_while_making_a_node_leaves_none_or_a_whole_one(tmp_path):
    """The process is stopped before each write and each rename in turn, then init is run again."""
    script = textwrap.dedent(
        """
        import os, random, sys
        from pathlib import Path
        from darasa.sync.home import init_home
        from darasa.sync.ids import Role
        left = int(sys.argv[2])
        def hook(event, args):
            global left
            if event in ("open", "os.rename", "os.mkdir", "os.chmod") and "node" in str(args[0]):
                if left == 0:
                    os._exit(9)
                left -= 1
        sys.addaudithook(hook)
        init_home(Path(sys.argv[1]), role=Role.SCHOOL, name="Umoja", rng=random.Random(1).randbytes)
        """
    )
    crashes = 0
    for point in range(100):
        folder = tmp_path / f"node-{point}"
        done = subprocess.run(
            [sys.executable, "-c", script, str(folder), str(point)], check=False
        ).returncode
        if is_home(folder):
            assert open_home(folder, expect=Role.SCHOOL).name == "Umoja"
        else:
            init_home(folder, role=Role.SCHOOL, name="Umoja", rng=os.urandom)
            open_home(folder, expect=Role.SCHOOL)
        if done == 0:
            break
        assert done == 9
        crashes += 1
    assert crashes > 5


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path, rng):
    file = tmp_path / "a file"
    file.write_text("x")
    with pytest.raises(HomeError, match="cannot be made"):
        init_home(file / "node", role=Role.HUB, name="District", rng=rng)


def test_a_node_in_memory_has_no_folder(rng):
    node = Home.in_memory(role=Role.SCHOOL, name="Umoja", rng=rng, school_id=b"s" * 16)
    other = Home.in_memory(role=Role.HUB, name="District", rng=rng)
    assert node.is_in_memory
    assert node.school_id == b"s" * 16
    assert node.certificate.school_id == node.school_id
    node.save_peer(peer_of(other))
    assert node.peer.name == "District"
    with node.lock(), pytest.raises(HomeError):
        _ = node.store_path


def full_disk(_: int) -> None:
    raise OSError(28, "No space left on device")


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_two_threads_save_at_once_is_all_saved(tmp_path, rng, school):
    """A server's exchange takes what the hub says while a command makes a new key for text."""
    home = init_home(tmp_path / "pc", role=Role.COMPUTER, name="pc", rng=rng)
    home.save_peer(peer_of(school))
    pins = [Channel(number, rng(32)) for number in range(40)]
    keys = [rng(32) for _ in pins]
    lost = []

    def take_pins():
        for before, pin in pairwise(pins):
            home.take_channel(pin)
            lost.extend([pin] if home.peer.channel != pin else [])
            lost.extend([before] if home.peer.channel == before else [])

    def take_keys():
        for key in keys:
            home.take_seal_public(key)
            lost.extend([key] if home.seal_public != key else [])

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(take_pins), threads.submit(take_keys)]:
            each.result()
    again = open_home(home.path)
    assert not lost
    assert (again.peer.channel, again.seal_public) == (pins[-1], keys[-1])
