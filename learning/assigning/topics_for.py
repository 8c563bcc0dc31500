"""What teachers have set for one learner, for her plan of the day. Reads only.

Nothing here says for whom else it was set: her screen never does.
"""

import sqlite3

from darasa.content_packs.safe_text import SafeText
from darasa.learning.aliases import aliases_of
from darasa.learning.assigning.rows import ids_in
from darasa.learning.people.short_names import clean_name
from darasa.learning.planning.topics import SetBy, Topic
from darasa.sync.codec import unpack
from darasa.sync.ids import LearnerId


def topics_for(connection: sqlite3.Connection, learner_id: LearnerId) -> tuple[Topic, ...]:
    """What is set for her classes, or for her by name: what ends first comes first."""
    found: dict[bytes, Topic] = {}
    for each in aliases_of(connection, learner_id):
        rows = connection.execute(
            "SELECT a.record_id, a.title, coalesce(t.name, a.told_by), a.skills, a.until_ms,"
            " a.for_all, m.assigned FROM lt_membership m"
            " JOIN lt_class c USING (school_id, class_id)"
            " JOIN lt_assignment a USING (school_id, class_id)"
            " LEFT JOIN lt_teacher t ON t.school_id = a.school_id AND t.teacher_id = a.teacher"
            " WHERE m.learner_id = ?",
            (each,),
        ).fetchall()
        for record_id, title, by, skills, until_ms, for_all, assigned in rows:
            if for_all or record_id in ids_in(assigned):
                keys = tuple((pack, skill) for pack, skill in unpack(skills))
                found[record_id] = Topic(
                    SetBy.TEACHER, keys, _words(by), until_ms, title=_words(title)
                )
    ends_first = sorted(found.items(), key=lambda item: (_end_of(item[1]), item[0]))
    return tuple(topic for _, topic in ends_first)


def _end_of(topic: Topic) -> tuple[bool, int]:
    return (topic.until_ms is None, topic.until_ms or 0)


def _words(text: str) -> SafeText:
    return clean_name(text) if text else SafeText("")
