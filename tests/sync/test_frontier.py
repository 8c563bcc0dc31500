from hypothesis import given
from hypothesis import strategies as st

from darasa.sync.frontier import Head, Tip, frontier_digest

TIPS = st.builds(
    Tip,
    st.binary(min_size=8, max_size=8),
    st.integers(1, 2**40 - 1),
    st.binary(min_size=8, max_size=8),
)


@given(st.lists(TIPS, unique=True), st.randoms())
def test_the_digest_does_not_depend_on_order(tips, random):
    shuffled = list(tips)
    random.shuffle(shuffled)
    assert frontier_digest(shuffled) == frontier_digest(tips)
    assert len(frontier_digest(tips)) == 16


@given(st.lists(TIPS, unique=True, min_size=1))
def test_the_digest_tells_sets_apart(tips):
    assert frontier_digest(tips) != frontier_digest(tips[1:])


@given(st.lists(TIPS, min_size=1))
def test_the_digest_depends_on_the_secret_of_the_pair(tips):
    assert frontier_digest(tips, key=b"secret") != frontier_digest(tips)


def test_a_head_is_a_tip_with_the_whole_chain():
    assert Head(b"l" * 8, 3, b"c" * 8 + b"d" * 8).tip == Tip(b"l" * 8, 3, b"c" * 8)
