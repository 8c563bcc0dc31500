"""What a running server does for commands that reach it over its control socket.

Owns: the operations that need the server itself (a new code, an exchange now); all others are
learning's, done on the same classroom. The socket is `learning.control`'s.
"""

from typing import Any

from darasa.learning.operations import run_operation
from darasa.server.jobs import exchange_now
from darasa.server.state import Darasa


def operations(darasa: Darasa, op: str, args: dict[str, Any]) -> dict[str, Any]:
    """Do one operation; its answer, or `{"error": sentence, "code": exit code}`."""
    match op:
        case "new-code":
            return {"code": darasa.enrolment.new_code(), "address": darasa.config.reached}
        case "sync":
            return exchange_now(darasa, url=args.get("peer"))
        case "new-passphrase":
            answer = run_operation(darasa.classroom, op, args)
            if "id" in answer:  # who is signed in with the former one is signed out
                darasa.sessions.close_of(bytes.fromhex(answer["id"]))
            return answer
        case _:
            return run_operation(darasa.classroom, op, args)
