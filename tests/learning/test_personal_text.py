import os
import random
import stat

import pytest

from darasa.learning.errors import NoSchoolKeyError
from darasa.learning.personal_text import MachineSecret, PersonalText
from darasa.sync.ids import NO_SCHOOL, SchoolId
from darasa.sync.sealing import SealKey

SCHOOL = SchoolId(b"s" * 16)
OWNER, OTHER = b"o" * 16, b"p" * 16


@pytest.fixture
def key(rng):
    return SealKey.generate(rng)


def text_of(key, rng, *, school=SCHOOL, opens=True):
    keys = (key,) if opens else ()
    return PersonalText(school_id=school, public=lambda: key.public, keys=lambda: keys, rng=rng)


def test_only_the_school_opens_what_is_sealed_to_it(key, rng):
    at_school, elsewhere = text_of(key, rng), text_of(key, rng, opens=False)
    sealed = elsewhere.seal(OWNER, "learner.name", b"Amina Kato")
    assert b"Amina" not in sealed
    assert at_school.open(OWNER, "learner.name", sealed) == b"Amina Kato"
    assert elsewhere.open(OWNER, "learner.name", sealed) is None
    assert text_of(SealKey.generate(rng), rng).open(OWNER, "learner.name", sealed) is None


def test_sealed_text_cannot_be_moved_to_another_learner_field_or_school(key, rng):
    text = text_of(key, rng)
    sealed = text.seal(OWNER, "learner.name", b"Amina Kato")
    assert text.open(OTHER, "learner.name", sealed) is None
    assert text.open(OWNER, "learner.verifier", sealed) is None
    assert text_of(key, rng, school=SchoolId(b"t" * 16)).open(OWNER, "learner.name", sealed) is None


@pytest.mark.parametrize("sealed", [None, 7, "text", b"", b"x" * 80, ("nested",)])
def test_what_is_no_sealed_text_opens_to_nothing(key, rng, sealed):
    assert text_of(key, rng).open(OWNER, "learner.name", sealed) is None


def test_without_a_school_no_personal_text_can_be_written(rng):
    text = PersonalText(school_id=NO_SCHOOL, public=lambda: None, keys=tuple, rng=rng)
    with pytest.raises(NoSchoolKeyError):
        text.seal(OWNER, "learner.name", b"Amina")


def test_the_machine_secret_is_a_private_file_made_once(tmp_path, rng):
    sealed = MachineSecret.of_home(tmp_path, rng).seal(OWNER, b"verifier")
    again = MachineSecret.of_home(tmp_path, rng)
    assert again.open(OWNER, sealed) == b"verifier"
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_machine_seals_equal_text_to_equal_bytes_and_opens_no_others():
    secret, other = (MachineSecret(random.Random(n).randbytes(32)) for n in (1, 2))
    sealed = secret.seal(OWNER, b"verifier")
    assert sealed == secret.seal(OWNER, b"verifier")
    assert sealed[:12] != secret.seal(OTHER, b"verifier")[:12]
    assert other.open(OWNER, sealed) is None
    assert secret.open(OTHER, sealed) is None
    for damaged in (b"", sealed[:5], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        assert secret.open(OWNER, damaged) is None


def test_the_machine_secret_survives_a_power_cut_once_it_was_used(tmp_path, rng, monkeypatch):
    """Its name too: verifiers that were sealed under a lost one are of no use to anyone."""
    done = []
    fsync, replace = os.fsync, os.replace

    def flushed(descriptor):
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("folder" if is_folder else "file")
        fsync(descriptor)

    def renamed(source, target):
        done.append("name")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "replace", renamed)
    MachineSecret.of_home(tmp_path, rng)
    assert done == ["file", "name", "folder"]
