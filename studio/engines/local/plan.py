"""Memory and time before anything is loaded: which rung of the ladder a run starts on, its peak, its seconds.

From the sizes of the weight files (or the row's, before they are here), the card and the size asked for. What really
happened is remembered per model, size, frames and card, and counts more than any formula. Plain arithmetic, no torch.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from studio.domain import JSON
from studio.engines.local.cards import Gpu
from studio.engines.local.recipe import Recipe

RUNGS = ("resident", "text_freed", "one_part", "fp8", "blocks", "leaves")
"""The ladder, fastest first. resident: everything on the card. text_freed: the text model gone after encoding.
one_part: one expert at a time, the decoder moved in when needed. fp8: the network stored in 8 bits as well. blocks: the
network streamed block by block. leaves: layer by layer, decoding in tiles."""

RUNG_LABELS = {
    "resident": "runs fully in GPU memory",
    "text_freed": "runs; loads the text model only when needed",
    "one_part": "runs with one part in GPU memory at a time",
    "fp8": "runs with 8-bit weights",
    "blocks": "runs, streaming block by block",
    "leaves": "runs slowly, layer by layer",
}
"""What a rung means to the user."""

GB = 10**9
CONTEXT = int(0.7 * GB)
"""What the driver and the libraries take on the card before any tensor."""

HEADROOM = 0.94
"""Share of a card's memory a plan may fill; the allocator loses some to fragments."""

SPEED = {
    "B200": 850, "GH200": 400, "H200": 400, "H100": 375, "A100": 155, "L40S": 140, "L40": 85, "A6000": 75,
    "RTX 6000 Ada": 140, "RTX PRO 6000": 200, "RTX 5090": 108, "RTX 5080": 58, "RTX 5070": 32, "RTX 4090": 85,
    "RTX 4080": 50, "RTX 4070": 30, "RTX 3090": 37, "RTX 3080": 31,
}  # fmt: skip
"""TFLOP/s that the plain path of this library keeps up with these networks, by card name.

H100, A100 and RTX 4090 from times of Wan that its authors publish for their own code, times 1.2: what LightX2V's
benchmark measured this library to take more on an H100 (9.77 s a step at 480p). The others by the ratio of their data
sheets. Cards before Ampere are not here: they compute this type by detours, far slower than their sheets say.
"""

CARD_VARIANTS = {"Laptop", "Mobile", "Max", "Ti", "MIG"}
"""Words in a card's name that make it another card than the one whose name it else has."""


@dataclass(frozen=True)
class PartSizes:
    """Bytes of a model's parts as they lie on the card. network: all experts together; largest: one of them."""

    text: int
    network: int
    largest: int
    decoder: int
    blocks: int = 40

    @property
    def total(self) -> int:
        """Bytes of everything."""
        return self.text + self.network + self.decoder


