"""Shots that begin with the end of the one before are rendered one after the other by themselves: once each, within
what was confirmed, over restarts and kills, until one fails or somebody stops it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest

from studio.catalogue import Catalogue
from studio.domain import HeldReason, Run, Status
from studio.engines.fake import FakeProvider, FakeScript, FindingFake
from studio.errors import Refused
from studio.services.board_repository import StoredBoard
from studio.settings import Settings
from studio.storyboard import edit
from studio.storyboard.model import Board, ShotStatus, Start
from studio.studio import Studio
from tests.support.kit import QUICK

SCRIPT = "Shot 1 [0-1s] a harbour\nShot 2 [1-3s] a street\nShot 3 [3-4s] a room"


def board_of(studio: Studio, script: str = SCRIPT) -> Board:
    """Three approved shots on a model that costs $0.10 a second; the second and third begin where one ends."""
    made = studio.local.storyboards.create("Chain", script=script, width=96, height=64, fps=10, model="paid/clip")

    def joined(board: Board) -> Board:
        for number, shot in enumerate(board.shots):
            board = edit.change(board, shot.id, start=Start(kind="previous" if number else "none"))
            board = edit.change(board, shot.id, status=ShotStatus.APPROVED)
        return board

    return studio.local.storyboards.edit(made.board.id, "join", joined).board


def until(done: Callable[[], object], timeout_s: float = 30) -> None:
    end = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < end, "it did not come to rest"
        time.sleep(0.02)


def now(studio: Studio, board: Board) -> StoredBoard:
    return studio.local.storyboards.get(board.id)


def takes(studio: Studio, board: Board) -> list[list[Run]]:
    return [[studio.local.runs.get(t.run) for t in s.takes] for s in now(studio, board).board.shots]


def all_made(studio: Studio, board: Board) -> bool:
    return all(len(t) == 1 and t[0].status is Status.SUCCEEDED for t in takes(studio, board))


def reasons(studio: Studio, board: Board) -> list[str]:
    chain = studio.local.continuations.get(board.id)
    return [link.stopped.sentence for link in chain.links if link.stopped] if chain else []


def test_the_price_of_all_is_shown_first_and_all_are_made(studio: Studio, paid: FindingFake) -> None:
    board = board_of(studio)
    plan = studio.local.continuations.plan(board.id)
    assert ([p.shot for p in plan.ready], plan.blocked) == ([board.shots[0].id], {})
    assert [f.link.shot for f in plan.follow] == [s.id for s in board.shots[1:]]
    assert (plan.estimate.runs, plan.estimate.usd) == (3, pytest.approx(0.4))
    assert len(studio.local.continuations.start(board.id)) == 1
    until(lambda: all_made(studio, board))
    made = [t[0] for t in takes(studio, board)]
    assert [r.request.task for r in made] == ["text-to-video", "image-to-video", "image-to-video"]
    for before, run in pairwise(made):
        assert run.request.media()["first_frame"] == (studio.local.storyboards.last_frame(before.assets[0]),)
    assert [s.stale for s in studio.local.storyboards.states(now(studio, board).board)] == [False] * 3
    assert len(paid.provider.accepted()) == 3
    until(lambda: studio.local.continuations.get(board.id) is None)
    assert studio.local.continuations.plan(board.id).ready == ()


def test_a_failure_stops_what_follows_and_says_why(studio: Studio, paid: FindingFake) -> None:
    paid.scripts["a street"] = FakeScript(submit=(Refused("The prompt was refused."),) * 3)
    board = board_of(studio)
    studio.local.continuations.start(board.id)
    until(lambda: reasons(studio, board))
    assert reasons(studio, board) == ["Shot 2 failed: The prompt was refused."]
    assert [len(t) for t in takes(studio, board)] == [1, 1, 0]
    studio.local.continuations.stop(board.id)
    assert studio.local.continuations.get(board.id) is None, "the reason was noted"


def test_it_can_be_stopped_and_nothing_more_is_queued(studio: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(wait_s=0.4)
    board = board_of(studio)
    (first,) = studio.local.continuations.start(board.id)
    studio.local.continuations.stop(board.id)
    assert studio.local.runs.wait([first.id], timeout_s=20)[0].status is Status.SUCCEEDED
    assert not studio.local.continuations.advance(board.id)
    assert [len(t) for t in takes(studio, board)] == [1, 0, 0]


def test_a_board_in_the_trash_costs_nothing_more(studio: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(wait_s=0.3)
    board = board_of(studio)
    studio.local.continuations.start(board.id)
    studio.local.storyboards.trash(board.id)
    until(lambda: reasons(studio, board))
    assert reasons(studio, board)[0] == "The storyboard no longer exists."
    assert len(paid.provider.accepted()) == 1


def test_a_shot_that_was_changed_meanwhile_is_not_paid_for(studio: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(wait_s=0.4)
    board = board_of(studio)
    studio.local.continuations.start(board.id)
    studio.local.storyboards.edit(board.id, "dearer", lambda b: edit.change(b, b.shots[1].id, duration_s=9))
    until(lambda: reasons(studio, board))
    assert reasons(studio, board)[0] == "The shot changed after you confirmed the price."
    assert len(paid.provider.accepted()) == 1


def test_a_limit_holds_the_follower_and_the_rest_waits(studio: Studio, paid: FindingFake) -> None:
    studio.admin.set_limits(run_usd=0.15)
    board = board_of(studio)
    studio.local.continuations.start(board.id)
    until(lambda: len(takes(studio, board)[1]) == 1 and takes(studio, board)[1][0].status is Status.HELD)
    held = takes(studio, board)[1][0]
    assert held.held_reason is HeldReason.BUDGET and reasons(studio, board) == []
    studio.admin.set_limits()
    studio.local.runs.decide(held.id, studio.queue.hold_choices(held)[0].id)
    until(lambda: all_made(studio, board))


def test_the_new_take_takes_the_place_of_the_stale_one_it_was_confirmed_for(studio: Studio) -> None:
    board = board_of(studio)
    studio.local.continuations.start(board.id)
    until(lambda: all_made(studio, board))
    old = now(studio, board).board.shots[0].chosen

    def change(b: Board) -> Board:
        for shot, words in ((b.shots[0], "a harbour at night"), (b.shots[1], "a street at night")):
            b = edit.change(b, shot.id, prompt=words, status=ShotStatus.APPROVED)
        return b

    studio.local.storyboards.edit(board.id, "night", change)
    plan = studio.local.continuations.plan(board.id)
    assert ([p.shot for p in plan.ready], [f.link.shot for f in plan.follow]) == (
        [board.shots[0].id],
        [board.shots[1].id],
    )
    (again,) = studio.local.continuations.start(board.id)
    until(lambda: len(takes(studio, board)[1]) == 2)
    shot = now(studio, board).board.shots[0]
    assert shot.chosen == again.id != old
    follower = takes(studio, board)[1][1]
    assert follower.request.media()["first_frame"] == (
        studio.local.storyboards.last_frame(studio.local.runs.get(again.id).assets[0]),
    )


def test_many_looks_at_once_queue_a_follower_once(studio: Studio, paid: FindingFake) -> None:
    board = board_of(studio)
    studio.queue.pause()
    studio.local.continuations.start(board.id)
    studio.queue.resume()
    threads = [
        Thread(target=lambda: [studio.local.continuations.advance(board.id) for _ in range(20)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    until(lambda: all_made(studio, board))
    assert len(paid.provider.accepted()) == 3


def opened(folder: Path, catalogue: Catalogue) -> Studio:
    paid = FindingFake(name="paid", provider=FakeProvider(folder / "paid"), script=FakeScript(wait_s=0.1))
    return Studio.open(Settings(data=folder / "data"), engines={"paid": paid}, catalogue=catalogue, timing=QUICK)


KILLED = """
import os, signal, sys, time
from itertools import pairwise
from pathlib import Path
from studio.catalogue import load
from tests.services.test_continuations import board_of, opened, takes
folder, shot, status, after_s = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
studio = opened(folder, load(Path("tests/catalogue")))
board = board_of(studio)
print(board.id, flush=True)
with studio.queue.subscribe() as changes:
    studio.local.continuations.start(board.id)
    reached = ("queued", "running", "succeeded")  # a later one counts: the moment may be missed
    while not any(r.status in reached[reached.index(status):] for r in takes(studio, board)[shot]):
        changes.get(1)
