"""What an honest node can make, a receiver takes: at each limit, and one beyond it."""

import pytest

from darasa.sync.codec import ARRAY_MAX, STRING_BYTES_MAX
from darasa.sync.errors import EventError
from darasa.sync.event import EVENT_BYTES_MAX

HEADER = 5


@pytest.mark.parametrize(
    "body",
    [
        ("x" * (STRING_BYTES_MAX + 1),),
        ("ŵ" * (STRING_BYTES_MAX // 2) + "x",),
        ((0,) * (ARRAY_MAX + 1),),
        (0,) * (ARRAY_MAX + 1 - HEADER),
        (b"x" * EVENT_BYTES_MAX,),
    ],
)
def test_an_event_that_no_receiver_would_read_is_not_written(district, pair, body):
    """Once in the log, it and all that came after it would never be taken."""
    computer, school = pair
    with pytest.raises(EventError):
        computer.write(1, body=body)
    computer.write(2)
    district.good(computer, school)
    assert len(school.places()) == 2


@pytest.mark.parametrize(
    "body",
    [
        ("x" * STRING_BYTES_MAX,),
        ("ŵ" * (STRING_BYTES_MAX // 2),),
        ((0,) * ARRAY_MAX,),
        (0,) * (ARRAY_MAX - HEADER),
        (b"x" * (EVENT_BYTES_MAX - 40),),
    ],
)
def test_the_largest_event_that_may_be_written_goes(district, pair, body):
    computer, school = pair
    computer.write(1, body=body)
    district.good(computer, school)
    assert computer.places() == school.places()
    assert len(school.places()) == 1
