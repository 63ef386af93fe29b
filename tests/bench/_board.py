"""A storyboard's figures: its animatic from cold, one edited shot until it is shown."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from studio.domain import Run, Status
from studio.settings import Settings
from studio.storyboard import edit, to_timeline
from studio.studio import Studio

BOARD = Path(__file__).parents[2] / "assets" / "i18n" / "en" / "board.json"
TIMES = 3
LIMIT_S = 600

Say = Callable[..., None]


def animatic(say: Say) -> None:
    """Opening a studio on an empty folder and drafting the example of six shots and 30 s at 1280x720, 24 frames a
    second; then, with the workers warm, the 5 s shot after a change of its words, until its clip and poster are there.

    cpu_s counts all processes; where another program has part of the cores, wall_s says more about that program.
    """
    with tempfile.TemporaryDirectory() as folder:
        cpu, wall = _cpu_s(), time.perf_counter()
        with Studio.open(Settings(data=Path(folder))) as studio:
            script = json.loads(BOARD.read_text("utf-8"))["example_text_harbour"]
            board = studio.local.storyboards.create("Film", script=script, width=1280, height=720, fps=24).board
            _made(studio, studio.local.storyboards.draft(board.id))
            wall = time.perf_counter() - wall
            length_s = to_timeline.timeline(board, {}).length_s
            times = [_edited(studio, board.id, turn) for turn in range(TIMES)]
        cpu = _cpu_s() - cpu  # the workers' own time is known once they have ended
    say(
        "animatic of six shots and 30 s from cold", wall_s=wall, ratio_wall=wall / length_s, goal=0.5,
        cpu_s=cpu, cpu_with_edits=TIMES, cores=os.cpu_count(), load=os.getloadavg()[0],
    )  # fmt: skip
    say("edit of a 5 s shot to shown", wall_s=statistics.median(times), worst_s=max(times), goal=3.0)


def _edited(studio: Studio, board_id: str, turn: int) -> float:
    """Seconds from a change of the first shot, which has 5 s, until a page can show it."""
    start = time.perf_counter()
    words = ("at night", "in the rain", "in winter")[turn % 3]
    shot = studio.local.storyboards.get(board_id).board.shots[0]
    changed = f"{shot.prompt} {words}"
    studio.local.storyboards.edit(board_id, "prompt", lambda b: edit.change(b, shot.id, prompt=changed))
    (run,) = _made(studio, studio.local.storyboards.draft(board_id, shots=[shot.id]))
    studio.local.assets.thumbnail(run.assets[0].id, "poster")
    return time.perf_counter() - start


def _made(studio: Studio, runs: list[Run]) -> list[Run]:
    done = studio.local.runs.wait([run.id for run in runs], timeout_s=LIMIT_S)
    assert all(run.status is Status.SUCCEEDED for run in done), [run.error for run in done]
    return done


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
