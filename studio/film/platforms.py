"""Delivery targets as facts: size, frame rate, loudness, limits, and the safe area of the picture.

Platforms change these; each row names its source. Loudness in LUFS, peaks in dBTP, bit rates in bit/s, safe areas as
margins at the top, right, bottom and left, as fractions of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studio.errors import NotFound
from studio.messages import Message

Form = Literal["mp4-h264", "mp4-h265", "webm-av1", "mov-prores", "gif", "webp"]
SUFFIX: dict[Form, str] = {
    "mp4-h264": ".mp4",
    "mp4-h265": ".mp4",
    "webm-av1": ".webm",
    "mov-prores": ".mov",
    "gif": ".gif",
    "webp": ".webp",
}


@dataclass(frozen=True)
class PlatformPreset:
    """One delivery target. width, height: pixels, 0 keeps the film's. fps: accepted rates; others are converted to the
    nearest. max_s, max_bytes: 0 is no limit. video_bps: maximum average bit rate; 0: by quality only."""

    id: str
    label: str
    form: Form = "mp4-h264"
    width: int = 0
    height: int = 0
    fps: tuple[float, ...] = ()
    video_bps: int = 0
    audio_bps: int = 192_000
    lufs: float | None = None
    peak_dbtp: float = -1.0
    min_s: float = 0
    max_s: float = 0
    max_bytes: int = 0
    safe: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    source: str = ""


_WEB_FPS = (23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60)
PRESETS: tuple[PlatformPreset, ...] = (
    PlatformPreset("master", "Master, H.264", source="our own: the film as it is"),
    PlatformPreset("master-h265", "Master, H.265", "mp4-h265", source="our own"),
    PlatformPreset("webm", "Web, AV1", "webm-av1", audio_bps=128_000, source="our own"),
    PlatformPreset("prores", "Editing, ProRes 422 HQ", "mov-prores", source="our own"),
    PlatformPreset(
        "youtube",
        "YouTube",
        width=1920,
        height=1080,
        fps=_WEB_FPS,
        video_bps=12_000_000,
        audio_bps=384_000,
        lufs=-14.0,
        max_s=12 * 3600,
        max_bytes=256 * 10**9,
        source="https://support.google.com/youtube/answer/1722171",
    ),
    PlatformPreset(
        "shorts",
        "YouTube Shorts",
        width=1080,
        height=1920,
        fps=_WEB_FPS,
        lufs=-14.0,
        video_bps=12_000_000,
        audio_bps=384_000,
        max_s=180,
        safe=(0.10, 0.11, 0.25, 0.04),
        source="https://support.google.com/youtube/answer/15424877; safe area: customary",
    ),
    PlatformPreset(
        "tiktok",
        "TikTok",
        width=1080,
        height=1920,
        fps=_WEB_FPS,
        lufs=-14.0,
        video_bps=12_000_000,
        min_s=3,
        max_s=600,
        max_bytes=250_000_000,
        safe=(0.07, 0.13, 0.25, 0.06),
        source="upload limits as posting services state them (November 2026); safe area: customary",
    ),
    PlatformPreset(
        "reels",
        "Instagram Reels",
        width=1080,
        height=1920,
        fps=_WEB_FPS,
        lufs=-14.0,
        video_bps=12_000_000,
        min_s=3,
        max_s=180,
        max_bytes=1_000_000_000,
        safe=(0.14, 0.06, 0.35, 0.06),
        source="Meta's Reels specifications: 25 Mbit/s at most, 14 % top, 35 % bottom and 6 % at the sides left free",
    ),
    PlatformPreset(
        "x",
        "X",
        width=1280,
        height=720,
        fps=(24, 25, 29.97, 30),
        video_bps=8_000_000,
        audio_bps=128_000,
        lufs=-14.0,
        min_s=0.5,
        max_s=140,
        max_bytes=512_000_000,
        source="X's media best practices: 140 s, 512 MB",
    ),
    PlatformPreset(
        "linkedin",
        "LinkedIn",
        width=1920,
        height=1080,
        fps=(24, 25, 29.97, 30, 60),
        video_bps=12_000_000,
        lufs=-14.0,
        min_s=3,
        max_s=600,
        max_bytes=5_000_000_000,
        source="LinkedIn's help pages: 3 s to 10 minutes, 5 GB",
    ),
    PlatformPreset(
        "broadcast",
        "Broadcast, EBU R 128",
        "mov-prores",
        width=1920,
        height=1080,
        fps=(25, 50),
        lufs=-23.0,
        safe=(0.05, 0.05, 0.05, 0.05),
        source="EBU R 128 (-23 LUFS, -1 dBTP), EBU R 95 (graphics safe area 5 %)",
    ),
    PlatformPreset("gif", "GIF preview", "gif", width=480, fps=(12,), max_s=30, source="our own"),
    PlatformPreset("webp", "WebP preview", "webp", width=480, fps=(12,), max_s=30, source="our own"),
)


def preset(preset_id: str) -> PlatformPreset:
    """The preset with this id. Raises NotFound, which lists them."""
    for found in PRESETS:
        if found.id == preset_id:
            return found
    raise NotFound(Message("export.no_preset", preset_id=f"{preset_id!r}", listed=", ".join(p.id for p in PRESETS)))
