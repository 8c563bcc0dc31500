"""The parts of an open node that are put together from other parts, by its role.

Owns: which reads and judges the read tables of a node are made with, and what the parts that deal
with people share. `classroom` opens the node.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from darasa.learning.deciding.conflicts import NodeNames
from darasa.learning.deciding.rows import DecisionRows
from darasa.learning.deciding.trust import Trust
from darasa.learning.feed_rows import FeedRows
from darasa.learning.fits.rows import FitRows
from darasa.learning.fits.words import SETTING, fits_in_turn
from darasa.learning.learner_rows import LearnerRows
from darasa.learning.people.people import People
from darasa.learning.people.rows import PeopleRows
from darasa.learning.personal_text import MachineSecret, PersonalText
from darasa.learning.projection import Projection, Records
from darasa.learning.recorder import Recorder
from darasa.learning.scopes import SCHOOL_SCOPE, class_of
from darasa.learning.signing_in.desk import SignInDesk
from darasa.learning.signing_in.first_pins import FirstPins
from darasa.learning.signing_in.hash_costs import kept_costs
from darasa.learning.signing_in.learner_secrets import LearnerSecrets
from darasa.learning.signing_in.one_use_codes import OneUseCodes
from darasa.sync import feed, reads
from darasa.sync.clock import Clock
from darasa.sync.home import Home
from darasa.sync.ids import Rng, Role
from darasa.sync.store import Store


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
    people = PeopleRows(role=role, school_id=school_id, judge_of=decisions.judge, personal=personal)
    fits = FitRows(
        role=role,
        school_id=school_id,
        judge_of=decisions.judge,
        said_of=lambda connection, school: fits_in_turn(
            connection, school, people.state_in(connection, school, SETTING)
        ),
    )
    return Projection(
        role=role,
        school_id=school_id,
        decisions=decisions,
        learners=LearnerRows(
            reads.events_of,
            decisions.judge,
            count_of=reads.event_count_of,
            rules_of=fits.rules,
            keeps_states=role is not Role.HUB,
            keeps_tried=role is Role.SCHOOL,  # who reports on items
        ),
        people=people,
        lists=FeedRows(school_id=school_id, secret=secret),
        fits=fits,
        learner_ids=reads.learners,
        of_kinds=lambda connection, kinds: reads.all_events(connection, kinds=kinds),
        feed=_feed,
    )


class Given(NamedTuple):
    """What the parts that deal with people are made from."""

    home: Home
    store: Store
    recorder: Recorder
    projection: Projection
    personal: PersonalText
    clock: Clock
    rng: Rng


class PeopleParts(NamedTuple):
    """The parts of a node that deal with people."""

    first_pins: FirstPins
    secrets: LearnerSecrets
    people: People
    codes: OneUseCodes
    desk: SignInDesk


def people_parts(given: Given, *, secret: MachineSecret, names: NodeNames) -> PeopleParts:
    """Lists, secrets, codes and the sign-in desk of a node; hashing costs what is kept for it."""
    home, store = given.home, given.store
    first_pins, secrets = _secrets_of(given, secret)
    people = People(
        role=home.role,
        reading=store.reading,
        recorder=given.recorder,
        rows=given.projection.people,
        personal=given.personal,
        secrets=secrets,
        rng=given.rng,
        names=names,
    )
    people.costs = kept_costs(home)
    codes = OneUseCodes(
        role=home.role,
        reading=store.reading,
        transaction=store.transaction,
        recorder=given.recorder,
        rows=given.projection.people,
        personal=given.personal,
        judge_of=given.projection.judge,
        cost=lambda: people.costs.learners,
        clock=given.clock,
        rng=given.rng,
    )
    desk = SignInDesk(
        people=people,
        secrets=secrets,
        reading=store.reading,
        transaction=store.transaction,
        recorder=given.recorder,
        clock=given.clock,
        rng=given.rng,
    )
    return PeopleParts(first_pins, secrets, people, codes, desk)


def _secrets_of(given: Given, secret: MachineSecret) -> tuple[FirstPins, LearnerSecrets]:
    store = given.store
    first_pins = FirstPins(
        reading=store.reading,
        transaction=store.transaction,
        recorder=given.recorder,
        secret=secret,
        personal=given.personal,
        rng=given.rng,
    )
    secrets = LearnerSecrets(
        role=given.home.role,
        reading=store.reading,
        transaction=store.transaction,
        recorder=given.recorder,
        rows=given.projection.people,
        personal=given.personal,
        machine=secret,
        first_pins=first_pins,
        rng=given.rng,
    )
    return first_pins, secrets


def _feed(connection: sqlite3.Connection) -> Iterable[tuple[bytes, Records]]:
    """The lists that this node was sent, the school's own first."""
    for scope in sorted(feed.held_scopes(connection), key=lambda scope: scope != SCHOOL_SCOPE):
        if scope == SCHOOL_SCOPE or class_of(scope) is not None:
            yield scope, list(feed.records(connection, scope).items())
