"""Steps of an instruction applied to a picture or to each frame of a clip.

Everything is a function of the picture, the seed and the time; masks of a clip are smoothed from frame to frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from studio.animatic import tables
from studio.animatic.clips.picture_view import ANALYSIS_PX, subject_of
from studio.animatic.draw import particles
from studio.animatic.draw.palette import NAMED, RGB, hexa
from studio.animatic.effects import tones
from studio.animatic.effects.styles import STYLES
from studio.animatic.text.instructions import EditStep

Change = Callable[[np.ndarray, float], np.ndarray]

QUANTITIES: dict[str, Change] = {
    tone.__name__: tone
    for tone in (
        tones.brightness, tones.contrast, tones.saturation, tones.warmth, tones.shadows, tones.highlights,
        tones.vignette, tones.sharpness,
    )
} | {
    "blur": lambda rgb, a: tones.blurred(rgb, a) if a > 0 else tones.sharpness(rgb, -a),
    "fog": lambda rgb, a: tones.fog(rgb, a) if a > 0 else tones.dehazed(rgb, -a),
    "glow": lambda rgb, a: tones.glow(rgb, a) if a > 0 else rgb,
}  # fmt: skip


def _sunset(rgb: np.ndarray, a: float) -> np.ndarray:
    toned = tones.split_tone(tones.warmth(rgb, 1.3 * a), (110, 50, 120), (255, 140, 50), 0.6 * a)
    height, width = rgb.shape[:2]
    from_above = np.linspace(0.34, 0.0, height, dtype=np.float32)[:, None] * min(1.4, a)
    light = np.full_like(rgb, (255, 138, 60))
    return tones.mixed(toned, light, np.broadcast_to(from_above, (height, width)))


def _autumn(rgb: np.ndarray, a: float) -> np.ndarray:
    """Greens turned to rust and gold."""
    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
    shift = np.arange(256, dtype=np.float32)
    green = np.exp(-(((shift - 52) / 20) ** 2)) * min(1.2, a)
    hsv[..., 0] = cv2.LUT(hsv[..., 0], np.clip(shift - green * (shift - 13), 0, 179).astype(np.uint8))
    return tones.warmth(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), 0.5 * a)


def _recipe(steps: Sequence[str]) -> Change:
    """A look as steps of looks.toml done one after the other."""
    parsed = [_step(step) for step in steps]

    def change(rgb: np.ndarray, amount: float) -> np.ndarray:
        for step in parsed:
            rgb = step(rgb, amount)
        return rgb

    return change


def _step(text: str) -> Change:
    """ "saturation -0.55a" or "split_tone #463c6e #ffcd78 0.6a": a tone with its values; a: times the amount."""
    name, *values = text.split()
    tone = getattr(tones, name)

    def value(text: str, amount: float) -> RGB | float:
        return hexa(text[1:]) if text.startswith("#") else float(text.rstrip("a")) * (amount if text[-1] == "a" else 1)

    return lambda rgb, amount: tone(rgb, *(value(v, amount) for v in values))


LOOKS: dict[str, Change] = {
    **STYLES,
    **{name: _recipe(steps) for name, steps in tables.load("effects/looks").items()},
    "invert": lambda rgb, a: cv2.bitwise_not(rgb),
    "sunset": _sunset,
    "autumn": _autumn,
}
GRAINY = {"film": 0.7, "vintage": 0.9, "noir": 0.8}
FALLING = {
    "rain": particles.Particles("rain", 0.8, (215, 222, 232)),
    "snow": particles.Particles("snow", 0.9, (250, 251, 255)),
}
MASK_MEMORY = 0.85
"""Share of the last frame's mask that stays in the next, so that edges of a target do not dance."""


