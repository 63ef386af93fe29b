"""An engine that plays a script: waits, progress, every failure, lost answers. For tests; it makes real small files.

Its provider (FakeProvider) keeps accepted tasks in a folder, as a service would on its own machines: a studio that is
killed and started again finds them, and `accepted` counts every submit that was taken, so that a double one shows.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from studio.catalogue import AccountLimits, Model, pricing
from studio.domain import Asset, Kind, Output, Progress, Request, Status
from studio.engines.base import EngineInfo, Job
from studio.errors import UnknownHandle, UnknownOutcome
from studio.messages import Message

FAST = AccountLimits(submits_per_s=1000.0, concurrent=8, polls_per_s=1000.0)


@dataclass(frozen=True)
class FakeScript:
    """What happens to a run. Errors are raised one per call, in order, before the call succeeds.

    wait_s: from submit to result. queued_s: of it, in the provider's queue. lost: the answer to a submit is lost after
    it was accepted, or before. dies: the process ends like a crash at this point. final: raised by the look that would
    have brought the result. unstoppable: cancel says False. outputs: how many files. urls: given instead of files.
    """

    wait_s: float = 0.0
    queued_s: float = 0.0
    prepare: tuple[Exception, ...] = ()
    submit: tuple[Exception, ...] = ()
    polls: tuple[Exception, ...] = ()
    final: Exception | None = None
    lost: str = ""
    dies: str = ""
    submit_s: float = 0.0
    prepare_s: float = 0.0
    never_ends: bool = False
    unstoppable: bool = False
    outputs: int = 1
    urls: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    expected_bytes: int | None = None
    text: str = ""
    broken: bool = False
    cost_usd: float | None = None
    seed: int | None = None


class FakeProvider:
    """Accepted tasks, one JSON file each, written before the answer is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def accept(self, prompt: str, model: str, seed: int | None) -> str:
        """Take a task; its handle."""
        handle = f"task-{time.time_ns()}-{os.getpid()}"
        task = {"prompt": prompt, "model": model, "seed": seed, "at": time.time(), "cancelled": False}
        self._write(handle, task)
        return handle

    def task(self, handle: str) -> dict[str, Any]:
        """The task, or UnknownHandle."""
        try:
            return json.loads((self.folder / f"{handle}.json").read_text("utf-8"))
        except FileNotFoundError:
            raise UnknownHandle(Message("fake.task_unknown"), code="404") from None

    def cancel(self, handle: str) -> None:
        """Stop the task."""
        self._write(handle, self.task(handle) | {"cancelled": True})

    def paint(self, handle: str, seed: int) -> None:
        """Give a small picture of the task under way, its colour decided by the seed."""
        draft = self.folder / f".{handle}.png"
        make_file(draft, Kind.IMAGE, seed)
        draft.replace(self.preview(handle))

    def preview(self, handle: str) -> Path:
        """Where that picture lies."""
        return self.folder / f"{handle}-preview.png"

    def release(self, handle: str) -> None:
        """Let a task end that would never."""
        self._write(handle, self.task(handle) | {"released": True})

    def forget(self, handle: str) -> None:
        """Lose the task, as an expired one."""
        (self.folder / f"{handle}.json").unlink()

    def accepted(self) -> dict[str, dict[str, Any]]:
        """Every task ever taken, by handle."""
        return {p.stem: json.loads(p.read_text("utf-8")) for p in sorted(self.folder.glob("task-*.json"))}

    def _write(self, handle: str, task: Mapping[str, Any]) -> None:
        draft = self.folder / f".{handle}"
        draft.write_text(json.dumps(task), "utf-8")
        draft.replace(self.folder / f"{handle}.json")


