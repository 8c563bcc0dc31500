"""The bodies of what teachers say of learners' answers and skills (kinds 48 to 51).

`by` is the record of the teacher who was signed in, None where it was whoever has the server.
`supersedes` names the chain8s of what is replaced: the words about the same thing that were seen
when this one was said. Of several that stand, the first by the order of events is in force until
someone has seen them all. Does not know what they come to (marks.py). Pure.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from darasa.learning.kind_fields import (
    Bytes8,
    Bytes16,
    Key,
    Picks,
    Place,
    Supersedes,
    Text200,
    Values,
)

JudgedWord = Literal["learning", "got"]
"""What a teacher can say that a learner's skill is."""


class Observation(Struct, frozen=True, array_like=True):
    """A learner was seen to do a skill, or not yet, away from the screen: on paper or aloud.

    It is one attempt on the skill's reference item. `right` None takes back what it supersedes.
    """

    by: Bytes16 | None
    pack: Key
    skill: Key
    right: bool | None
    source: Annotated[int, Meta(ge=1, le=2)]  # kinds.Source, without the screen
    supersedes: Supersedes


class Judgement(Struct, frozen=True, array_like=True):
    """The teacher's own word on where a learner is with a skill; "" takes it back.

    Shown as hers beside what the model says, which does not see it.
    """

    by: Bytes16 | None
    pack: Key
    skill: Key
    state: Literal["", "learning", "got"]
    supersedes: Supersedes


class Overturn(Struct, frozen=True, array_like=True):
    """An answer counts as right, or as not yet, whatever the course says of it; None: as it says.

    With a learner in the envelope: the one answer at `target`. Without one, `target` is None: this
    answer to these numbers of this item, of every learner of the school, now and later. `answer`
    is the text typed, or the choices picked: those are of the version of the item that they were
    picked in, since another may have other choices in their places (nil: of every version).
    """

    by: Bytes16 | None
    target: Place | None
    pack: Key
    item: Key
    values: Values
    answer: Text200 | Picks
    right: bool | None
    supersedes: Supersedes
    item_version: Bytes8 | None = None


class WithdrawItem(Struct, frozen=True, array_like=True):
    """No answer to an item counts, of any learner of the school; or they do again."""

    by: Bytes16 | None
    pack: Key
    item: Key
    withdrawn: bool
    supersedes: Supersedes


TeacherSaid = Observation | Judgement | Overturn | WithdrawItem
