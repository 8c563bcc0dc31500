"""What a decision makes to be folded anew: whose states, which records, whose words.

Pure. A decision changes which events count, so what was folded from them is folded again; everyone
else's rows stay as they are.
"""

from dataclasses import dataclass, field

from darasa.learning.deciding.judging import Author
from darasa.learning.deciding.mark_rows import Item
from darasa.sync.event import StoredEvent


@dataclass(slots=True)
class Changed:
    """Learners to fold anew, authors whose records to fold anew, single events to judge anew.

    `items`: teachers said something of these; the states of those who met one are stale.
    `of_nobody` are events without a learner whose verdict may have changed.
    """

    learners: set[bytes] = field(default_factory=set)
    items: set[Item] = field(default_factory=set)
    authors: set[Author] = field(default_factory=set)
    of_nobody: list[StoredEvent] = field(default_factory=list)
    targets: list[StoredEvent] = field(default_factory=list)

    def __bool__(self) -> bool:
        learners = self.learners or self.items
        return bool(learners or self.authors or self.of_nobody or self.targets)

    def add(self, stored: StoredEvent) -> None:
        """An event whose verdict may have changed."""
        if stored.event.learner_id is None:
            self.of_nobody.append(stored)
        else:
            self.learners.add(stored.event.learner_id)
