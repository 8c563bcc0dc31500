"""When events that no signed head covers are dropped at the side that was asked (PROTOCOL.md 6).

Never what is believed, never in the middle of a session. Who sent them has no receipt for them and
sends them again, signed: dropping loses nothing.
"""

from collections.abc import Mapping, Sequence

from darasa.sync.ids import LogId, Role
from darasa.sync.lineage import came_from
from darasa.sync.messages import WireTip
from darasa.sync.session_view import DropUnsigned, Other, Step, View


def unsigned_to_drop(
    view: View, other: Other, named: Mapping[bytes, Sequence[WireTip]], *, is_quiet: bool
) -> Step:
    """What no head has covered, and none will: the body has ended whole.

    A side that has nothing to offer (`is_quiet`) is not in the middle of a session: for what it
    brought it has no head. And what a log's author names by TIPS is all that it has of it.
    """
    gone = tuple(
        LogId(log_id) for log_id, tips in named.items() if _is_beyond(view, other, log_id, tips)
    )
    brought = is_quiet and view.relay.unsigned_logs(other.school_id, other.node_id)
    if not brought and not gone:
        return Step()
    return Step(writes=(DropUnsigned(other.school_id, other.node_id if brought else None, gone),))


def _is_beyond(view: View, other: Other, log_id: bytes, named: Sequence[WireTip]) -> bool:
    """Whether what is unsigned of a log is beyond all that who may vouch for it says to have."""
    school_id, relay = other.school_id, view.relay
    if not relay.has_provisional(school_id, LogId(log_id)):
        return False
    log = view.held_log(school_id, log_id)
    if log is None:
        return False
    is_own = log.author == other.node_id or came_from(other.node_id, log.author, view.certificate)
    may_say = is_own or other.role is Role.SCHOOL
    return may_say and all(relay.holds(school_id, tip) for tip in named if tip.seq)
