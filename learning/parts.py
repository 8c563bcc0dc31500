"""The parts of an open node that are put together from other parts, by its role.

Owns: which reads and judges the read tables of a node are made with. `classroom` opens the node.
"""

import sqlite3
from collections.abc import Iterable

from darasa.learning.decision_rows import DecisionRows
from darasa.learning.feed_rows import FeedRows
from darasa.learning.learner_rows import LearnerRows
from darasa.learning.people_rows import PeopleRows
from darasa.learning.personal_text import MachineSecret, PersonalText
from darasa.learning.projection import Projection, Records
from darasa.learning.scopes import SCHOOL_SCOPE, class_of
from darasa.learning.trust import Trust
from darasa.sync import feed, reads
from darasa.sync.home import Home
from darasa.sync.ids import Rng, Role


def personal_text(home: Home, rng: Rng) -> PersonalText:
    """What seals and opens the text of people at a node; a new key counts at once."""
    return PersonalText(
        school_id=home.school_id,
        public=lambda: home.seal_public,
        keys=lambda: home.seal_keys,
        rng=rng,
    )


def projection_of(
    home: Home, trust: Trust, personal: PersonalText, secret: MachineSecret
) -> Projection:
    """The read tables of a node, by its role."""
    role, school_id = home.role, home.school_id
    decisions = DecisionRows(role=role, school_id=school_id, speaker=trust.speaker, hubs=trust.hubs)
    return Projection(
        role=role,
        school_id=school_id,
        decisions=decisions,
        learners=LearnerRows(
            reads.events_of,
            decisions.judge,
            count_of=reads.event_count_of,
            keeps_states=role is not Role.HUB,
        ),
        people=PeopleRows(
            role=role, school_id=school_id, judge_of=decisions.judge, personal=personal
        ),
        lists=FeedRows(school_id=school_id, secret=secret),
        learner_ids=reads.learners,
        of_kinds=lambda connection, kinds: reads.all_events(connection, kinds=kinds),
        feed=_feed,
    )


def _feed(connection: sqlite3.Connection) -> Iterable[tuple[bytes, Records]]:
    """The lists that this node was sent, the school's own first."""
    for scope in sorted(feed.held_scopes(connection), key=lambda scope: scope != SCHOOL_SCOPE):
        if scope == SCHOOL_SCOPE or class_of(scope) is not None:
            yield scope, list(feed.records(connection, scope).items())
