"""What a command does in a running server that the pages of people feel."""

from darasa.server.control import operations


def test_a_new_passphrase_by_command_closes_the_pages_open_with_the_former_one(school):
    darasa = school.app.state.darasa
    (row,) = school.room.people.teachers()
    darasa.sessions.open(row.record_id, row.name)
    assert darasa.sessions.count_of(row.record_id) == 1
    assert operations(darasa, "new-passphrase", {"name": "Nobody"})["code"] == 4
    assert darasa.sessions.count_of(row.record_id) == 1
    assert operations(darasa, "new-passphrase", {"name": row.name})["name"] == row.name
    assert darasa.sessions.count_of(row.record_id) == 0
