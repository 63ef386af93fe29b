"""Work prepared ahead comes out whole, in order, with its errors, and stops when its user does."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from studio.media.prefetch import prefetch


def test_everything_comes_in_order() -> None:
    assert list(prefetch(n for n in range(1000))) == list(range(1000))


def test_an_error_arrives_after_what_came_before_it() -> None:
    def source() -> Generator[int, None, None]:
        yield 1
        raise ValueError("broken")

    got = prefetch(source())
    assert next(got) == 1
    with pytest.raises(ValueError, match="broken"):
        next(got)


def test_stopping_early_closes_the_source_and_ends_the_thread() -> None:
    closed: list[int] = []

    def source() -> Generator[int, None, None]:
        try:
            yield from range(10**9)
        finally:
            closed.append(1)

    got = prefetch(source(), depth=2)
    assert isinstance(got, Generator) and next(got) == 0
    got.close()
    assert closed == [1] and not [t for t in threading.enumerate() if t.name == "frames-ahead"]
