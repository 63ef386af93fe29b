"""What the tests of the local engine share: tiny repositories, built once, and an engine on the processor."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from studio.catalogue import Catalogue, load
from studio.domain import JSON, REQUEST, Asset, Kind, Progress, Status
from studio.engines.base import Input, Job
from studio.engines.local import LocalEngine, plan, recipe
from studio.settings import Settings

ROOT = Path(__file__).parents[3]
LACKING = [
    p for p in ("torch", "torchvision", "diffusers", "transformers", "accelerate", "peft") if find_spec(p) is None
]
WHY = f"The local engine's tests need {', '.join(LACKING)}: pip install -r requirements-gpu.txt"
ROWS: Catalogue = load()


def need_torch() -> None:
    """Skip where the large libraries are not installed; `.ci/run` counts these skips in each of its environments."""
    if LACKING:
        pytest.skip(WHY)


def build_tiny(folder: Path, *repos: str) -> Path:
    """These tiny repositories, or all, in a process of their own so that torch stays out of this one."""
    command = [sys.executable, "-m", "tests.support.tiny_models", str(folder), *repos]
    environ = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(command, cwd=ROOT, check=True, timeout=150, capture_output=True, env=environ)
    return folder


class Bench:
    """An engine on the processor with a folder of its own, and short ways to make runs."""

    GRACE_S = 1.0

    def __init__(
        self, folder: Path, models: Path, *, devices: str = "cpu", idle_s: float = 300.0, silent_s: float = 1800.0
    ) -> None:
        self.folder = folder
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        options = {"STUDIO_GPU": devices, "STUDIO_MODELS": str(models)}
        self.engine = LocalEngine(
            Settings(data=folder, options=options), grace_s=self.GRACE_S, idle_s=idle_s, hang_timeout_s=silent_s
        )
        self._count = 0

    def job(self, name: str, inputs: dict[str, Input] | None = None, run: str = "", **body: object) -> Job:
        """A small job: 96x64, 9 frames for clips, 3 steps, seed 7, unless the body says otherwise."""
        model = ROWS.get(f"local/{name}")
        self._count += 1
        task = body.pop("task", model.tasks[0])
        values: JSON = {"model": model.id, "task": task, "prompt": "a red kite over the sea", "width": 96, "height": 64}
        request = REQUEST.validate_python(values | {"params": {"steps": 3}} | body)
        if request.task.makes == Kind.VIDEO and request.duration_s is None:
            fps = model.default_fps or 16
            request = request.model_copy(update={"fps": fps, "duration_s": 8 / fps})
        run = run or f"run{self._count}"
        work = self.folder / "work" / run
        work.mkdir(parents=True, exist_ok=True)
        return Job(run, request, model, 7 if request.seed is None else request.seed, work, inputs or {})

    def submit(self, job: Job) -> str:
        return asyncio.run(self.engine.submit(job))

    def look(self, handle: str) -> Progress:
        return asyncio.run(self.engine.poll(handle))

    def watch(self, handle: str, *, until: str = "", timeout_s: float = 60) -> list[Progress]:
        """Everything new until the run ended, or until a word that begins so."""
        seen: list[Progress] = []
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = self.look(handle)
            if not seen or (found.word, found.status) != (seen[-1].word, seen[-1].status):
                seen.append(found)
            if (until and found.word.startswith(until)) or found.status not in (Status.QUEUED, Status.RUNNING):
                return seen
            time.sleep(0.002)
        raise TimeoutError(f"{handle} is still {seen[-1].word}")

    def make(self, job: Job) -> Progress:
        """The run from submit to its end."""
        return self.watch(self.submit(job))[-1]

    def cancel(self, handle: str) -> bool:
        return asyncio.run(self.engine.cancel(handle))

    def remember(self, job: Job, rung: str) -> None:
        """As if an earlier run of this size had ended on the rung."""
        self.engine.memory.put(recipe.write(job), self.engine.cards[0], plan.Measurement(rung))

    def pictures(self, *names: str) -> dict[str, Input]:
        """Small pictures of one colour, by asset id."""
        made = {}
        for i, name in enumerate(names):
            path = self.folder / f"{name}.png"
            Image.new("RGB", (96, 64), (40, 90 + 60 * i, 160)).save(path)
            made[name] = as_input(path, Kind.IMAGE)
        return made

    def close(self) -> None:
        asyncio.run(self.engine.close())


def as_input(path: Path, kind: Kind, name: str = "") -> Input:
    """A file as the studio hands it to an engine."""
    import hashlib

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    mime = {"image": "image/png", "video": "video/mp4"}[kind]
    return Input(Asset(id=name or path.stem, kind=kind, mime=mime, sha256=digest, bytes=path.stat().st_size), path)
