"""Broken engines that mistake what to send: what is named, asked for, given back, left out."""

from typing import Any

from damage import Patch, mutant

from darasa.sync import (
    chains,
    session_asking,
    session_body,
    session_finding,
    session_in,
    session_out,
    session_readable,
    session_store,
)
from darasa.sync.session_view import Step


@mutant
def first_event_left_out(put: Patch) -> None:
    """After a mark the sender begins one event too late."""
    original = chains._split

    def split(log: Any, before: Any, links: Any, bytes_max: int) -> Any:
        links = list(links)
        if links and links[0].seq > 1 and len(links) > 1:
            return original(log, links[0].chain, iter(links[1:]), bytes_max)
        return original(log, before, iter(links), bytes_max)

    put(chains, "_split", split)


@mutant
def named_log_thought_held(put: Patch) -> None:
    """Whatever the server says of a named log, the sender takes it for all."""
    original = session_out.Offers.on_tips

    def on_tips(self: Any, tips: Any) -> None:
        original(self, tips)
        if self.phase is session_out.Phase.TIPS:
            for tip in tips.tips:
                self._pending.pop(tip.log_id, None)
                self._claims._ends.pop(tip.log_id, None)

    put(session_out.Offers, "on_tips", on_tips)


@mutant
def named_tips_said_back(put: Patch) -> None:
    """The server says that it holds what it was asked about, and receipts it."""

    original = session_in.Arrivals.close

    def close(self: Any, **how: Any) -> Step:
        for tips in self._named.values():
            for tip in tips:
                self._next_ends[tip.log_id, tip.seq, tip.chain8] = tip
        return original(self, **how)

    put(session_in.Arrivals, "close", close)


@mutant
def offers_only_the_newest_log(put: Patch) -> None:
    original = session_store.StoreView.offered_logs

    def offered_logs(self: Any, *, after: int) -> Any:
        return original(self, after=after)[-1:]

    put(session_store.StoreView, "offered_logs", offered_logs)


@mutant
def answer_not_bound_to_its_question(put: Patch) -> None:
    put(session_asking, "is_signed_hello", lambda *_, **__: True)


@mutant
def end_not_checked(put: Patch) -> None:
    """A body with a frame missing passes for a whole one."""

    def check_end(self: Any, end: Any) -> None:
        self.end = end

    put(session_body.BodyReader, "_check_end", check_end)


@mutant
def ranges_skipped_and_taken_for_held(put: Patch) -> None:
    """An older server skips ranges, and the news in its receipt counts as a word on them."""
    differences = session_finding.Differences
    put(differences, "is_unsettled", differences.more)


@mutant
def branches_counted_as_rounds(put: Patch) -> None:
    """A log that is named with many branches counts as asked for as often."""
    differences = session_finding.Differences
    real = differences.want

    def want(self: session_finding.Differences, log_id: bytes) -> None:
        self._wanted.clear()
        real(self, log_id)

    put(differences, "want", want)


@mutant
def held_back_forgotten_when_something_came(put: Patch) -> None:
    """What came is named from a later place, and what is held back before it is forgotten."""
    readable = session_readable.Readable

    def forget(self: session_readable.Readable, *, base: int) -> None:
        self._withheld.clear()

    put(readable, "forget", forget)
