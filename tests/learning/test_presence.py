from darasa.learning.presence import AWAY_AFTER_MS, PresenceBoard
from darasa.sync.ids import LearnerId, NodeId
from darasa.sync.messages import Doing, PresenceRow

A, B = LearnerId(b"a" * 16), LearnerId(b"b" * 16)
PC1, PC2 = NodeId(b"1" * 16), NodeId(b"2" * 16)


def row(learner, since_ms=0):
    return PresenceRow(learner, Doing.WORKING, since_ms, "fractions/q1", 2, 8)


def test_a_computer_that_is_not_heard_for_two_minutes_is_away(clock):
    board = PresenceBoard(clock)
    board.hear(PC1, [row(A, 1_000)])
    clock.advance(AWAY_AFTER_MS - 1)
    assert not board.seats()[A].away
    clock.advance(1)
    seat = board.seats()[A]
    assert seat.away
    assert (seat.heard_ms, seat.since_ms) == (AWAY_AFTER_MS, AWAY_AFTER_MS + 1_000)


def test_a_wall_clock_that_jumps_changes_nothing(clock):
    board = PresenceBoard(clock)
    board.hear(PC1, [row(A)])
    clock.wall += 10**12
    assert board.seats()[A].heard_ms == 0


def test_hearing_without_rows_keeps_who_sits_there(clock):
    board = PresenceBoard(clock)
    board.hear(PC1, [row(A)])
    clock.advance(60_000)
    board.hear(PC1)
    assert (board.seats()[A].heard_ms, board.seats()[A].since_ms) == (0, 60_000)


def test_whoever_left_is_gone_and_the_newest_seat_counts(clock):
    board = PresenceBoard(clock)
    board.hear(PC1, [row(A), row(B)])
    clock.advance(1_000)
    board.hear(PC2, [row(A)])
    assert (board.seats()[A].node_id, board.seats()[B].node_id) == (PC2, PC1)
    board.hear(PC1, [])
    assert set(board.seats()) == {A}


def test_every_presence_moves_the_count_of_changes(clock):
    board = PresenceBoard(clock)
    before = board.changes()
    board.hear(PC1, [row(A)])
    assert board.changes() == before + 1


def test_a_flood_of_computers_does_not_fill_the_memory(clock):
    board = PresenceBoard(clock)
    for n in range(1_100):
        clock.advance(1)
        board.hear(NodeId(n.to_bytes(16, "big")), [row(LearnerId(n.to_bytes(16, "big")))])
    assert len(board.seats()) == 1_000
