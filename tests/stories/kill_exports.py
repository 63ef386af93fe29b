"""A studio is killed (SIGKILL, or SIGTERM) in the middle of exports and started again: each ends with a file, and
no half-written file stays. `python -m tests.stories.kill_exports [KILLS]` prints the table for twenty kills.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from studio.domain import Status
from studio.settings import Settings
from studio.studio import Studio
from tests.stories.process import environment

ROOT = Path(__file__).parents[2]
SCRIPT = "Shot 1 [0-2s] a harbour at dawn, slow pan right\nShot 2 [2-4s] rain in a street\nShot 3 [4-6s] a red coat"
FORMS = ("film", "otio", "contact")


@dataclass(frozen=True)
class Killed:
    """How often the studio died, how the exports ended, and what was left over."""

    kills: int
    asked: int
    ended: Counter[str]
    parts: list[str]
    files: int


def drafted(data: Path) -> str:
    """A board with drawn shots; its id."""
    with Studio.open(Settings(data=data, workers=2)) as studio:
        board = studio.local.storyboards.create("Exports", script=SCRIPT, width=640, height=360, fps=24).board
        done = studio.local.runs.wait([r.id for r in studio.local.storyboards.draft(board.id)], timeout_s=120)
        assert {r.status for r in done} == {Status.SUCCEEDED}, [r.error for r in done]
        return board.id


def child(data: Path, board: str, forms: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """A studio of its own that asks for exports, and then only lives."""
    command = [sys.executable, "-m", "tests.stories.kill_exports", "--child", str(data), board, *forms]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), start_new_session=True)


def live(data: Path, board: str, forms: list[str]) -> None:
    """The child: ask, then wait to be killed or told to end."""
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    with Studio.open(Settings(data=data, workers=1)) as studio:
        for form in forms:
            studio.local.exports.start(board, form)
        while not stop:
            time.sleep(0.02)


def statuses(data: Path) -> Counter[str]:
    try:
        with closing(sqlite3.connect(f"file:{data / 'studio.db'}?mode=ro", uri=True, timeout=5)) as db:
            return Counter(row[0] for row in db.execute("SELECT status FROM films"))
    except sqlite3.Error:
        return Counter()


def parts(data: Path) -> list[str]:
    """Files that are not whole, anywhere in the library or the cache."""
    return [str(p.relative_to(data)) for top in ("library", "cache") for p in (data / top).rglob("*.part*")]


def play(folder: Path, kills: int, *, seed: int = 1, gently: bool = False) -> Killed:
    """Kill the studio so often, each time while an export is under way, then let it finish. gently: by SIGTERM."""
    data, chance = folder / "data", random.Random(seed)
    board, asked = drafted(data), 0
    for number in range(kills):
        forms = FORMS if number % 4 == 0 else ("film",)
        process = child(data, board, forms)
        until = time.monotonic() + 60
        while statuses(data).total() < asked + len(forms):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        asked += len(forms)
        time.sleep(chance.uniform(0.0, 2.5))
        if gently:
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
    with Studio.open(Settings(data=data, workers=1)) as studio:
        until = time.monotonic() + 60 + 20 * asked
        while statuses(data)["running"]:
            assert time.monotonic() < until, statuses(data)
            time.sleep(0.1)
        exports = studio.local.exports
        files = sum(
            exports.file(f.id).stat().st_size > 0 for f in exports.list_for_board(board) if f.status == "succeeded"
        )
    return Killed(kills, asked, statuses(data), parts(data), files)


def main(argv: list[str]) -> None:
    """The child, or the table."""
    if argv[:1] == ["--child"]:
        live(Path(argv[1]), argv[2], argv[3:])
        return
    print("| stopped by | kills | exports asked | ended | with a file | half-written files left |")
    print("| --- | --- | --- | --- | --- | --- |")
    for gently, kills in ((False, int(argv[0]) if argv else 20), (True, 4)):
        with TemporaryDirectory() as folder:
            row = play(Path(folder), kills, gently=gently)
        how = "SIGTERM" if gently else "SIGKILL"
        print(f"| {how} | {row.kills} | {row.asked} | {dict(row.ended)} | {row.files} | {row.parts or 0} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
