"""What looks for changes goes on, whatever it meets on the way."""

import asyncio
import resource
from contextlib import ExitStack, contextmanager

from darasa.server import watch as watching
from darasa.server.watch import watch
from darasa.sync.errors import StoreError


@contextmanager
def _unreadable(store):
    """Meanwhile nobody can begin to read: every reader is taken, and no file can be opened."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as taken:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            while True:
                try:
                    taken.enter_context(store.reading())
                except StoreError:
                    break
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_store_that_cannot_be_read_for_a_while_does_not_end_it(school, monkeypatch, caplog):
    """Nothing told the live pages and the exchange with the hub of news until the next start."""
    monkeypatch.setattr(watching, "_LOOK_EVERY_S", 0.005)
    darasa, news = school.app.state.darasa, []

    async def scenario():
        task = asyncio.create_task(watch(darasa, lambda: news.append(darasa.live.version)))

        async def until(condition):
            async with asyncio.timeout(20):
                while not (condition() or task.done()):
                    await asyncio.wait([task], timeout=0.005)

        def answered():
            school.answer("Amina Kazungu", right=True)
            return news

        await until(answered)  # it has looked, and sees
        with _unreadable(school.room.store):
            await until(lambda: caplog.records)
        news.clear()
        school.answer("Amina Kazungu", right=True)
        await until(lambda: news)
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(scenario())
    assert news
    assert len(caplog.records) == 1
