"""Templates to HTML: everything is escaped, everything is cleaned, nothing is trusted.

Owns: the one Jinja environment. `|safe` does not exist in it, undefined names are errors, and each
value passes `safe_text` on its way to the page, also those that were clean when they came in.
"""

from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from darasa.content_packs.safe_text import safe_text
from darasa.server import wording
from darasa.server.assets import assets
from darasa.server.locale import _, ngettext


def _source(name: str) -> str | None:
    entry = resources.files("darasa.server") / "templates" / name
    return entry.read_text(encoding="utf-8") if entry.is_file() else None


def _clean(value: object) -> object:
    """Clean a value before it is escaped; what macros made is HTML already."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return safe_text(value)
    return value


@cache
def environment() -> Environment:
    """The one environment: escaping, cleaning, no undefined names, no `safe`."""
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    del environment.filters["safe"]
    environment.globals.update(
        _=_, ngettext=ngettext, asset=lambda name: assets()[name].path, words=wording
    )
    return environment


def render(template: str, **values: Any) -> str:
    """The HTML of a template."""
    return environment().get_template(template).render(**values)
