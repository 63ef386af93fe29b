"""The three stages of a run in the worker: encode the words, denoise, decode. Each leaves its result on disk.

Embeddings are kept by what made them, so a prompt is encoded once; latents are kept until the files are written, so a
decode that failed, a crash or a restart never costs the denoising again.
"""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from studio import messages
from studio.engines.local import adapters, decode, models, preview, speed, step_caches
from studio.engines.local.disk_cache import touched
from studio.engines.local.encoding_cache import EncodingCache
from studio.engines.local.recipe import Recipe, from_json
from studio.engines.local.worker_pipe import Cancelled, UnsupportedDevice

Report = Callable[..., None]
Check = Callable[[], None]
Message = dict[str, Any]


class LoadedPipeline:
    """What this process holds ready: one pipeline in one placement, and the text part where there is room for it."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.pipe: Any = None
        self.text: Any = None
        self.loras: tuple[Any, ...] = ()
        self.applied: dict[str, Any] = {}

    def clean_up(self, error: Exception) -> None:
        """After a run that was broken off: without this the hooks keep its state, and the next result is wrong."""
        if self.pipe is not None:
            self.pipe.maybe_free_model_hooks()
            step_caches.forget(self.pipe)
        free(self.device)

    def drop_text(self) -> None:
        """Give the text part's memory back."""
        self.text = None
        free(self.device)


def free(device: str) -> None:
    """Return unused memory to the device."""
    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()


def make_result(job: Message, hot: LoadedPipeline, report: Report, check: Check) -> Message:
    """Make one result; see worker.py for the message. Gives outputs, seconds by stage, peak bytes, what was on."""
    recipe, times = from_json(job["recipe"]), {}
    torch.manual_seed(recipe.seed)
    if hot.device.startswith("cuda"):
        _limit_memory(job.get("limit"))
        torch.cuda.reset_peak_memory_stats()
    latents = Path(job["latents"])
    if not touched(latents):
        began = time.monotonic()
        embeds = _embeds(recipe, job, hot, report)
        times["encode_s"] = round(time.monotonic() - began, 3)
        times |= _denoise(recipe, job, embeds, hot, report, check)
    else:
        report("decoding", i=0, n=recipe.frames, note="from the latents kept")
    began = time.monotonic()
    outputs = _decode(recipe, job, hot, report)
    times["decode_s"] = round(time.monotonic() - began, 3)
    latents.unlink(missing_ok=True)
    peak = torch.cuda.max_memory_allocated() if hot.device.startswith("cuda") else None
    return {"outputs": outputs, "times": times, "peak_bytes": peak, "applied": hot.applied, "seed": recipe.seed}


def _limit_memory(limit: int | None) -> None:
    if limit:
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, limit / total))


# ---------------------------------------------------------------------------------------------------------- words


def _embeds(recipe: Recipe, job: Message, hot: LoadedPipeline, report: Report) -> dict[str, Any]:
    """The embeddings as arguments of the pipeline, from disk where this prompt was encoded before."""
    texts = {"": recipe.prompt} | ({"negative_": recipe.negative} if recipe.guidance > 1 else {})
    found: dict[str, Any] = {}
    for prefix, text in texts.items():
        path = Path(job["embeds"]) / f"{_embed_key(recipe, job, text)}.safetensors"
        if not touched(path):
            report("encoding")
            _encode(recipe, job, text, hot, path)
        found |= _read_embeds(path, prefix, hot.device)
    if hot.text is not None and job["rung"] != "resident":
        hot.drop_text()
    return found


