""" "Where is my work?" in three places: on this computer, with the teacher, with the district.

Owns: the counts behind ux.md section 5.10, of one learner. Reads only. A piece of work is an
answer: what goes along (signing in, "Got it") is not counted, so three answers are "3 to send".
"""

import sqlite3
from itertools import islice
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning import answer_rows
from darasa.learning.aliases import root_of
from darasa.learning.kinds import Kind
from darasa.learning.views import Waiting, WorkView
from darasa.sync.contacts import receipt_level
from darasa.sync.ids import LearnerId, NodeId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

_LEVEL_HUB: Final = 3


def answers_to_send(classroom: "Classroom", learner_id: LearnerId) -> int:
    """How many answers of hers, given here, the school server has not said it holds."""
    home = classroom.home
    peer = None if home.peer is None else home.peer.node_id
    unsent = classroom.store.unsent(peer, author=home.node_id, kinds=(int(Kind.ATTEMPT),))
    return sum(unsent.by_learner.get(each, 0) for each in classroom.aliases_of(learner_id))


def work_view(classroom: "Classroom", learner_id: LearnerId) -> WorkView:
    """Everything that the screen says."""
    home, store = classroom.home, classroom.store
    state = classroom.state(learner_id)
    unsent = answers_to_send(classroom, learner_id)
    contact_ms, level = None, 0
    if home.peer is not None:
        server = home.peer.node_id
        met = [peer for peer in store.peers() if peer.node_id == server]
        contact_ms = met[0].last_contact_ms if met else None
        level = store.read(receipt_level, server, school_id=home.school_id)
    return WorkView(
        here_answers=state.tries,
        here_last_ms=max((t.happened_ms for t in state.tail), default=None),
        teacher_name=None if home.peer is None else safe_line(home.peer.name),
        teacher_unsent=unsent,
        teacher_last_ms=contact_ms,
        district_has_all=level >= _LEVEL_HUB and unsent == 0,
        waiting=_waiting(classroom, learner_id, unsent) if unsent else (),
    )


def _waiting(classroom: "Classroom", learner_id: LearnerId, unsent: int) -> tuple[Waiting, ...]:
    """The newest answers given here, as many as wait, by skill: what was sent was sent in order."""
    titles = {
        (pack.id, skill.id): safe_line(skill.title)
        for pack in classroom.packs()
        for skill in pack.skills.values()
    }
    newest = classroom.store.read(_newest, learner_id, classroom.home.node_id, unsent)
    counts: dict[SafeText, int] = {}
    for pack_id, skill in newest:
        title = titles.get((pack_id, skill)) or safe_line(skill)
        counts[title] = counts.get(title, 0) + 1
    return tuple(Waiting(title, count) for title, count in counts.items())


def _newest(
    connection: sqlite3.Connection, learner_id: LearnerId, author: NodeId, count: int
) -> list[tuple[str, str]]:
    newest = islice(
        answer_rows.newest_by(connection, root_of(connection, learner_id), author), count
    )
    return [(answer.pack, answer.skill) for answer in newest]
