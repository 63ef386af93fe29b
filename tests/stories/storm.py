"""Everything at once: the program is killed, its database held, its disk filled and made read-only, while it works.

`python -m tests.stories.storm [SECONDS]` prints the table. What must hold at the end: every run that was answered has
succeeded or was cancelled by nobody, the provider took none twice, each file is whole and registered, nothing else lies
around. Needs root (for a disk of its own) and Linux; without chattr the folders are not made read-only.
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
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from gradio_client import Client

from studio.media.validate import verify_decodes
from tests.providers.alibaba import AlibabaServer
from tests.stories.kill_app import ROOT, START_S, free_port, healthy
from tests.support.locks import locked
from tests.support.small_disk import fill, flag, small_disk

DRAFT = {"model": "draft/animatic", "task": "text-to-video", "width": 320, "height": 180, "duration_s": 1}
PAID = {"model": "alibaba/wan2.6-t2v", "task": "text-to-video", "duration_s": 2}
CRASH_GUARD = "crashed_twice"
"""A run that was at work in two kills waits for a person by design; the story is that person."""


@dataclass
class Storm:
    """One program on one disk, and what was done to it. answered: ids of runs that the program said it has."""

    disk: Path
    server: AlibabaServer
    lock_s: tuple[float, float]
    random: random.Random
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    answered: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    number: int = 0
    client: Client | None = None

    @property
    def data(self) -> Path:
        return self.disk / "data"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """The program, answering."""
        self.port, self.client = free_port(), None
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {
            "ALIBABA_BASE_URL": self.server.url, "DASHSCOPE_API_KEY": "sk-test", "STUDIO_WORKERS": "1",
            "ALIBABA_SUBMITS_PER_S": "50", "OMP_NUM_THREADS": "1", "HOME": str(self.disk),
        }  # fmt: skip
        command = [sys.executable, "app.py", "--port", str(self.port), "--data", str(self.data)]
        with (self.disk.parent / "storm.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        until = time.monotonic() + START_S
        while not healthy(self.port):
            assert self.process.poll() is None, "the program ended at its start"
            assert time.monotonic() < until, "the program does not answer"
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once, and start it again."""
        self.end()
        self.start()

    def end(self) -> None:
        if self.process:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def submit(self) -> None:
        """One draft and one paid clip; a refusal in words is an answer, too."""
        client = self.client = self.client or Client(self.url, verbose=False)
        for body in (DRAFT, PAID):
            self.number += 1
            try:
                [run] = client.predict(body | {"prompt": f"storm number {self.number}"}, api_name="/submit")
                self.answered.append(run["id"])
                self.events["submits answered"] += 1
            except Exception as error:
                assert "again" in str(error), error
                self.events["submits refused in words"] += 1

    def lock(self) -> None:
        with locked(self.data, self.random.choice(("IMMEDIATE", "EXCLUSIVE"))):
            self._rest()

    def full(self) -> None:
        ballast = fill(self.disk)
        self._rest()
        ballast.unlink()

    def read_only(self) -> None:
        """No file can be made in any folder (the flag holds for root as well)."""
        folders = [str(p) for p in (self.data, *self.data.rglob("*")) if p.is_dir()]
        flag(folders, "+i")
        try:
            self._rest()
        finally:
            flag(folders, "-i")

    def _rest(self) -> None:
        """Let it last, with somebody who submits meanwhile."""
        until = time.monotonic() + self.random.uniform(*self.lock_s)
        self.submit()
        while time.monotonic() < until:
            told = httpx.get(f"{self.url}/ui/queue", timeout=30).json().get("storage")
            self.notices[told or "none"] += 1
            time.sleep(min(1.0, max(0.05, until - time.monotonic())))

    def settle(self, seconds: float) -> Counter[str]:
        """The states of the answered runs when all have ended, with the story as the person who decides."""
        until = time.monotonic() + seconds
        while True:
            states = self.states()
            for run_id, (status, reason) in states.items():
                if (status, reason) == ("held", CRASH_GUARD):
                    self.events["held by the crash guard"] += 1
                    httpx.post(f"{self.url}/ui/runs/{run_id}/decide", json={"choice": "try_again"}, timeout=30)
            ended = {"succeeded", "failed", "cancelled", "held"}
            if all(s in ended and r != CRASH_GUARD for s, r in states.values()) or time.monotonic() > until:
                return Counter(f"{s} {r or ''}".strip() for s, r in states.values())
            time.sleep(0.5)

    def states(self) -> dict[str, tuple[str, str]]:
        with closing(sqlite3.connect(self.data / "studio.db", timeout=10)) as db:
            return {row[0]: (row[1], row[2]) for row in db.execute("SELECT id, status, held_reason FROM runs")}

    def faults(self) -> list[str]:
        """What is not as promised."""
        states = self.states()
        found = [f"{i} is lost" for i in self.answered if i not in states]
        found += [f"{i} {s} {why or ''} {self._error(i)}" for i, (s, why) in states.items() if s != "succeeded"]
        found += [f"{p!r} was billed {n} times" for p, n in self.server.submits_by_prompt().items() if n > 1]
        with closing(sqlite3.connect(self.data / "studio.db", timeout=10)) as db:
            made = dict(db.execute("SELECT path, bytes FROM assets WHERE path != ''"))
            found += [str(row[0]) for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
        on_disk = {p.relative_to(self.data).as_posix() for p in (self.data / "library").rglob("*") if p.is_file()}
        found += [f"{path} is missing" for path in made.keys() - on_disk]
        found += [f"{path} was left behind" for path in on_disk - made.keys()]
        found += [f"{path} is not whole" for path in made.keys() & on_disk if not self._whole(path, made[path])]
        return found + [f"{p.name} was left in the cache" for p in (self.data / "cache" / "scratch").glob("*")]

    def _error(self, run_id: str) -> str:
        with closing(sqlite3.connect(self.data / "studio.db", timeout=10)) as db:
            return str(db.execute("SELECT model, error FROM runs WHERE id = ?", [run_id]).fetchone())

    def _whole(self, path: str, size: int) -> bool:
        return verify_decodes(self.data / path).bytes == size


@contextmanager
def storm(folder: Path, *, seed: int, lock_s: tuple[float, float]) -> Iterator[Storm]:
    """A program in fair weather, on a disk of 200 MB: downloads leave 64 MB free."""
    with small_disk(folder / "disk", 200) as disk, AlibabaServer() as server:
        server.running_s = 1.0
        made = Storm(disk, server, lock_s, random.Random(seed))
        made.start()
        try:
            yield made
        finally:
            made.end()


def rage(made: Storm, seconds: float, *, least: int = 0) -> None:
    """Submit, and let one thing after another happen, for so long; each kind comes before any comes again."""
    kinds: dict[str, Callable[[], None]] = {
        "kill -9": made.kill, "lock": made.lock, "full disk": made.full, "read-only folder": made.read_only
    }  # fmt: skip
    if not (flag([str(made.disk)], "+i") and flag([str(made.disk)], "-i")):
        print("folders cannot be made read-only here (chattr)")
        del kinds["read-only folder"]
    until, row = time.monotonic() + seconds, 0
    while time.monotonic() < until or row < least:
        names = made.random.sample(list(kinds), len(kinds))
        for name in names:
            made.submit()
            time.sleep(made.random.uniform(0.0, 1.5))
            kinds[name]()
            made.events[name] += 1
            row += 1


def main() -> None:
    """Print the table of a long storm."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    with TemporaryDirectory() as folder, storm(Path(folder), seed=int(time.time()), lock_s=(1.0, 60.0)) as made:
        rage(made, seconds)
        states, faults = made.settle(300), made.faults()
        for title, counted in (("events", made.events), ("notices seen", made.notices), ("runs", states)):
            print(f"| {title} | {', '.join(f'{n} x {name}' for name, n in sorted(counted.items()))} |")
        print(f"| faults | {faults or 'none'} |", flush=True)


if __name__ == "__main__":
    main()
