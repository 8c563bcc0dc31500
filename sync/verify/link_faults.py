"""The table of what can go wrong in one exchange: add a function and a row.

Each arms a meeting before it runs; what it then counts as a fault is what really happened.
"""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.session import Limits
from darasa.sync.transport.exchange import LinkError
from darasa.sync.verify.disk import Trap
from darasa.sync.verify.meeting import frames_in, joined
from darasa.sync.verify.newer import newer_frames, server_updated

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.meeting import Meeting

SMALL_LIMITS: Final = (Limits(400, 1_500), Limits(700, 2_500), Limits(2_000, 8_000))
_GONE: Final = "The link broke."
_TYPE_AT: Final = 4  # of a frame's bytes


def _cut(meeting: "Meeting", random: Random) -> None:
    """The link dies at any byte, in either direction."""
    meeting.left = random.randrange(1, random.choice((300, 1_000, 4_000, 20_000)))


def _cut_at_once(meeting: "Meeting", random: Random) -> None:
    """The link dies before it has carried much."""
    meeting.left = random.randrange(1, 500)


def _once(meeting: "Meeting", random: Random, name: str, change: Callable[[bytes], bytes]) -> None:
    """Do something to one body or answer of the meeting, mostly the first, and count it."""
    waits = [random.choice((0, 0, 0, 1, 2))]

    def changed(raw: bytes) -> bytes:
        waits[0] -= 1
        if waits[0] != -1 or not raw:  # another fault may have left nothing
            return raw
        meeting.world.fault(name)
        arrives = change(raw)
        meeting.is_hurt = meeting.is_hurt or arrives != raw
        return arrives

    (meeting.on_body if random.random() < 0.5 else meeting.on_answer).append(changed)


def _flip(meeting: "Meeting", random: Random) -> None:
    """One bit arrives as another."""

    def flipped(raw: bytes) -> bytes:
        changed = bytearray(raw)
        changed[random.randrange(len(raw))] ^= 1 << random.randrange(8)
        return bytes(changed)

    _once(meeting, random, "bit flipped", flipped)


def _truncated(meeting: "Meeting", random: Random) -> None:
    """A body ends early, and its end looks like an end."""
    _once(meeting, random, "body truncated", lambda raw: raw[: random.randrange(len(raw))])


def _frame_lost(meeting: "Meeting", random: Random) -> None:
    """A carrier that knows frames leaves one out, often of a list that goes on in the next."""

    def without_one(raw: bytes) -> bytes:
        frames = frames_in(raw)
        types = [frame[_TYPE_AT] for frame in frames]
        goes_on = [n for n in range(1, len(frames) - 1) if types[n] == types[n + 1]]
        if goes_on and random.random() < 0.6:
            del frames[random.choice(goes_on)]
        elif len(frames) > 2:
            del frames[random.randrange(1, len(frames) - 1)]
        return joined(frames)

    _once(meeting, random, "frame lost", without_one)
    _tidied_afterwards(meeting, random)


def _frame_twice(meeting: "Meeting", random: Random) -> None:
    """A carrier brings one frame twice."""

    def with_one_more(raw: bytes) -> bytes:
        frames = frames_in(raw)
        if frames:
            place = random.randrange(len(frames))
            frames.insert(place, frames[place])
        return joined(frames)

    _once(meeting, random, "frame twice", with_one_more)


def _frames_swapped(meeting: "Meeting", random: Random) -> None:
    """Two frames arrive in the other order."""

    def swapped(raw: bytes) -> bytes:
        frames = frames_in(raw)
        if len(frames) > 3:
            place = random.randrange(1, len(frames) - 2)
            frames[place : place + 2] = reversed(frames[place : place + 2])
        return joined(frames)

    _once(meeting, random, "frames swapped", swapped)
    _tidied_afterwards(meeting, random)


def _tidied_afterwards(meeting: "Meeting", random: Random) -> None:
    """The server packs its events while some of them wait for a head."""
    if random.random() < 0.5:
        meeting.afterwards.append(meeting.server.tidy)


def _frame_slipped_in(meeting: "Meeting", random: Random) -> None:
    """A frame of an earlier body to the same server arrives among the new ones."""

    def slipped_in(raw: bytes) -> bytes:
        old = meeting.world.observer.old_bodies(meeting.server)
        frames = frames_in(raw)
        if old and len(frames) > 1:
            stray = random.choice(frames_in(random.choice(old)) or frames)
            frames.insert(random.randrange(1, len(frames)), stray)
        return joined(frames)

    _once(meeting, random, "old frame", slipped_in)


def _answer_lost(meeting: "Meeting", random: Random) -> None:
    """The server has done all of a round, and its answer never comes."""
    waits = [random.choice((1, 1, 2))]

    def lost(raw: bytes) -> bytes:
        del raw
        waits[0] -= 1
        if waits[0]:
            return b""
        meeting.world.fault("answer lost")
        raise LinkError(_GONE)

    def kept_or_lost(raw: bytes) -> bytes:
        return lost(raw) or raw

    meeting.on_answer.append(kept_or_lost)


def _body_delayed(meeting: "Meeting", random: Random) -> None:
    """A body does not arrive now; another day it may."""
    del random

    def late(raw: bytes) -> bytes:
        meeting.world.fault("body delayed")
        meeting.world.observer.delay(meeting.server, raw)
        raise LinkError(_GONE)

    meeting.on_body.append(late)


def _body_twice(meeting: "Meeting", random: Random) -> None:
    """A body arrives twice; the answer to either may be the one that comes back."""
    del random

    def twice(raw: bytes) -> bytes:
        meeting.world.fault("body twice")
        meeting.delivered(raw)
        return raw

    meeting.on_body.append(twice)


