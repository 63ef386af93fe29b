"""Films of one cut for several places: each after the other against all asked at once, and how well the time left is
told on the way.

Three places from one graded cut of two shots and 9 s; wall and CPU seconds, children included. The reference is the
same films asked one by one, each when the one before is there. Errors of the time left are those of the whole press,
at a quarter, half and three quarters of its time, as a share of what was really left.

python -m tests.bench export [--places youtube,shorts,x]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from studio.domain import Run, Status
from studio.settings import Settings
from studio.storyboard.look import Look
from studio.studio import Studio

BOARD = Path(__file__).parents[2] / "assets" / "i18n" / "en" / "board.json"
GRADED = Look(saturation=0.8, contrast=1.1)
LOOK_S, LIMIT_S = 0.2, 900
AT = (0.25, 0.5, 0.75)
ERROR_GOAL = 0.2


def main(argv: list[str]) -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser(prog="export", description=__doc__)
    parser.add_argument("--places", default="youtube,shorts,x")
    places = parser.parse_args(argv).places.split(",")
    with tempfile.TemporaryDirectory() as folder, Studio.open(Settings(data=Path(folder))) as studio:
        script = json.loads(BOARD.read_text("utf-8"))["example_text_harbour"]
        two = "\n".join(script.splitlines()[:3])
        board = studio.local.storyboards.create("Film", script=two, width=1280, height=720, fps=24).board
        studio.local.storyboards.edit(board.id, "look", lambda b: b.model_copy(update={"look": GRADED}))
        _made(studio, studio.local.storyboards.draft(board.id))
        alone = _timed(lambda: [_exported(studio, board.id, [place]) for place in places])
        told: list[tuple[float, float]] = []
        together = _timed(lambda: told.extend(_exported(studio, board.id, places)))
    _say("three places from one cut", wall_s=together[0], wall_alone_s=alone[0], ratio_wall=together[0] / alone[0],
         cpu_s=together[1], cpu_alone_s=alone[1], cores_used=together[1] / together[0])  # fmt: skip
    end = together[0]
    for share in AT if told else ():
        at_s, left_s = min(told, key=lambda pair: abs(pair[0] - share * end))
        _say(f"time left at {share:.0%}", told_s=left_s, left_s=end - at_s,
             error=abs(left_s - (end - at_s)) / (end - at_s), goal=ERROR_GOAL)  # fmt: skip


def _made(studio: Studio, runs: list[Run]) -> None:
    done = studio.local.runs.wait([run.id for run in runs], timeout_s=LIMIT_S)
    assert all(run.status is Status.SUCCEEDED for run in done), [run.error for run in done]


def _exported(studio: Studio, board_id: str, places: list[str]) -> list[tuple[float, float]]:
    """(seconds since the press, seconds left of the last one as told) while the films are made."""
    began, told = time.perf_counter(), []
    films = studio.local.exports.start_several(board_id, "film", {"framing": "follow"}, places)
    ask = getattr(studio.local.queue, "export_time_left_s", None)
    while any(studio.local.exports.get(f.id).status == "running" for f in films):
        assert time.perf_counter() - began < LIMIT_S
        left = [ask(f.id) for f in films] if ask else []
        if known := [one for one in left if one is not None]:
            told.append((time.perf_counter() - began, max(known)))
        time.sleep(LOOK_S)
    assert all(studio.local.exports.get(f.id).status == "succeeded" for f in films)
    return told


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), _cpu_s()
    work()
    return time.perf_counter() - wall, _cpu_s() - cpu


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _say(name: str, **figures: object) -> None:
    rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({"bench": "export", "name": name} | rounded | {"load": round(os.getloadavg()[0], 1)}), flush=True)
