"""Reviews to hand over: the rates that matter, and text that wants to break files."""

from __future__ import annotations

from fractions import Fraction

from studio.review.drawing import parse
from studio.review.handover.model import HandoverComment, HandoverItem, HandoverReply, ReviewHandover

RATES = [
    *(Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)),
    *(Fraction(16), Fraction(60000, 1001)),
]
FRAMES = 40_000
"""Longer than eleven minutes at every rate, so that labels are dropped."""
POINTS = [0, 1, 23, 1799, 1800, 1801, 17982, 20_001, FRAMES - 1]
HOSTILE = (
    "line one\r\nline | two |D:9 \"q\" 'a' <marker a='1'>&amp;]]></x>\t\x00\x07\x1b[31m"
    "\u202eRTL אבג\u202c 🎬 \ud800 中文 =SUM(A1)"
)
DRAWING = parse(
    {
        "shapes": [
            {"type": "stroke", "points": [[0.5, 0.5, 0.5], [1, 0, 1]], "color": "#ff3b30", "size": 0.01},
            {"type": "arrow", "from": [0, 1], "to": [0.5, 0.5], "color": "#00ff00", "size": 0.01},
            {"type": "line", "from": [0, 0], "to": [1, 1], "color": "#0000ff", "size": 0.02},
            {"type": "box", "from": [0.75, 0.75], "to": [0.25, 0.25], "color": "#ff3b30", "size": 0.01},
            {"type": "ellipse", "from": [0.1, 0.1], "to": [0.2, 0.3], "color": "#ff3b30", "size": 0.01},
            {"type": "text", "at": [0.5, 0.5], "text": "here 这里", "color": "#ffffff", "size": 0.05},
        ]
    }
)


def comment(frame: int | None = 0, last: int | None = None, **facts: object) -> HandoverComment:
    """A comment at a frame or range."""
    out = last if last is not None else frame
    known = {"id": f"rc_{frame}", "author": "Ana", "text": f"at {frame}", "created_at": "2026-11-30T09:00:00Z"}
    return HandoverComment(frame_in=frame, frame_out=out, **known | facts)  # type: ignore[arg-type]


def item(rate: Fraction | None, comments: list[HandoverComment], **facts: object) -> HandoverItem:
    """A clip of 16:9."""
    known = {"title": "Shot 1", "number": 2, "file": "01_shot_v2.mp4", "kind": "video", "frames": FRAMES}
    known |= {"width": 1280, "height": 720}
    return HandoverItem(rate=rate, comments=tuple(comments), **known | facts)  # type: ignore[arg-type]


def at_rate(rate: Fraction) -> ReviewHandover:
    """Two clips at one rate: the second one's comments stand after all of the first."""
    single = [comment(n, text=f"single {n}") for n in POINTS]
    second = [
        comment(10, 34, id="rc_range", text="a range", resolved=True),
        comment(None, id="rc_whole", text="all of it"),
    ]
    clips = (item(rate, single), item(rate, second, title="Shot 2", file="02_shot_v1.mp4", number=1, frames=100))
    return ReviewHandover("Cut 3", rate, clips)


def hostile() -> ReviewHandover:
    """Every text of a review is hostile."""
    reply = HandoverReply(HOSTILE, HOSTILE, "2026-11-30T09:01:00Z")
    bad = comment(5, text=HOSTILE, author=HOSTILE, replies=(reply,), drawing=DRAWING)
    return ReviewHandover(
        HOSTILE, Fraction(25), (item(Fraction(25), [bad, comment(9, id="rc_next", text="next")], title=HOSTILE),)
    )
