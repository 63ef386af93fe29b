"""Where figures stand and how large they are: by shot size, count and what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from studio.animatic import tables
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.poses import pose_of
from studio.animatic.text.reading import Figure


def shot_facts(size: str) -> Mapping[str, Any]:
    """The row of shots.toml for a shot size."""
    return tables.load("draw/shots")[size]


def is_close(size: str) -> bool:
    """Whether people are cut off below in shots of this size."""
    return bool(shot_facts(size).get("close"))


@dataclass(frozen=True)
class Placement:
    """Where one figure stands: x, the ground y, height in units, facing."""

    x: float
    y: float
    height: float
    facing: int


def shot_of(plan: ScenePlan) -> str:
    """The shot size that is drawn: a close shot of more people than fit becomes a wider one."""
    shot, count = plan.reading.shot_size, sum(f.count for f in plan.reading.figures)
    if shot in ("close-up", "extreme close-up") and count > 2:
        return "medium" if count <= 4 else ""
    if shot in ("medium", "two-shot", "over-the-shoulder") and count > 5:
        return ""
    return shot


def places(plan: ScenePlan, everyone: list[Figure]) -> list[Placement]:
    """Where each stands: side by side in one to three rows, within the frame."""
    rng, shot, count = plan.rng, shot_of(plan), len(everyone)
    height = shot_facts(shot)["person"] * (0.92 if shot == "" and count > 3 else 1.0)
    if all(f.animal for f in everyone):
        height = _animal_height(plan, everyone, height, shot)
    rows = 1 if count <= 6 else 2 if count <= 14 else 3
    per_row = -(-count // rows)
    gap = max(_gap(f) for f in everyone)
    if shot not in ("close-up", "extreme close-up"):
        ends = max(0.72 if everyone[0].posture == "running" else 0.45, gap * 1.3 * everyone[0].animal)
        height = min(height, plan.wide * 0.94 / (gap * (per_row - 1) + ends))
    step = plan.dx(gap * height)
    if is_close(shot) and per_row > 1:  # all of them within the frame
        step = min(step, (0.44 if shot in ("close-up", "extreme close-up") else 0.66) / (per_row - 1))
    middle = _middle(plan, count, shot)
    if per_row > 1:
        half = step * (per_row - 1) / 2 + plan.dx(0.22 * height)
        middle = float(np.clip(middle, min(0.5, half), max(0.5, 1 - half)))
    upright = [f for f in everyone if not f.animal]
    low = min((0.925 - pose_of(f.posture).head[1] for f in upright), default=0.0)
    low = max(0.0, low) if low < 0.5 else 0.0
    spots = []
    for i in range(count):
        row, column = i % rows, i // rows
        shrink = 1 - 0.14 * row
        h = height * shrink * float(rng.uniform(0.97, 1.03))
        x = middle + (column - (per_row - 1) / 2) * step + (row * 0.5 * step if rows > 1 else 0)
        x += float(rng.uniform(-0.07, 0.07)) * step * (count > 2)
        spots.append(Placement(x, _foot(plan, shot, h, row, low), h, _facing(plan, everyone, i, x, middle)))
    return [_lying_placement(plan, f, s) for f, s in zip(everyone, spots, strict=True)] if not is_close(shot) else spots


def _lying_placement(plan: ScenePlan, figure: Figure, spot: Placement) -> Placement:
    """Who lies down where there is a bed or a sofa lies on it."""
    if figure.posture != "lying" or figure.animal:
        return spot
    if plan.reading.setting in ("bedroom", "hospital"):
        return replace(spot, x=0.5 - 0.18 * plan.light.side, y=0.84 - plan.dy(0.15), facing=int(plan.light.side),
                       height=max(spot.height, 0.7))  # fmt: skip
    if plan.reading.setting == "room":
        return replace(spot, x=0.5 - 0.26 * plan.light.side, y=0.80 - plan.dy(0.09), height=max(spot.height, 0.52))
    return spot


def _animal_height(plan: ScenePlan, everyone: list[Figure], height: float, shot: str) -> float:
    """Animals alone are framed by their own size, not by a person's."""
    tall = max(f.drawing.tall for f in everyone if f.drawing)
    if shot in ("close-up", "extreme close-up"):
        return min(0.85, 0.62 * plan.wide) / tall
    return min(0.62, height) / max(tall, 0.25) * (0.85 if shot in ("wide", "aerial") else 1.0)


