"""What a school may set for its learners' clients: one table of names, types and defaults.

Owns: reading them from the `[client]` table of `darasa.toml` and from the environment. Pure.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, field

from darasa.client_tui.actions import Action

GUARD_MS_DEFAULT: Final = 300


class Settings(Struct, frozen=True):
    """Minutes of the idle lock (ux.md section 6), the key guard, looks, and a school's own keys."""

    quiet_minutes: int = 5
    reading_minutes: int = 8
    locked_minutes: int = 15
    guard_ms: int = GUARD_MS_DEFAULT
    may_close: bool = True  # Ctrl+Q on the sign-in screen ends the program
    theme: str | None = None
    charset: str | None = None
    language: str | None = None  # of the machine; a learner's own goes before it
    plain: bool = False
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _minutes(table: Mapping[str, Any], name: str, default: int) -> int:
    value = table.get(name, default)
    return value if isinstance(value, int) and 1 <= value <= 240 else default


def _own_keys(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Keys by action name; entries that name no action or no key are left out.

    The digits stay: they are the numbers of rows.
    """
    known = {action.value for action in Action if action is not Action.CHOOSE}
    wanted = table.get("keys", {})
    found: dict[str, tuple[str, ...]] = {}
    for name, keys in wanted.items() if isinstance(wanted, Mapping) else ():
        listed = [keys] if isinstance(keys, str) else keys
        if name in known and isinstance(listed, list) and listed:
            found[name] = tuple(str(key).lower() for key in listed)
    return found


def settings_of(config: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """The settings of this computer: defaults, then `[client]` of its file, then the environment.

    `DARASA_KEY_GUARD_MS` sets the pause after which Enter counts again (0 for switch devices).
    """
    table = config.get("client", {})
    table = table if isinstance(table, Mapping) else {}
    guard = environment.get("DARASA_KEY_GUARD_MS", "")
    theme, charset, language = (table.get(name) for name in ("theme", "charset", "language"))
    return Settings(
        quiet_minutes=_minutes(table, "quiet_minutes", 5),
        reading_minutes=_minutes(table, "reading_minutes", 8),
        locked_minutes=_minutes(table, "locked_minutes", 15),
        guard_ms=int(guard) if guard.isdigit() else GUARD_MS_DEFAULT,
        may_close=table.get("may_close", True) is not False,
        theme=theme if isinstance(theme, str) else None,
        charset=charset if isinstance(charset, str) else None,
        language=language if isinstance(language, str) else None,
        plain=table.get("plain", False) is True,
        keys=_own_keys(table),
    )
