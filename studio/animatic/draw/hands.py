"""Hands at work in a close shot of nobody's face: two forearms that reach in from the lower edge."""

from __future__ import annotations

from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import RGB, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.sketch import Sketch

SKIN: RGB = (226, 178, 146)


def draw(plan: ScenePlan, canvas: Canvas) -> None:
    """A pair of hands over the middle of the table; one hand only where the words name one."""
    p, text = plan.palette, plan.reading.prompt.lower()
    skin = p.at(SKIN, 0.78)
    sleeve = p.at(mix((86, 104, 132), p.accent, 0.2), 0.74)
    one = not any(w in text for w in ("hands", "双手", "fingers"))
    s = Sketch(canvas, 0.5, 1.05, 1.0, facing=int(plan.light.side), reach=(1.2, 1.2))
    for side in (1,) if one else (-1, 1):
        wrist, palm = (side * 0.44, 0.20), (side * 0.25, 0.33)
        s.limb((side * 0.86, -0.06), wrist, 0.12, 0.075, sleeve)
        s.limb(wrist, palm, 0.052, 0.062, skin)
        for k, (dx, dy) in enumerate(((-0.15, 0.05), (-0.165, 0.015), (-0.16, -0.025), (-0.13, -0.06))):
            tip = (palm[0] + side * dx, palm[1] + dy)
            s.limb((palm[0] - side * 0.03, palm[1] + dy * 0.6), tip, 0.024, 0.016, scale(skin, 1.0 - 0.04 * k))
        s.limb((palm[0], palm[1] + 0.04), (palm[0] - side * 0.06, palm[1] + 0.12), 0.024, 0.017, scale(skin, 0.94))
    s.composite(
        light_from=plan.light.side, rim=p.light, rim_amount=0.4, shade=mix(p.near, p.haze, 0.15), shade_amount=0.4
    )
