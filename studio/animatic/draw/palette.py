"""The colours of a frame: sky, haze, shade and light, from the time of day, weather, light, style and colour words.

A palette is made of few colours on purpose; depth is drawn by mixing a thing's own colour towards the haze.
Colours are RGB tuples 0-255.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace

import numpy as np

from studio.animatic import tables
from studio.animatic.text import locations
from studio.animatic.text.reading import PromptReading

RGB = tuple[int, int, int]


def hexa(code: str) -> RGB:
    """The colour of six hexadecimal digits."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


NAMED: dict[str, RGB] = {name: hexa(code[1:]) for name, code in tables.load("draw/palettes")["colours"].items()}
"""Colour words of the vocabulary."""


@dataclass(frozen=True)
class Palette:
    """Colours of one frame. sky_*: zenith to horizon. light: sun, moon or lamps. haze: what distance fades to.

    near: the darkest shade, of the foreground. accent: one strong colour for small things.
    brightness: how much light falls on things, about 0.25 (night) to 1 (noon). lamps: True when windows are lit.
    """

    sky_top: RGB
    sky_mid: RGB
    sky_low: RGB
    light: RGB
    haze: RGB
    near: RGB
    accent: RGB = (226, 110, 60)
    brightness: float = 1.0
    lamps: bool = False
    sun_height: float = 0.6
    saturation: float = 1.0
    tint: tuple[RGB, float] = ((128, 128, 128), 0.0)

    def at(self, colour: RGB, depth: float) -> RGB:
        """A thing's own colour as seen at this depth (0 far, 1 near), in this light and through this air."""
        lit = mix(multiply(colour, self.ambient), colour, 0.35 * self.brightness)
        lit = scale(lit, 0.46 + 0.54 * self.brightness)
        return mix(lit, self.haze, 0.86 * (1 - depth) ** 1.35)

    @property
    def ambient(self) -> RGB:
        """The colour that light from sky and sun gives to a white thing."""
        return mix(mix(self.sky_mid, self.light, 0.62), (255, 255, 255), 0.35)


def mix(a: RGB, b: RGB, amount: float) -> RGB:
    """a moved towards b by amount 0..1, in linear-like light so that mixes stay clear."""
    t = min(1.0, max(0.0, amount))
    return tuple(round(((1 - t) * x**1.8 + t * y**1.8) ** (1 / 1.8)) for x, y in zip(a, b, strict=True))  # type: ignore


def multiply(a: RGB, b: RGB) -> RGB:
    """a seen in light of colour b."""
    return tuple(round(x * y / 255) for x, y in zip(a, b, strict=True))  # type: ignore


def scale(a: RGB, factor: float) -> RGB:
    """a, brighter or darker."""
    return tuple(int(min(255, max(0, x * factor))) for x in a)  # type: ignore


def shifted(a: RGB, *, hue: float = 0.0, saturation: float = 1.0, value: float = 1.0) -> RGB:
    """a with its hue turned by `hue` (0..1 is the whole circle), its saturation and value multiplied."""
    h, s, v = colorsys.rgb_to_hsv(*(x / 255 for x in a))
    out = colorsys.hsv_to_rgb((h + hue) % 1, min(1, s * saturation), min(1, v * value))
    return tuple(round(x * 255) for x in out)  # type: ignore


def luma(a: RGB) -> float:
    """Brightness 0..1 by BT.709 weights."""
    return (0.2126 * a[0] + 0.7152 * a[1] + 0.0722 * a[2]) / 255


def palette_for(reading: PromptReading, rng: np.random.Generator) -> Palette:
    """The colours for this reading; rng picks among palettes that suit it equally and turns the hue a little."""
    choices = tables.load("draw/palettes")["hours"][reading.time_of_day or _usual_time(reading, rng)]
    palette = _parsed(choices[int(rng.integers(len(choices)))])
    palette = _weathered(palette, reading)
    palette = _lit(palette, reading)
    palette = _styled(palette, reading)
    palette = _coloured(palette, reading)
    if locations.has(reading.setting, "dim"):  # somebody lives there: lamps give people and things their colours back
        palette = replace(palette, brightness=max(palette.brightness, 0.56))
    turn = float(rng.uniform(-0.012, 0.012))
    return replace(
        palette, **{n: shifted(getattr(palette, n), hue=turn) for n in ("sky_top", "sky_mid", "haze", "near")}
    )


