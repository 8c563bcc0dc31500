import hashlib

from darasa.sync.ids import NO_SCHOOL, Role, hash16, node_id_of


def test_a_node_id_is_the_first_half_of_blake2b_256_of_the_key():
    assert node_id_of(b"k" * 32) == hashlib.blake2b(b"k" * 32, digest_size=32).digest()[:16]


def test_hash16_is_blake2b_128():
    assert hash16(b"x") == hashlib.blake2b(b"x", digest_size=16).digest()


def test_no_school_is_sixteen_zero_bytes():
    assert bytes(16) == NO_SCHOOL


def test_roles_are_written_as_words():
    assert [str(role) for role in Role] == ["computer", "school", "hub"]
