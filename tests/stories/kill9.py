"""The studio's process is killed (SIGKILL) in a chosen phase and started again. What must hold every time:

each run ends once, or is held with a reason a person understands; the provider took no run twice; files are whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import av

from studio.domain import JSON
from tests.providers import results
from tests.providers.alibaba import AlibabaServer
from tests.providers.fal import FalServer
from tests.providers.replicate import ReplicateServer
from tests.providers.task_server import TaskServer
from tests.providers.wavespeed import WaveSpeedServer
from tests.stories.process import environment

ROOT = Path(__file__).parents[2]
Server = AlibabaServer | FalServer | ReplicateServer | TaskServer | WaveSpeedServer
T2V: JSON = {"model": "alibaba/wan2.6-t2v", "task": "text-to-video", "duration_s": 2}


@dataclass
class Scene:
    """One run, or several, with the provider made slow where the process shall die."""

    engine: str
    server: Server
    data: Path
    bodies: list[JSON]

    def phase(self) -> str:
        """The phase of the first run, as it stands on the disk."""
        try:
            with closing(sqlite3.connect(f"file:{self.data / 'studio.db'}?mode=ro", uri=True, timeout=0.1)) as db:
                row = db.execute("SELECT status, phase FROM runs ORDER BY seq LIMIT 1").fetchone()
        except sqlite3.Error:
            return ""
        return (row[1] or "") if row and row[0] == "running" else ""

    def growing(self) -> bool:
        """A download has begun."""
        return any(p.stat().st_size for p in self.data.glob("library/**/.*.part"))

    def copying(self) -> bool:
        """A result is being checked and copied under its name."""
        return any(self.data.glob("library/**/.*.part.mp4"))


@dataclass(frozen=True)
class Point:
    """Where the process dies: how the provider is prepared, and how the moment is recognised."""

    prepare: Callable[[Server], None]
    reached: Callable[[Scene], bool]
    reference: bool = False
    crowd: int = 1


def _slow(topic: str, do: str, seconds: float) -> Callable[[Server], None]:
    return lambda server: server.fail(topic, do, seconds=seconds)


def _patient(server: Server) -> None:
    server.running_s = 1.0


def _large(server: Server) -> None:
    if isinstance(server, AlibabaServer):
        server.full_size = True


POINTS: dict[str, Point] = {
    "preparing": Point(_slow("upload", "slow", 3), lambda s: s.server.calls["upload"] > 0, reference=True),
    "submitting, never taken": Point(_slow("submit", "drop-before", 3), lambda s: s.server.calls["submit"] > 0),
    "submitting, taken after the death": Point(_slow("submit", "slow", 0.7), lambda s: s.server.calls["submit"] > 0),
    "submitting, taken before the death": Point(_slow("submit", "slow-after", 3), lambda s: bool(s.server.tasks)),
    "waiting": Point(_patient, lambda s: s.phase() == "waiting"),
    "downloading": Point(_slow("download", "drip", 3), lambda s: s.growing()),
    "finishing": Point(_large, lambda s: s.copying()),
    "any moment, four at once": Point(_patient, lambda s: random.random() < 0.02, crowd=4),
}


@dataclass
class Outcome:
    """What came of one killing. wrong: sentences, empty when all is as promised."""

    statuses: list[str]
    died: bool
    wrong: list[str] = field(default_factory=list)


def play(
    name: str, folder: Path, number: int, *, server_of: Callable[[], Server] = AlibabaServer, body: JSON = T2V
) -> Outcome:
    """One run (or crowd), killed at this point and started again. server_of, body: of another provider."""
    point = POINTS[name]
    with server_of() as server:
        server.running_s = 0.3
        point.prepare(server)
        bodies = [{**body, "prompt": f"story {number} part {i}"} for i in range(point.crowd)]
        if point.reference:
            picture = folder / "reference.png"
            picture.write_bytes(results.png(640, 480, "r"))
            bodies[0] |= {"model": "alibaba/wan2.6-r2v", "task": "reference-to-video"}
            bodies[0] |= {"references": [f"file:{picture}"], "consent": True}
        scene = Scene(bodies[0]["model"].partition("/")[0], server, folder / "data", bodies)
        died, why = _killed(scene, point)
        done = _child(scene, [])
        out, errors = done.communicate(timeout=90)
        if done.returncode:
            return Outcome([], died, [f"it did not start again: {errors[-2000:]}"])
        outcome = _judged(scene, died, json.loads(out.splitlines()[-1]))
        outcome.wrong += [] if died else [f"it was done before the moment came: {why[-2000:]}"]
        return outcome


def _child(scene: Scene, more: list[str]) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.stories.studio_child",
        scene.engine,
        str(scene.data),
        scene.server.url,
        *more,
    ]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True, env=environment()
    )


def _killed(scene: Scene, point: Point) -> tuple[bool, str]:
    """Start, wait for the moment, kill. False, and its errors, when the process was done before the moment came."""
    child = _child(scene, [json.dumps(scene.bodies)])
    try:
        until = time.monotonic() + 60
        while child.poll() is None and time.monotonic() < until:
            if scene.phase() and point.reached(scene):
                os.killpg(child.pid, signal.SIGKILL)
                return True, ""
            time.sleep(0.002)
        return False, child.communicate(timeout=10)[1] if child.poll() is not None else "it hung"
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(10)
        for pipe in (child.stdout, child.stderr):
            if pipe:
                pipe.close()


def _judged(scene: Scene, died: bool, runs: list[JSON]) -> Outcome:
    outcome = Outcome([f"{r['status']} {r['held_reason'] or ''}".strip() for r in runs], died)
    prompts = sorted(r["request"]["prompt"] for r in runs)
    if prompts != sorted(b["prompt"] for b in scene.bodies):
        outcome.wrong.append(f"the runs are {prompts}")
    twice = [p for p, count in scene.server.submits_by_prompt().items() if count > 1]
    outcome.wrong += [f"the provider took {p!r} twice" for p in twice]
    for run in runs:
        if run["status"] == "held":
            if run["held_reason"] != "lost_submit" or not run["error"]:
                outcome.wrong.append(f"held for {run['held_reason']}: {run['error']}")
        elif run["status"] != "succeeded":
            outcome.wrong.append(f"a run {run['status']}: {run['error']}")
        else:
            outcome.wrong += _file_faults(scene, run)
    return outcome


def _file_faults(scene: Scene, run: JSON) -> list[str]:
    """What is wrong with the run's file: missing, other bytes than registered, broken, or of another run's task."""
    made = [a for a in run["assets"] if a["kind"] == "video"]
    if len(made) != 1:
        return [f"{len(made)} files"]
    paths = list(scene.data.glob(f"library/**/{run['id']}-0.mp4"))
    if len(paths) != 1:
        return [f"{len(paths)} files on the disk"]
    content = paths[0].read_bytes()
    if hashlib.sha256(content).hexdigest() != made[0]["sha256"]:
        return ["the file differs from what is registered"]
    with av.open(str(paths[0])) as box:
        if not sum(1 for _ in box.decode(video=0)):
            return ["the file has no pictures"]
    task = json.loads(run["handle"])["task"]
    if scene.server.tasks[task].prompt() != run["request"]["prompt"]:
        return ["the clip is of another prompt"]
    return [f"left over: {p.name}" for p in scene.data.glob("library/**/.*")]
