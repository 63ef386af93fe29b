"""One key, one piece of work, however many ask at once; a refusal may be tried again; nothing is kept for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from studio.errors import Conflict
from studio.web.idempotency import MAX_KEY_CHARS, IdempotencyCache


def test_eight_at_once_do_the_work_once_for_each_owner() -> None:
    cache, done = IdempotencyCache(), list[str]()

    def work(owner: str) -> str:
        return cache.once(owner, "press", lambda: (done.append(owner), owner)[1])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, ["ann", "bo"] * 4)) == {"ann", "bo"}
    assert sorted(done) == ["ann", "bo"]


def test_what_was_refused_may_be_tried_again_under_its_key() -> None:
    cache = IdempotencyCache()

    def refused() -> str:
        raise Conflict("not now")

    with pytest.raises(Conflict):
        cache.once("", "press", refused)
    assert cache.once("", "press", lambda: "made") == "made"


@pytest.mark.parametrize("key", [None, "", 7, ["a"], "x" * (MAX_KEY_CHARS + 1)])
def test_a_press_without_a_proper_key_is_a_press_of_its_own(key: object) -> None:
    cache = IdempotencyCache()
    assert [cache.once("", key, lambda n=n: n) for n in (1, 2)] == [1, 2]


def test_old_results_and_too_many_are_let_go() -> None:
    now = [0.0]
    cache = IdempotencyCache(ttl_s=10, max_entries=2, clock=lambda: now[0])
    for key in ("a", "b", "c"):
        cache.once("", key, lambda key=key: key)
    assert cache.once("", "a", lambda: "again") == "again"
    assert cache.once("", "c", lambda: "again") == "c"
    now[0] = 11
    assert cache.once("", "c", lambda: "again") == "again"
