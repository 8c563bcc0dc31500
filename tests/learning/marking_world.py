"""What tests of teachers' words share: sittings of answers, and whether all nodes fold the same."""

from deciding_world import is_rebuilt_equal as is_rebuilt_as_it_is

from darasa.learning.digest import learner_digest
from darasa.learning.kinds import SignIn

ADD = ("fractions", "add")
Q1 = ("fractions", "q1")


def answers_at(room, learner, make_attempt, *fields, sitting=b"sitting1"):
    """A sitting of answers, each to its own numbers unless it says which; their events."""
    room.record.record((learner, SignIn(sitting, "pin")))
    stored = []
    for nth, changes in enumerate(fields, start=1):
        plain = {"sitting": sitting, "nth": nth, "values": (nth,)}
        stored += room.record.record((learner, make_attempt(**(plain | changes))))
    return stored


def why(room, learner):
    """How each answer and observation counts, in order."""
    return [str(each.evidence.why) for each in room.weighed(learner)]


def same_everywhere(learner, *rooms):
    """Whether these nodes fold the same, and fold it again when they begin anew."""
    digests = {learner_digest(room, learner) for room in rooms}  # of stale states too
    return len(digests) == 1 and all(is_rebuilt_equal(room) for room in rooms)


def is_rebuilt_equal(room):
    """Once those who met an item that something was said of are folded anew, as servers do it."""
    room.freshen(1_000)
    return is_rebuilt_as_it_is(room)