time.sleep(after_s)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("shot", "status", "after_s"),
    [(0, "running", 0.0), (0, "succeeded", 0.0), (0, "succeeded", 0.02), (1, "queued", 0.0), (1, "running", 0.05)],
)
def test_a_kill_at_any_moment_neither_loses_nor_doubles(
    tmp_path: Path, catalogue: Catalogue, shot: int, status: str, after_s: float
) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(shot), status, str(after_s)]
    died = subprocess.run(command, capture_output=True, text=True, timeout=90, cwd=Path(__file__).parents[2])
    assert died.returncode == -9, died.stderr
    with opened(tmp_path, catalogue) as studio:
        board = studio.local.storyboards.get(died.stdout.split()[0]).board
        until(lambda: all_made(studio, board))
        paid = FakeProvider(tmp_path / "paid")
        assert len(paid.accepted()) == 3, "each shot was paid for once"
        assert studio.local.continuations.get(board.id) is None


def test_a_studio_that_was_closed_goes_on_where_it_was(tmp_path: Path, catalogue: Catalogue) -> None:
    with opened(tmp_path, catalogue) as studio:
        board = board_of(studio)
        studio.local.continuations.start(board.id)
    with opened(tmp_path, catalogue) as studio:
        until(lambda: all_made(studio, board))
