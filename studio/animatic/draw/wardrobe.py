"""How people look: skin, hair, clothes and their colours. Somebody with a name looks the same in every shot."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from studio.animatic import tables
from studio.animatic.draw.appearance import Appearance
from studio.animatic.draw.palette import NAMED, RGB, hexa, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.text.reading import Figure

BUILDS = {"man", "woman", "child", "elder", "astronaut", "robot", "knight", "monk", "diver"}
OPEN_MOUTH = frozenset({"talking", "singing", "crying"})


def appearance_of(plan: ScenePlan, figure: Figure, index: int) -> Appearance:
    """Clothes, skin and hair of the index-th figure, in the light of the scene.

    Names decide where there are some: the draw comes from the name and what the cast says of it, not from the shot.
    """
    key = int(plan.rng.integers(1 << 30))
    who = f"{figure.name.lower()}|{figure.about.lower()}"
    rng = np.random.default_rng(zlib.crc32(who.encode()) if figure.name else [index, key])
    build = _build(figure, rng)
    words = f"{figure.about} {plan.reading.prompt}".lower()
    figure = _with_headgear(figure, words) if build == "knight" else figure
    if build == "knight" and "helmet" not in figure.wears:
        build = figure.sex or "man"
    sex = figure.sex or {"woman": "woman", "girl": "woman", "man": "man"}.get(figure.kind, "")
    own = _cloth(figure, build, rng)
    hair = _hair(plan, figure, build, rng)
    legs = _tints("trousers")[int(rng.integers(3))]
    if build in tables.load("draw/palettes")["outfits"] or "suit" in figure.wears:
        legs = own
    if figure.worn:  # a picture tells more than any word
        own, legs = figure.worn
    skin = int(rng.choice(5, p=(0.34, 0.24, 0.22, 0.12, 0.08)))
    skin = _tints("skin")[int(rng.integers(3)) if _is_chinese(plan) else skin]
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

    garment_colours = {garment: seen(NAMED[colour]) for garment, colour in figure.garment_colours if colour in NAMED}
    if hat := next((garment_colours[g] for g in ("knitted hat", "cap", "hat") if g in garment_colours), None):
        garment_colours["hat"] = hat
    mouth = "open" if figure.posture in OPEN_MOUTH else "smile" if figure.posture == "smiling" else ""
    bare = mix(seen(skin), scale(skin, 0.45 + 0.5 * plan.palette.brightness), 0.4)  # faces stay faces in blue light
    return Appearance(bare, seen(hair), seen(own), seen(legs), seen((48, 40, 40)), build, wears, long_hair,
                garment_colours=garment_colours, sex=sex, mouth=mouth)  # fmt: skip


def _tints(name: str) -> list[RGB]:
    """The colours of a row of palettes.toml."""
    return [hexa(code[1:]) for code in tables.load("draw/palettes")["people"][name].split()]


def _with_headgear(figure: Figure, words: str) -> Figure:
    """Knights wear helmets, soldiers and guards caps, swordsmen their hair."""
    if any(w in words for w in ("knight", "armour", "armor", "viking", "roman", "medieval", "骑士", "盔甲", "将军")):
        return replace(figure, wears=(*figure.wears, "helmet"))
    if any(w in words for w in ("soldier", "guard", "士兵", "军人", "保安")):
        return replace(figure, wears=(*figure.wears, "cap"))
    return replace(figure, wears=(*figure.wears, "long hair"))


def _is_chinese(plan: ScenePlan) -> bool:
    return any("\u4e00" <= ch <= "\u9fff" for ch in plan.reading.prompt)


def _build(figure: Figure, rng: np.random.Generator) -> str:
    drawn = "man" if rng.random() < 0.5 else "woman"
    if figure.kind in BUILDS:
        return figure.kind
    return "child" if figure.kind in ("baby", "girl") else figure.sex or drawn


def _cloth(figure: Figure, build: str, rng: np.random.Generator) -> RGB:
    """The colour of the upper clothes."""
    clothes, outfits = _tints("clothes"), tables.load("draw/palettes")["outfits"]
    drawn = clothes[int(rng.integers(len(clothes)))]
    if figure.colour in NAMED:
        return NAMED[figure.colour]
    if "suit" in figure.wears:
        return (52, 56, 70)
    return hexa(outfits[build][1:]) if build in outfits else drawn


def _hair(plan: ScenePlan, figure: Figure, build: str, rng: np.random.Generator) -> RGB:
    drawn, dyed = _tints("hair")[int(rng.integers(4))], tables.load("draw/palettes")["hair"]
    if figure.hair in NAMED:
        return hexa(dyed[figure.hair][1:]) if figure.hair in dyed else NAMED[figure.hair]
    if build == "elder" or figure.age >= 45:
        return _tints("old hair")[0 if build == "elder" else 1]
    return _tints("chinese hair")[0] if _is_chinese(plan) else drawn
