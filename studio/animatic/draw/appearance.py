"""How one person looks: build, colours, clothes. What wardrobe.py chooses and people.py and heads.py draw."""

from __future__ import annotations

from dataclasses import dataclass, field

from studio.animatic.draw.palette import RGB


@dataclass(frozen=True)
class Appearance:
    """How one person looks, colours already in the light of the scene."""

    skin: RGB
    hair: RGB
    top: RGB
    legs: RGB
    shoes: RGB
    build: str = "man"  # man, woman, child, elder, astronaut, robot, knight, monk, diver
    wears: tuple[str, ...] = ()
    long_hair: bool = False
    garment_colours: dict[str, RGB] = field(default_factory=dict)
    sex: str = ""
    mouth: str = ""  # "smile", "open" or ""
