import pytest

from darasa.server import wording

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("span_ms", "words"),
    [
        (None, "never"),
        (-5, "just now"),
        (59_999, "just now"),
        (MINUTE, "1 minute ago"),
        (119 * MINUTE, "119 minutes ago"),
        (2 * HOUR, "2 hours ago"),
        (3 * DAY, "3 days ago"),
        (-2 * DAY, "before the clock was set"),
        (54 * 365 * DAY, "before the clock was set"),
    ],
)
def test_the_time_since_a_contact_is_said_in_words(span_ms: int | None, words: str) -> None:
    assert wording.ago(span_ms) == words


@pytest.mark.parametrize(
    ("span_ms", "words"),
    [(-1, "0 min"), (0, "0 min"), (12 * MINUTE, "12 min"), (3 * HOUR, "3 h"), (2 * DAY, "2 days")],
)
def test_a_short_span_fits_a_narrow_column(span_ms: int, words: str) -> None:
    assert wording.minutes(span_ms) == words


def test_sizes_and_counts_are_rounded_for_people() -> None:
    assert wording.megabytes(1) == "1 kB"
    assert wording.megabytes(1_440_000) == "1.4 MB"
    assert wording.number(12345) == "12\u202f345"


def test_a_day_in_words_is_short_and_never_fails() -> None:
    assert wording.day_in_words(1_800_000_000_000).endswith(" 15 Jan")
    assert wording.day_in_words(1 << 53)
