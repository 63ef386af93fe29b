"""The last frame of a take is one file for all who ask for it at the same moment: the page, which reads its board when
a run has ended, and the shot that follows. With two files the follower's run would not match what the board plans."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread

from studio.domain import Asset
from studio.studio import Studio
from tests.services.test_continuations import all_made, board_of, now, until

ASKING = 8


def first_clip(studio: Studio) -> Asset:
    board = board_of(studio)
    [run] = studio.local.storyboards.render(board.id, shots=[board.shots[0].id])
    return studio.local.runs.wait([run.id], timeout_s=30)[0].assets[0]


def test_all_who_ask_at_once_get_the_same_frame(studio: Studio) -> None:
    clip, start = first_clip(studio), Barrier(ASKING)

    def ask(_: int) -> str:
        start.wait(10)
        return studio.local.storyboards.last_frame(clip)

    with ThreadPoolExecutor(ASKING) as threads:
        assert len(set(threads.map(ask, range(ASKING)))) == 1


def test_the_same_content_added_at_once_is_one_file(studio: Studio, tmp_path: Path) -> None:
    clip, start = first_clip(studio), Barrier(ASKING)
    picture = studio.local.assets.path(studio.local.assets.get(studio.local.storyboards.last_frame(clip)))
    copy = tmp_path / "copy.png"
    copy.write_bytes(picture.read_bytes() + b"\0")

    def add(_: int) -> str:
        start.wait(10)
        return studio.local.assets.add(copy, name="copy.png").id

    with ThreadPoolExecutor(ASKING) as threads:
        assert len(set(threads.map(add, range(ASKING)))) == 1


def test_a_board_that_is_read_all_the_time_takes_its_followers_as_they_were_planned(studio: Studio) -> None:
    board, done = board_of(studio), Event()

    def read() -> None:
        while not done.is_set():
            studio.local.storyboards.snapshot(board.id)

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        studio.local.continuations.start(board.id)
        until(lambda: all_made(studio, board))
    finally:
        done.set()
        for reader in readers:
            reader.join(10)
    assert [s.stale for s in studio.local.storyboards.states(now(studio, board).board)] == [False] * 3
