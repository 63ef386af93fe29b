"""Which run goes to which card, what happens after out-of-memory, a crash, a wish to cancel; when a card is freed.

One lock guards everything; news comes in on each worker's own thread. A run keeps its latents, so every further try
goes on from the last stage that was finished.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from studio.domain import JSON, Output, Progress, Status
from studio.engines.local import plan
from studio.engines.local.cards import Gpu
from studio.engines.local.disk_cache import DiskCache
from studio.engines.local.dispatched_run import DispatchedRun, ending_sentence, failure_sentence
from studio.engines.local.plan import Measurement, MeasurementStore
from studio.engines.local.pool import GpuWorker
from studio.engines.ticker import Ticker
from studio.errors import EngineError, Refused, WorkerLost
from studio.messages import Message, unpacked

log = logging.getLogger(__name__)

HANG_TIMEOUT_S = 1800.0
"""A worker without a sign of progress for so long hangs: the longest honest silences are minutes, when the weights of a
large model come from a slow disk, a model is compiled, or a long clip is decoded layer by layer."""
START_S = 300.0
"""A worker has at least as long until it is ready: it imports torch and diffusers, perhaps from a slow disk."""
SLOW_STEPS = 20
"""Or as many steps as this, where one step is known to take long on this card."""
HANG_CHECK_S = 5.0
"""Seconds between looks for a hung worker."""

MAX_FAILED_STARTS = 3
"""Children that leave one after the other without a word, by when a device is taken for broken."""


class Dispatcher:
    """The workers of this machine and the runs given to them.

    limit: bytes a worker may use, None for the whole card. grace_s: how long a cancelled run may take to stop before
    its process is killed, at least. idle_s: seconds without work after which a card is freed. kept: files on disk that
    are thrown away when they are too many, at the start and between runs. silent_s: a run without a sign of progress
    for so long is taken from its worker, which is ended.
    """

    def __init__(
        self,
        cards: Sequence[Gpu],
        folder: Path,
        *,
        limit: int | None = None,
        grace_s: float = 5.0,
        idle_s: float = 300.0,
        kept: DiskCache | None = None,
        hang_timeout_s: float = HANG_TIMEOUT_S,
    ) -> None:
        self._hang_timeout_s = hang_timeout_s
        self._ticker = Ticker(min(HANG_CHECK_S, hang_timeout_s / 4), self._check_hung, "gpu-watchdog")
        self._kept = kept or DiskCache(folder)
        self._kept.prune_soon(())
        self.memory = MeasurementStore(folder / "seen.json")
        self.limit, self._grace_s, self._idle_s = limit, grace_s, idle_s
        self._lock = threading.RLock()
        self._runs: dict[str, DispatchedRun] = {}
        self._waiting: OrderedDict[str, DispatchedRun] = OrderedDict()
        self._workers = [GpuWorker(c, folder / f"worker-{c.device}.log", self._on_message) for c in cards]
        self._loaded: dict[str, str] = {}
        self._closed = False

    def add(self, work: DispatchedRun) -> None:
        """Take a run; it starts as soon as a card is free."""
        with self._lock:
            self._runs[work.run] = self._waiting[work.run] = work
            self._assign()

    def get(self, run: str) -> DispatchedRun | None:
        """The run, None where this process was never given it."""
        with self._lock:
            return self._runs.get(run)

    def progress(self, work: DispatchedRun) -> Progress:
        """Where the run is, or raises the error it ended with."""
        with self._lock:
            if work.error:
                raise work.error
            if work.done:
                return work.done
            if work.run in self._waiting:
                return Progress(
                    status=Status.QUEUED, word="waiting for the card", position=list(self._waiting).index(work.run) + 1
                )
            return work.running()

    # ---------------------------------------------------------------------------------------------- to the cards

    def _assign(self) -> None:
        for work in list(self._waiting.values()):
            free = [w for w in self._workers if w.run is None]
            if not free:
                return
            worker = min(
                free, key=lambda w: (w.loaded_key != self._choose_rung(work, w.card), w.loaded_key is not None)
            )
            del self._waiting[work.run]
            self._choose_rung(work, worker.card)
            self._assign_to(work, worker)

    def _choose_rung(self, work: DispatchedRun, card: Gpu) -> str:
        """Choose the rung for this card, and say what the card would then hold.

        What worked here before; else what the plan says; at the least the last rung, which may still do it.
        """
        if seen := self.memory.get(work.recipe, card):
            work.rung, work.tiled = seen.rung, seen.tiled
            return work.load_key()
        memory = card.memory if self.limit is None or card.memory is None else min(card.memory, self.limit)
        work.rung = plan.first_rung(work.recipe, work.part, memory) or plan.ladder(work.recipe)[-1]
        work.tiled = plan.tiles(work.recipe, work.part, work.rung, memory)
        return work.load_key()

    def _assign_to(self, work: DispatchedRun, worker: GpuWorker) -> None:
        recipe = work.recipe
        self._ticker.start()
        worker.run, work.stage, work.step, work.eta_s, work.silent_s = work.run, "", (0, 0), None, 0.0
        work.tried.append(work.rung)
        limits = {"limit": self.limit, "expected_peak": plan.peak_bytes(recipe, work.part, work.rung, tiled=work.tiled)}
        worker.pending = work.fixed | {"rung": work.rung, "tiled": work.tiled} | limits
        if worker.timer:
            worker.timer.cancel()
        if not worker.alive:
            worker.ready, worker.loaded_key = False, None
            worker.start()
        elif worker.ready and worker.loaded_key not in (None, work.load_key()):
            worker.unload()
        self._send(worker)

    def _send(self, worker: GpuWorker) -> None:
        if worker.ready and worker.pending and worker.run:
            work = self._runs[worker.run]
            worker.loaded_key, self._loaded[worker.card.device] = work.load_key(), work.recipe.row
            worker.send({"do": "run", "run": worker.run, **worker.pending})
            worker.pending, work.silent_s = None, 0.0

    # ----------------------------------------------------------------------------------------------------- news

    def _on_message(self, worker: GpuWorker, news: JSON) -> None:
        with self._lock:
            if self._closed:
                return
            try:
                getattr(self, f"_on_{news['say']}")(worker, news)
            except Exception:  # the listening thread must go on, or nobody would hear of the worker's end
                log.exception("the GPU worker's answer could not be used: %.300s", news)
                if work := self._run_of(worker, news):
                    text = Message("local.unreadable_answer")
                    work.error = work.error or EngineError(text, code="answer")
                    worker.unload()
                    self._free(worker)

    def _on_hello(self, worker: GpuWorker, news: JSON) -> None:
        worker.ready, worker.has_started, worker.failed_starts = True, True, 0
        worker.loaded_key, worker.about = None, news
        card = worker.card
        if card.memory is None and news.get("memory"):
            worker.card = Gpu(
                card.device, str(news["name"]), int(news["memory"]), float(news["capability"]), card.watts
            )
        self._send(worker)

    def _run_of(self, worker: GpuWorker, news: JSON) -> DispatchedRun | None:
        return self._runs.get(news["run"]) if news.get("run") == worker.run else None

    def _on_stage(self, worker: GpuWorker, news: JSON) -> None:
        if work := self._run_of(worker, news):
            work.silent_s = 0.0
            work.stage, work.eta_s = news["stage"], news.get("eta_s")
            work.step = (news.get("i") or 0, news.get("n") or 0)
            if news.get("preview"):
                work.preview, work.false_colours = Path(news["preview"]), bool(news.get("false_colours"))

    def _on_done(self, worker: GpuWorker, news: JSON) -> None:
        work = self._run_of(worker, news)
        if work is None:
            return
        self._record_measurement(work, worker.card, news)
        outputs = tuple(Output(kind=o["kind"], path=Path(o["path"]), mime=o["mime"]) for o in news["outputs"])
        usage = {"seconds": news["seconds"], "card": worker.card.name, "peak_bytes": news["peak_bytes"]}
        usage |= {"times": news["times"], "on": news["applied"]}
        usage |= {"versions": worker.about.get("versions", {}), "rungs_tried": work.tried}
        usage |= {"tiled": work.tiled, "loras": {one.file: one.weight for one in work.recipe.loras}}
        usage |= {k: getattr(work.recipe, k) for k in ("steps", "guidance", "guidance_2", "guidance_until", "frames")}
        work.done = Progress(status=Status.SUCCEEDED, word="done", outputs=outputs, usage=usage, seed=work.recipe.seed)
        self._free(worker)

    def _record_measurement(self, work: DispatchedRun, card: Gpu, news: JSON) -> None:
        old = self.memory.get(work.recipe, card)
        seen = Measurement(work.rung, work.tiled, runs=(old.runs if old else 0) + 1, peak_bytes=news["peak_bytes"])
        times = news["times"]
        if times.get("step_s"):
            seen.step_s = times["step_s"]
            seen.rest_s = round(max(0.0, news["seconds"] - times["step_s"] * work.recipe.steps), 3)
        elif old:
            seen.step_s, seen.rest_s = old.step_s, old.rest_s
        self.memory.put(work.recipe, card, seen)

    def _on_failed(self, worker: GpuWorker, news: JSON) -> None:
        work = self._run_of(worker, news)
        if work is None:
            return
        kind, message = news["kind"], unpacked(news["message"])
        if kind == "cancelled" or work.cancel:
            self._stop(work, worker)
        elif kind == "oom":
            self._lower_rung(work, worker)
        else:
            if not isinstance(message, Message):
                message = failure_sentence(work, message)
            work.error = (EngineError if kind == "error" else Refused)(message, code=kind)
            if kind == "error":
                worker.unload()
            self._free(worker)

    def _lower_rung(self, work: DispatchedRun, worker: GpuWorker) -> None:
        """Out of memory: decoding is tried alone in a fresh process, then in tiles; denoising on the next rung."""
        if work.stage == "decoding" and not work.tiled:
            work.tiled = True
        elif rung := plan.next_rung(work.recipe, work.rung):
            work.rung, work.tiled = rung, work.tiled or rung == "leaves"
        else:
            r = work.recipe
            size = (
                f"{r.width}x{r.height}"
                if r.frames == 1
                else Message("local.size_frames_comma", size=f"{r.width}x{r.height}", frames=r.frames)
            )
            text = Message("local.too_large", size=size, card=worker.card.name)
            work.error = Refused(text, code="oom")
            worker.unload()
            self._free(worker)
            return
        self.memory.put(work.recipe, worker.card, Measurement(work.rung, work.tiled))
        worker.unload()
        self._assign_to(work, worker)

    def _on_gone(self, worker: GpuWorker, news: JSON) -> None:
        """The child has left: on our word, or by a crash."""
        worker.ready, worker.loaded_key, worker.failed_starts = False, None, worker.failed_starts + 1
        work = self._runs.get(worker.run or "")
        if work and worker.failed_starts >= MAX_FAILED_STARTS:
            self._cannot_start(work, worker)
            return
        if work is None or worker.pending is not None:
            return
        if work.cancel:
            self._stop(work, worker)
            return
        hung = work.silent_s >= self._hang_limit_s(work, worker)
        work.error = WorkerLost(ending_sentence(work, hung, int(news["code"])), hung=hung)
        self._free(worker)

    def _check_hung(self) -> None:
        """Count the silence of every run on a card, and end the worker of one that is silent for too long."""
        with self._lock:
            for worker in self._workers:
                work = self._runs.get(worker.run or "")
                if work is None or self._closed:
                    continue
                work.silent_s += self._ticker.every_s
                if work.silent_s >= self._hang_limit_s(work, worker):
                    log.error("run %s: no progress for %.0f s; its worker is ended", work.run, work.silent_s)
                    worker.kill()

    def _hang_limit_s(self, work: DispatchedRun, worker: GpuWorker) -> float:
        if worker.pending is not None:  # not yet with the worker, which is starting
            return max(self._hang_timeout_s, START_S)
        seen = self.memory.get(work.recipe, worker.card)
        return max(self._hang_timeout_s, SLOW_STEPS * ((seen and seen.step_s) or 0.0))

    def _on_ended(self, worker: GpuWorker, news: JSON) -> None:
        """The whole process has ended. Where it never said hello, starting it again would only end the same way."""
        if not worker.has_started and (work := self._runs.get(worker.run or "")):
            self._cannot_start(work, worker)
            return
        self._on_gone(worker, news)
        if worker.pending is not None and not worker.alive:
            worker.start()

    def _cannot_start(self, work: DispatchedRun, worker: GpuWorker) -> None:
        work.error = EngineError(
            Message("local.cannot_start", card=worker.card.name, device=worker.card.device), code="start"
        )
        worker.abandon()
        self._free(worker)

    def _free(self, worker: GpuWorker) -> None:
        worker.run, worker.pending = None, None
        self._assign()
        self._kept.prune_soon([w.fixed["latents"] for w in self._runs.values() if not w.ended])
        if worker.run is None:
            worker.timer = threading.Timer(self._idle_s, self._unload_idle, (worker,))
            worker.timer.daemon = True
            worker.timer.start()

    def _unload_idle(self, worker: GpuWorker) -> None:
        """Nobody needed this card for a while: give its memory back."""
        with self._lock:
            if worker.run is None and worker.loaded_key is not None and not self._closed:
                worker.unload()

    # ------------------------------------------------------------------------------------------------- stopping

    def cancel(self, run: str) -> bool:
        """Stop a run: at once where it waits, at the next step where it runs, by force after the grace time."""
        with self._lock:
            work = self._runs.get(run)
            if work is None or work.ended:
                return False
            work.cancel = True
            if self._waiting.pop(run, None):
                work.done = Progress(status=Status.CANCELLED, word="cancelled")
                return True
            worker = next(w for w in self._workers if w.run == run)
            if worker.pending is not None:
                self._stop(work, worker)
                return True
            worker.send({"do": "cancel", "run": run})
            seen = self.memory.get(work.recipe, worker.card)
            grace = min(60.0, max(self._grace_s, 2 * ((seen and seen.step_s) or 0.0)))
            timer = threading.Timer(grace, self._force, (worker, run))
            timer.daemon = True
            timer.start()
            return True

    def _force(self, worker: GpuWorker, run: str) -> None:
        with self._lock:
            if worker.run == run and not self._closed:
                worker.kill()

    def _stop(self, work: DispatchedRun, worker: GpuWorker) -> None:
        work.done = Progress(status=Status.CANCELLED, word="cancelled")
        self._free(worker)

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            self._closed = True
        self._ticker.stop()
        for worker in self._workers:
            worker.close()

    def status(self) -> list[JSON]:
        """Each card with what it does now; see LocalEngine.status."""
        with self._lock:
            return [
                {
                    "device": w.card.device,
                    "name": w.card.name,
                    "memory": w.card.memory,
                    "pid": w.about.get("pid") if w.ready else None,
                    "loaded": self._loaded.get(w.card.device) if w.loaded_key else None,
                    "run": w.run,
                    "waiting": len(self._waiting),
                }
                for w in self._workers
            ]
