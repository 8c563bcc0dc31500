"""The words of the client, through gettext.

Owns: `_` and `ngettext`. Until catalogues are shipped, every text is shown as it stands in
the code. Texts are plain, second person, at most 14 words a sentence.
"""

import gettext as _gettext

_catalogue: _gettext.NullTranslations = _gettext.NullTranslations()


def _(text: str) -> str:
    """The text in the language of the interface."""
    return _catalogue.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The text for a count, by the plural rule of the language."""
    return _catalogue.ngettext(one, many, count)


def mark(text: str) -> str:
    """The text as it is, marked for translators: tables are translated where they are shown."""
    return text
