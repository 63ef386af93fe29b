"""The studio may die at any moment: its workers go with it, and the run is made again after the restart."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.domain import Status
from studio.errors import UnknownHandle
from tests.engines.local.bench import ROOT, Bench

STUDIO = """
import json, sys, time
from pathlib import Path
from tests.engines.local.bench import Bench
bench = Bench(Path(sys.argv[1]), Path(sys.argv[2]))
handle = bench.submit(bench.job("wan2.2-t2v-a14b", run="lost", params={"steps": 1000}))
bench.watch(handle, until="denoising")
print(json.dumps([handle, bench.engine.status()[0]["pid"]]), flush=True)
time.sleep(60)
"""


def running(pid: int) -> bool:
    """Whether a process works: there, and no zombie whose parent has not looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_a_killed_studio_takes_its_workers_along_and_the_run_is_made_again(
    bench: Bench, tiny_models: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", STUDIO, str(tmp_path), str(tiny_models)]
    studio = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert studio.stdout is not None
    handle, pid = json.loads(studio.stdout.readline())
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(studio.pid, signal.SIGKILL)
    studio.wait(timeout=10)
    studio.stdout.close()
    deadline = time.monotonic() + 10
    while (running(pid) or running(parent)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(pid)
    assert not running(parent)

    with pytest.raises(UnknownHandle):
        bench.look(handle)
    assert bench.engine.info.repeatable
    assert bench.make(bench.job("wan2.2-t2v-a14b", run="lost")).status == Status.SUCCEEDED