def _gap(figure: Figure) -> float:
    """Distance to the next figure in figure heights."""
    if figure.animal:
        drawing = figure.drawing
        return min(2.6, drawing.tall * drawing.aspect * 1.1) if drawing else 0.5
    wide = {"giving": 0.62, "fighting": 0.62, "pushing": 0.7, "crawling": 0.9, "falling": 0.9, "surfing": 0.8}
    if figure.posture in wide:
        return wide[figure.posture]
    close = {"hugging": 0.17, "holding hands": 0.33, "running": 0.55, "dancing": 0.55, "lying": 1.1, "waving": 0.5}
    return close.get(figure.posture, 0.58 if figure.posture in ("talking", "facing", "pointing") else 0.40)


def _middle(plan: ScenePlan, count: int, shot: str) -> float:
    """x of the group: off centre, away from the light, when there is room."""
    lean = float(plan.rng.uniform(0.02, 0.15)) * -plan.light.side
    if plan.reading.setting == "window" and count == 1:
        return 0.5 - 0.16 * plan.light.side
    if shot == "over-the-shoulder":
        return 0.5 + 0.14 * plan.light.side
    if shot in ("close-up", "extreme close-up"):
        return 0.5 + lean * 0.5
    return 0.5 + lean * (1.0 if count < 3 else 0.4)


def _foot(plan: ScenePlan, shot: str, height: float, row: int, low: float) -> float:
    """y of the ground under a figure of this height; low: how far the highest head is under a standing one's."""
    tall = plan.dy(height)
    if shot == "extreme close-up":
        return 0.44 + (0.925 - low) * tall
    if shot in ("close-up", "over-the-shoulder"):
        return 0.13 + (1 - low) * tall
    if shot in ("medium", "two-shot"):
        return 0.15 + (1 - low) * tall
    if shot == "aerial":
        return 0.56 + 0.10 * row
    lowest = 0.86 if shot != "full" else 0.90
    return min(lowest, max(plan.horizon + plan.dy(0.05) + 0.42 * tall, 0.15 + tall * 0.94, 0.76)) - plan.dy(0.05) * row


def _turned(plan: ScenePlan, pair: list[Figure]) -> bool:
    """True for two who have to do with each other."""
    meeting = ("giving", "talking", "facing", "fighting", "hugging")
    asked = any(f.posture in meeting or f.looks == "other" for f in pair)
    apart = any(f.looks in ("away", "up") or f.posture in ("back", "walking", "running", "holding hands") for f in pair)
    return asked or (plan.reading.shot_size == "two-shot" and not apart)


def _facing(plan: ScenePlan, everyone: list[Figure], i: int, x: float, middle: float) -> int:
    """1 looks right, -1 left: partners face each other, walkers go one way."""
    posture = everyone[i].posture
    people = [f for f in everyone if not f.animal]
    if len(people) == 2 and len(everyone) == 2 and _turned(plan, people):
        return 1 if i == 0 else -1
    if plan.reading.setting in ("window", "carcabin", "traincabin") and posture != "back":
        return int(plan.light.side)
    if posture in ("talking", "hugging", "facing") and len(everyone) > 1:
        if len(everyone) == 2:
            return 1 if i == 0 else -1
        return 1 if x < middle else -1
    if posture in ("walking", "running", "riding", "holding hands") or everyone[i].animal:
        return 1 if plan.light.side > 0 else -1
    return int(plan.light.side) if plan.rng.random() < 0.7 else -int(plan.light.side)
