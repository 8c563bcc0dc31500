import asyncio

from darasa.server.live import Live


def test_a_waiter_wakes_when_another_thread_touches() -> None:
    live = Live()

    async def waited() -> int:
        waiting = asyncio.create_task(live.wait(0, within_s=60))
        await asyncio.sleep(0)
        await asyncio.to_thread(live.touch)
        return await waiting

    assert asyncio.run(waited()) == 1


def test_a_change_before_waiting_is_not_missed() -> None:
    live = Live()
    live.touch()
    assert asyncio.run(live.wait(0, within_s=60)) == 1


def test_without_a_change_the_wait_ends_with_the_time() -> None:
    assert asyncio.run(Live().wait(0, within_s=0.01)) == 0


def test_a_pause_goes_on_through_changes_and_ends_at_the_close() -> None:
    live = Live()

    async def paused() -> bool:
        pausing = asyncio.create_task(live.pause(60))
        await asyncio.sleep(0)
        live.touch()
        for _ in range(5):
            await asyncio.sleep(0)
        still = not pausing.done()
        live.close()
        await pausing
        return still

    assert asyncio.run(paused())