def in_eight_bits(part: PartSizes) -> PartSizes:
    """The same parts with the network in 8 bits."""
    return replace(part, network=part.network // 2, largest=part.largest // 2)


def parts(sizes: Mapping[str, int], engine: JSON) -> PartSizes:
    """The parts from bytes by component name (from file headers, or the row's table)."""
    text = sum(v for k, v in sizes.items() if k in engine["text"])
    networks = [v for k, v in sizes.items() if k.startswith("transformer")] or [0]
    decoder = sum(sizes.values()) - text - sum(networks)
    return PartSizes(text, sum(networks), max(networks), max(0, decoder), int(engine.get("layers", 40)))


def tokens(width: int, height: int, frames: int, engine: JSON) -> int:
    """Length of the sequence that the network sees."""
    latent = engine["latent"]
    side = int(latent["space"]) * int(latent.get("patch", 2))
    return ((frames - 1) // int(latent.get("time", 4)) + 1) * (height // side) * (width // side)


def frames_per_segment(frames: int, engine: JSON) -> int:
    """How many frames are made together: all, or a segment of those that make long clips piece by piece."""
    return min(frames, int(engine.get("segment_frames", frames)))


def activations(width: int, height: int, frames: int, engine: JSON) -> int:
    """Bytes that a step needs beside the weights: about 20 vectors of the network's width per token in 16 bits.

    Anchors: Wan A14B about 3 GB at 832x480x81 and 6 to 7 GB at 1280x720x81.
    """
    return int(tokens(width, height, frames, engine) * int(engine["dim"]) * 2 * 9) + GB // 4


def decoding(width: int, height: int, frames: int, engine: JSON, *, tiled: bool) -> int:
    """Bytes that decoding needs beside the decoder: by frame where it streams, else by clip."""
    together = 4 if engine["decode"] in ("wan", "frames") else frames
    per_pixel = int(engine.get("decode_bytes", 1600))
    whole = width * height * together * per_pixel // (1 if together == 1 else 2)
    return min(whole, 2 * GB) if tiled else whole


def can_tile(frames: int, engine: JSON) -> bool:
    """Whether decoding in tiles makes a difference: where a whole clip would be decoded at once."""
    return frames > 1 and engine["decode"] not in ("wan", "frames")


def peak(
    rung: str, part: PartSizes, width: int, height: int, frames: int, engine: JSON, *, tiled: bool | None = None
) -> int:
    """The most bytes the card holds at once on this rung. tiled: how it decodes; None: in tiles on the last only."""
    step = activations(width, height, frames_per_segment(frames, engine), engine)
    decode = decoding(width, height, frames, engine, tiled=rung == "leaves" if tiled is None else tiled)
    if rung in ("blocks", "leaves"):  # the text model is streamed as well; its table of words is the largest layer
        part = replace(part, text=part.text // 5)
    if rung == "resident":
        return CONTEXT + part.total + max(step, decode)
    if rung == "text_freed":
        return CONTEXT + max(part.text, part.network + part.decoder + max(step, decode))
    if rung == "one_part":
        return CONTEXT + max(part.text, part.largest + step, part.decoder + decode)
    if rung == "fp8":
        return CONTEXT + max(part.text, part.largest // 2 + step, part.decoder + decode)
    share = 3 * part.largest // max(1, part.blocks) if rung == "blocks" else part.largest // max(1, 4 * part.blocks)
    return CONTEXT + max(part.text, part.decoder + share + step, part.decoder + decode)


def ladder(recipe: Recipe) -> tuple[str, ...]:
    """The rungs this recipe may use. The one that goes over to 8 bits is left out where the user chose the precision:
    16 bits are kept all the way down then, or 8 are there from the start."""
    return RUNGS if recipe.precision == "auto" else tuple(r for r in RUNGS if r != "fp8")


def as_loaded(recipe: Recipe, part: PartSizes) -> PartSizes:
    """The parts as this recipe keeps them: with the network in 8 bits where it asks for that on every rung."""
    return in_eight_bits(part) if recipe.precision == "fp8" else part


def first_rung(recipe: Recipe, part: PartSizes, memory: int | None) -> str | None:
    """The fastest rung of the recipe's ladder that fits the memory in bytes; see `fitting`."""
    size = recipe.width, recipe.height, recipe.frames
    return fitting(ladder(recipe), as_loaded(recipe, part), *size, recipe.engine, memory)


def peak_bytes(recipe: Recipe, part: PartSizes, rung: str, *, tiled: bool | None = None) -> int:
    """The most bytes the card holds at once when this recipe is made on the rung."""
    size = recipe.width, recipe.height, recipe.frames
    return peak(rung, as_loaded(recipe, part), *size, recipe.engine, tiled=tiled)


def tiles(recipe: Recipe, part: PartSizes, rung: str, memory: int | None) -> bool:
    """Whether the rung chosen for this memory decodes in tiles: the last always, others where the whole has no room."""
    if rung == "leaves" or memory is None or not can_tile(recipe.frames, recipe.engine):
        return rung == "leaves"
    return peak_bytes(recipe, part, rung) > memory * HEADROOM


def fitting(
    rungs: Sequence[str], part: PartSizes, width: int, height: int, frames: int, engine: JSON, memory: int | None
) -> str | None:
    """The first of the rungs that fits the memory in bytes; the very first where that is unknown, else None.

    Decoding in tiles costs less than a rung, so a rung counts as fitting when it does so with tiles.
    """
    tiled = True if can_tile(frames, engine) else None
    for rung in rungs:
        if memory is None or peak(rung, part, width, height, frames, engine, tiled=tiled) <= memory * HEADROOM:
            return rung
    return None


def next_rung(recipe: Recipe, rung: str) -> str | None:
    """The rung below, None at the end of the ladder."""
    steps = ladder(recipe)
    at = steps.index(rung) if rung in steps else 0
    return steps[at + 1] if at + 1 < len(steps) else None


def flops(recipe: Recipe) -> float:
    """Floating point operations of the whole denoising: two per weight and token, and the attention."""
    engine = recipe.engine
    together = frames_per_segment(recipe.frames, engine)
    n = tokens(recipe.width, recipe.height, together, engine)
    once = 2 * float(engine["active_params"]) * n + 4 * int(engine["layers"]) * n * n * int(engine["dim"])
    passes = 1.0 + (recipe.guidance_until if recipe.guidance > 1 else 0.0)
    return once * passes * recipe.steps * recipe.frames / together


def card_tflops(card: Gpu) -> float | None:
    """TFLOP/s to be expected from the card, None for one we know nothing about: no figure rather than a wrong one."""
    words = set(card.name.replace("-", " ").split())
    if words & CARD_VARIANTS:
        return None
    return next((float(v) for k, v in SPEED.items() if words.issuperset(k.split())), None)


SLOWER = {"resident": 1.0, "text_freed": 1.0, "one_part": 1.05, "fp8": 1.1, "blocks": 1.15, "leaves": 1.6}
"""Time against the first rung. Streaming hides behind the work of long sequences; layer by layer it does not."""


@dataclass
class Measurement:
    """What one model at one size and length did on one card: the rung that worked, seconds of a step and of the rest,
    bytes at the peak."""

    rung: str
    tiled: bool = False
    step_s: float | None = None
    rest_s: float | None = None
    peak_bytes: int | None = None
    runs: int = 0


class MeasurementStore:
    """Remembers what was seen, in one JSON file; safe from any thread. A file that cannot be read is begun anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: dict[str, Measurement] = {}
        try:
            self._seen = {k: Measurement(**v) for k, v in json.loads(path.read_text("utf-8")).items()}
        except (OSError, ValueError, TypeError):
            self._seen = {}

    def get(self, recipe: Recipe, card: Gpu) -> Measurement | None:
        """What was seen of this, if anything."""
        with self._lock:
            return self._seen.get(_name(recipe, card))

    def put(self, recipe: Recipe, card: Gpu, seen: Measurement) -> None:
        """Remember, and write the file."""
        with self._lock:
            self._seen[_name(recipe, card)] = seen
            body = json.dumps({k: asdict(v) for k, v in self._seen.items()}, indent=1)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_suffix(".part")
            part.write_text(body, "utf-8")
            part.replace(self._path)


def _name(recipe: Recipe, card: Gpu) -> str:
    size = f"{recipe.width}x{recipe.height}x{recipe.frames}"
    return f"{recipe.row} {recipe.precision} {size} on {card.name}"


def expected_s(recipe: Recipe, card: Gpu, seen: Measurement | None, rung: str) -> float | None:
    """Seconds for the whole run: from what was seen, else from the card's rate; None for an unknown card."""
    if seen and seen.step_s:
        return seen.step_s * recipe.steps + (seen.rest_s or 0.0)
    rate = card_tflops(card)
    if rate is None:
        return None
    return flops(recipe) / (rate * 1e12) * SLOWER[rung] + 20.0


def nearest_that_fits(
    recipe: Recipe, part: PartSizes, memory: int, sizes: list[tuple[int, int]]
) -> tuple[int, int] | None:
    """The largest of the model's sizes, smaller than the one asked for, that the last rung can make."""
    asked = recipe.width * recipe.height
    for width, height in sorted(sizes, key=lambda s: -s[0] * s[1]):
        need = peak("leaves", as_loaded(recipe, part), width, height, recipe.frames, recipe.engine)
        if width * height < asked and need <= memory * HEADROOM:
            return width, height
    return None