def _parsed(row: str) -> Palette:
    """A row of palettes.toml."""
    *codes, brightness, sun = row.split()
    sky_and_light = (hexa(code) for code in codes)
    return Palette(*sky_and_light, brightness=float(brightness), sun_height=float(sun), lamps=float(brightness) < 0.5)


def _usual_time(reading: PromptReading, rng: np.random.Generator) -> str:
    """The hour that flatters a prompt which names none."""
    if "neon" in reading.light or "candle" in reading.light or "fireworks" in {t.kind for t in reading.objects}:
        return "night"
    if {"horror", "noir"} & set(reading.styles) or "dark" in reading.light:
        return "dusk"
    if "backlit" in reading.light:
        return "golden hour"
    if "clear" in reading.weather:
        return "noon"
    if hour := locations.facts(reading.setting).get("dark"):
        return hour
    if reading.has("ship light", "beacon"):
        return "dusk"
    lit = reading.has("lantern", "candle", "torch", "match", "beam") or any(
        f.holds == "lantern" for f in reading.figures
    )
    if lit and (reading.setting in ("stairs", "corridor", "bedroom", "room", "window", "church", "cellar") or
                reading.has("torch", "beam")):  # fmt: skip
        return "dusk"
    return ("morning", "afternoon", "golden hour")[int(rng.integers(3))]


def _weathered(p: Palette, reading: PromptReading) -> Palette:
    """Rain, storm, fog, cloud and snow take colour away and bring the haze nearer."""
    grey = _parsed(tables.load("draw/palettes")["grey"]["night" if p.brightness < 0.4 else "day"])
    amount = {"storm": 0.78, "rain": 0.62, "fog": 0.6, "snow": 0.5, "cloudy": 0.5, "dust": 0.3}
    most = max((amount.get(w, 0.0) for w in reading.weather), default=0.0)
    if not most:
        return p
    names = ("sky_top", "sky_mid", "sky_low", "haze")
    p = replace(p, **{n: mix(getattr(p, n), getattr(grey, n), most) for n in names})
    p = replace(p, light=mix(p.light, grey.light, most * 0.6), brightness=p.brightness * (1 - 0.18 * most))
    if "storm" in reading.weather:
        p = replace(p, **{n: scale(getattr(p, n), 0.62) for n in names}, lamps=True)
    if "dust" in reading.weather:
        p = replace(p, **{n: mix(getattr(p, n), (214, 168, 112), 0.5) for n in names})
    return p


def _lit(p: Palette, reading: PromptReading) -> Palette:
    """Light words: warm, cool, dark, bright."""
    names = ("sky_top", "sky_mid", "sky_low", "haze", "near")
    if "warm" in reading.light or "candle" in reading.light:
        p = replace(p, **{n: mix(getattr(p, n), (232, 150, 70), 0.16) for n in names}, light=(255, 224, 160))
    if "cool" in reading.light:
        p = replace(p, **{n: mix(getattr(p, n), (70, 130, 190), 0.22) for n in names}, light=(226, 240, 255))
    if "dark" in reading.light:
        p = replace(p, **{n: scale(getattr(p, n), 0.62) for n in names}, brightness=p.brightness * 0.7, lamps=True)
    if "bright" in reading.light and p.brightness > 0.5:
        p = replace(p, **{n: mix(getattr(p, n), (255, 255, 255), 0.2) for n in names[:4]}, brightness=1.0)
    if "neon" in reading.light:
        p = replace(p, sky_low=mix(p.sky_low, (190, 60, 150), 0.42), haze=mix(p.haze, (96, 50, 130), 0.45), lamps=True)
    return p


