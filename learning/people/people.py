"""Classes, learners and teachers: lists for screens, who is new, and their secrets as ops.

Owns: the names that reads return and the ops of those changes (sync.md section 5); what a teacher
changes on a list, and can take back, is `class_lists`. Every personal value is sealed
before it is in an event. Only a school server changes people; others read what they were sent. Does
not know files, screens or sign-in.
"""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from darasa.content_packs.safe_text import SafeText
from darasa.learning.deciding.conflicts import Conflict, Conflicts, NodeNames
from darasa.learning.errors import AmbiguousError, NotFoundError, NotHereError, PeopleError
from darasa.learning.kinds import Op
from darasa.learning.people.facts import PeopleFacts, class_fact, named
from darasa.learning.people.lists import (
    ClassRow,
    LearnerRow,
    TeacherRow,
    class_rows,
    find_learner,
    learner_row,
    learner_rows,
    teacher_row,
    teacher_rows,
)
from darasa.learning.people.rows import PeopleRows
from darasa.learning.people.short_names import clean_name, folded
from darasa.learning.personal_text import PersonalText
from darasa.learning.recorder import Fact, Recorder
from darasa.learning.records import (
    CLASS_SIGN_IN,
    LEARNER_VERIFIER,
    TEACHER_NAME,
    TEACHER_ROLE,
    TEACHER_VERIFIER,
    RecordState,
)
from darasa.learning.rights import Post, posts_at
from darasa.learning.signing_in.first_secrets import check_secret
from darasa.learning.signing_in.hashing import Cost, Costs
from darasa.learning.signing_in.learner_secrets import LearnerSecrets
from darasa.learning.signing_in.verifier import (
    SecretKind,
    Verifier,
    check_passphrase,
    make_verifier,
)
from darasa.sync.ids import ID_BYTES, LearnerId, RecordId, Rng, Role

Reading = Callable[[], AbstractContextManager[sqlite3.Connection]]

__all__ = [
    "ClassRow", "Conflict", "LearnerRow", "People", "Reading", "TeacherRow", "class_fact",
]  # fmt: skip


_TEACHER_FIELDS: Final = "teacher."


