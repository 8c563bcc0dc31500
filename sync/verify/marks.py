"""The coverage marks: paths of the engine that a run of the simulator must have met.

A mark is set by what can be seen from outside: frames on the wire, what a store holds, how a
program ends. A run of `DUE_SEEDS` seeds that misses one is not a proof, and `verify-sync` says so.
"""

from typing import Final

DUE_SEEDS: Final = 500

MARKS: Final[dict[str, str]] = {
    # the way of an exchange
    "nothing new": "a round of HELLO and END alone",
    "events in the first body": "a known mark, or none: events went without a question",
    "tips named": "a sender named its logs first",
    "mark unknown": "a server did not know the newest mark",
    "older mark known": "a sender named older marks, and one of them was known",
    "no mark known": "none of the marks was known, and all logs were named",
    "hole answered": "a run did not follow what was held, and was asked for again",
    "several rounds": "a session of four rounds or more, by its size",
    "server forgot a node": "a server that was set back was shown the certificate it had given",
    "relayed certificates": "a school brought the certificates of its computers",
    "ranges compared": "so many logs were to be named that ranges of them were compared",
    "given back": "a hub gave a school events that it lacked",
    "given back in part": "more than an answer may hold was new to a school: the rest by ranges",
    # codecs and versions
    "codec 1 used": "events went in predicted columns",
    "codec 1 in a context": "columns named a dictionary or a learner that both sides know",
    "context missing": "the other side lacked the context, and they came again without",
    "codec fall-back": "the other side did not read codec 1, and they came again in codec 0",
    "versions apart": "two programs had no version in common, and their session ended so",
    "program changed": "a node went on with another program on the same disk",
    "newer store refused": "an older program met a newer one's store, and left it alone",
    "newer frame skipped": "a frame of a later version was left out, and all went well",
    "newer frame refused": "a frame that may not be left out ended the session",
    # belief
    "provisional kept": "events came without a head over them, and were kept",
    "head believed later": "a head came for events that had waited for it",
    "fork kept": "a school holds a log with two tips",
    "fork kept at the hub": "the hub holds a log with two tips",
    "unknown kind kept": "the hub holds an event of a kind that this program does not know",
    "clone met": "a machine exchanged that shares its keys with another",
    "copy made a key of its own": "a copied machine noticed its place, and signed a child's key",
    "clock corrected": "a server wrote a clock event",
    "events packed": "events in rows became packed runs",
    "logs adopted": "logs written before joining were given to the school",
    # the feed
    "feed from the start": "a cursor was not known, and the list began anew",
    "feed goes on": "a list went on from a cursor",
    "feed in parts": "a list took several frames",
    "copies dropped": "a computer was told to fold a learner anew",
    # care
    "died while caring": "a process died while its store was packed or pruned",
    "care stopped by the disk": "the disk failed while a store was packed or pruned",
    "events pruned": "a computer dropped old work that two others hold",
    "store salvaged": "a spoilt page was noticed, and the rest went into a new store",
    "saved behind a gap": "events after one that was lost were kept apart",
    "lost with a page": "a spoilt page took events with it",
    # servers that take no more
    "node frozen": "a machine brought more than it may, and was held back",
    "node let go": "a person released a machine that was held back",
    "server busy": "a server had no time, and said when to come again",
    # sticks
    "work by stick": "a server took new events from a stick",
    "answer by stick": "a node took the answer to its question from a stick",
    "lists by stick": "an answer on a stick brought records",
    "stick answered before": "an answer came again, or after a newer one, and was passed over",
    "stick for someone else": "a bundle that is for another machine was passed over",
    "stick of another school": "a bundle of another school was passed over",
    "stick damaged": "a bundle that was cut or changed was noticed",
    "beginning of a damaged stick kept": "of a damaged bundle the events before it were taken",
    "pulled out while written": "a stick was pulled out, and nothing half is on it",
    "pulled out while read": "a stick was pulled out, and what was read so far stays",
    "stick not taken: disk": "a bundle could not be saved, and nobody was told that it was",
    "died at a stick": "a process died while it read a stick",
    "healed by stick": "a district came together by sticks alone",
    # erasure
    "learner erased": "a school erased a learner",
    "erased learner refused": "nothing new could be written of a learner who is erased",
    "erasure remembered": "a store that was set back read in its file who is erased",
    "erasure forgotten": "a store that was set back without its file did not know any more",
    "leaves sent": "leaves went in place of events of a learner who is erased",
    "leaves sent to a server before erasure": "it ends there, and what is behind them stays owed",
    "nothing served to one who knows more": "a server that may have forgotten someone fed nothing",
    # neighbours' work
    "bundle carried": "a computer keeps a neighbour's bundle for the school",
    "carrier is full": "a bundle found no room, and none was dropped for it",
    "carried in parts": "a carried bundle went up in several rounds",
    "carried bundle taken": "a server took new events from a carried bundle",
    "carried bundle dropped": "a carrier dropped what its server had looked at",
    # removed computers
    "computer removed": "a school removed a computer that had work to send",
    "removed computer refused": "a removed computer was not served, and kept its work",
    "child of a removed computer refused": "a copy of a removed computer made a key in vain",
    "removed computer let back": "a removed computer is served again",
    "removal forgotten": "a school that was set back did not know whom it had removed",
    "copy confirmed": "a copied machine got a certificate of its school's",
    # refusals
    "damage named": "a body was damaged, and the answer said so",
    "session refused": "a body did not fit the protocol, and the answer said so",
    "server could not save": "a server's disk failed, and the answer said so",
    "write refused": "an answer could not be saved, and nobody was told that it was",
    "old answer refused": "an answer of another day was not believed",
    "set back while asked": "a server was set back in the middle of a session, and it showed",
    "asker died": "the asking process died in an exchange",
    "server died": "the serving process died in an exchange",
    # disks
    "dies_before": "a process died before a commit",
    "dies_after": "a process died after a commit, before it knew",
    "full": "a statement met a full disk",
    "no_room": "SQLite itself found that its file may not grow",
    "error_kept": "a commit gave an error, and was durable",
    "error_lost": "a commit gave an error, and was not durable",
}
