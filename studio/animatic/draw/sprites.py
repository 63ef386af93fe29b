"""Drawings of the artwork table as pictures: rasterised at the size they are shown in, in the light of the scene.

The same drawing, size and colour give the same pixels; pictures are kept, for a clip asks for them again and again.
"""

from __future__ import annotations

import io
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw

from studio.animatic import artwork
from studio.animatic.artwork import Drawing
from studio.animatic.draw.caption import font
from studio.animatic.draw.palette import NAMED, RGB
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.sketch import Sketch

LARGEST_PX = 2400
SATURATION_KEPT = 0.8
"""How much of a drawing's saturation is kept: beside painted places the pure colours of an icon glare."""
HUE_REACH = 20
"""Half the width of the band of hues, of OpenCV's 180, that a colour word recolours."""


def paint(
    plan: ScenePlan,
    s: Sketch,
    drawing: Drawing,
    *,
    height: float,
    at: tuple[float, float] = (0.0, 0.0),
    colour: str | RGB = "",
    depth: float = 0.74,
    tilt: float = 0.0,
    shines: bool = False,
    face: bool = False,
) -> None:
    """Put a drawing on a sketch: its foot at `at` and `height` tall, both in the sketch's own units.

    colour: a colour word or sRGB to recolour it with. depth: 0 far .. 1 near. tilt: degrees, forwards. shines: keeps
    its own colours whatever the light. face: its face alone, where there is a drawing of it.
    """
    px = int(min(LARGEST_PX, max(2, round(height * s.scale))))
    rgb = NAMED.get(colour) if isinstance(colour, str) else colour
    name = drawing.face if face and drawing.face else drawing.name
    picture = raster(name, px, rgb)
    if drawing.turns and drawing.faces_right != (s.facing > 0):
        picture = picture[:, ::-1]
    if tilt:
        picture = _turned(picture, tilt * s.facing)
    s.stamp(picture if shines else _lit(plan, picture, depth), at)


def stand_in(plan: ScenePlan, s: Sketch, word: str, *, height: float, at: tuple[float, float] = (0.0, 0.0)) -> None:
    """A soft shape with its word, for what is named and has no drawing."""
    px = int(min(LARGEST_PX, max(12, round(height * s.scale))))
    s.stamp(_lit(plan, _labelled(word, px), 0.74), at)


@lru_cache(maxsize=96)
def raster(name: str, height: int, rgb: RGB | None = None) -> np.ndarray:
    """A drawing as uint8 RGBA (height, width, 4), straight alpha, cut to what is drawn; do not write into it."""
    import resvg_py  # only a draft that shows a drawing needs it

    body, (x, y, w, h) = artwork.svg(name)
    text = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x} {y} {w} {h}">{body}</svg>'
    wide = max(1, round(height * w / h))
    png = resvg_py.svg_to_bytes(svg_string=text, width=wide, height=height, skip_system_fonts=True)
    with Image.open(io.BytesIO(bytes(png))) as image:
        picture = np.array(image.convert("RGBA"))
    picture[..., :3] = _spread(picture)
    return picture if rgb is None else _recoloured(picture, rgb)


def _spread(picture: np.ndarray) -> np.ndarray:
    """The colours with those of the edge carried on into what is transparent, so that no dark rim shows."""
    alpha = picture[..., 3:].astype(np.float32) / 255
    size = max(3, picture.shape[0] // 40 * 2 + 1)
    weight = cv2.blur(alpha, (size, size))[..., None] + 1e-3
    around = cv2.blur(picture[..., :3].astype(np.float32) * alpha, (size, size)) / weight
    return np.where(alpha > 0.5, picture[..., :3], np.clip(around, 0, 255)).astype(np.uint8)


def _recoloured(picture: np.ndarray, rgb: RGB) -> np.ndarray:
    """The drawing with its main colour exchanged for this one, light and shade kept; black and white stay."""
    hsv = cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2HSV)
    solid = picture[..., 3] > 128
    vivid = solid & (hsv[..., 1] > 70) & (hsv[..., 2] > 50)
    if vivid.sum() > 0.2 * solid.sum():
        counts = np.bincount(hsv[vivid][:, 0], minlength=180)
        band = np.convolve(np.r_[counts[-4:], counts, counts[:4]], np.ones(9), "valid")
        away = np.abs(hsv[..., 0].astype(int) - int(band.argmax()))
        chosen = vivid & (np.minimum(away, 180 - away) <= HUE_REACH)
    else:
        chosen = solid & (hsv[..., 1] <= 70) & (hsv[..., 2] > 60)
    if not chosen.any():
        return picture
    light = cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    shade = np.clip(light / max(0.05, float(np.median(light[chosen]))), 0.55, 1.25)
    target = np.array([max(c, 26) for c in rgb], np.float32)
    out = picture.copy()
    out[..., :3][chosen] = np.clip(target * shade[chosen][:, None], 0, 255).astype(np.uint8)
    return out


def _turned(picture: np.ndarray, degrees: float) -> np.ndarray:
    """The picture turned clockwise about its middle, as large as it was."""
    height, width = picture.shape[:2]
    move = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 0.92)
    return cv2.warpAffine(np.ascontiguousarray(picture), move, (width, height), flags=cv2.INTER_LINEAR)


def _lit(plan: ScenePlan, picture: np.ndarray, depth: float) -> np.ndarray:
    """The picture's colours as seen at this depth, in this light and through this air."""
    grey = cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY)
    calm = cv2.addWeighted(
        np.ascontiguousarray(picture[..., :3]), SATURATION_KEPT, cv2.merge([grey] * 3), 1 - SATURATION_KEPT, 0
    )
    toned = cv2.LUT(calm, _tones(plan, depth))
    return np.dstack((toned, picture[..., 3]))


def _tones(plan: ScenePlan, depth: float) -> np.ndarray:
    """What the palette makes of each value of each channel: uint8 (256, 1, 3)."""
    values = np.linspace(0, 255, 33).round().astype(int)
    seen = np.array([plan.palette.at((v, v, v), depth) for v in values.tolist()])
    return np.stack([np.interp(np.arange(256), values, seen[:, k]) for k in range(3)], 1).astype(np.uint8)[:, None]


@lru_cache(maxsize=16)
def _labelled(word: str, height: int) -> np.ndarray:
    """A rounded shape in soft clay, the word across its middle, uint8 RGBA."""
    width = round(height * 1.15)
    image = Image.new("RGBA", (width, height), (176, 170, 182, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), radius=height * 0.34, fill=(176, 170, 182, 235))
    edge = max(1, height // 48)
    inset = edge * 3
    box = (inset, inset, width - 1 - inset, height - 1 - inset)
    draw.rounded_rectangle(box, radius=height * 0.3, outline=(206, 202, 210, 255), width=edge)
    size = height * 0.3
    while size > 6 and font(round(size)).getlength(word) > width * 0.82:
        size *= 0.9
    draw.text((width / 2, height / 2), word, font=font(round(size)), fill=(52, 46, 60, 255), anchor="mm")
    return np.array(image)
