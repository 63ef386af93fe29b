"""A subject drawn on a tile of its own, lit as one body, then laid on a layer.

Coordinates are the subject's own: x to the right, y up, the ground at y 0, and 1.0 its standing height. A sketch that
faces left is mirrored. Light falls on the whole silhouette at once: a rim towards the light, shade on the other side.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from studio.animatic.draw.canvas import SHIFT, Canvas, mixed, tinted
from studio.animatic.draw.palette import RGB

At = tuple[float, float]


class Sketch:
    """A tile around (x, y) of the frame (the subject's ground point), `height` units tall per 1.0."""

    def __init__(
        self,
        canvas: Canvas,
        x: float,
        y: float,
        height: float,
        *,
        facing: int = 1,
        reach: tuple[float, float] = (0.85, 1.25),
    ) -> None:
        at = canvas.stage
        self.canvas, self.scale, self.facing = canvas, height * at.unit, facing
        self.foot = at.px([(x, y)])[0]
        wide, tall = reach
        self.x0 = int(max(0, self.foot[0] - wide * self.scale))
        self.x1 = int(min(at.full_width, self.foot[0] + wide * self.scale + 1))
        self.y0 = int(max(0, self.foot[1] - tall * self.scale))
        self.y1 = int(min(at.full_height, self.foot[1] + 0.25 * self.scale + 2))
        shape = (max(0, self.y1 - self.y0), max(0, self.x1 - self.x0))
        self.rgb = np.zeros((*shape, 3), np.uint8)
        self.alpha = np.zeros(shape, np.uint8)
        self.started = False

    @property
    def empty(self) -> bool:
        return self.alpha.size == 0

    def px(self, points: Sequence[At] | np.ndarray) -> np.ndarray:
        """Own coordinates as px of the tile."""
        at = np.asarray(points, np.float64).reshape(-1, 2)
        flat = at * (self.facing * self.scale, -self.scale) + self.foot
        return flat - (self.x0, self.y0)

    def poly(self, points: Sequence[At] | np.ndarray, colour: RGB) -> None:
        """A filled shape with straight sides."""
        self._fill(self.px(points), colour)

    def blob(self, points: Sequence[At] | np.ndarray, colour: RGB) -> None:
        """A filled shape with its corners rounded: a closed curve through the middles of the sides."""
        self._fill(self.px(curve(np.asarray(points, float))), colour)

    def limb(self, a: At, b: At, ra: float, rb: float, colour: RGB) -> None:
        """A tapered limb from a to b with the radii ra and rb."""
        (ax, ay), (bx, by) = a, b
        angle = np.arctan2(by - ay, bx - ax)
        back = np.linspace(angle + np.pi / 2, angle + 3 * np.pi / 2, 9)
        front = np.linspace(angle - np.pi / 2, angle + np.pi / 2, 9)
        end_a = np.column_stack((ax + ra * np.cos(back), ay + ra * np.sin(back)))
        end_b = np.column_stack((bx + rb * np.cos(front), by + rb * np.sin(front)))
        self._fill(self.px(np.vstack((end_a, end_b))), colour)

    def chain(self, joints: Sequence[At], radii: Sequence[float], colour: RGB) -> None:
        """Limbs through several joints."""
        for a, b, ra, rb in zip(joints, joints[1:], radii, radii[1:], strict=False):
            self.limb(a, b, ra, rb, colour)

    def oval(self, centre: At, rx: float, ry: float, colour: RGB) -> None:
        """An ellipse."""
        t = np.linspace(0, 2 * np.pi, 41)[:-1]
        self._fill(self.px(np.column_stack((rx * np.cos(t), ry * np.sin(t))) + centre), colour)

    def stroke(self, points: Sequence[At] | np.ndarray, width: float, colour: RGB) -> None:
        """An open line, at least a pixel wide."""
        at = [np.round(self.px(points) * (1 << SHIFT)).astype(np.int32)]
        wide = max(1, round(width * self.scale))
        self._start(colour)
        if not self.empty:
            cv2.polylines(self.rgb, at, False, colour, wide, cv2.LINE_AA, SHIFT)
            cv2.polylines(self.alpha, at, False, 255, wide, cv2.LINE_AA, SHIFT)

    def soft(self, points: Sequence[At] | np.ndarray, colour: RGB, amount: float, blur: float = 0.0) -> None:
        """A veil of colour, only on what is painted already; blur in own units."""
        if self.empty:
            return
        mask = np.zeros_like(self.alpha)
        at = [np.round(self.px(curve(np.asarray(points, float))) * (1 << SHIFT)).astype(np.int32)]
        cv2.fillPoly(mask, at, 255, cv2.LINE_AA, SHIFT)
        if blur * self.scale > 0.6:
            mask = quick_blur(mask, blur * self.scale)
        self.rgb = tinted(self.rgb, colour, cv2.convertScaleAbs(cv2.min(mask, self.alpha), alpha=amount))

    def stamp(self, picture: np.ndarray, at: At) -> None:
        """Put a picture on the tile, its foot's middle at `at`: uint8 RGBA at the tile's scale. It is not mirrored."""
        tall, wide = picture.shape[:2]
        x, y = self.px([at])[0]
        left, top = round(x - wide / 2), round(y - tall)
        rows, cols = self.alpha.shape if not self.empty else (0, 0)
        x0, x1, y0, y1 = max(0, left), min(cols, left + wide), max(0, top), min(rows, top + tall)
        if x1 <= x0 or y1 <= y0:
            return
        part = picture[y0 - top : y1 - top, x0 - left : x1 - left]
        solid = part[part[..., 3] > 127]
        red, green, blue = solid[:, :3].mean(axis=0) if len(solid) else (128, 128, 128)
        self._start((int(red), int(green), int(blue)))
        box = (slice(y0, y1), slice(x0, x1))
        over = np.ascontiguousarray(part[..., 3])
        colour, under = np.ascontiguousarray(part[..., :3]), np.ascontiguousarray(self.rgb[box])
        bare = self.alpha[box] == 0
        self.rgb[box] = np.where(bare[..., None], colour, mixed(under, colour, over))
        self.alpha[box] = cv2.max(np.ascontiguousarray(self.alpha[box]), np.ascontiguousarray(part[..., 3]))

    def composite(self, *, light_from: float, rim: RGB, rim_amount: float, shade: RGB, shade_amount: float) -> None:
        """Light the body and put it on the layer. light_from: -1 from the left .. 1 from the right."""
        if self.empty or not self.started:
            return
        reach = max(1.0, min(0.022 * self.scale, 0.014 * self.canvas.stage.unit))
        side = 1.0 if light_from >= 0 else -1.0
        edge = self._shifted(-side * reach * 0.55, reach * 0.3, reach * 0.4)
        dark = self._shifted(side * reach * 2.6, -reach * 0.8, reach * 2.6)
        self.veil(dark, shade, shade_amount)
        self.veil(edge, rim, rim_amount)
        box = (slice(self.y0, self.y1), slice(self.x0, self.x1))
        self.canvas.rgb[box] = mixed(np.ascontiguousarray(self.canvas.rgb[box]), self.rgb, self.alpha)
        self.canvas.alpha[box] = cv2.max(self.canvas.alpha[box], self.alpha)

    def _shifted(self, dx: float, dy: float, blur: float) -> np.ndarray:
        """How far the body, moved by (dx, dy) px and softened, leaves its own outline bare: uint8."""
        move = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        moved = cv2.warpAffine(self.alpha, move, (self.alpha.shape[1], self.alpha.shape[0]))
        return cv2.bitwise_not(quick_blur(moved, blur))

    def veil(self, weight: np.ndarray, colour: RGB, amount: float) -> None:
        """Blend the body towards a colour by weight (uint8, one value a pixel) times amount."""
        if amount > 0:
            self.rgb = tinted(self.rgb, colour, cv2.convertScaleAbs(weight, alpha=amount))

    def _start(self, colour: RGB) -> None:
        """Put the first colour under everything, so that soft edges do not mix with black."""
        if not self.started and not self.empty:
            self.rgb[:] = colour
            self.started = True

    def _fill(self, px: np.ndarray, colour: RGB) -> None:
        self._start(colour)
        if self.empty:
            return
        at = [np.round(np.clip(px, -30000, 30000) * (1 << SHIFT)).astype(np.int32)]
        cv2.fillPoly(self.rgb, at, colour, cv2.LINE_AA, SHIFT)
        cv2.fillPoly(self.alpha, at, 255, cv2.LINE_AA, SHIFT)


def curve(points: np.ndarray, *, per_side: int = 6) -> np.ndarray:
    """A closed smooth curve (quadratic spline) that leans on these corners."""
    middle = (points + np.roll(points, -1, axis=0)) / 2
    corner, after = np.roll(points, -1, axis=0), np.roll(middle, -1, axis=0)
    t = np.linspace(0, 1, per_side, endpoint=False)[None, :, None]
    arcs = middle[:, None] * (1 - t) ** 2 + corner[:, None] * 2 * t * (1 - t) + after[:, None] * t**2
    return arcs.reshape(-1, 2)


def quick_blur(mask: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur, done small for large sigma; sigma in px."""
    if sigma < 0.5:
        return mask
    step = max(1, min(16, int(sigma / 2)))
    height, width = mask.shape[:2]
    if step == 1:
        return cv2.GaussianBlur(mask, (0, 0), sigma)
    small = cv2.resize(mask, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
