"""The operations that commands do on a node, by name, with plain values in and out.

Owns: the table of operations. They run in the process that holds the node: in the command itself,
or in a running server or client that the command reached over its control socket. Answers are
JSON-ready; a refusal is `{"error": sentence, "code": exit code}`.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from darasa.learning.assigning.operations import ASSIGNING
from darasa.learning.classroom import Classroom
from darasa.learning.copies import COPY_OPERATIONS
from darasa.learning.deciding.operations import DECIDING
from darasa.learning.erasure import KEPT_ELSEWHERE, check_may_erase, erase_learner
from darasa.learning.errors import AmbiguousError, LearningError, NotFoundError, SecretError
from darasa.learning.fits.operations import FIT_OPERATIONS
from darasa.learning.marking_operations import MARKING
from darasa.learning.meeting import meet_server
from darasa.learning.pack_delivery import publish_packs
from darasa.learning.people.operations import PEOPLE_OPERATIONS
from darasa.learning.people.staff_operations import STAFF_OPERATIONS
from darasa.learning.rights import Post
from darasa.learning.rosters.operations import ROSTER_OPERATIONS
from darasa.learning.school_key import new_school_key, write_sheets
from darasa.learning.signing_in.operations import SIGN_IN_OPERATIONS
from darasa.learning.signing_in.passphrase import new_passphrase
from darasa.learning.status import status_of
from darasa.learning.stick_operations import STICK_OPERATIONS
from darasa.sync.errors import SyncError
from darasa.sync.ids import LearnerId, Role
from darasa.sync.rescue import set_aside
from darasa.sync.transport.stick_files import StickNotFoundError

REFUSED: Final = 1
BAD_INPUT: Final = 3
NOT_FOUND: Final = 4

Operation = Callable[[Classroom, dict[str, Any]], dict[str, Any]]


def run_operation(room: Classroom, op: str, args: dict[str, Any]) -> dict[str, Any]:
    """Do one operation; a refusal comes back as an answer, a fault of ours as an exception."""
    operation = _OPERATIONS.get(op)
    if operation is None:
        return {"error": f"This version does not know how to {op!r}.", "code": REFUSED}
    try:
        return operation(room, args)
    except (NotFoundError, AmbiguousError) as error:
        return {"error": str(error), "code": NOT_FOUND}
    except StickNotFoundError as error:
        return {"error": str(error), "code": NOT_FOUND}
    except SecretError as error:
        return {"error": str(error), "code": BAD_INPUT}
    except (LearningError, SyncError) as error:
        return {"error": str(error), "code": REFUSED}


def _add_teacher(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    passphrase = args.get("passphrase") or new_passphrase(room.rng)
    post = Post(args["post"]) if args.get("post") else None
    teacher_id = room.people.add_teacher(args["name"], passphrase, post=post)
    row = room.people.teacher(teacher_id)
    assert row is not None
    return {"name": args["name"], "passphrase": passphrase, "post": row.role}


def _erasable(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    check_may_erase(room)
    learner = room.people.find(args["name"])
    events = room.store.event_count_of(learner.learner_id)
    return {
        "learner_id": learner.learner_id.hex(),
        "name": learner.name or learner.learner_id.hex(),
        "events": events,
    }


def _erase_learner(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    done = erase_learner(room, LearnerId(bytes.fromhex(args["learner_id"])))
    aside = [] if room.home.is_in_memory else [str(file) for file in set_aside(room.home.path)]
    return {**asdict(done), "kept_elsewhere": KEPT_ELSEWHERE, "set_aside": aside}


def _sync(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    return meet_server(room, url=args.get("peer")).to_json()


def _status(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    return status_of(room, learner=args.get("learner"))


def _publish_packs(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    del args
    return {"published": publish_packs(room) if room.home.role is Role.SCHOOL else 0}


def _recovery_kit(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    return {"files": write_sheets(room, Path(args["out"]))}


def _new_school_key(room: Classroom, args: dict[str, Any]) -> dict[str, Any]:
    del args
    return {"key_id": new_school_key(room).hex()}


_OPERATIONS: Final[dict[str, Operation]] = {
    **DECIDING,
    **MARKING,
    **ASSIGNING,
    "add-teacher": _add_teacher,
    **SIGN_IN_OPERATIONS,
    "erasable": _erasable,
    "erase-learner": _erase_learner,
    "sync": _sync,
    "status": _status,
    "publish-packs": _publish_packs,
    "recovery-kit": _recovery_kit,
    "new-school-key": _new_school_key,
    **PEOPLE_OPERATIONS,
    **STAFF_OPERATIONS,
    **STICK_OPERATIONS,
    **COPY_OPERATIONS,
    **ROSTER_OPERATIONS,
    **FIT_OPERATIONS,
}
