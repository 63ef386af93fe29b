"""The real program is killed in the middle of twenty drafts and started again: each run ends exactly once, with a file.

Submits go through `gradio_client`, as another program would send them. `python -m tests.stories.kill_app` prints a
table for several moments.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from gradio_client import Client

from studio.media.validate import verify_decodes

ROOT = Path(__file__).parents[2]
START_S = 120
"""Most seconds for the server to answer, on a busy machine."""
RUNS = 20


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def app(data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The program, answering /healthz; killed at the end whatever happens."""
    command = [sys.executable, "app.py", "--port", str(port), "--data", str(data)]
    environ = os.environ | {"STUDIO_WORKERS": "2", "OMP_NUM_THREADS": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    log = (data.parent / f"app-{port}.log").open("wb")
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        until = time.monotonic() + START_S
        while not healthy(port):
            assert process.poll() is None, Path(log.name).read_text()
            assert time.monotonic() < until, "the server did not answer"
            time.sleep(0.2)
        yield process
    finally:
        process.kill()
        process.wait(10)
        log.close()


def healthy(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """Processes that this one has started (Linux)."""
    return [int(p) for t in Path(f"/proc/{pid}/task").glob("*/children") for p in t.read_text().split()]


def statuses(data: Path) -> Counter[str]:
    with closing(sqlite3.connect(data / "studio.db")) as db:
        return Counter(row[0] for row in db.execute("SELECT status FROM runs"))


def bodies() -> list[dict[str, object]]:
    """Pictures and short clips, so that some runs end before the kill and some are half-way."""
    shared = {"model": "draft/animatic", "width": 320, "height": 180}
    picture = shared | {"task": "text-to-image"}
    clip = shared | {"task": "text-to-video", "duration_s": 2}
    return [(clip if n % 4 else picture) | {"prompt": f"a red coat in the rain {n}", "seed": n} for n in range(RUNS)]


@dataclass(frozen=True)
class Killed:
    """One line of the table: what the runs were when the program died, and after it was started again."""

    before: Counter[str]
    after: Counter[str]
    orphans: int


def kill_after(ended: int, folder: Path) -> Killed:
    """Submit the drafts, kill the program when `ended` of them have succeeded, start it again, wait for all."""
    data, port = folder / "data", free_port()
    with app(data, port) as process:
        client = Client(f"http://127.0.0.1:{port}", verbose=False)
        ids = [client.predict(body, api_name="/submit")[0]["id"] for body in bodies()]
        until = time.monotonic() + 60
        while statuses(data)["succeeded"] < ended:
            assert time.monotonic() < until, statuses(data)
            time.sleep(0.02)
        workers = children(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    before, port = statuses(data), free_port()
    with app(data, port):
        client = Client(f"http://127.0.0.1:{port}", verbose=False)
        after = Counter(run["status"] for run in client.predict(ids, 120, api_name="/wait"))
    check_books(data, ids)
    return Killed(before, after, sum(Path(f"/proc/{w}").exists() for w in workers))


def check_books(data: Path, ids: list[str]) -> None:
    """Every run ended once and has exactly one registered, whole file; no other file lies around."""
    with closing(sqlite3.connect(data / "studio.db")) as db:
        ends = Counter(
            row[0]
            for row in db.execute(
                "SELECT r.id FROM events e JOIN runs r ON r.seq = e.run WHERE e.to_status IN "
                "('succeeded', 'failed', 'cancelled')"
            )
        )
        made = db.execute(
            "SELECT r.id, a.path, a.bytes FROM run_assets ra JOIN runs r ON r.seq = ra.run "
            "JOIN assets a ON a.seq = ra.asset WHERE ra.role = 'output'"
        ).fetchall()
    assert ends == dict.fromkeys(ids, 1)
    assert sorted(row[0] for row in made) == sorted(ids)
    for _, path, size in made:
        assert verify_decodes(data / path).bytes == size
    on_disk = {p.relative_to(data).as_posix() for p in (data / "library").rglob("*") if p.is_file()}
    assert on_disk == {row[1] for row in made}


def main() -> None:
    """Print the table: killed early, in the middle, late."""
    print("| killed after | before | after | orphans |\n| --- | --- | --- | --- |")
    for ended in (0, 3, 8, 14):
        with TemporaryDirectory() as folder:
            row = kill_after(ended, Path(folder))
        print(f"| {ended} | {dict(row.before)} | {dict(row.after)} | {row.orphans} |", flush=True)


if __name__ == "__main__":
    main()
