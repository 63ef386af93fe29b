"""Words of a film camera in a drawn style."""

from __future__ import annotations

from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.lint.model import Facts, Finding
from studio.prompt.lint.source import Source
from studio.prompt.lint.words import any_of

DRAWN = any_of(
    (
        "anime", "anime style", "anime-style", "2d animation", "2d animated", "2d cartoon", "cartoon style",
        "cartoon-style", "pixel art",
        "watercolor", "watercolor painting", "watercolour", "oil painting", "ink wash", "ink painting",
        "hand-drawn", "hand drawn",
        "comic book style", "manga", "cel-shaded", "cel shaded", "line art", "storybook illustration",
        "flat illustration",
        "vector illustration", "ukiyo-e", "charcoal drawing", "pencil sketch", "动漫风格", "二次元",
        "动画风格", "卡通风格", "水彩", "水墨",
        "油画风格", "像素风", "手绘", "漫画风格", "厚涂", "赛璐璐", "扁平插画",
    )
)  # fmt: skip
PHOTOGRAPHIC = any_of(
    (
        "photorealistic", "photo-realistic", "photorealism", "hyperrealistic", "ultra realistic",
        "ultra-realistic", "realistic photo",
        "live action", "live-action", "documentary footage", "raw photo", "dslr", "shot on arri", "arri alexa",
        "shot on red", "35mm film",
        "kodak", "imax", "anamorphic", "bokeh", "写实摄影", "真人实拍", "超写实", "实拍", "照片级",
    )
)  # fmt: skip
BOTH = any_of(
    ("3d", "cgi", "mixed media", "collage", "live-action hybrid", "rotoscope", "scanner darkly", "poster",
     "painting on", "paintings on",
     "painting of", "canvas", "easel", "sketchbook", "t-shirt", "tattoo", "figurine", "cosplay", "真人版",
     "手办", "三维")
)  # fmt: skip
"""Both are meant, or the drawing is a thing in the picture."""


def find(source: Source, _: Facts) -> Iterator[Finding]:
    """One finding, if any."""
    drawn, camera = DRAWN.search(source.plain), PHOTOGRAPHIC.search(source.plain)
    if drawn and camera and not BOTH.search(source.plain):
        low, high = sorted((drawn.span(), camera.span()))
        yield Finding(
            rule="style.film_terms", start=low[0], end=high[1],
            message=Message("lint.film_terms", style=drawn[0], words=camera[0]),
        )  # fmt: skip