def _embed_key(recipe: Recipe, job: Message, text: str) -> str:
    parts = [job["folder"], job["weights"], recipe.cls, text, str(recipe.engine.get("text_tokens"))]
    parts += [hashlib.sha256(p.read_bytes()).hexdigest() for p in adapters.prompt_files(recipe)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _encode(recipe: Recipe, job: Message, text: str, hot: LoadedPipeline, path: Path) -> None:
    if hot.text is None:
        if hot.pipe is not None and job["rung"] != "resident":
            _free_card_for_text(hot, job)
        hot.text = models.load_text(recipe, Path(job["folder"]), hot.device, job["rung"])
    with torch.no_grad():
        given = adapters.encode(hot.text, recipe, text, hot.device, models.dtype_for(hot.device))
    tensors: dict[str, torch.Tensor] = {}
    for name, value in zip(recipe.engine["embeds"], given, strict=False):
        if isinstance(value, list):
            tensors |= {f"{name}.{i}": v.cpu().contiguous() for i, v in enumerate(value)}
        elif name and value is not None:
            tensors[name] = value.cpu().contiguous()
    _save(tensors, path)


def _free_card_for_text(hot: LoadedPipeline, job: Message) -> None:
    """The text part needs the card for a moment; the rungs that hold the network there let it go meanwhile."""
    if job["rung"] == "text_freed":
        hot.pipe.to("cpu")
        hot.applied["moved"] = True
        free(hot.device)


def _read_embeds(path: Path, prefix: str, device: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, tensor in sorted(load_file(path).items()):
        base, _, index = name.partition(".")
        tensor = tensor.to(device, copy=True)  # of torch's own alignment, which can decide the last bits of a sum
        if index:
            found.setdefault(prefix + base, []).append(tensor)
        else:
            found[prefix + base] = tensor
    return found


def _save(tensors: dict[str, torch.Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    save_file(tensors, partial)
    partial.replace(path)


# -------------------------------------------------------------------------------------------------------- denoise


class StepCounter:
    """Counts steps by the time given to the network, which works for every pipeline, and stops a cancelled run."""

    def __init__(self, total: int, report: Report, check: Check, look: preview.Preview) -> None:
        self.total, self.done, self.on_step = total, -1, look
        self.report, self.check = report, check
        self.started_at: list[float] = []
        self._time: float | None = None

    def before(self, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Called before every run of the network; a step may run it several times with the same time."""
        self.check()
        moment = kwargs.get("timestep")
        if moment is None:
            moment = next(a for a in args if isinstance(a, torch.Tensor) and a.ndim <= 1)
        value = float(moment.max())
        if value != self._time:
            self._time, self.done = value, self.done + 1
            self.started_at.append(time.monotonic())
            self.report_progress()

    def report_progress(self) -> None:
        """Say how far it is, and what it looks like."""
        seen = {"preview": self.on_step.path, "false_colours": self.on_step.false_colours}
        self.report("denoising", i=self.done, n=self.total, eta_s=self.left_s(), **seen)

    def step_s(self) -> float | None:
        """Seconds of a step: the median, the first left out where there are others, for it carries the set-up."""
        gaps = [b - a for a, b in zip(self.started_at, self.started_at[1:], strict=False)]
        gaps = sorted(gaps[1:] or gaps)
        return gaps[len(gaps) // 2] if gaps else None

    def left_s(self) -> float | None:
        """Seconds until the last step is done, None before there is one to judge by."""
        step = self.step_s()
        return None if step is None else round(step * (self.total - self.done), 1)


def _denoise(
    recipe: Recipe, job: Message, embeds: dict[str, Any], hot: LoadedPipeline, report: Report, check: Check
) -> Message:
    began = time.monotonic()
    pipe = _ready_pipe(recipe, job, hot, report)
    loaded = time.monotonic()
    generator = torch.Generator("cpu").manual_seed(recipe.seed)
    call = {k: v for k, v in adapters.arguments(recipe, pipe, embeds, generator).items() if v is not None}
    total = call.get("num_inference_steps", recipe.steps) * _segments(recipe, call)
    look = preview.Preview(Path(job["out"]) / "preview.jpg", recipe, pipe)
    steps = StepCounter(total, report, check, look)
    hooks = [n.register_forward_pre_hook(steps.before, with_kwargs=True) for n in models.denoisers(pipe)]
    hooks += [_simulated_limit(n, job) for n in models.denoisers(pipe) if hot.device == "cpu" and job.get("limit")]
    hot.applied |= speed.prepare(pipe, recipe, call)
    memo = EncodingCache(Path(job["pictures"]), f"{job['folder']} {job['weights']} {hot.device}")
    try:
        with torch.no_grad(), preview.observe_steps(pipe.scheduler, look.on_step), memo.caching(pipe):
            result = pipe(**call)
    finally:
        for hook in hooks:
            hook.remove()
    kept = _kept(result, recipe)
    _save(kept, Path(job["latents"]))
    steps.done = total
    steps.report_progress()
    ended = time.monotonic()
    step = steps.step_s()
    return {
        "load_s": round(loaded - began, 3),
        "denoise_s": round(ended - loaded, 3),
        "step_s": step and round(step, 4),
        "pictures": memo.json(),
    }


def _segments(recipe: Recipe, call: dict[str, Any]) -> int:
    segment = call.get("segment_frame_length")
    return 1 if not segment else max(1, -(-(recipe.frames - 1) // (segment - 1)))


def _simulated_limit(network: torch.nn.Module, job: Message) -> Any:
    """On a processor there is no card to fill: the limit is held against what this rung would keep there."""

    def before(*_: Any) -> None:
        if job["expected_peak"] > job["limit"]:
            raise torch.OutOfMemoryError(f"simulated: {job['expected_peak']} bytes needed, {job['limit']} allowed")

    return network.register_forward_pre_hook(before)


def _kept(result: Any, recipe: Recipe) -> dict[str, torch.Tensor]:
    first = result.frames if recipe.frames > 1 else result.images
    if recipe.engine["decode"] == "frames":
        pixels = (np.asarray(first[0]) * 255).round().clip(0, 255).astype(np.uint8)
        return {"frames": torch.from_numpy(np.ascontiguousarray(pixels[: recipe.frames]))}
    latents = first[:, :, len(recipe.inputs.get("references", [])) :] if recipe.cls == "WanVACEPipeline" else first
    kept = {"latents": latents.cpu().contiguous()}
    if getattr(result, "audio", None) is not None:
        kept["audio"] = result.audio.cpu().contiguous()
    return kept


def _ready_pipe(recipe: Recipe, job: Message, hot: LoadedPipeline, report: Report) -> Any:
    """The pipeline of this recipe, loaded, with its LoRAs, placed and tuned; what is hot already is used again."""
    if hot.pipe is not None and hot.loras != recipe.loras:
        hot.pipe = None
        free(hot.device)
    if hot.pipe is None:
        report("loading")
        hot.pipe = models.load_picture(recipe, Path(job["folder"]), hot.device)
        hot.loras = recipe.loras
        if recipe.loras:
            models.add_loras(hot.pipe, recipe.loras, job["loras"])
        on = speed.reshape(hot.pipe, recipe, job["rung"], hot.device)
        models.place(hot.pipe, job["rung"], hot.device)
        on |= speed.tune(hot.pipe, recipe, hot.device)
        hot.applied = {"rung": job["rung"], "device": hot.device} | on
    elif hot.applied.pop("moved", False):
        models.place(hot.pipe, job["rung"], hot.device)
    hot.pipe = models.sibling(hot.pipe, recipe.cls)
    return hot.pipe


# --------------------------------------------------------------------------------------------------------- decode


def _decode(recipe: Recipe, job: Message, hot: LoadedPipeline, report: Report) -> list[Message]:
    pipe = hot.pipe
    if pipe is None or getattr(pipe, "vae", None) is None:
        pipe = models.load_vae(recipe, Path(job["folder"]), hot.device)
    else:
        _move_to_device(pipe, recipe, job, hot.device)
    if job.get("tiled") and hasattr(pipe.vae, "enable_tiling"):
        pipe.vae.enable_tiling()
    kept = load_file(job["latents"])
    report("decoding", i=0, n=recipe.frames)
    files = decode.to_files(pipe, recipe, kept, Path(job["out"]), report)
    pipe.maybe_free_model_hooks()
    return files


def _move_to_device(pipe: Any, recipe: Recipe, job: Message, device: str) -> None:
    """Decoders are called by part, so the offload hooks of the whole pipeline do not bring them to the device."""
    if job["rung"] in ("one_part", "fp8"):
        for name in recipe.engine.get("decoders", ("vae",)):
            getattr(pipe, name).to(device)


def failure(error: Exception, hot: LoadedPipeline) -> Message:
    """An exception as the studio is told: cancelled, oom, unusable or refused (this request cannot work), or error.

    message: the library's text, or a message of the studio as `messages.packed` has it.
    """
    text, own = f"{type(error).__name__}: {error}", messages.of_error(error)
    if isinstance(error, Cancelled):
        return {"kind": "cancelled", "message": "Stopped."}
    if isinstance(own, messages.Message):
        kind = "unusable" if isinstance(error, UnsupportedDevice) else "refused"
        return {"kind": kind, "message": messages.packed(own)}
    if isinstance(error, torch.OutOfMemoryError) or "out of memory" in text.lower():
        return {"kind": "oom", "message": text[:500]}
    if isinstance(error, FileNotFoundError | ValueError | KeyError | TypeError):
        import traceback

        traceback.print_exception(error)
        return {"kind": "refused", "message": text[:500]}
    import traceback

    traceback.print_exception(error)
    return {"kind": "error", "message": text[:500]}
