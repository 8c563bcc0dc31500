"""Showing that one knows a skill, and finding a start: offer, pause and end, in words. Pure.

No word here says that something was failed: what did not come out is as it was before.
"""

from collections.abc import Sequence

from darasa.client_tui.locale import _, ngettext
from darasa.client_tui.presenters.choice import Choices
from darasa.client_tui.standings import symbol, word
from darasa.content_packs.safe_text import SafeText
from darasa.learning.views import SkillStanding, Standing

TITLES_MAX = 6


def skill_offer(skill: SkillStanding, *, marked: int) -> Choices:
    """A skill of the map that can be practised or shown."""
    said = [f"{symbol(skill.standing)}  {word(skill.standing)}"]
    if skill.standing is Standing.LATER and skill.needs:
        said.append(_("It needs first: {titles}.").format(titles=", ".join(skill.needs)))
    said.append(_("If you know it already, show it with two questions."))
    choices = [_("Learn and practise it"), _("Show that you know it")]
    return Choices("skill", skill.title, said, choices, marked)


def challenge_pause(title: SafeText, *, marked: int) -> Choices:
    """Esc while a skill is shown."""
    said = [_("If you stop, everything stays as it was."), _("You can show it another day.")]
    return Choices("pause", title, said, [_("Go on"), _("Stop here")], marked)


def placement_pause(*, marked: int) -> Choices:
    """Esc while a start is looked for."""
    said = [
        _("You can stop here and see where to start."),
        _("Or go on later: your answers are kept."),
    ]
    choices = [_("Go on"), _("Stop here and see"), _("Go on later")]
    return Choices("pause", _("Find your start"), said, choices, marked)


def shown(title: SafeText, *, choices: Sequence[str], marked: int) -> Choices:
    """A skill was shown."""
    said = [_("It comes back within a week, to see that you still have it.")]
    good = _("Got it: {skill}  +").format(skill=title)
    return Choices("shown", _("You showed it."), said, choices, marked, good)


def not_shown(title: SafeText, *, choices: Sequence[str], marked: int) -> Choices:
    """A skill was not shown this time: nothing has changed, and that is what is said."""
    said = [
        _("That was worth a try. Everything is as it was before."),
        _("Practise it a little, and show it another day."),
    ]
    return Choices("not-shown", title, said, choices, marked)


def start_found(
    known: Sequence[SafeText], *, every: bool, choices: Sequence[str], marked: int
) -> Choices:
    """Where a learner starts, in words."""
    title = _("Your start is found.")
    if not known:
        said = [_("The beginning is a good place to start."), _("Everything is on your map.")]
    else:
        said = [_("You seem to know:"), *(f"  o  {each}" for each in known[:TITLES_MAX])]
        if len(known) > TITLES_MAX:
            more = len(known) - TITLES_MAX
            said.append(
                "  " + ngettext("and {count} more", "and {count} more", more).format(count=more)
            )
        said.append(_("You can show each of them on your map, or practise it."))
        if not every:
            said.append(_("What comes next is ready for you."))
    return Choices("start-found", title, said, choices, marked)
