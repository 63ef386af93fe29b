"""Searches take their own threads, a few at once, and leave those of everybody else free."""

from __future__ import annotations

import asyncio
import threading

from anyio import to_thread

from studio.web.threads import SEARCHES, as_search


def test_searches_wait_for_one_another_and_nobody_waits_for_them() -> None:
    under_way, release = threading.Semaphore(0), threading.Event()
    most, now, lock = 0, 0, threading.Lock()

    def search(word: str, *, limit: int) -> str:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        under_way.release()
        assert release.wait(20)
        with lock:
            now -= 1
        return word * limit

    async def main() -> list[str]:
        searches = [asyncio.create_task(as_search(search)(word, limit=2)) for word in "abcdefgh"]
        for _ in range(SEARCHES):
            assert await to_thread.run_sync(under_way.acquire)  # others are answered meanwhile
        release.set()
        return await asyncio.gather(*searches)

    assert asyncio.run(asyncio.wait_for(main(), 30)) == [word * 2 for word in "abcdefgh"]
    assert most == SEARCHES
