"""The words of the server's pages, through gettext.

Owns: `_` and `ngettext`. Until catalogues are shipped, texts are shown as they stand in the code.
"""

import gettext as _gettext

_catalogue: _gettext.NullTranslations = _gettext.NullTranslations()


def _(text: str) -> str:
    """The text in the language of the interface."""
    return _catalogue.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The text for a count, by the plural rule of the language."""
    return _catalogue.ngettext(one, many, count)
