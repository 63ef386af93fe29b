"""What a walk over a text carries along: who was spoken of, and the attributes that wait for their noun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.animatic import tables
from studio.animatic.text.lexicon import Token
from studio.animatic.text.reading import Colour, Figure, Thing

REACH = 7
"""How many tokens a colour or a number reaches forward to its noun."""


@dataclass
class Scan:
    """What the walk carries along. number and colour wait for their noun; here is the figure spoken of."""

    known: Mapping[str, Figure] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    objects: list[Thing] = field(default_factory=list)
    colours: list[Colour] = field(default_factory=list)
    crowd: bool = False
    number: int = 0
    number_at: int = -99
    colour: str = ""
    colour_at: int = -99
    definite: bool = False
    here: int = -1
    group: list[int] = field(default_factory=list)
    named_at: int = -99
    waiting: list[tuple[str, object]] = field(default_factory=list)

    def take_number(self, at: int) -> int:
        number = self.number if at - self.number_at <= REACH else 0
        self.number = 0
        return number

    def take_colour(self, at: int, noun: str) -> str:
        colour = self.colour if at - self.colour_at <= REACH else ""
        self.colour = ""
        if colour:
            self.colours.append(Colour(colour, noun))
        return colour

    def point(self, index: int, found: list[Token], at: int) -> None:
        """Speak of this figure from now on; joined by "and" to the one before, both share what is said of them."""
        joined = self.here >= 0 and any(
            t.text in tables.words("grammar", "joining") for t in found[max(0, at - 3) : at]
        )
        self.group = [*self.group, index] if joined and index not in self.group else [index]
        self.here = index
