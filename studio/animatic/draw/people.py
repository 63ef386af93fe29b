"""People: proportions, postures, clothes, and a face when it is near enough to be seen.

Coordinates are the person's own: 1.0 is an adult's height, and who is drawn faces right.
"""

from __future__ import annotations

from studio.animatic.draw.appearance import Appearance
from studio.animatic.draw.heads import head
from studio.animatic.draw.palette import RGB, mix, scale
from studio.animatic.draw.poses import Pose, pose_of
from studio.animatic.draw.shapes import Inks, draw
from studio.animatic.draw.sketch import At, Sketch


def person(s: Sketch, appearance: Appearance, posture: str, *, away: bool = False, face: bool = False) -> None:
    """Draw one person. away: seen from behind. face: near enough for features."""
    pose = pose_of(posture)
    slim = 0.86 if appearance.build in ("woman", "child") or appearance.sex == "woman" else 1.0
    bulk = {"astronaut": 1.45, "robot": 1.15, "knight": 1.15, "monk": 1.0}.get(appearance.build, slim)
    inks = Inks(appearance)
    far_top, far_leg = scale(appearance.top, 0.8), scale(appearance.legs, 0.76)
    if "cape" in appearance.wears or "backpack" in appearance.wears:
        _behind(s, pose, appearance, inks)
    _arm(s, pose, 1, appearance, far_top, bulk)
    _leg(s, pose, 1, far_leg, scale(appearance.shoes, 0.8), bulk)
    _leg(s, pose, 0, appearance.legs, appearance.shoes, bulk)
    if appearance.long_hair and not away:
        draw(s, "hair on the back", inks, pose.head)
    _torso(s, pose, appearance, bulk)
    _garment(s, pose, appearance, bulk)
    s.limb(pose.neck, (pose.head[0], pose.head[1] - 0.03), 0.027 * slim, 0.025 * slim, scale(appearance.skin, 0.86))
    head(s, pose.head, appearance, away=away, face=face)
    _arm(s, pose, 0, appearance, appearance.top, bulk)
    if "umbrella" in appearance.wears:
        _umbrella(s, pose, appearance, inks)


def _leg(s: Sketch, pose: Pose, side: int, colour: RGB, shoe: RGB, bulk: float) -> None:
    knee, ankle = pose.legs[side]
    s.chain((pose.hips[side], knee, ankle), (0.056 * bulk, 0.039 * bulk, 0.024 * bulk), colour)
    s.limb((ankle[0] - 0.008, ankle[1] - 0.012), (ankle[0] + 0.052, ankle[1] - 0.02), 0.021, 0.014, shoe)


def _arm(s: Sketch, pose: Pose, side: int, appearance: Appearance, colour: RGB, bulk: float) -> None:
    elbow, hand = pose.arms[side]
    bare = appearance.build == "woman" and "dress" in appearance.wears
    sleeve = scale(appearance.skin, 0.86 if side else 1.0) if bare else colour
    x, y = pose.shoulders[side]
    s.chain(((x * 0.97, y - 0.017), elbow, hand), (0.034 * bulk, 0.028 * bulk, 0.020 * bulk), sleeve)
    if "umbrella" in appearance.wears and side == 0:
        return
    s.oval(hand, 0.021 * bulk, 0.024 * bulk, scale(appearance.skin, 0.85 if side else 1.0))


def _torso(s: Sketch, pose: Pose, appearance: Appearance, bulk: float) -> None:
    """Shoulders to hips, narrower at the waist."""
    (sx, sy), (tx, ty) = pose.shoulders
    (hx, hy), (gx, gy) = pose.hips
    nx, ny = pose.neck
    left, right = ((tx, ty), (sx, sy)) if tx < sx else ((sx, sy), (tx, ty))
    low, high = ((gx, gy), (hx, hy)) if gx < hx else ((hx, hy), (gx, gy))
    w = 0.03 * bulk
    waist = (0.042 if appearance.build == "woman" else 0.052) * bulk
    middle = ((left[0] + right[0]) / 4 + (low[0] + high[0]) / 4, (left[1] + high[1]) / 2)
    flat = abs(right[1] - left[1]) > abs(right[0] - left[0])
    if flat or abs(sy - hy) < 0.15:  # lying or swimming: a tapered trunk is all that is seen
        s.limb(
            ((sx + tx) / 2, (sy + ty) / 2), ((hx + gx) / 2, (hy + gy) / 2), 0.07 * bulk, 0.055 * bulk, appearance.top
        )
        return

    def side(k: int, shoulder: At, hip: At) -> list[At]:
        """One side of the trunk from neck to hip; k: -1 left, 1 right."""
        arm = [(shoulder[0] + k * w * out, shoulder[1] + up) for out, up in ((0.1, 0.014), (1.2, -0.03), (0.4, -0.12))]
        hips = [(hip[0] + k * 0.045 * bulk, hip[1] + 0.03), (hip[0] + k * 0.05 * bulk, hip[1] - 0.05)]
        return [(nx + k * 0.03, ny + 0.006), *arm, (middle[0] + k * waist * 1.35, middle[1] - 0.01), *hips]

    s.blob([*side(-1, left, low), *side(1, right, high)[::-1]], appearance.top)


