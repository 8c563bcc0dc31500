from darasa.sync.clock import ManualClock, SystemClock


def test_a_manual_clock_moves_only_when_told():
    clock = ManualClock(5, elapsed=7)
    assert (clock.wall_ms(), clock.elapsed_ms()) == (5, 7)
    clock.advance(10)
    assert (clock.wall_ms(), clock.elapsed_ms()) == (15, 17)


def test_elapsed_time_of_the_machine_never_goes_back():
    clock = SystemClock()
    readings = [clock.elapsed_ms() for _ in range(1000)]
    assert readings == sorted(readings)
    assert clock.wall_ms() > 0
