"""Camera words as moves: where the camera stands at each moment of a shot. Pure numbers, nothing is drawn here.

A pan, a tilt and a zoom turn or change the lens, so the whole picture moves as one; tracking, dolly, crane and orbit
move the camera itself, so near things move more than far ones. Every move eases in and out and is smooth at any frame
rate; handheld is a sum of slow waves, never noise from frame to frame.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from studio.animatic.text.reading import Move

FAR = 0.28
"""How much of the camera's own movement the farthest layer shows; the nearest shows all of it."""

STRENGTH = {"slow": 0.55, "normal": 1.0, "fast": 1.6}
THEN = re.compile(r"\b(?:then|after that|afterwards|followed by)\b|然后|接着|随后|再", re.IGNORECASE)
OPPOSITES = {"left": "right", "in": "out", "up": "down"}


@dataclass(frozen=True)
class CameraPose:
    """The camera at one moment, relative to its rest in the middle of the stage.

    turn_x, turn_y: by how much of the frame's width and height the view has turned (pan right and tilt down are
    positive); the same for all depths. move_x, move_y: how far the camera itself has moved, as seen on the nearest
    layer. zoom: magnification for all depths; near: further magnification of the nearest layer.
    """

    turn_x: float = 0.0
    turn_y: float = 0.0
    move_x: float = 0.0
    move_y: float = 0.0
    zoom: float = 1.0
    near: float = 1.0

    def __add__(self, other: CameraPose) -> CameraPose:
        return CameraPose(
            self.turn_x + other.turn_x,
            self.turn_y + other.turn_y,
            self.move_x + other.move_x,
            self.move_y + other.move_y,
            self.zoom * other.zoom,
            self.near * other.near,
        )

    def seen(self, depth: float) -> tuple[float, float, float]:
        """Shift in frame widths and heights and magnification of a layer; depth 0 is far, 1 near."""
        share = FAR + (1 - FAR) * depth
        return (
            -(self.turn_x + self.move_x * share),
            -(self.turn_y + self.move_y * share),
            self.zoom * (1 + (self.near - 1) * share),
        )


class Path:
    """The camera's path through one shot."""

    def __init__(self, moves: Sequence[Move], *, seconds: float, seed: int = 0, in_turn: bool = False) -> None:
        self.seconds = seconds
        self._shake = next((m for m in moves if m.kind == "handheld"), None)
        self._moves = [m for m in moves if m.kind not in ("handheld", "static")]
        self._in_turn = len(self._moves) > 1 and (in_turn or _opposed(self._moves))
        self._drift = not moves
        draw = random.Random(seed)
        self._waves = [[(draw.uniform(0, math.tau), draw.uniform(0.8, 1.25)) for _ in range(3)] for _ in range(2)]

    @property
    def still(self) -> bool:
        """True when the camera never moves."""
        return not (self._moves or self._shake or self._drift)

    def at(self, t: float) -> CameraPose:
        """The pose at t, from 0 (first frame) to 1 (last)."""
        pose = CameraPose()
        count = len(self._moves)
        for i, move in enumerate(self._moves):
            own = min(1.0, max(0.0, t * count - i)) if self._in_turn else t
            pose += _pose(move, ease(own))
        if self._drift:
            pose += CameraPose(near=1.0 + 0.045 * ease(t))
        if self._shake:
            pose += self._handheld(t * self.seconds, STRENGTH[self._shake.strength])
        return pose

    def overscan(self, width: int, height: int) -> float:
        """How much larger than the frame the layers must be so that no edge ever shows."""
        return max(self.reach(width, height))

    def reach(self, width: int, height: int) -> tuple[float, float]:
        """The overscan that each axis needs: frame widths and frame heights."""
        wide = tall = 1.0
        for i in range(41):
            pose = self.at(i / 40)
            for depth in (0.0, 1.0):
                x, y, size = pose.seen(depth)
                wide, tall = max(wide, (abs(x) * 2 + 1) / size), max(tall, (abs(y) * 2 + 1) / size)
        moves = wide + tall > 2
        return tuple(axis * 1.01 + 4 / min(width, height) if moves else axis for axis in (wide, tall))  # type: ignore[return-value]

    @property
    def travels(self) -> bool:
        """True when the camera itself moves, so that near and far things must slide apart."""
        return any(self.at(t / 8).move_x or self.at(t / 8).move_y or self.at(t / 8).near != 1 for t in range(9))

    @property
    def most_zoom(self) -> float:
        """The largest magnification along the path."""
        return max(self.at(t / 16).seen(0.6)[2] for t in range(17))

    def _handheld(self, seconds: float, strength: float) -> CameraPose:
        """A hand's sway: three waves on each axis, 0.3 to 1.6 Hz, the quicker the smaller."""
        x, y = (
            sum(
                math.sin(phase + math.tau * hz * pace * seconds) * size
                for (phase, pace), (hz, size) in zip(axis, ((0.31, 1.0), (0.73, 0.5), (1.6, 0.16)), strict=True)
            )
            for axis in self._waves
        )
        return CameraPose(turn_x=0.009 * strength * x, turn_y=0.011 * strength * y)


def path(moves: Sequence[Move], *, seconds: float, seed: int = 0, prompt: str = "") -> Path:
    """The camera's path for a shot. Moves run together, or one after the other where the prompt says "then"."""
    return Path(moves, seconds=seconds, seed=seed, in_turn=bool(THEN.search(prompt)))


def ease(t: float) -> float:
    """0..1 to 0..1, starting and ending at rest (3t^2 - 2t^3)."""
    return t * t * (3 - 2 * t)


def _opposed(moves: Sequence[Move]) -> bool:
    """True for moves that would cancel each other if they ran together, such as in and out."""
    directions = {tuple(m.kind.split("-", 1)) for m in moves if "-" in m.kind}
    return any((kind, OPPOSITES.get(direction, "")) in directions for kind, direction in directions)


def _pose(move: Move, e: float) -> CameraPose:
    """One move at its eased moment e, 0..1. Sizes are chosen so that a normal move reads at once in five seconds."""
    k = STRENGTH.get(move.strength, 1.0)
    kind, _, direction = move.kind.partition("-")
    sign = -1.0 if direction in ("left", "up", "out") else 1.0
    swing = sign * k * (e - 0.5)
    if kind == "pan":
        return CameraPose(turn_x=0.34 * swing, move_x=0.05 * swing)
    if kind == "tilt":
        return CameraPose(turn_y=0.34 * swing, move_y=0.04 * swing)
    if kind == "tracking":
        return CameraPose(move_x=0.36 * swing)
    if kind == "crane":
        return CameraPose(move_y=0.36 * swing)
    if kind == "orbit":  # around what stands at middle distance: it stays, near and far slide apart
        return CameraPose(
            move_x=0.46 * swing, turn_x=-0.46 * swing * (FAR + (1 - FAR) * 0.6), near=1 + 0.1 * k * _there_and_back(e)
        )
    along = e if sign > 0 else 1 - e
    if kind == "dolly":
        return CameraPose(near=1 + 0.45 * k * along)
    if kind == "zoom":
        return CameraPose(zoom=1 + 0.38 * k * along)
    return CameraPose()


def _there_and_back(e: float) -> float:
    return 4 * e * (1 - e)