def _styled(p: Palette, reading: PromptReading) -> Palette:
    """Style words that mean colour."""
    styles = set(reading.styles)
    if "vintage" in styles and "film" in reading.mood.lower():  # grain is a texture, not a faded print
        styles -= {"vintage"}
    names = ("sky_top", "sky_mid", "sky_low", "haze", "near", "light")
    coloured = "neon" in reading.light or any(c.noun in ("", "mood") for c in reading.colours)
    if "black and white" in styles or ("noir" in styles and not coloured):
        return replace(p, saturation=0.0)
    if "noir" in styles:
        p = replace(p, saturation=0.75)
    if styles & {"ink"}:
        paper = replace(p, sky_top=(226, 222, 210), sky_mid=(234, 230, 218), sky_low=(242, 238, 228))
        paper = replace(paper, haze=(222, 220, 210), near=(38, 40, 44), saturation=0.35, light=(250, 246, 236))
        return replace(paper, brightness=0.95) if p.brightness > 0.4 else p
    if styles & {"vintage"}:
        p = replace(p, **{n: mix(getattr(p, n), (206, 160, 104), 0.22) for n in names}, saturation=0.78)
    if styles & {"pastel", "watercolour"}:
        pale = 0.3 if p.brightness > 0.5 else 0.1
        p = replace(p, **{n: mix(getattr(p, n), (255, 240, 244), pale) for n in names}, saturation=0.9)
    if styles & {"anime"}:
        p = replace(p, saturation=1.22)
    if styles & {"cyberpunk"}:
        p = replace(p, sky_low=mix(p.sky_low, (200, 60, 160), 0.4), haze=mix(p.haze, (80, 60, 150), 0.4), lamps=True)
    if styles & {"horror"}:
        p = replace(p, **{n: mix(scale(getattr(p, n), 0.7), (40, 60, 52), 0.3) for n in names[:5]}, saturation=0.7)
    return p


def _coloured(p: Palette, reading: PromptReading) -> Palette:
    """Colour words without a noun tint the whole; sky colours the sky; the first named one is the accent.

    Two and more share the picture: cool ones take the sky, the water and the shade, warm ones the light and the ground.
    """
    hues = [
        c for c in reading.colours if c.noun in ("", "mood") and c.name not in ("white", "grey", "black", "charcoal")
    ]
    shared = len({c.name for c in hues}) > 1 or any(c.noun == "mood" for c in hues)
    if shared:
        p = _shared(p, [NAMED[c.name] for c in hues])
    for colour in reading.colours:
        rgb = NAMED[colour.name]
        if colour.noun == "sky":
            p = replace(p, sky_top=mix(p.sky_top, rgb, 0.55), sky_mid=mix(p.sky_mid, rgb, 0.45))
            p = replace(p, sky_low=mix(p.sky_low, rgb, 0.25), haze=mix(p.haze, rgb, 0.25))
        elif not shared and colour in hues:
            names = ("sky_mid", "sky_low", "haze")
            p = replace(p, **{n: mix(getattr(p, n), scale(rgb, 0.4 + luma(getattr(p, n))), 0.42) for n in names})
            p = replace(p, sky_top=mix(p.sky_top, scale(rgb, 0.25 + luma(p.sky_top)), 0.3), tint=(rgb, 0.14))
            p = replace(p, light=mix(p.light, rgb, 0.3))
    for rgb in reading.tint:
        names = ("sky_mid", "sky_low", "haze", "light")
        p = replace(p, **{n: mix(getattr(p, n), scale(rgb, 0.4 + luma(getattr(p, n))), 0.2) for n in names})
        p = replace(p, tint=(rgb, 0.12))
    if reading.colours:
        p = replace(p, accent=NAMED[(hues or reading.colours)[0].name])
    if "muted" in reading.styles:
        p = replace(p, saturation=p.saturation * 0.8)
    return p


def _shared(p: Palette, hues: list[RGB]) -> Palette:
    """Several colours in one picture, each where it belongs: hour and weather keep their light and their darkness."""
    ordered = sorted(hues, key=lambda c: c[2] - c[0])
    warm, cool = ordered[0], ordered[-1]
    if len(set(hues)) == 1:  # one colour alone tints light or shade, and the other keeps its own
        only = hues[0]
        if only[0] >= only[2]:
            cool = p.sky_top
        else:
            warm = p.light

    def towards(own: RGB, hue: RGB, amount: float) -> RGB:
        return mix(own, scale(hue, (0.12 + luma(own)) / max(0.12, luma(hue))), amount)

    return replace(
        p,
        sky_top=towards(p.sky_top, cool, 0.42), sky_mid=towards(p.sky_mid, cool, 0.26),
        sky_low=towards(p.sky_low, warm, 0.26), haze=towards(p.haze, cool, 0.16), near=towards(p.near, cool, 0.32),
        light=towards(p.light, warm, 0.16), tint=((128, 128, 128), 0.0),
    )  # fmt: skip