def _garment(s: Sketch, pose: Pose, appearance: Appearance, bulk: float) -> None:
    """Coats, dresses and robes over the torso, following the knees."""
    long = {"coat": 0.24, "dress": 0.20, "robe": 0.045}
    name = next((w for w in appearance.wears if w in long), "robe" if appearance.build == "monk" else "")
    (hx, hy), (gx, _) = pose.hips
    if name and abs(pose.neck[1] - hy) > 0.2:
        knees = [pose.legs[0][0], pose.legs[1][0]]
        hem = long[name] if hy > 0.42 else max(0.03, hy - 0.16)
        spread = {"coat": 0.055, "dress": 0.085, "robe": 0.07}[name] * bulk
        reach = 0.0 if name == "coat" else 0.4
        x0 = min(k[0] for k in knees) - spread + reach * (min(a[1][0] for a in pose.legs) - min(k[0] for k in knees))
        x1 = max(k[0] for k in knees) + spread + reach * (max(a[1][0] for a in pose.legs) - max(k[0] for k in knees))
        left, right = min(hx, gx) - 0.05 * bulk, max(hx, gx) + 0.05 * bulk
        if pose.seat:
            for knee, _ in reversed(pose.legs):
                s.limb((hx, hy), knee, 0.075 * bulk, 0.055 * bulk, appearance.top)
            return
        waist = (left + right) / 2 + (pose.neck[0] - (left + right) / 2) * 0.35
        hips = [(left - 0.01, hy - 0.02), (waist - 0.05, hy + 0.14)]
        upper = [*hips, (waist + 0.05, hy + 0.14), (right + 0.01, hy - 0.02)]
        hem_line = [*[(x1, hem)] * 2, ((x0 + x1) / 2, hem - 0.02), *[(x0, hem)] * 2]
        s.blob([*upper, (x1, hem + 0.05), *hem_line, (x0, hem + 0.05)], appearance.top)
        fold = scale(appearance.top, 0.8)
        s.stroke([(waist + 0.005, hy + 0.08), ((x0 + x1) / 2 + 0.015, hem + 0.004)], 0.005, fold)
        if name != "coat":
            s.stroke([(right - 0.02, hy - 0.02), (x1 - 0.03, hem + 0.01)], 0.004, fold)
    if "suit" in appearance.wears or "coat" in appearance.wears:
        x, y = pose.neck
        collar = [(x - 0.018, y - 0.005), (x + 0.03, y - 0.005), (x + 0.008, y - 0.13)]
        s.poly(collar, mix(appearance.top, (245, 240, 232), 0.72))
    if "scarf" in appearance.wears:
        x, y = pose.neck
        s.oval((x, y), 0.052, 0.026, appearance.garment_colours.get("scarf") or mix(appearance.top, (200, 60, 50), 0.7))


def _behind(s: Sketch, pose: Pose, appearance: Appearance, inks: Inks) -> None:
    """Cape or backpack, seen past the back."""
    (sx, sy), (tx, ty) = pose.shoulders
    back = min(sx, tx)
    if "cape" in appearance.wears:
        near = [(back + 0.02, sy + 0.03), (max(sx, tx), ty + 0.03), (back + 0.10, 0.30)]
        s.blob([*near, (back - 0.10, 0.14), (back - 0.24, 0.20), (back - 0.08, 0.5)], scale(appearance.top, 0.9))
    else:
        draw(s, "backpack", inks, (back, sy))


def _umbrella(s: Sketch, pose: Pose, appearance: Appearance, inks: Inks) -> None:
    """Held up in the near hand, over the head."""
    x, y = pose.shoulders[0][0] + 0.10, pose.head[1] + 0.17
    hand = (x, pose.shoulders[0][1] - 0.10)
    s.chain((pose.shoulders[0], (x + 0.015, hand[1] - 0.09), hand), (0.036, 0.029, 0.022), appearance.top)
    s.oval(hand, 0.022, 0.024, appearance.skin)
    s.stroke([(hand[0], hand[1] - 0.05), (x - 0.02, y)], 0.011, inks["pole"])
    draw(s, "umbrella", inks, (x - 0.02, y))