class FilterChain:
    """Applies steps to one picture, or to the frames of a clip in order."""

    def __init__(self, steps: Sequence[EditStep], seed: int) -> None:
        self._steps, self._seed, self._frame = steps, seed, 0
        self._masks: dict[str, np.ndarray] = {}
        self._noise = np.empty((0, 0), np.int8)

    def apply(self, rgb: np.ndarray, time_s: float = 0.0) -> np.ndarray:
        """The next picture with all steps done, uint8 RGB of the same size."""
        for step in self._steps:
            changed = self._changed(rgb, step, time_s)
            if step.target != "all" or step.source:
                mask = self._mask(rgb, step)
                changed = tones.mixed(rgb, changed, mask)
            rgb = changed
        self._frame += 1
        return rgb

    def _changed(self, rgb: np.ndarray, step: EditStep, time_s: float) -> np.ndarray:
        if step.kind == "grain":
            return self._grained(rgb, step.amount) if step.amount > 0 else tones.denoised(rgb, -step.amount)
        if step.kind == "recolour":
            return tones.recoloured(rgb, NAMED[step.value], step.amount)
        if step.kind != "look":
            change = QUANTITIES[step.kind]
            if step.kind == "blur" and step.target == "background":
                return tones.blurred(rgb, max(0.5, 1.8 * step.amount))
            return change(rgb, step.amount)
        result = LOOKS[step.value](rgb, min(step.amount, 1.8))
        if step.value in FALLING:
            result = np.ascontiguousarray(result)
            particles.paint(result, FALLING[step.value], self._seed, time_s)
        return self._grained(result, GRAINY[step.value] * step.amount) if step.value in GRAINY else result

    def _grained(self, rgb: np.ndarray, amount: float) -> np.ndarray:
        """Film grain, new in every frame: one seeded field, shifted by a step that never repeats soon."""
        height, width = rgb.shape[:2]
        if not self._noise.size:
            size = max(0.55, min(height, width) / 1400)
            field = np.random.default_rng(self._seed).standard_normal((height + 256, width + 256)).astype(np.float32)
            field = cv2.GaussianBlur(field, (0, 0), size)
            self._noise = np.clip(field / field.std() * 32, -127, 127).astype(np.int8)
        y, x = (self._frame * 97) % 256, (self._frame * 151) % 256
        part = self._noise[y : y + height, x : x + width]
        both = [cv2.LUT((part.view(np.uint8)), table) for table in _up_and_down(0.36 * amount)]
        return cv2.subtract(cv2.add(rgb, cv2.merge([both[0]] * 3)), cv2.merge([both[1]] * 3))

    def _mask(self, rgb: np.ndarray, step: EditStep) -> np.ndarray:
        """Where the step acts, float32 (h, w), 0..1."""
        if step.source:
            return colour_mask(rgb, NAMED[step.source])
        if step.target == "edges":
            return edge_mask(rgb.shape[:2])
        small = sky_of(rgb) if step.target == "sky" else self._subject(rgb)
        if step.target == "background":
            small = 1 - small
        last = self._masks.get(step.target)
        if last is not None and step.target == "sky":
            small = MASK_MEMORY * last + (1 - MASK_MEMORY) * small
        self._masks[step.target] = small
        return cv2.resize(small, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    def _subject(self, rgb: np.ndarray) -> np.ndarray:
        """The subject, looked for once: in a clip the first frame decides."""
        if "subject" not in self._masks:
            found = subject_of(rgb)
            if not found.any():  # nothing stands out: the middle is what is looked at
                found = 1 - edge_mask(found.shape)
            self._masks["subject"] = cv2.GaussianBlur(found, (0, 0), 2.2)
        return self._masks["subject"]


def _up_and_down(strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Tables that turn int8 noise, seen as uint8, into what to add and what to subtract."""
    signed = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32) * strength
    return np.clip(signed, 0, 255).astype(np.uint8), np.clip(-signed, 0, 255).astype(np.uint8)


def edge_mask(shape: tuple[int, ...]) -> np.ndarray:
    """0 in the middle, 1 in the corners."""
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None] ** 2
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None] ** 2
    return np.clip((x + y - 0.25) / 0.8, 0, 1)


def colour_mask(rgb: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Where the picture has this colour, softly: near in hue for colours, near in lightness for greys."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    aim = cv2.cvtColor(np.array([[colour]], np.float32) / 255, cv2.COLOR_RGB2Lab)[0, 0]
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    if np.hypot(aim[1], aim[2]) < 12:
        near = 1 - np.abs(lab[..., 0] - aim[0]) / 28
        return cv2.GaussianBlur(np.clip(near, 0, 1) * np.clip(1.6 - chroma / 14, 0, 1), (0, 0), 1.0)
    turn = np.arctan2(lab[..., 2], lab[..., 1]) - np.arctan2(aim[2], aim[1])
    apart = np.abs((turn + np.pi) % (2 * np.pi) - np.pi)
    hue = np.clip((0.62 - apart) / 0.25, 0, 1)
    return cv2.GaussianBlur((hue * np.clip((chroma - 12) / 14, 0, 1)).astype(np.float32), (0, 0), 1.0)


def sky_of(rgb: np.ndarray) -> np.ndarray:
    """The sky, small float32 (h, w), 0..1: smooth parts that hang together with the upper edge; all zero if none."""
    tall, wide = rgb.shape[:2]
    scale = ANALYSIS_PX / max(tall, wide)
    small = cv2.resize(rgb, (max(16, round(wide * scale)), max(16, round(tall * scale))), interpolation=cv2.INTER_AREA)
    calm = cv2.bilateralFilter(small, 5, 18, 4)
    rows, cols = calm.shape[:2]
    mask = np.zeros((rows + 2, cols + 2), np.uint8)
    for x in range(1, cols, max(1, cols // 24)):
        red, _, blue = (int(c) for c in calm[0, x])
        if mask[1, x + 1] or max(calm[0, x]) < 20 or (red > blue + 70 and max(calm[0, x]) < 120):
            continue
        cv2.floodFill(calm, mask, (x, 0), 0, (5, 5, 5), (5, 5, 5), 4 | cv2.FLOODFILL_MASK_ONLY | 255 << 8)
    found = cv2.morphologyEx(mask[1:-1, 1:-1], cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)).astype(np.float32) / 255
    if not 0.03 < found.mean() < 0.97:
        return np.zeros((rows, cols), np.float32)
    return cv2.GaussianBlur(np.maximum(found, _same_colour(calm, found)), (0, 0), 1.0)


def _same_colour(calm: np.ndarray, found: np.ndarray) -> np.ndarray:
    """What has the colour of the sky found and lies no lower: the patches behind branches and towers."""
    lab = cv2.cvtColor(calm.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    inside = found > 0.5
    lowest = int(np.nonzero(inside.any(axis=1))[0][-1])
    apart = np.linalg.norm(lab - np.median(lab[inside], axis=0), axis=2)
    spread = max(5.0, 1.5 * float(np.percentile(np.abs(apart[inside]), 80)))
    near = (apart < min(spread, 14.0)).astype(np.float32)
    near[lowest + 1 :] = 0
    return near
