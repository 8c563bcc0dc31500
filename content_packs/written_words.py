"""Written words as they are compared: in marking an item, in reports, in what a teacher accepts.

Owns: the one form. In NFC, case-folded, blanks squeezed, without a full stop at the end. Pure, and
the same in every locale: of the machine only Python's own table of Unicode is asked. Unicode never
changes how a letter that it has is composed or folded (its stability policies), so two Pythons can
differ only about letters that one of them does not know yet.
"""

import unicodedata


def squeezed(text: str) -> str:
    """In NFC, with each run of blanks as one space and none around."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def folded_words(text: str) -> str:
    """Equal for written answers that are the same words. What is folded stays as it is."""
    words = squeezed(squeezed(text).casefold())
    return words.rstrip(" .!") or words  # children end what they write with a full stop
