"""What a shot's words say, as plain values: framing, camera, time, place, who and what. Nothing here reads or draws."""

from __future__ import annotations

from dataclasses import dataclass

from studio.animatic import artwork
from studio.animatic.artwork import Drawing


def listed(words: str) -> frozenset[str]:
    """The words of a line as a set."""
    return frozenset(words.split())


CHILD_BELOW, OLD_FROM = 13, 62
"""Ages in years between which somebody is drawn as an adult."""


LAMPS = listed("beacon lamp lantern candle torch match fire sign tv glow lighthouse")
"""Things that give light, and can be lit or put out."""


@dataclass(frozen=True)
class Move:
    """A camera move. kind as in "pan-left" or "static"; strength slow, normal or fast."""

    kind: str
    strength: str = "normal"


@dataclass(frozen=True)
class Figure:
    """count people or animals of one kind. colour: of the clothes or the coat. wears: garments, most telling first.

    dyes: (garment, colour) of the garments that have one of their own. name: who it is; the same name looks the same in
    every shot, for its looks are drawn from name and about. sex: "woman", "man" or "". holds: a thing in the hand.
    looks: "up", "down", "away", "other" (at the other one), or the kind of thing looked at. worn: sRGB colours of the
    upper clothes and the legs, as a picture of the figure shows them; empty where there is none. reference: the path of
    that picture.
    """

    kind: str
    count: int = 1
    posture: str = ""
    colour: str = ""
    wears: tuple[str, ...] = ()
    hair: str = ""
    garment_colours: tuple[tuple[str, str], ...] = ()
    name: str = ""
    about: str = ""
    sex: str = ""
    age: int = 0
    holds: str = ""
    looks: str = ""
    worn: tuple[tuple[int, int, int], ...] = ()
    reference: str = ""

    @property
    def animal(self) -> bool:
        return artwork.is_animal(self.kind)

    @property
    def drawing(self) -> Drawing | None:
        """What an animal is drawn with."""
        return artwork.find(self.kind)

    @property
    def young(self) -> bool:
        """True for those drawn at a child's size."""
        return self.kind in ("child", "girl", "baby")


@dataclass(frozen=True)
class Thing:
    """count objects or vehicles of one kind. state: "lit", "dark", "sweeps", "far" or "". art: the drawing, where the
    kind has several. label: the word of a stand-in.
    """

    kind: str
    count: int = 1
    colour: str = ""
    state: str = ""
    art: str = ""
    label: str = ""

    @property
    def drawing(self) -> Drawing | None:
        """What it is drawn with; None for what the scenery brings along."""
        return artwork.drawings().get(self.art) or artwork.find(self.kind)

    @property
    def small(self) -> bool:
        """True for what stands on a table or lies in a hand."""
        return bool(self.drawing and self.drawing.group == "small")

    @property
    def large(self) -> bool:
        """True for what stands on the ground, floats or flies."""
        return bool(self.drawing and self.drawing.group in ("vehicle", "building", "large"))


@dataclass(frozen=True)
class Colour:
    """A colour word and the noun it belongs to; noun "" colours the whole picture."""

    name: str
    noun: str = ""


@dataclass(frozen=True)
class PromptReading:
    """All that `read` found; an empty value means that the prompt did not say.

    prompt: the words of the shot itself. settings: the main one first. crowd: a mass of people too many to count.
    home: the place where settings name none. angle: low, high, dutch or eye.
    parts: parts of the body and the like that are named: hand, face, eyes, feet, glass. speech: (who, words) of the
    lines spoken. mood: the words that hold for the film. tint: sRGB colours of pictures of the place.
    """

    prompt: str = ""
    shot_size: str = ""
    angle: str = ""
    lens: str = ""
    moves: tuple[Move, ...] = ()
    time_of_day: str = ""
    weather: tuple[str, ...] = ()
    light: tuple[str, ...] = ()
    colours: tuple[Colour, ...] = ()
    settings: tuple[str, ...] = ()
    objects: tuple[Thing, ...] = ()
    figures: tuple[Figure, ...] = ()
    crowd: bool = False
    sounds: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    speech: tuple[tuple[str, str], ...] = ()
    mood: str = ""
    home: str = ""
    parts: tuple[str, ...] = ()
    tint: tuple[tuple[int, int, int], ...] = ()

    @property
    def setting(self) -> str:
        return self.settings[0] if self.settings else ""

    @property
    def people(self) -> int:
        """How many people, animals not counted."""
        return sum(f.count for f in self.figures if not f.animal)

    @property
    def close(self) -> bool:
        """True where faces and things fill the frame."""
        return self.shot_size in ("close-up", "extreme close-up")

    def has(self, *kinds: str) -> bool:
        """True when one of these things is in the shot."""
        return any(t.kind in kinds for t in self.objects)
