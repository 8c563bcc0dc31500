"""The practice item with its hints, feedback and solution."""

import contextlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.answer_entry import AnswerEntry
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import item as present
from darasa.client_tui.screens.base import Activity, Screen, moved
from darasa.content_packs.grading import Verdict
from darasa.learning.reports.course_book import about_of
from darasa.learning.views import Feedback, ItemRole, ItemView, Phase
from darasa.sync.errors import StoreError
from darasa.sync.messages import Doing

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow

_MOVES = (Action.UP, Action.DOWN, Action.LEFT, Action.RIGHT)


class ItemScreen(Screen):
    """One item after another, until the set ends."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._sitting = flow.sitting_now()
        self._saved_at = ""
        self._given: Feedback | None = None
        self._role = ItemRole.SET
        self._begin()
        self._tell_role()

    def _begin(self) -> None:
        """Read the item on the screen anew, nothing marked and nothing typed."""
        view = self._sitting.current
        assert view is not None
        self._view: ItemView = view
        self._entry = AnswerEntry(view)
        self._button = 0

    def _tell_role(self) -> None:
        """Say why this item is of another skill than the one before, where it is."""
        before, self._role = self._role, self._view.role
        words = present.role_words(self._view.role, before)
        if words:
            self.flow.say(words.format(skill=self._view.skill_title))

    def _refresh(self) -> None:
        """Read the same item anew; what is marked and typed stays."""
        view = self._sitting.current
        assert view is not None
        self._view = self._entry.view = view
        self._button = 0

    # -- what it is now --------------------------------------------------------------------

    @property
    def place(self) -> str:
        """The instance, its phase and its tries."""
        view = self._view
        instance = view.instance
        return f"{view.nth}:{instance.item.id}:{instance.nth}:{view.phase}:{view.tries}"

    def header_title(self) -> str:
        """The skill."""
        return self._view.skill_title

    @property
    def in_text_field(self) -> bool:
        """Letters are typed only in a text field that was not left with Esc."""
        return self._asks and self._entry.in_text_field

    @property
    def _asks(self) -> bool:
        return self._view.phase is Phase.ASK

    @property
    def _over(self) -> bool:
        """Right, or solved: only the next item is left."""
        view = self._view
        return view.phase is Phase.SOLUTION or (
            view.phase is Phase.FEEDBACK and not view.can_show_solution
        )

    @property
    def _hints_left(self) -> bool:
        return len(self._view.hints) < self._view.hints_total

    def _buttons(self) -> list[tuple[Action, str]]:
        if self._over and self._view.has_worked:
            return [(Action.GO, _("Next")), (Action.READ, _("See another one done"))]
        if self._over:
            return [(Action.GO, _("Next"))]
        buttons = [(Action.GO, _("Try again"))]
        if self._hints_left:
            nth = len(self._view.hints) + 1
            buttons.append((Action.HINT, _("See hint {nth}").format(nth=nth)))
        return [*buttons, (Action.SHOW, _("Show me how"))]

    def offers(self) -> tuple[Offer, ...]:
        """What can be done with the item in its phase."""
        if self._asks:
            return self._offers_while_asked()
        words = self._buttons()[min(self._button, len(self._buttons()) - 1)][1]
        offers = [Offer(Action.GO, words, _("do the marked thing"))]
        if self._over and self._view.has_worked:
            offers.append(Offer(Action.READ, help=_("another one, done step by step")))
        if not self._over:
            offers += [Offer(Action.HINT)] if self._hints_left else []
            offers += [Offer(Action.READ)] if self._view.has_lesson else []
            offers += [Offer(Action.SKIP)]
        return (
            *offers,
            Offer(Action.TELL),
            Offer(Action.BACK, _("Stop"), _("stop and go home")),
            *(Offer(action, shown=False) for action in (*_MOVES, Action.CHOOSE)),
            Offer(Action.HELP),
        )

    def _offers_while_asked(self) -> tuple[Offer, ...]:
        offers = [
            Offer(Action.GO, _("Check"), _("check your answer")),
            Offer(Action.CHOOSE, help=_("choose an answer"), shown=False),
        ]
        if self.in_text_field:
            offers.append(Offer(Action.BACK, _("Leave the field"), _("leave the field")))
        if self._hints_left:
            words = _("a hint ({total} for this item)").format(total=self._view.hints_total)
            offers.append(Offer(Action.HINT, help=words))
        if self._view.has_lesson:
            offers.append(Offer(Action.READ))
        offers += [Offer(Action.SKIP), Offer(Action.TELL), Offer(Action.UNDO)]
        if not self.in_text_field:
            offers.append(Offer(Action.BACK, shown=False, help=_("stop and go home")))
        if self._entry.several:
            offers.append(Offer(Action.ON, _("Tick"), _("tick the marked answer"), shown=False))
        return (
            *offers,
            Offer(Action.UP, shown=False),
            Offer(Action.DOWN, shown=False),
            Offer(Action.HELP, keys_shown="F1" if self.in_text_field else None),
        )

    def message(self) -> str:
        """What to do."""
        view = self._view
        if self._asks:
            return self._asking_words()
        if view.has_worked:
            return _("Read how it is done. R shows another, step by step.")
        if view.phase is Phase.SOLUTION:
            return _("Read how it is done. Press Enter to go on.")
        if self._over:
            return _("Yes. Press Enter to go on.")
        return _("Not yet. Read this, then try again.")

    def _asking_words(self) -> str:
        if self._entry.in_text_field:
            return _("Type your answer, then press Enter. Esc leaves the field.")
        if self._entry.typing == "text":
            return _("Letters are keys now. Press Up to type again.")
        if self._entry.typing:
            return _("Type your answer, then press Enter to check.")
        if self._entry.several:
            return _("Tick all that are right, then press Enter to check.")
        return _("Choose, then press Enter to check.")

    def doing(self) -> Activity:
        """At this item."""
        view = self._view
        about = about_of(view.skill[0], view.instance.item.id)
        return Activity(Doing.WORKING, about, view.nth, view.of)

    def page(self, frame: Frame) -> Page:
        """The page."""
        state = replace(
            self._entry.state(),
            buttons=tuple(words for _action, words in self._buttons()),
            button=self._button,
            saved_at="" if self._asks else self._saved_at,
            given=self._given if self._asks else None,
        )
        return present.item(state, frame)

    # -- what is kept ----------------------------------------------------------------------

    def keep(self) -> None:
        """What is half typed. A disk that is full is for the answer to tell, or the next second."""
        with contextlib.suppress(StoreError):
            self._sitting.keep_typed(self._entry.text)

    def tick(self, now_ms: int) -> None:
        """A power cut costs a second of typing."""
        self.keep()

    # -- keys ------------------------------------------------------------------------------

    def typed(self, key: str) -> bool:
        """Characters of the answer's field; Ctrl+U empties it, and takes ticks away."""
        return self._asks and self._entry.typed(key)

    def act(self, action: Action, key: str) -> None:
        """Do what is offered."""
        match action:
            case Action.BACK:
                self.flow.to_home()
            case Action.READ:
                self._read()
            case Action.SKIP:
                self._skip()
            case Action.HINT:
                self._hint()
            case Action.GO if self._asks:
                self._check()
            case _ if self._asks:
                self._entry.act(action, key)
            case Action.GO:
                self._press_button()
            case Action.CHOOSE if int(key) <= len(self._buttons()):
                self._button = int(key) - 1
            case Action.UP | Action.LEFT:
                self._button = moved(self._button, Action.UP, len(self._buttons()))
            case Action.DOWN | Action.RIGHT:
                self._button = moved(self._button, Action.DOWN, len(self._buttons()))
            case _:
                pass

    def _check(self) -> None:
        if self._entry.is_not_sure:
            self._not_sure()
            return
        response = self._entry.response()
        if response is None:
            self.flow.say(_("Choose an answer first."))
            return
        feedback = self._sitting.answer(response)
        self._given = None
        self._refresh()
        if feedback.saved_ms is None:
            self._given = feedback
            if feedback.verdict is Verdict.WRITE_AS_ASKED:
                self.flow.say(_("That is right. Now write it as the question asks."))
            else:
                self.flow.say(_("I could not read that. Please type it again."))
            return
        self.flow.written()
        self._saved_at = self.flow.times.time(feedback.saved_ms)
        if feedback.got:
            self.flow.say(
                _("You got it: {skill}. Press Enter to go on.").format(skill=feedback.got)
            )
        elif feedback.verdict is Verdict.RIGHT and feedback.with_help:
            self.flow.say(_("Yes, you used help and got it. Press Enter to go on."))

    def _not_sure(self) -> None:
        hint = self._sitting.not_sure()
        self.flow.written()
        self._refresh()
        if hint is not None:
            self.flow.say(_("That is fine. Read the hint, then try."))
        elif self._view.can_show_solution:
            self._show_solution()
        else:
            self.flow.say(_("There are no more hints. Try, read, skip, or tell your teacher."))

    def _hint(self) -> None:
        asked_before = self._asks
        hint = self._sitting.hint()
        self.flow.kept()
        if hint is None:
            self.flow.say(_("There are no more hints."))
        elif asked_before:
            self._refresh()
            self.flow.say(_("Read the hint, then try."))
        else:
            self._begin()
            self.flow.say(_("Read the hint, then try again."))

    def _show_solution(self) -> None:
        self._sitting.show_me()
        self.flow.kept()
        self._refresh()

    def _press_button(self) -> None:
        action = self._buttons()[self._button][0]
        if action is Action.HINT:
            self._hint()
        elif action is Action.SHOW:
            self._show_solution()
        elif action is Action.READ:
            self._read()
        elif self._over:
            self._go_on(self._sitting.next())
        else:
            self._sitting.try_again()
            self.flow.kept()
            self._given = None
            self._begin()

    def _skip(self) -> None:
        came_back, over = self._view.came_back, self._over
        self._go_on(self._sitting.skip())
        if not over and not self.flow.said:
            left, later = _("You left it. That is fine."), _("Set aside. It comes back later.")
            self.flow.say(left if came_back else later)

    def _go_on(self, view: ItemView | None) -> None:
        self.flow.kept()
        self._given = None
        from darasa.client_tui.screens.set_end import SetEndScreen

        if view is None:
            self.flow.replace(SetEndScreen(self.flow))
        else:
            self._begin()
            self._tell_role()

    def _read(self) -> None:
        from darasa.client_tui.screens.lesson import open_lesson

        worked = self._view.has_worked
        self._button = 0  # back here, Enter goes on
        if not open_lesson(self.flow, self._view.skill, practise=False, worked=worked):
            self.flow.say(_("There is no lesson for this yet."))
