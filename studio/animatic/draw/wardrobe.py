"""How people look: skin, hair, clothes and their colours. Somebody with a name looks the same in every shot."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from studio.animatic.draw.appearance import Appearance
from studio.animatic.draw.palette import NAMED, RGB, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.text.reading import Figure

SKINS: tuple[RGB, ...] = ((232, 184, 152), (214, 160, 124), (238, 198, 168), (172, 118, 86), (120, 80, 58))
HAIRS: tuple[RGB, ...] = ((46, 34, 32), (72, 48, 38), (30, 28, 32), (104, 70, 46))
CLOTHES: tuple[RGB, ...] = (
    *((72, 98, 128), (146, 84, 68), (196, 168, 120), (88, 112, 92), (116, 96, 128)),
    *((204, 196, 184), (70, 72, 84), (176, 112, 76), (58, 104, 112)),
)
BUILDS = {"man", "woman", "child", "elder", "astronaut", "robot", "knight", "monk", "diver"}
CHINESE_HAIR: RGB = (30, 26, 30)
OUTFITS: dict[str, RGB] = {
    "astronaut": (234, 236, 240),
    "robot": (176, 190, 204),
    "knight": (120, 128, 140),
    "monk": (140, 84, 52),
    "diver": (38, 46, 60),
}
OF_HAIR: dict[str, RGB] = {
    "red": (166, 74, 40),
    "yellow": (222, 188, 116),
    "gold": (214, 176, 104),
    "orange": (190, 96, 44),
}
"""Colours of hair that are not those of paint."""
OPEN_MOUTH = frozenset({"talking", "singing", "crying"})


def look_of(plan: ScenePlan, figure: Figure, index: int) -> Appearance:
    """Clothes, skin and hair of the index-th figure, in the light of the scene.

    Names decide where there are some: the draw comes from the name and what the cast says of it, not from the shot.
    """
    key = int(plan.rng.integers(1 << 30))
    who = f"{figure.name.lower()}|{figure.about.lower()}"
    rng = np.random.default_rng(zlib.crc32(who.encode()) if figure.name else [index, key])
    build = _build(figure, rng)
    words = f"{figure.about} {plan.reading.prompt}".lower()
    figure = _armed(figure, words) if build == "knight" else figure
    if build == "knight" and "helmet" not in figure.wears:
        build = figure.sex or "man"
    sex = figure.sex or {"woman": "woman", "girl": "woman", "man": "man"}.get(figure.kind, "")
    own = _cloth(figure, build, rng)
    hair = _hair(plan, figure, build, rng)
    trousers = (58, 62, 78), (84, 74, 68), (44, 46, 54)
    legs = trousers[int(rng.integers(3))]
    if build in OUTFITS or "suit" in figure.wears:
        legs = own
    if figure.worn:  # a picture tells more than any word
        own, legs = figure.worn
    skin = SKINS[int(rng.choice(5, p=(0.34, 0.24, 0.22, 0.12, 0.08)))]
    if _eastern(plan):
        skin = SKINS[int(rng.integers(3))]
    wears = figure.wears
    grown = build == "woman" or (build == "elder" and sex == "woman")
    draw = float(rng.random())
    if grown and not figure.worn and not set(wears) & {"coat", "suit", "shirt", "dress", "robe"} and draw < 0.5:
        wears = (*wears, "dress")
    female = build == "woman" or sex == "woman" or figure.kind == "girl"
    long_hair = "long hair" in wears or (
        female and build != "elder" and not {"short hair", "bald"} & set(wears) and (draw * 7 % 1 < 0.92)
    )

    def seen(c: RGB) -> RGB:
        return plan.palette.at(c, 0.74)

    dyes = {garment: seen(NAMED[colour]) for garment, colour in figure.dyes if colour in NAMED}
    if hat := next((dyes[g] for g in ("knitted hat", "cap", "hat") if g in dyes), None):
        dyes["hat"] = hat
    mouth = "open" if figure.posture in OPEN_MOUTH else "smile" if figure.posture == "smiling" else ""
    bare = mix(seen(skin), scale(skin, 0.45 + 0.5 * plan.palette.brightness), 0.4)  # faces stay faces in blue light
    return Appearance(bare, seen(hair), seen(own), seen(legs), seen((48, 40, 40)), build, wears, long_hair,
                dyes=dyes, sex=sex, mouth=mouth)  # fmt: skip


def _armed(figure: Figure, words: str) -> Figure:
    """Knights wear helmets, soldiers and guards caps, swordsmen their hair."""
    if any(w in words for w in ("knight", "armour", "armor", "viking", "roman", "medieval", "骑士", "盔甲", "将军")):
        return replace(figure, wears=(*figure.wears, "helmet"))
    if any(w in words for w in ("soldier", "guard", "士兵", "军人", "保安")):
        return replace(figure, wears=(*figure.wears, "cap"))
    return replace(figure, wears=(*figure.wears, "long hair"))


def _eastern(plan: ScenePlan) -> bool:
    return any("\u4e00" <= ch <= "\u9fff" for ch in plan.reading.prompt)


def _build(figure: Figure, rng: np.random.Generator) -> str:
    drawn = "man" if rng.random() < 0.5 else "woman"
    if figure.kind in BUILDS:
        return figure.kind
    return "child" if figure.kind in ("baby", "girl") else figure.sex or drawn


def _cloth(figure: Figure, build: str, rng: np.random.Generator) -> RGB:
    """The colour of the upper clothes."""
    drawn = CLOTHES[int(rng.integers(len(CLOTHES)))]
    if figure.colour in NAMED:
        return NAMED[figure.colour]
    if "suit" in figure.wears:
        return (52, 56, 70)
    return OUTFITS.get(build) or drawn


def _hair(plan: ScenePlan, figure: Figure, build: str, rng: np.random.Generator) -> RGB:
    drawn = HAIRS[int(rng.integers(len(HAIRS)))]
    if figure.hair in NAMED:
        return OF_HAIR.get(figure.hair) or NAMED[figure.hair]
    if build == "elder":
        return (214, 212, 210)
    if figure.age >= 45:
        return (120, 112, 108)
    return CHINESE_HAIR if _eastern(plan) else drawn
