"""Exports outlive the studio and ffmpeg: what a kill interrupts is made after the next start, and nothing half-written
stays."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from studio.media import files
from studio.settings import Settings
from studio.studio import Studio
from tests.stories.kill_exports import drafted, parts, play


@pytest.mark.timeout(300)
@pytest.mark.parametrize("gently", [False, True], ids=["SIGKILL", "SIGTERM"])
def test_exports_are_taken_up_again_and_leave_nothing_behind(tmp_path: Path, gently: bool) -> None:
    killed = play(tmp_path, 2 if not gently else 1, gently=gently)
    assert killed.ended == {"succeeded": killed.asked}
    assert killed.files == killed.asked
    assert killed.parts == []


FFMPEG = """#!{python}
import os, pathlib, signal, sys
counted = pathlib.Path({count!r})
rendering = "-progress" in sys.argv and not sys.argv[-1] == "-"
if rendering:
    n = int(counted.read_text() or 0) if counted.exists() else 0
    counted.write_text(str(n + 1))
    if n < {kills}:
        os.kill(os.getpid(), signal.SIGKILL)
os.execv({real!r}, [{real!r}, *sys.argv[1:]])
"""


@pytest.mark.skipif(os.name == "nt", reason="a script as a program")
@pytest.mark.parametrize(("kills", "status"), [(1, "succeeded"), (99, "failed")])
def test_an_export_whose_ffmpeg_is_killed_says_so_and_is_tried_once_more(
    tmp_path: Path, kills: int, status: str
) -> None:
    board = drafted(tmp_path / "data")
    program = tmp_path / "ffmpeg"
    text = FFMPEG.format(python=sys.executable, count=str(tmp_path / "count"), kills=kills, real=files.ffmpeg())
    program.write_text(text)
    program.chmod(0o755)
    try:
        with Studio.open(Settings(data=tmp_path / "data", ffmpeg=str(program))) as studio:
            film = studio.local.exports.start(board, "film", {"width": 320, "height": 180, "preset": "x"})
            until = time.monotonic() + 240
            while (film := studio.local.exports.get(film.id)).status == "running":
                assert time.monotonic() < until
                time.sleep(0.05)
            said = film.error or " ".join((film.report or {}).get("notes", []))
            assert film.status == status
            assert f"signal {signal.SIGKILL.value}" in said
            assert parts(tmp_path / "data") == []
    finally:
        files.use_ffmpeg("")
