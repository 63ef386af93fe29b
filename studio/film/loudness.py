"""Loudness by EBU R 128: measured, then reached with plain gain; a limiter only where peaks would pass the ceiling.

Measuring and a gain cost a tenth of loudnorm's two passes and land within 0.2 LU. alimiter looks at samples, not at
true peaks between them, so it is set 1 dB lower.
"""

from __future__ import annotations

import math
import re

from studio.errors import MediaError
from studio.film.timeline import Loudness
from studio.media.files import Cancelled, measure_ffmpeg
from studio.messages import Message

CLOSE_LU = 0.3
"""Near enough to a target to leave it."""
MOST_GAIN_DB = 30.0
LIMITER_BELOW_DB = 1.0
TURNS = 3


def measure(source: list[str], *, chain: str = "", cancelled: Cancelled | None = None) -> Loudness:
    """Loudness of what the input arguments read, after the filters in `chain`."""
    filters = ",".join(part for part in (chain, "ebur128=peak=true:framelog=quiet") if part)
    said = measure_ffmpeg([*source, "-map", "0:a:0", "-af", filters], cancelled=cancelled)
    return read_summary(said)


def read_summary(said: str) -> Loudness:
    """The figures in what ffmpeg's ebur128 filter printed at its end."""
    summary = said[said.rfind("Summary:") :]
    figures = (r"I:\s+(\S+) LUFS", r"LRA:\s+(\S+) LU", r"Peak:\s+(\S+) dBFS")
    return Loudness(*(_read(summary, pattern) for pattern in figures))


def _read(summary: str, pattern: str) -> float:
    found = re.search(pattern, summary)
    if not found:
        raise MediaError(Message("film.loudness_unmeasured"))
    return -math.inf if found[1] in ("nan", "-nan") else float(found[1])


def levelled(
    source: list[str], before: Loudness, target: float, ceiling_dbtp: float, *, cancelled: Cancelled | None = None
) -> tuple[str, str]:
    """The filters that bring `source` to `target` LUFS under `ceiling_dbtp`, and a sentence when it is not simple.

    Gain alone where the peaks allow it; else gain and limiter, measured again and corrected, for a limiter takes
    loudness away.
    """
    if before.lufs <= -70:
        return "", Message("film.silent")
    gain = min(target - before.lufs, MOST_GAIN_DB)
    if before.peak_dbtp + gain <= ceiling_dbtp:
        return (f"volume={gain:.2f}dB", "") if abs(gain) > 0.05 else ("", "")
    aim = gain
    for _ in range(TURNS):
        chain = _limited(gain, ceiling_dbtp)
        reached = measure(source, chain=chain, cancelled=cancelled)
        if abs(reached.lufs - target) <= CLOSE_LU:
            break
        gain = min(gain + target - reached.lufs, aim + 6, MOST_GAIN_DB)
    note = Message("film.peaks_limited", ceiling=f"{ceiling_dbtp:g}", target=f"{target:g}")
    if abs(reached.lufs - target) > 1:
        note = Message(
            "film.loudness_unreached", target=f"{target:g}", ceiling=f"{ceiling_dbtp:g}", lufs=f"{reached.lufs:.1f}"
        )
    return chain, note


def _limited(gain_db: float, ceiling_dbtp: float) -> str:
    limit = 10 ** ((ceiling_dbtp - LIMITER_BELOW_DB) / 20)
    return f"volume={gain_db:.2f}dB,alimiter=limit={limit:.4f}:attack=5:release=80:level=0:latency=1"
