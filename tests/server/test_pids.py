from darasa.server.pids import Pids


def test_a_pid_is_stable_for_a_server_and_says_nothing_to_another() -> None:
    learner = bytes(range(16))
    here, there = Pids(b"a" * 32), Pids(b"b" * 32)
    assert here.pid_of(learner) == Pids(b"a" * 32).pid_of(learner)
    assert here.pid_of(learner) != there.pid_of(learner)
    assert len(here.pid_of(learner)) == 32
    assert learner.hex() != here.pid_of(learner)