class People:
    """Reads and changes the people of one node. `costs` is what new secrets cost to check."""

    def __init__(
        self,
        *,
        role: Role,
        reading: Reading,
        recorder: Recorder,
        rows: PeopleRows,
        personal: PersonalText,
        secrets: LearnerSecrets,
        rng: Rng,
        names: NodeNames,
    ) -> None:
        self._role = role
        self._reading = reading
        self._recorder = recorder
        self._rows = rows
        self._personal = personal
        self.facts = PeopleFacts(personal)
        self._secrets = secrets
        self._rng = rng
        self._conflicts = Conflicts(rows=rows, personal=personal, names=names)
        self.costs = Costs()

    # -- lists ----------------------------------------------------------------------------

    def classes(self) -> list[ClassRow]:
        """The classes, by name."""
        with self._reading() as connection:
            return class_rows(connection)

    def learners(self, class_id: RecordId | None = None) -> list[LearnerRow]:
        """The learners of a class, or all (each once, guests of this machine too), by name.

        On a computer a learner who was merged with another is there with each name and PIN.
        """
        each_name = self._role is Role.COMPUTER
        with self._reading() as connection:
            return learner_rows(connection, class_id, each_name=each_name)

    def teachers(self) -> list[TeacherRow]:
        """The teachers, by name."""
        with self._reading() as connection:
            return [row for row, _ in teacher_rows(connection)]

    def find_id(self, learner_id: LearnerId) -> LearnerRow:
        """One learner by id; nameless when this node has events of her and no name.

        Raises NotFoundError when it has neither.
        """
        with self._reading() as connection:
            return learner_row(connection, learner_id)

    def find(self, name_or_id: str) -> LearnerRow:
        """The learner of that id (32 hex digits), name, short name or beginning of a name.

        Raises NotFoundError, or AmbiguousError when several fit equally well.
        """
        with self._reading() as connection:
            return find_learner(connection, name_or_id)

    def class_row(self, class_id: RecordId) -> ClassRow:
        """The class of that id. Raises NotFoundError."""
        for row in self.classes():
            if row.record_id == class_id:
                return row
        raise NotFoundError("No class here has that id.")

    def find_class(self, name: str) -> ClassRow:
        """The class of that name. Raises NotFoundError or AmbiguousError."""
        fits = [row for row in self.classes() if folded(row.name) == folded(name)]
        if not fits:
            raise NotFoundError(f"No class is called {clean_name(name)}.")
        if len(fits) > 1:
            raise AmbiguousError(f"{len(fits)} classes are called {clean_name(name)}.")
        return fits[0]

    def conflicts(self) -> list[Conflict]:
        """What two people changed without either knowing of the other."""
        with self._reading() as connection:
            return self._conflicts.listed(connection)

    def verifier(self, learner_id: LearnerId) -> bytes | None:
        """What a learner's secret is checked against first; None when this node has none."""
        return next(iter(self._secrets.checks(learner_id).verifiers), None)

    def teacher(self, teacher_id: RecordId) -> TeacherRow | None:
        """Who has this sign-in now; None when it was taken away."""
        with self._reading() as connection:
            return teacher_row(connection, teacher_id)

    def teacher_verifiers(self, name: str) -> list[tuple[TeacherRow, bytes]]:
        """The teachers of that name, with what their passphrases are checked against."""
        with self._reading() as connection:
            rows = teacher_rows(connection)
        found: list[tuple[TeacherRow, bytes]] = []
        for row, kept in rows:
            opened = self._personal.open(row.record_id, TEACHER_VERIFIER, kept)
            if opened is not None and folded(row.name) == folded(name):
                found.append((row, opened))
        return found

    # -- changes --------------------------------------------------------------------------

    def add_class(self, name: str) -> RecordId:
        """A new class; classes of one name are allowed."""
        self._check_may_write()
        class_id = RecordId(self._rng(ID_BYTES))
        self._recorder.record(class_fact(class_id, named(name)))
        return class_id

    def add_learner(
        self,
        name: str,
        class_id: RecordId | None,
        *,
        pin: str,
        kind: SecretKind = SecretKind.TYPED,
    ) -> LearnerId:
        """A new learner in a class; `pin` may be pictures (`first_secrets.py` makes either up).

        Raises SecretError for a PIN or pictures that are none.
        """
        self._check_may_write()
        verifier = self._verifier(kind, pin)
        learner_id = LearnerId(self._rng(ID_BYTES))
        self._recorder.record(*self.learner_facts(learner_id, named(name), class_id, verifier))
        return learner_id

    def add_teacher(self, name: str, passphrase: str, *, post: Post | None = None) -> RecordId:
        """A new sign-in for the pages. Without a `post`: at a hub an officer; at a school the head
        if there is none yet, else a teacher. Somebody of that name whom a list brought here without
        a passphrase is who it is for. Raises SecretError, PeopleError.
        """
        self._check_may_write(TEACHER_NAME)
        role = post or self._usual_post()
        if role not in posts_at(self._role):
            raise PeopleError(f"Nobody is {role} here.")
        verifier = self._passphrase(passphrase)
        teacher_id = self._waiting_teacher(name) or RecordId(self._rng(ID_BYTES))
        record = self.record_of(teacher_id)
        name_sealed = self._personal.seal(teacher_id, TEACHER_NAME, named(name).encode())
        sealed = self._personal.seal(teacher_id, TEACHER_VERIFIER, verifier.to_bytes())
        self._recorder.record(
            (None, Op(teacher_id, TEACHER_NAME, name_sealed, record.chains(TEACHER_NAME))),
            (None, Op(teacher_id, TEACHER_VERIFIER, sealed, record.chains(TEACHER_VERIFIER))),
            (None, Op(teacher_id, TEACHER_ROLE, str(role), record.chains(TEACHER_ROLE))),
        )
        return teacher_id

    def _waiting_teacher(self, name: str) -> RecordId | None:
        """The one person of that name who has no passphrase yet."""
        with self._reading() as connection:
            rows = teacher_rows(connection)
        fits = [row for row, kept in rows if kept is None and folded(row.name) == folded(name)]
        return fits[0].record_id if len(fits) == 1 else None

    def _verifier(self, kind: SecretKind, secret: str) -> Verifier:
        cost = self.costs.learners
        return make_verifier(check_secret(kind, secret), self._rng, cost=cost, kind=kind)

    def _passphrase(self, passphrase: str) -> Verifier:
        return make_verifier(check_passphrase(passphrase), self._rng, cost=self.costs.teachers)

    def _cost_of(self, field: str) -> Cost:
        return self.costs.learners if field == LEARNER_VERIFIER else self.costs.teachers

    def may_renew(self, field: str, verifier: Verifier) -> bool:
        """Whether a verifier is of a time when secrets cost less, and this node may write it."""
        is_officers = self._role is Role.HUB and field == TEACHER_VERIFIER
        may_write = self._role is Role.SCHOOL or is_officers
        return may_write and verifier.is_cheaper_than(self._cost_of(field))

    def renew(self, owner: bytes, field: str, verifier: Verifier, secret: str) -> None:
        """Another verifier of a secret that was right, at what secrets cost now; not while two are
        in conflict."""
        seen = self.record_of(owner).chains(field)
        if len(seen) != 1:
            return
        renewed = make_verifier(secret, self._rng, cost=self._cost_of(field), kind=verifier.kind)
        sealed = self._personal.seal(owner, field, renewed.to_bytes())
        learner = LearnerId(owner) if field == LEARNER_VERIFIER else None
        self._recorder.record((learner, Op(owner, field, sealed, seen)))

    def _usual_post(self) -> Post:
        if self._role is Role.HUB:
            return Post.OFFICER
        return Post.TEACHER if any(row.role == Post.HEAD for row in self.teachers()) else Post.HEAD

    def learner_facts(
        self,
        learner_id: LearnerId,
        name: SafeText,
        class_id: RecordId | None,
        verifier: Verifier | None,
        *,
        register_number: str = "",
    ) -> list[Fact]:
        """The ops that make a learner, for whoever records many at once."""
        return self.facts.learner(
            learner_id, name, class_id, verifier, register_number=register_number
        )

    def set_sign_in(self, class_id: RecordId, kind: SecretKind) -> None:
        """What learners of a class choose from now on, a PIN or pictures; their secrets stay."""
        self._set(None, class_id, CLASS_SIGN_IN, kind.word)

    def set_pin(
        self, learner_id: LearnerId, pin: str, *, kind: SecretKind = SecretKind.TYPED
    ) -> None:
        """Give a learner another PIN, or pictures. Raises SecretError."""
        verifier = self._verifier(kind, pin)
        sealed = self._personal.seal(learner_id, LEARNER_VERIFIER, verifier.to_bytes())
        self._set(learner_id, learner_id, LEARNER_VERIFIER, sealed)

    def passphrase_fact(self, teacher_id: RecordId, passphrase: str) -> Fact:
        """The op that gives a teacher another passphrase. Raises SecretError. Cost: one hash."""
        self._check_may_write(TEACHER_VERIFIER)
        verifier = self._passphrase(passphrase)
        sealed = self._personal.seal(teacher_id, TEACHER_VERIFIER, verifier.to_bytes())
        seen = self.record_of(teacher_id).chains(TEACHER_VERIFIER)
        return (None, Op(teacher_id, TEACHER_VERIFIER, sealed, seen))

    def keep(self, record_id: RecordId, field: str, chain8: bytes) -> None:
        """End a conflict: of what two people wrote keep this one. Raises NotFoundError."""
        self._check_may_write(field)
        with self._reading() as connection:
            fact = self._conflicts.keeping(connection, record_id, field, chain8)
        self._recorder.record(fact)

    def _set(self, learner: LearnerId | None, record_id: bytes, field: str, value: Any) -> None:
        """One op that supersedes what is seen of the field."""
        self._check_may_write(field)
        seen = self.record_of(record_id).chains(field)
        self._recorder.record((learner, Op(record_id, field, value, seen)))

    def unread_names(self) -> int:
        """How many learners have a name here that no key of this node opens."""
        with self._reading() as connection:
            return self._rows.unread_names(connection)

    def record_of(self, record_id: bytes) -> RecordState:
        """The fold of one record of this school, whatever it is a record of."""
        with self._reading() as connection:
            return self._rows.state_of(connection, record_id)

    def _check_may_write(self, field: str = "") -> None:
        officers = self._role is Role.HUB and field.startswith(_TEACHER_FIELDS)
        if self._role is not Role.SCHOOL and not officers:
            raise NotHereError("Classes, learners and teachers are changed at the school server.")
