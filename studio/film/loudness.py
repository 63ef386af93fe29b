"""Loudness normalization by EBU R 128: measure, then apply gain; a limiter only where peaks would exceed the ceiling.

Measuring and gain cost a tenth of loudnorm's two passes and are accurate to 0.2 LU. alimiter limits sample peaks, not
the true peaks between them, so it is set 1 dB lower.
"""

from __future__ import annotations

import math
import re

from studio.errors import MediaError
from studio.film.timeline import Loudness
from studio.media.files import Cancelled, measure_ffmpeg
from studio.messages import Message

TOLERANCE_LU = 0.3
"""Distance from the target that is accepted."""
MAX_GAIN_DB = 30.0
LIMITER_HEADROOM_DB = 1.0
MAX_PASSES = 3


def measure(source: list[str], *, filters: str = "", cancelled: Cancelled | None = None) -> Loudness:
    """Loudness of the input of these ffmpeg arguments, after `filters`."""
    chain = ",".join(part for part in (filters, "ebur128=peak=true:framelog=quiet") if part)
    log = measure_ffmpeg([*source, "-map", "0:a:0", "-af", chain], cancelled=cancelled)
    return read_summary(log)


def read_summary(log: str) -> Loudness:
    """The figures in the summary at the end of the ebur128 filter's log."""
    summary = log[log.rfind("Summary:") :]
    figures = (r"I:\s+(\S+) LUFS", r"LRA:\s+(\S+) LU", r"Peak:\s+(\S+) dBFS")
    return Loudness(*(_read(summary, pattern) for pattern in figures))


def _read(summary: str, pattern: str) -> float:
    match = re.search(pattern, summary)
    if not match:
        raise MediaError(Message("film.loudness_unmeasured"))
    return -math.inf if match[1] in ("nan", "-nan") else float(match[1])


def normalize(
    source: list[str], before: Loudness, target: float, ceiling_dbtp: float, *, cancelled: Cancelled | None = None
) -> tuple[str, str]:
    """The filters that bring `source` to `target` LUFS below `ceiling_dbtp`, and a note when peaks are limited.

    Gain only where the peaks allow it; otherwise gain and limiter, measured again and corrected, because a limiter
    lowers the loudness.
    """
    if before.lufs <= -70:
        return "", Message("film.silent")
    gain = min(target - before.lufs, MAX_GAIN_DB)
    if before.peak_dbtp + gain <= ceiling_dbtp:
        return (f"volume={gain:.2f}dB", "") if abs(gain) > 0.05 else ("", "")
    first_gain = gain
    filters = _limiter_filters(gain, ceiling_dbtp)
    reached = measure(source, filters=filters, cancelled=cancelled)
    for _ in range(MAX_PASSES - 1):
        if abs(reached.lufs - target) <= TOLERANCE_LU:
            break
        gain = min(gain + target - reached.lufs, first_gain + 6, MAX_GAIN_DB)
        filters = _limiter_filters(gain, ceiling_dbtp)
        reached = measure(source, filters=filters, cancelled=cancelled)
    note = Message("film.peaks_limited", ceiling=f"{ceiling_dbtp:g}", target=f"{target:g}")
    if abs(reached.lufs - target) > 1:
        note = Message(
            "film.loudness_unreached", target=f"{target:g}", ceiling=f"{ceiling_dbtp:g}", lufs=f"{reached.lufs:.1f}"
        )
    return filters, note


def _limiter_filters(gain_db: float, ceiling_dbtp: float) -> str:
    limit = 10 ** ((ceiling_dbtp - LIMITER_HEADROOM_DB) / 20)
    return f"volume={gain_db:.2f}dB,alimiter=limit={limit:.4f}:attack=5:release=80:level=0:latency=1"
