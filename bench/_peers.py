"""What others do with the same attempts: rows as Morango sends them, codec 0, and the entropy."""

import gzip
import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from darasa.sync.event import Event
from darasa.sync.squeeze import squeeze

CHUNK = 500  # Morango's rows a request


def morango_bytes(attempts: Sequence[Event], *, seed: int = 1) -> int:
    """The attempts as Kolibri's AttemptLog rows in Morango's Store, JSON, gzip a chunk.

    Field names and shapes are those of Kolibri 0.19 and Morango 0.8; values come from the attempts.
    """
    rng = random.Random(seed)
    dataset, device = rng.randbytes(16).hex(), rng.randbytes(16).hex()
    logs: dict[bytes, str] = {}
    rows = []
    for number, event in enumerate(attempts):
        sitting, item, right, typed = event.body[0], event.body[2], event.body[9], event.body[11]
        session = logs.setdefault(sitting, rng.randbytes(16).hex())
        start, end = event.t_ms - event.body[14], event.t_ms
        answer = typed or json.dumps({"choices": list(event.body[10])})
        serialized = {
            "_morango_dirty_bit": False,
            "item": item,
            "start_timestamp": _stamp(start),
            "end_timestamp": _stamp(end),
            "completion_timestamp": _stamp(end),
            "time_spent": event.body[14] / 1000,
            "complete": True,
            "correct": 1.0 if right else 0.0,
            "hinted": event.body[12] > 0,
            "answer": answer,
            "simple_answer": typed,
            "interaction_history": json.dumps(
                [{"type": "answer", "answer": answer, "correct": 1.0 if right else 0.0}]
            ),
            "user_id": (event.learner_id or b"").hex(),
            "error": False,
            "dataset_id": dataset,
            "masterylog_id": session[::-1],
            "sessionlog_id": session,
        }
        rows.append(
            {
                "id": rng.randbytes(16).hex(),
                "serialized": json.dumps(serialized),
                "deleted": False,
                "hard_deleted": False,
                "last_saved_instance": device,
                "last_saved_counter": 7,
                "model_name": "attemptlog",
                "profile": "facilitydata",
                "partition": f"{dataset}:user-rw:{serialized['user_id']}",
                "source_id": rng.randbytes(16).hex(),
                "conflicting_serialized_data": "",
                "_self_ref_fk": "",
                "dirty_bit": False,
                "transfersession": session[8:] + session[:8],
                "rmcb_list": [[device, 7 + number // CHUNK]],
            }
        )
    chunks = (rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK))
    return sum(len(gzip.compress(json.dumps(chunk).encode(), 6, mtime=0)) for chunk in chunks)


def _stamp(t_ms: int) -> str:
    second, ms = divmod(t_ms, 1000)
    minute, hour = second // 60 % 60, second // 3600 % 24
    return f"2026-03-{1 + second // 86_400 % 28:02}T{hour:02}:{minute:02}:{second % 60:02}.{ms:03}Z"


def codec_0_bytes(raws: Sequence[bytes]) -> int:
    """The same events as codec 0, in payloads of about 256 KiB."""
    total, batch, size = 0, [], 0
    for raw in raws:
        batch.append(raw)
        size += len(raw)
        if size >= 256 * 1024:
            total += len(squeeze(b"".join(batch)))
            batch, size = [], 0
    return total + (len(squeeze(b"".join(batch))) if batch else 0)


def entropy_bytes(attempts: Sequence[Event]) -> float:
    """Order-0 entropy an attempt: item, right, response time and gap, each by itself."""
    gaps = [b.t_ms - a.t_ms - b.body[14] for a, b in pairwise(attempts)]
    near = [gap for gap in gaps if 0 <= gap < 600_000]
    columns: list[Iterable[object]] = [
        [event.body[2] for event in attempts],
        [event.body[9] for event in attempts],
        [event.body[14] for event in attempts],
        near,
    ]
    return sum(_entropy(column) for column in columns) / 8


def _entropy(values: Iterable[object]) -> float:
    counts = Counter(values)
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values())
