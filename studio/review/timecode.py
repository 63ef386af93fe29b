"""Frame numbers as timecode and back, in whole numbers alone; the page reads them by assets/js/frames/frame_clock.js.

Timecode counts frames, it does not measure time: at 24000/1001 frames a second its second has 24 frames and lasts a
little longer. At 30000/1001 and 60000/1001 drop-frame timecode leaves out the labels :00 and :01 (of 60: :00 to :03) of
every minute but each tenth, so that it stays with the clock; no frame is dropped. Written with ";" before the frames.
Both sides hold the cases of tests/review/timecode_cases.json. Source: SMPTE ST 12-1.
"""

from __future__ import annotations

import re
from fractions import Fraction

HOURS = 24
TIMECODE = re.compile(r"(\d\d):([0-5]\d):([0-5]\d)([:;])(\d\d\d?)")


def nominal(rate: Fraction) -> int:
    """Frames that a second of timecode counts: the rate rounded, half upwards."""
    return max(1, (2 * rate.numerator + rate.denominator) // (2 * rate.denominator))


def drops(rate: Fraction) -> bool:
    """Whether this rate is counted in drop-frame timecode: 30000/1001 and its multiples."""
    return rate.denominator == 1001 and nominal(rate) % 30 == 0


def timecode(frame: int, rate: Fraction) -> str:
    """The label of a frame, from 0: 00:00:00:00, drop-frame 00:00:00;00. After 24 hours it begins again."""
    count, left_out = nominal(rate), _left_out(rate)
    frame %= _frames(HOURS * 60, count, left_out)
    tens, rest = divmod(frame, _frames(10, count, left_out))
    minutes = max(0, rest - left_out) // (60 * count - left_out)
    frame += left_out * (9 * tens + minutes)
    seconds, frames = divmod(frame, count)
    sign = ";" if left_out else ":"
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{sign}{frames:02d}"


def frame_of(label: str, rate: Fraction) -> int:
    """The frame of a label. The sign before the frames may be either; the rate decides how labels are counted.

    Raises ValueError for what is no timecode of this rate, such as a label that drop-frame leaves out.
    """
    found = TIMECODE.fullmatch(label.strip())
    if not found:
        raise ValueError(f"{label!r} is no timecode")
    hours, minutes, seconds, frames = (int(found[n]) for n in (1, 2, 3, 5))
    count, left_out = nominal(rate), _left_out(rate)
    if hours >= HOURS or frames >= count or (minutes % 10 and not seconds and frames < left_out):
        raise ValueError(f"{label!r} is no timecode at {rate} frames a second")
    total = 60 * hours + minutes
    return (60 * total + seconds) * count + frames - left_out * (total - total // 10)


def hour(rate: Fraction) -> int:
    """The frame of 01:00:00:00, where sequences of editing programs begin."""
    return frame_of("01:00:00:00", rate)


def _left_out(rate: Fraction) -> int:
    """Labels left out at the start of a minute."""
    return nominal(rate) // 15 if drops(rate) else 0


def _frames(minutes: int, count: int, left_out: int) -> int:
    """Frames of this many minutes, a multiple of ten."""
    return 60 * minutes * count - left_out * (minutes - minutes // 10)
