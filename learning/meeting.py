"""A whole meeting with the server above: exchanges until nothing new is wanted, then packs.

Owns: going round again when one exchange taught this node what else to ask for (a class list names
the classes, a sign-in the learner). Does not know links.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from darasa.learning import resume
from darasa.learning.finding import found_again
from darasa.learning.pack_delivery import fetch_packs
from darasa.learning.school_key import take_school_key
from darasa.sync.ids import LearnerId, Role
from darasa.sync.messages import PresenceRow

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.sync.transport.exchange import ExchangeReport

_TIMES_MAX: Final = 4  # scopes are two deep: the school's, then its classes'


def meet_server(
    room: "Classroom",
    *,
    url: str | None = None,
    presence: Sequence[PresenceRow] | None = (),
    trusted: bool = False,
) -> "ExchangeReport":
    """Exchange with the server that this node has joined; one report over all of it.

    Never raises for what a network, a server or a disk does: the report says it. `trusted`: the
    last meeting in this process ended well. `presence`: who sits here; None leaves it as last told.
    """
    with room.meeting:
        report = _met(room, url=url, presence=presence, trusted=trusted)
        if report.is_unanswered and url is None:
            elsewhere = found_again(room)
            if elsewhere:
                again = _met(room, url=elsewhere, presence=presence, trusted=trusted)
                return again if again.is_unanswered else _moved(room, elsewhere, again)
        return report


def _moved(room: "Classroom", address: str, report: "ExchangeReport") -> "ExchangeReport":
    """The server answered at another address, under its own certificate: it is kept."""
    from darasa.sync.transport.link import checked_url

    peer = room.home.peer
    assert peer is not None
    room.home.save_peer(peer.moved_to(checked_url(address)))
    return report


def _met(
    room: "Classroom", *, url: str | None, presence: Sequence[PresenceRow] | None, trusted: bool
) -> "ExchangeReport":
    from darasa.sync.transport.http import exchange  # late: it brings the HTTP client along
    from darasa.sync.transport.relay import carried

    whole: ExchangeReport | None = None
    for _ in range(_TIMES_MAX):
        asked_for = room.hooks.wanted_scopes()
        report = exchange(
            room.home,
            room.store,
            hooks=room.hooks,
            clock=room.clock,
            rng=room.rng,
            url=url,
            presence=presence,
            trusted=trusted,
            blobs=carried(room.home),
            codec=room.codec,
        )
        whole = report if whole is None else _joined(whole, report)
        if not report.ok or room.hooks.wanted_scopes() == asked_for:
            break
    assert whole is not None
    if trusted and not whole.records_in and not room.packs_not_given:
        return whole  # no list has changed since the packs were last looked at
    if whole.ok:
        take_school_key(room)
    return _with_packs(room, whole, url)


def bring_learner(room: "Classroom", learner_id: LearnerId) -> None:
    """Ask for a learner's work from other computers, as if she had signed in here once."""
    with room.store.transaction() as tx:
        resume.note_seen(tx.connection, learner_id, room.clock.wall_ms())
    meet_server(room)


def _with_packs(room: "Classroom", report: "ExchangeReport", url: str | None) -> "ExchangeReport":
    """The packs that the school serves and are not here, at a computer that reached its school.

    A pack that could not be had is named in the report, which stays good: the work was exchanged.
    """
    from darasa.sync.transport.exchange import LinkError

    if not report.ok or room.home.role is not Role.COMPUTER or room.home.is_in_memory:
        return report
    try:
        faults = fetch_packs(room, url=url)
    except LinkError as error:
        return replace(report, ok=False, error=str(error))
    except OSError:
        return replace(report, ok=False, error="A course could not be saved here. Work is safe.")
    return replace(report, error=" ".join(faults)) if faults else report


def _joined(first: "ExchangeReport", second: "ExchangeReport") -> "ExchangeReport":
    return replace(
        second,
        rounds=first.rounds + second.rounds,
        bytes_out=first.bytes_out + second.bytes_out,
        bytes_in=first.bytes_in + second.bytes_in,
        events_out=first.events_out + second.events_out,
        events_in=first.events_in + second.events_in,
        records_in=first.records_in + second.records_in,
        receipt_level=max(first.receipt_level, second.receipt_level),
        seconds=first.seconds + second.seconds,
    )