def _old_answer(meeting: "Meeting", random: Random) -> None:
    """An answer of another day comes instead of this one; the body may not even have arrived."""
    answers = meeting.world.observer.old_answers(meeting.asker)
    if not answers:
        return
    answer = random.choice(answers)

    def old(raw: bytes = b"") -> bytes:
        del raw
        meeting.world.fault("old answer")
        meeting.is_damaged = True
        meeting.refusals.append("old answer refused")
        return answer

    if random.random() < 0.5:
        meeting.instead = old
    else:
        meeting.on_answer.append(old)


def _trap(
    traps: tuple[Trap, ...], after: int, *, asks: bool
) -> Callable[["Meeting", Random], None]:
    def armed(meeting: "Meeting", random: Random) -> None:
        machine = meeting.asker if asks else meeting.server
        machine.disk.arm(random.choice(traps), random.randrange(after))

    return armed


def _lies(*, asks: bool) -> Callable[["Meeting", Random], None]:
    def armed(meeting: "Meeting", random: Random) -> None:
        """A disk flushes one of the next commits and none after it; then the power goes."""
        machine = meeting.asker if asks else meeting.server
        machine.flushes_in = random.choice((1, 1, 2, 3, 5))

        def power_goes() -> None:
            copy = machine.disk.last_copy
            if machine.flushes_in <= 0 and copy is not None:
                meeting.world.fault("power cut, the disk lied")
                machine.set_back(copy)

        meeting.afterwards.append(power_goes)

    return armed


def _set_back(meeting: "Meeting", machine: "Machine", random: Random) -> None:
    """Between two rounds a node is replaced by an older copy of itself; nobody is told."""
    at = random.choice((1, 2, 2, 3))
    if random.random() < 0.6:
        meeting.limits = random.choice(SMALL_LIMITS)

    def replaced(nth: int) -> None:
        if nth == at and machine.disk.copies:
            meeting.world.fault("restored unannounced")
            if nth > 1 and machine is meeting.server:
                meeting.refusals.append("set back while asked")
            machine.set_back(random.choice(machine.disk.copies))

    meeting.before_round.append(replaced)


def _server_set_back(meeting: "Meeting", random: Random) -> None:
    """The server is restored between rounds."""
    _set_back(meeting, meeting.server, random)


def _asker_set_back(meeting: "Meeting", random: Random) -> None:
    """The asker is restored between rounds, and its session with it."""
    _set_back(meeting, meeting.asker, random)


def _server_restarts(meeting: "Meeting", random: Random) -> None:
    """The server's program is started again between rounds."""
    at = random.choice((1, 2))

    def restarted(nth: int) -> None:
        if nth == at:
            meeting.world.fault("restarted between rounds")
            meeting.server.start()

    meeting.before_round.append(restarted)


def _others_meanwhile(meeting: "Meeting", random: Random) -> None:
    """Keys go on, and other nodes exchange with the same ones, between two rounds."""
    at = random.choice((1, 2, 2))

    def meanwhile(nth: int) -> None:
        if nth == at:
            meeting.world.fault("others meanwhile")
            meeting.world.meanwhile(meeting, random)

    meeting.before_round.append(meanwhile)


def _small_frames(meeting: "Meeting", random: Random) -> None:
    """A metered link: small frames, small bodies."""
    meeting.world.fault("small frames")
    meeting.limits = random.choice(SMALL_LIMITS)


def _busy(meeting: "Meeting", random: Random) -> None:
    """The server has no time for a body, and says when to come again."""
    at = random.choice((1, 1, 2))

    def refused(nth: int) -> None:
        if nth == at:
            meeting.world.fault("server busy")
            meeting.is_to_wait = True
            meeting.refusals.append("server busy")
            meeting.instead = meeting.server.responder(meeting.limits).busy

    meeting.before_round.append(refused)


_DEATHS: Final = (Trap.DIES_BEFORE, Trap.DIES_AFTER)
_ERRORS: Final = (Trap.ERROR_KEPT, Trap.ERROR_LOST)
_FULL: Final = (Trap.FULL, Trap.NO_ROOM)

LINK_FAULTS: Final[dict[str, Callable[["Meeting", Random], None]]] = {
    "cut": _cut,
    "cut at once": _cut_at_once,
    "bit flipped": _flip,
    "body truncated": _truncated,
    "frame lost": _frame_lost,
    "frame twice": _frame_twice,
    "frames swapped": _frames_swapped,
    "old frame": _frame_slipped_in,
    "answer lost": _answer_lost,
    "body delayed": _body_delayed,
    "body twice": _body_twice,
    "old answer": _old_answer,
    "asker dies at a commit": _trap(_DEATHS, 4, asks=True),
    "server dies at a commit": _trap(_DEATHS, 4, asks=False),
    "asker's disk errs": _trap(_ERRORS, 4, asks=True),
    "server's disk errs": _trap(_ERRORS, 4, asks=False),
    "asker's disk is full": _trap(_FULL, 12, asks=True),
    "server's disk is full": _trap(_FULL, 12, asks=False),
    "asker's disk lied": _lies(asks=True),
    "server's disk lied": _lies(asks=False),
    "server restored between rounds": _server_set_back,
    "asker restored between rounds": _asker_set_back,
    "server restarted between rounds": _server_restarts,
    "others meanwhile": _others_meanwhile,
    "small frames": _small_frames,
    "server busy": _busy,
    "newer frames": newer_frames,
    "server's program changes between rounds": server_updated,
}
