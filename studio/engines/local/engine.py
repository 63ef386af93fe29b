"""LocalEngine: open models on the user's own card, in a worker process. This file knows no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from studio.catalogue import AccountLimits, Model
from studio.domain import JSON, Asset, Progress, Request, Status
from studio.engines import gpu_cost
from studio.engines.base import EngineInfo, Input, Job, Variable
from studio.engines.local import cards, plan, recipe, weights
from studio.engines.local.cards import Gpu
from studio.engines.local.disk_cache import MAX_DAYS, MAX_GB, DiskCache
from studio.engines.local.dispatch import HANG_TIMEOUT_S, Dispatcher
from studio.engines.local.dispatched_run import DispatchedRun
from studio.engines.local.library import ModelLibrary
from studio.errors import CapabilityError, NotConfigured, UnknownHandle
from studio.messages import Message, term
from studio.settings import Settings

PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "safetensors")
HANDLE = "local:"


class LocalEngine:
    """The engine of provider `local`. grace_s, idle_s, limit (bytes) and silent_s: see Dispatcher."""

    environment: ClassVar = {
        "STUDIO_GPU": Variable(),
        "STUDIO_MODELS": Variable(),
        "STUDIO_GPU_MEMORY_GB": Variable(),
        "STUDIO_GPU_IDLE_S": Variable(),
        "STUDIO_GPU_CACHE_GB": Variable(),
        "STUDIO_GPU_CACHE_DAYS": Variable(),
        **gpu_cost.ENVIRONMENT,
    }

    def __init__(
        self, settings: Settings, *, grace_s: float = 5.0, idle_s: float | None = None, limit: int | None = None,
        hang_timeout_s: float = HANG_TIMEOUT_S,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._choice = settings.option("STUDIO_GPU")
        self.cards: list[Gpu] = cards.find(self._choice)
        self._cache = settings.data / "cache" / "local"
        gigabytes = gpu_cost.number(settings.option("STUDIO_GPU_MEMORY_GB"))
        self._dispatcher = Dispatcher(
            self.cards,
            self._cache,
            limit=limit or (int(gigabytes * plan.GB) if gigabytes else None),
            grace_s=grace_s,
            idle_s=idle_s if idle_s is not None else gpu_cost.number(settings.option("STUDIO_GPU_IDLE_S")) or 300.0,
            kept=_encoding_caches(self._cache, settings),
            hang_timeout_s=hang_timeout_s,
        )
        self.library = ModelLibrary(settings, self.cards)
        self.info = EngineInfo(
            name="local",
            label="Your GPU",
            limits=AccountLimits(submits_per_s=50, concurrent=max(1, len(self.cards)), polls_per_s=100),
            repeatable=True,
            local=True,
            by_time=True,
        )

    def missing(self) -> str | None:
        """What to install or set, in one sentence."""
        if self._choice.strip().lower() == "none":
            return Message("local.off")
        lacking = [p for p in PACKAGES if find_spec(p) is None]
        if lacking:
            return Message("local.install", names=", ".join(lacking))
        if not self.cards:
            return Message("local.no_gpu")
        return None

    # ------------------------------------------------------------------------------------------- before the run

    def problems(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> list[CapabilityError]:
        """What this machine cannot do of a request that the row allows: weights not here, too little memory."""
        found = weights.inspect(model.engine["repo"], self._settings)
        if not found.complete:
            return [CapabilityError(self._fetch(model, found), field="model", value=model.id)]
        try:
            made = recipe.write(_planning_job(request, model, inputs))
            self._lora_paths(made, model)
        except CapabilityError as error:
            return [error]
        memory = max((c.memory or 0 for c in self.cards), default=0)
        if not memory:
            return []
        part = self._parts(model, found)
        if plan.first_rung(made, part, memory):
            return []
        sizes = [(s.width, s.height) for s in model.sizes]
        near = plan.nearest_that_fits(made, part, memory, sizes)
        asked = f"{made.width}x{made.height}"
        if made.frames > 1:
            asked = Message("local.size_with_frames", size=asked, frames=made.frames)
        advice = Message("local.largest", width=near[0], height=near[1]) if near else Message("local.smaller_model")
        message = Message(
            "local.does_not_fit", model=term(model.label), asked=asked, memory=f"{memory / plan.GB:.0f}", advice=advice
        )
        return [CapabilityError(message, field="width", value=asked, limit=near)]

    def expected_s(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """Seconds this run will take: measured here before, else from the card's rate, else None."""
        if not self.cards:
            return None
        made, card = recipe.write(_planning_job(request, model, inputs)), self.cards[0]
        seen = self._dispatcher.memory.get(made, card)
        part = self.parts(model)
        rung = seen.rung if seen else plan.first_rung(made, part, card.memory) or "leaves"
        return plan.expected_s(made, card, seen, rung)

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """Time on the card, priced; 0 where the user named no price, for nobody sends a bill."""
        rate = self._usd_per_s()
        return gpu_cost.usd(self.expected_s(request, model, inputs) if rate else None, rate)

    def _usd_per_s(self) -> float:
        return gpu_cost.usd_per_s(self._settings, watts=next((c.watts for c in self.cards if c.watts), None))

    def _fetch(self, model: Model, found: weights.RepositoryFiles) -> str:
        size = weights.download_bytes(model.engine) / plan.GB
        if found.folder is None:
            return Message("local.not_downloaded", model=term(model.label), size=f"{size:.0f}")
        lacking = ", ".join(found.missing[:3])
        if len(found.missing) > 3:
            lacking = Message("local.and_more", names=lacking)
        return Message("local.incomplete", model=term(model.label), names=lacking)

    def _lora_paths(self, made: recipe.Recipe, model: Model) -> list[str]:
        """Where the LoRA files of the recipe are. Raises CapabilityError that names the one that is not here."""
        own = weights.models_folder(self._settings)
        folders = [own / "loras", self._settings.data / "loras"]
        found = []
        for lora in made.loras:
            if lora.repo:
                path = weights.find_file(lora.repo, lora.file, self._settings)
                advice = Message("local.draft_mode", model=term(model.label), repo=lora.repo)
            else:
                path = next((f / lora.file for f in folders if (f / lora.file).is_file()), None)
                advice = Message("local.no_lora", file=lora.file, folders=" or ".join(map(str, folders)))
            if path is None:
                raise CapabilityError(advice, field="mode" if lora.repo else "loras", value=lora.file)
            found.append(str(path))
        return found

    def _parts(self, model: Model, found: weights.RepositoryFiles) -> plan.PartSizes:
        if not found.complete or found.folder is None:
            return plan.parts(model.engine["bytes"], model.engine)
        wide = set(model.engine.get("fp32", ()))
        here = 4 if self.cards and self.cards[0].device == "cpu" else 2
        sizes = {n: weights.loaded_bytes(found.folder, n, 4 if n in wide else here) for n in found.sizes}
        return plan.parts(sizes, model.engine)

    # ------------------------------------------------------------------------------------------------- the verbs

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Nothing is uploaded. Raises NotConfigured where card, packages or weights are missing."""
        found = weights.inspect(job.model.engine["repo"], self._settings)
        sentence = self.missing() or (None if found.complete else self._fetch(job.model, found))
        if sentence:
            raise NotConfigured(sentence)
        return {}

    async def submit(self, job: Job) -> str:
        """Put the run into the queue of the cards. A run that is there already goes on."""
        handle = HANDLE + job.run_id
        known = self._dispatcher.get(job.run_id)
        if known is None or known.ended:
            await self.prepare(job)
            self._dispatcher.add(self._dispatched_run(job))
        return handle

    def _dispatched_run(self, job: Job) -> DispatchedRun:
        made = recipe.write(job)
        found = weights.inspect(job.model.engine["repo"], self._settings)
        folder = found.folder or Path()  # prepare has just seen it
        digests = {str(i.path): i.asset.sha256 or i.asset.id for i in job.inputs.values()}
        stamp = f"{sorted(found.sizes.items())} {(folder / 'model_index.json').stat().st_mtime_ns}"
        fixed: JSON = {
            "recipe": made.json(),
            "folder": str(folder),
            "weights": hashlib.sha256(stamp.encode()).hexdigest()[:16],
            "loras": self._lora_paths(made, job.model),
            "latents": str(self._cache / "latents" / f"{made.key(digests)}.safetensors"),
            "embeds": str(self._cache / "embeds"),
            "pictures": str(self._cache / "pictures"),
            "out": str(job.work_dir),
        }
        return DispatchedRun(job.run_id, made, self._parts(job.model, found), fixed)

    async def poll(self, handle: str) -> Progress:
        """Where the run is. Raises UnknownHandle after a restart: the run is simply given again, its latents kept."""
        work = self._dispatcher.get(handle.removeprefix(HANDLE))
        if work is None:
            raise UnknownHandle(Message("local.restarted"))
        found = self._dispatcher.progress(work)
        if found.status == Status.SUCCEEDED:
            cost = gpu_cost.usd(float(found.usage.get("seconds", 0.0)), self._usd_per_s())
            found = found.model_copy(update={"cost_usd": cost})
        return found

    async def cancel(self, handle: str) -> bool:
        """Stop at the next step; by force after a grace time."""
        return self._dispatcher.cancel(handle.removeprefix(HANDLE))

    def limit_memory(self, limit: int | None) -> None:
        """Let further runs use at most so many bytes of a card; None for all of it."""
        self._dispatcher.limit = limit

    @property
    def memory(self) -> plan.MeasurementStore:
        """What runs did on these cards before."""
        return self._dispatcher.memory

    def parts(self, model: Model) -> plan.PartSizes:
        """Bytes of the model's parts as they would lie on the card: from the files, or the row before they are here."""
        return self._parts(model, weights.inspect(model.engine["repo"], self._settings))

    def status(self) -> list[JSON]:
        """The cards and what they do: device, name, memory in bytes, pid of the process, loaded, run, waiting."""
        return self._dispatcher.status()

    async def close(self) -> None:
        """End the worker processes and downloads."""
        self.library.close()
        self._dispatcher.close()


def _encoding_caches(folder: Path, settings: Settings) -> DiskCache:
    """The kept files with the user's bounds, where he set some."""
    gigabytes = gpu_cost.number(settings.option("STUDIO_GPU_CACHE_GB")) or MAX_GB
    days = gpu_cost.number(settings.option("STUDIO_GPU_CACHE_DAYS")) or MAX_DAYS
    return DiskCache(folder, max_bytes=gigabytes * 1e9, max_age_s=days * 86400)


def _planning_job(request: Request, model: Model, inputs: Mapping[str, Asset]) -> Job:
    """A job that is only planned, never run."""
    return Job("", request, model, request.seed, Path(), {i: Input(a, Path()) for i, a in inputs.items()})
