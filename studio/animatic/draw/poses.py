"""Postures: where the joints of a standing, walking or working person are.

A pose gives the joints of an adult of height 1.0 who faces right; "near" limbs are drawn over the body, "far" behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from studio.animatic import tables
from studio.animatic.draw.sketch import At


@dataclass(frozen=True)
class Pose:
    """Joint positions. lift: how far above the ground the whole body is (jump, flight)."""

    head: At
    neck: At
    shoulders: tuple[At, At]  # near, far
    arms: tuple[tuple[At, At], tuple[At, At]]  # (elbow, hand) near, far
    hips: tuple[At, At]
    legs: tuple[tuple[At, At], tuple[At, At]]  # (knee, ankle) near, far
    seat: bool = False


def pose_of(posture: str) -> Pose:
    """The pose for a posture word; anything unknown stands."""
    return _poses().get(tables.load("draw/poses")["same as"].get(posture, posture), _poses()["standing"])


@cache
def _poses() -> dict[str, Pose]:
    table = tables.load("draw/poses")
    groups = {group: table[group] for group in table if group != "same as"}
    return {name: _pose(row, seat=group == "seated") for group, rows in groups.items() for name, row in rows.items()}


def _pose(joints: str, *, seat: bool) -> Pose:
    pairs = (point.split() for point in joints.split(","))
    at: list[At] = [(float(x), float(y)) for x, y in pairs]
    arms, legs = ((at[4], at[5]), (at[6], at[7])), ((at[10], at[11]), (at[12], at[13]))
    return Pose(at[0], at[1], (at[2], at[3]), arms, (at[8], at[9]), legs, seat)