class FakeEngine:
    """An engine as a test wants it. scripts: by a piece of the prompt; the first that fits counts, else `script`.

    calls: how often each verb was called for a prompt. Not able to look up lost submits; see FindingFake.
    """

    def __init__(
        self, *, name: str = "fake", provider: FakeProvider | None = None, script: FakeScript = FakeScript(),
        scripts: Mapping[str, FakeScript] | None = None, limits: AccountLimits = FAST,
        repeatable: bool = False, local: bool = True, base_url: str = "", missing: str | None = None,
    ) -> None:  # fmt: skip
        self.info = EngineInfo(name, "Fake", limits=limits, repeatable=repeatable, local=local, base_url=base_url)
        self.provider = provider or FakeProvider(Path(mkdtemp(prefix="fake-provider-")))
        self.script, self.scripts, self.said_missing = script, dict(scripts or {}), missing
        self.calls: dict[tuple[str, str], int] = {}
        self.in_flight = self.most_in_flight = 0

    def missing(self) -> str | None:
        """As the test set it."""
        return self.said_missing

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the row."""
        return pricing.price(request, model, inputs)

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Upload nothing; say that it was done."""
        script = self._begin("prepare", job.request.prompt, lambda s: s.prepare)
        await asyncio.sleep(script.prepare_s)
        self._die(script, "prepare")
        return {asset: f"fake://{asset}" for asset in job.inputs}

    async def submit(self, job: Job) -> str:
        """Hand the task to the provider."""
        prompt = job.request.prompt
        script = self._begin("submit", prompt, lambda s: s.submit)
        self._die(script, "before submit")
        await asyncio.sleep(script.submit_s)
        if script.lost == "before":
            raise UnknownOutcome(Message("fake.connection_broke"))
        handle = self.provider.accept(prompt, job.model.id, job.seed)
        self._die(script, "after submit")
        if script.lost == "after":
            raise UnknownOutcome(Message("fake.connection_broke"))
        return handle

    async def poll(self, handle: str) -> Progress:
        """Look at the clock and the script."""
        task = self.provider.task(handle)
        script = self._begin("poll", task["prompt"], lambda s: s.polls)
        self._die(script, "poll")
        if task["cancelled"]:
            return Progress(status=Status.CANCELLED, word="CANCELED")
        passed = time.time() - task["at"]
        if not task.get("released") and (script.never_ends or passed < script.wait_s):
            if passed < script.queued_s:
                return Progress(status=Status.QUEUED, word="PENDING", position=1)
            fraction = None if script.never_ends else round(passed / script.wait_s, 2)
            preview = self.provider.preview(handle)
            shown = preview if preview.exists() else None
            return Progress(status=Status.RUNNING, word="RUNNING", fraction=fraction, preview=shown)
        if script.final:
            raise script.final
        outputs = tuple(self._outputs(handle, task, script))
        return Progress(
            status=Status.SUCCEEDED, word="SUCCEEDED", outputs=outputs, cost_usd=script.cost_usd, seed=script.seed
        )

    async def cancel(self, handle: str) -> bool:
        """Stop the task, unless the script says it cannot be stopped."""
        script = self._begin("cancel", self.provider.task(handle)["prompt"], lambda _: ())
        if script.unstoppable:
            return False
        self.provider.cancel(handle)
        return True

    async def close(self) -> None:
        """Nothing is open."""

    def _script(self, prompt: str) -> FakeScript:
        return next((s for piece, s in self.scripts.items() if piece in prompt), self.script)

    def _begin(self, verb: str, prompt: str, errors: Any) -> FakeScript:
        """Count the call, and raise the error that the script has for this one."""
        script = self._script(prompt)
        number = self.calls[verb, prompt] = self.calls.get((verb, prompt), 0) + 1
        planned: tuple[Exception, ...] = errors(script)
        if number <= len(planned):
            raise planned[number - 1]
        return script

    def _die(self, script: FakeScript, point: str) -> None:
        if script.dies == point:
            os._exit(9)  # as a killed process ends: nothing is tidied up

    def _outputs(self, handle: str, task: Mapping[str, Any], script: FakeScript) -> Iterator[Output]:
        kind = Kind.VIDEO if task["model"].endswith("clip") else Kind.IMAGE
        for url in script.urls:
            yield Output(kind=kind, url=url, headers=dict(script.headers), expected_bytes=script.expected_bytes)
        for number in range(0 if script.urls else script.outputs):
            path = self.provider.folder / f"{handle}-{number}{'.mp4' if kind == Kind.VIDEO else '.png'}"
            if not path.exists():
                make_file(path, kind, (task["seed"] or 0) + number)
            if script.broken:
                path.write_bytes(path.read_bytes()[:-40])
            yield Output(kind=kind, path=path)
        if script.text:
            yield Output(kind=Kind.TEXT, text=script.text)


class FindingFake(FakeEngine):
    """A fake whose provider lists its tasks, as some real ones do: by model, prompt and time, not by our run."""

    async def find(
        self, job: Job, *, submitted_after: float, submitted_before: float, known: Collection[str] = ()
    ) -> list[str]:
        """Tasks with this prompt, model and seed in this time that no other run holds."""
        wanted = (job.request.prompt, job.model.id, job.seed)
        return [
            handle
            for handle, task in self.provider.accepted().items()
            if (task["prompt"], task["model"], task["seed"]) == wanted
            and submitted_after <= task["at"] <= submitted_before
            and handle not in known
        ]


def make_file(path: Path, kind: Kind, seed: int) -> None:
    """A small real picture or clip, its colour decided by the seed."""
    colour = (seed * 37 % 256, seed * 71 % 256, seed * 113 % 256)
    if kind == Kind.IMAGE:
        from PIL import Image

        Image.new("RGB", (96, 64), colour).save(path)
        return
    import numpy as np

    from studio.media.encode import VideoWriter

    with VideoWriter(path, width=96, height=64, fps=10) as clip:
        for number in range(5):
            frame = np.full((64, 96, 3), colour, np.uint8)
            frame[:, number * 10 : number * 10 + 10] = 255
            clip.write_rgb(frame)
