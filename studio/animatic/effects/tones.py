"""Tone and colour: pure functions from uint8 RGB to uint8 RGB of the same size. amount 1 is a clear, usual change."""

from __future__ import annotations

import cv2
import numpy as np

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
STEPS = np.linspace(0, 1, 256, dtype=np.float32)
RGB = tuple[int, int, int]


def curve(rgb: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Every channel through one curve: 256 values 0..1, or (256, 3) for one curve a channel."""
    table = np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8)
    return cv2.LUT(rgb, table.reshape(1, 256, 3) if table.ndim == 2 else table)


def brightness(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Lighter or darker in the middle tones; black and white stay."""
    return curve(rgb, STEPS ** (2 ** (-0.55 * amount)))


def contrast(rgb: np.ndarray, amount: float) -> np.ndarray:
    """An S through the middle; below 0 a flat one."""
    return curve(rgb, STEPS - min(1.9, max(-1.9, amount)) * 0.08 * np.sin(2 * np.pi * STEPS))


def shadows(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Lift or deepen the dark third."""
    return curve(rgb, STEPS + amount * 0.9 * STEPS * (1 - STEPS) ** 4)


def highlights(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Raise the bright third, or hold it back."""
    return curve(rgb, STEPS + amount * 0.9 * (1 - STEPS) * STEPS**4)


def saturation(rgb: np.ndarray, amount: float) -> np.ndarray:
    """More or less colour; -2 is none."""
    keep = max(0.0, 1 + 0.5 * amount)
    matrix = (1 - keep) * np.tile(LUMA, (3, 1)) + keep * np.eye(3, dtype=np.float32)
    return cv2.transform(rgb, matrix.astype(np.float32))


def warmth(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Towards amber, or towards blue below 0; greys keep their lightness."""
    gains = np.array([1 + 0.11 * amount, 1 + 0.005 * amount, 1 - 0.15 * amount], np.float32)
    gains /= float(LUMA @ gains)
    return curve(rgb, STEPS[:, None] * gains)


def monochrome(rgb: np.ndarray, tint: RGB = (255, 255, 255)) -> np.ndarray:
    """Luma only, in shades of a tint."""
    grey = cv2.transform(rgb, LUMA[None])
    missing = 1 - np.array(tint, np.float32) / 255
    bend = 1 + 1.35 * missing - 0.2 * float(missing.max() > 0)  # the tint shows most in the middle tones
    return curve(cv2.merge((grey, grey, grey)), STEPS[:, None] ** bend)


def split_tone(rgb: np.ndarray, dark: RGB, light: RGB, strength: float) -> np.ndarray:
    """Shadows towards one colour and highlights towards another, lightness about kept."""
    out = []
    for channel in range(3):
        low = (dark[channel] - float(LUMA @ np.array(dark))) / 255
        high = (light[channel] - float(LUMA @ np.array(light))) / 255
        out.append(STEPS + strength * (low * (1 - STEPS) ** 2 * 2 * STEPS**0.5 + high * STEPS**1.5 * (1.4 - STEPS)))
    return curve(rgb, np.stack(out, 1))


def faded(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Blacks that never get black and whites that stop short, as in an old print."""
    return curve(rgb, 0.07 * amount + STEPS * (1 - 0.12 * amount))


def blurred(rgb: np.ndarray, amount: float) -> np.ndarray:
    """A soft blur of about 0.8 % of the shorter side at amount 1."""
    return cv2.GaussianBlur(rgb, (0, 0), max(0.3, 0.008 * amount * min(rgb.shape[:2])))


def sharpness(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Unsharp mask; below 0 a slight softening."""
    radius = max(0.8, min(rgb.shape[:2]) / 720)
    if amount < 0:
        return cv2.GaussianBlur(rgb, (0, 0), radius * -amount)
    return cv2.addWeighted(rgb, 1 + 0.9 * amount, cv2.GaussianBlur(rgb, (0, 0), radius * 1.3), -0.9 * amount, 0)


def denoised(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Grain smoothed, edges kept."""
    return cv2.bilateralFilter(rgb, 7, 22 * amount, 3)


def glow(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Light that spills from bright places."""
    bright = curve(rgb, np.clip((STEPS - 0.45) / 0.55, 0, 1) ** 1.3 * 0.55 * min(amount, 2))
    spill = cv2.GaussianBlur(bright, (0, 0), 0.02 * min(rgb.shape[:2]))
    return cv2.subtract(cv2.add(rgb, spill), cv2.multiply(rgb, spill, scale=1 / 255))


def vignette(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Corners darker; lighter below 0."""
    height, width = rgb.shape[:2]
    x = np.linspace(-1, 1, width, dtype=np.float32) ** 2
    y = np.linspace(-1, 1, height, dtype=np.float32) ** 2
    far = np.clip((y[:, None] + x[None] - 0.35) / 1.65, 0, 1) ** 1.2
    gain = 1 - 0.72 * min(amount, 1.3) * far if amount >= 0 else 1 - 0.5 * amount * far
    return scaled(rgb, gain)


def scaled(rgb: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Every pixel times its own gain (h, w)."""
    gain = gain.astype(np.float32)
    return cv2.multiply(rgb, cv2.merge((gain, gain, gain)), dtype=cv2.CV_8U)


def fog(rgb: np.ndarray, amount: float) -> np.ndarray:
    """A pale veil, thicker above, where things are far."""
    height, width = rgb.shape[:2]
    veil = np.linspace(0.62, 0.28, height, dtype=np.float32)[:, None] * min(1.5, amount)
    return mixed(rgb, np.full_like(rgb, (206, 212, 218)), np.broadcast_to(np.clip(veil, 0, 0.95), (height, width)))


def dehazed(rgb: np.ndarray, amount: float) -> np.ndarray:
    """The veil of haze thinned: black set where it belongs, contrast and colour back."""
    low = float(np.percentile(rgb[::4, ::4].min(axis=2), 1)) / 255
    cut = low * min(1.0, 0.5 * amount)
    return saturation(contrast(curve(rgb, np.clip((STEPS - cut) / (1 - cut), 0, 1)), 0.5 * amount), 0.4 * amount)


def mixed(under: np.ndarray, over: np.ndarray, weight: np.ndarray | float) -> np.ndarray:
    """under moved to over by weight: 0..1, one number or (h, w)."""
    if isinstance(weight, int | float):
        return cv2.addWeighted(under, 1 - weight, over, weight, 0)
    weight = np.ascontiguousarray(weight, np.float32)
    return cv2.blendLinear(np.ascontiguousarray(under), np.ascontiguousarray(over), 1 - weight, weight)


def recoloured(rgb: np.ndarray, colour: RGB, strength: float = 1.0) -> np.ndarray:
    """Everything in the hue of a colour, light and shade kept; half-way to its lightness."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    aim = cv2.cvtColor(np.array([[colour]], np.float32) / 255, cv2.COLOR_RGB2Lab)[0, 0]
    middle = float(np.median(lab[::8, ::8, 0]))
    lab[..., 0] += 0.35 * strength * (float(aim[0]) - middle)
    shade = np.clip(1.15 - np.abs(lab[..., 0] - aim[0]) / 130, 0.3, 1)
    for channel in (1, 2):
        lab[..., channel] += min(1.0, strength) * (aim[channel] * shade - lab[..., channel])
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB) * 255 + 0.5, 0, 255).astype(np.uint8)
