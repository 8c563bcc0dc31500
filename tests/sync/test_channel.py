"""The TLS certificate of a server: one from each key and number, and announced."""

import hashlib
import json
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.channel import Announcement, Channel, announce, channel_of, channel_pem, pin_of
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.home import init_home
from darasa.sync.ids import Role
from darasa.sync.signing import NodeKey

KEY = NodeKey.from_private(bytes(range(32)))
OTHER = NodeKey.from_private(bytes(range(1, 33)))


def certificate_of(pem):
    return ssl.PEM_cert_to_DER_cert(pem[pem.index(b"-----BEGIN CERTIFICATE") :].decode())


def test_a_node_key_gives_the_same_certificate_each_time():
    assert channel_pem(KEY) == channel_pem(KEY)
    assert channel_of(KEY).pin == pin_of(certificate_of(channel_pem(KEY)))


def test_the_certificate_of_a_known_key_is_a_known_one():
    """A server that was put back years later, with another library, must still be known."""
    told = json.loads((Path(__file__).parents[1] / "vectors/channel.json").read_text())
    key = NodeKey.from_private(bytes.fromhex(told["node_private_key"]))
    for each in told["channels"]:
        channel = channel_of(key, each["number"])
        certificate = certificate_of(channel_pem(key, each["number"]))
        assert certificate.hex() == each["certificate"]
        assert channel.pin.hex() == hashlib.sha256(certificate).hexdigest() == each["pin"]
        assert announce(key, channel).to_bytes().hex() == each["announcement"]


def test_the_key_file_of_a_server_is_written_once_and_made_whole_when_it_is_damaged(tmp_path, rng):
    home = init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=rng)
    file = home.write_channel_pem()
    first = file.stat()
    assert home.write_channel_pem().stat().st_ino == first.st_ino  # nothing was put in its place
    file.write_bytes(b"half a ke")
    assert home.write_channel_pem().read_bytes() == channel_pem(home.node_key)


def test_another_key_and_another_number_give_another_certificate():
    pins = {channel_of(key, number).pin for key in (KEY, OTHER) for number in (0, 1, 2)}
    assert len(pins) == 6


def test_an_announcement_holds_under_the_key_that_made_it_only():
    channel = channel_of(KEY, 3)
    told = Announcement.parse(announce(KEY, channel).to_bytes())
    assert told.channel == channel
    assert told.is_of(KEY.public)
    assert not told.is_of(OTHER.public)
    forged = Announcement(Channel(4, channel.pin), told.signature)
    assert not forged.is_of(KEY.public)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_announcement_are_refused(raw):
    with pytest.raises(RemoteProtocolError):
        Announcement.parse(raw)
