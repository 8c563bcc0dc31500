"""The full-screen app, headless: keys reach the flow and nothing else, pages come back."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from textual import events

from darasa.client_tui.app import SAVING_NOTE_AFTER_S, ClientApp
from darasa.client_tui.charset import Charset, Level
from darasa.client_tui.flow_thread import FlowThread
from darasa.client_tui.page import Layout, text_of

CHARSET = Charset(Level.A)


def app_of(world: Any) -> tuple[ClientApp, FlowThread]:
    thread = FlowThread(world.flow, Layout(charset=CHARSET))
    return ClientApp(thread, CHARSET), thread


def screen(app: ClientApp) -> str:
    return "\n".join(text_of(line) for line in app.view.shown.lines)


async def until(app: ClientApp, pilot: Any, words: str) -> None:
    for _nth in range(500):
        if words in screen(app):
            return
        await pilot.pause(0.01)
    raise AssertionError(f"no {words!r} on\n{screen(app)}")


def drive(world: Any, steps: Callable[[ClientApp, Any], Any]) -> ClientApp:
    app, thread = app_of(world)

    async def run() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await steps(app, pilot)

    try:
        asyncio.run(run())
    finally:
        thread.pause()
    return app


def test_keys_go_to_the_flow_and_pages_come_back(world: Any) -> None:
    async def steps(app: ClientApp, pilot: Any) -> None:
        await pilot.press("a", "m", "i")
        await until(app, pilot, "ami_")
        await pilot.press("ctrl+c", "down", "ctrl+z", "enter")
        await until(app, pilot, "Your PIN")

    drive(world, steps)
    assert world.flow.sitting is None


def test_what_is_pasted_is_typed_and_never_a_command(world: Any) -> None:
    async def steps(app: ClientApp, pilot: Any) -> None:
        async def paste(text: str) -> None:
            app.post_message(events.Paste(text))
            await pilot.pause()

        await paste("amina\nk" + "?" * 300)
        await until(app, pilot, "amina k_")
        await pilot.press("enter")
        await until(app, pilot, "Your PIN")
        await paste("2t4?6o8\n")  # T would be "Forgot"
        world.clock.advance(1_000)
        await pilot.press("enter")
        await until(app, pilot, "Good morning")
        await paste("quit this, make tea, 2 + 3")
        await pilot.press("?")
        await until(app, pilot, "Help: Home")

    drive(world, steps)
    assert not world.flow.hand_up


def test_slow_saving_is_said_and_taken_back(world: Any) -> None:
    world.sign_in().press("enter", "2")
    gate, real = threading.Event(), world.flow.press

    def slow(key: str, pressed_ms: int) -> None:
        gate.wait(20)
        real(key, pressed_ms)

    world.flow.press = slow

    async def steps(app: ClientApp, pilot: Any) -> None:
        world.clock.advance(1_000)
        await pilot.press("enter")
        await pilot.pause(SAVING_NOTE_AFTER_S)
        await until(app, pilot, "Saving | Teacher")
        gate.set()
        await until(app, pilot, "Yes.")
        assert "Saved | Teacher" in screen(app)

    drive(world, steps)


def test_a_fault_of_the_screen_shows_no_traceback(
    world: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    async def steps(app: ClientApp, pilot: Any) -> None:
        app.view.show = None  # type: ignore[assignment,method-assign]
        await pilot.press("a")
        for _nth in range(200):
            if app.failed:
                break
            await pilot.pause(0.01)

    with pytest.raises(TypeError):  # the toolkit's tests hand it on; a terminal never sees it
        drive(world, steps)
    shown = capfd.readouterr()
    assert "Traceback" not in shown.out + shown.err


def test_only_rows_that_changed_are_drawn_again(world: Any) -> None:
    async def steps(app: ClientApp, pilot: Any) -> None:
        drawn: list[int] = []
        real = app.view.render_line

        def noting(y: int) -> Any:
            drawn.append(y)
            return real(y)

        app.view.render_line = noting  # type: ignore[method-assign]
        await pilot.press("s")
        await until(app, pilot, "s_")
        await pilot.pause(0.1)
        assert set(drawn) <= {4, 6, 7, 8, 9}

    drive(world, steps)
