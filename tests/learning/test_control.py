from contextlib import closing

from darasa.learning.control import LINE_BYTES_MAX, ControlServer, call_control


def test_an_answer_may_be_longer_than_what_is_asked(tmp_path):
    names = ["Zoé " * 20] * 20_000
    with closing(ControlServer(tmp_path / "control.sock", lambda op, args: {"names": names})):
        told = call_control(tmp_path, "roster-import", {})
    assert told == {"names": names}
    assert sum(map(len, names)) > LINE_BYTES_MAX
