"""What is said while a secret is checked, or may not be given yet."""

from darasa.client_tui.locale import _, ngettext


def before_words(count: int) -> str:
    """How many are checked before her."""
    if not count:
        return _("One moment, it is your turn.")
    words = ngettext("One moment: {count} before you.", "One moment: {count} before you.", count)
    return words.format(count=count)


def wait_words(wait_s: int) -> str:
    """How long the pause after wrong ones lasts."""
    return ngettext(
        "Please wait {count} second, then try again.",
        "Please wait {count} seconds, then try again.",
        wait_s,
    ).format(count=wait_s)
