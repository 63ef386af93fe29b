"""The finished film for a platform or an editing program: one decode, one encode, two passes for loudness."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.errors import MediaError
from studio.film import captions, loudness, quality, reframe
from studio.film.clips import COLOUR_TAGS
from studio.film.platforms import SUFFIX, PlatformPreset
from studio.film.quality import Measured
from studio.film.timeline import CaptionLine, Loudness
from studio.media.files import Cancelled, OnProgress, run_ffmpeg
from studio.media.probe import MediaFacts, probe
from studio.messages import Message, term

Framing = Literal["fit", "fill", "follow", "blur"]
"""fit: black bars. fill: crop to the centre. follow: crop each shot to its detail and motion. blur: blurred bars."""

VIDEO_ARGS = {
    "mp4-h264": ["-c:v", "libx264", "-preset", "medium", "-crf", "17", "-profile:v", "high", "-bf", "2"],
    "mp4-h265": [
        "-c:v",
        "libx265",
        "-preset",
        "fast",
        "-crf",
        "20",
        "-tag:v",
        "hvc1",
        "-x265-params",
        "log-level=error",
    ],
    "webm-av1": ["-c:v", "libsvtav1", "-preset", "8", "-crf", "28", "-svtav1-params", "lp=0"],
    "mov-prores": ["-c:v", "prores_aw", "-profile:v", "3", "-vendor", "apl0"],
    "gif": [],
    "webp": ["-c:v", "libwebp_anim", "-quality", "70", "-compression_level", "3", "-loop", "0"],
}
PIXEL_FORMATS = {"mov-prores": "yuv422p10le"}
SILENT_FORMS = ("gif", "webp")
SUBTITLE_CODECS = {"mp4-h264": "mov_text", "mp4-h265": "mov_text", "mov-prores": "mov_text", "webm-av1": "webvtt"}


@dataclass(frozen=True)
class Export:
    """The exported file. measured: its measurements, None for previews. notes: sentences about limits and changes."""

    path: Path
    facts: MediaFacts
    measured: Measured | None = None
    notes: tuple[str, ...] = ()

    @property
    def loudness(self) -> Loudness | None:
        """Loudness of the exported file; None without sound."""
        return self.measured.loudness if self.measured else None


class DeliverySource:
    """A film, and what several exports of it share, computed on first use. cuts_s: start of each shot in seconds.

    Exports of it may run side by side.
    """

    def __init__(self, film: Path, cuts_s: tuple[float, ...] = ()) -> None:
        self.film, self.cuts_s = film, cuts_s
        self.facts = probe(film)
        self._loudness_before: Loudness | None = None
        self._normalizations: dict[tuple[float, float], tuple[str, str]] = {}
        self._shot_interest: reframe.ShotInterest | None = None
        self._lock = threading.Lock()

    @property
    def shot_interest(self) -> reframe.ShotInterest:
        """Detail and motion of each shot."""
        with self._lock:
            if self._shot_interest is None:
                self._shot_interest = reframe.ShotInterest(self.film, self.cuts_s)
            return self._shot_interest

    def normalization(self, lufs: float, peak_dbtp: float, cancelled: Cancelled | None) -> tuple[str, str]:
        """Filters that bring the sound to this loudness, and a note when peaks are limited."""
        with self._lock:
            if (lufs, peak_dbtp) not in self._normalizations:
                source = ["-i", str(self.film.resolve())]
                self._loudness_before = self._loudness_before or loudness.measure(source, cancelled=cancelled)
                normalization = loudness.normalize(source, self._loudness_before, lufs, peak_dbtp, cancelled=cancelled)
                self._normalizations[lufs, peak_dbtp] = normalization
            return self._normalizations[lufs, peak_dbtp]


def export(
    film: Path | DeliverySource,
    preset: PlatformPreset,
    out: Path,
    *,
    framing: Framing = "fit",
    cuts_s: tuple[float, ...] = (),
    words: tuple[CaptionLine, ...] = (),
    on_progress: OnProgress | None = None,
    on_measured: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Export:
    """Export `film` for `preset`, with the form's suffix. cuts_s: start of each shot in seconds, for "follow".

    film: a DeliverySource for several exports of one film.
    words: captions burned in after reframing, inside the platform's safe area; captions already burned into the film
    may be cropped by "fill" and "follow".
    on_progress, on_measured: how far encoding and, after it, measuring are.
    Raises MediaError when the film is no video or ffmpeg fails, Stopped when cancelled.
    """
    source = film if isinstance(film, DeliverySource) else DeliverySource(film, cuts_s)
    facts = source.facts
    if not facts.width or not facts.height or not facts.duration_s:
        raise MediaError(Message("film.not_exportable", name=source.film.name))
    out = out.with_suffix(SUFFIX[preset.form])
    size, notes = _output_size(facts, preset), [f.what for f in quality.length_findings(facts.duration_s, preset)]
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".film-") as folder:
        burn_filter = captions.burn_filter(words, *size, Path(folder), safe=preset.safe) if words else ""
        video_filters = _video_filters(source, preset, size, framing, burn_filter)
        args = ["-i", str(source.film.resolve()), *_video_args(video_filters, preset)]
        if preset.form in SUBTITLE_CODECS:
            args += ["-map", "0:s?", "-c:s", SUBTITLE_CODECS[preset.form]]
        if facts.has_audio and preset.form not in SILENT_FORMS:
            sound, note = _audio_args(source, preset, cancelled)
            args += ["-map", "0:a:0", *sound]
            notes += [note] if note else []
        args += [*VIDEO_ARGS[preset.form], *_rate_args(facts, preset)]
        length_s = facts.duration_s
        run_ffmpeg(args, out, duration_s=length_s, on_progress=on_progress, cancelled=cancelled, folder=Path(folder))
    out_facts = probe(out)
    measurement = None
    if preset.form not in SILENT_FORMS:
        measurement = quality.measure(out, out_facts, on_progress=on_measured, cancelled=cancelled)
    if preset.max_bytes and out_facts.bytes > preset.max_bytes:
        notes.append(
            Message(
                "film.file_too_large",
                size=f"{out_facts.bytes / 1e6:.0f}",
                preset=term(preset.label),
                most=f"{preset.max_bytes / 1e6:.0f}",
            )
        )
    return Export(out, out_facts, measurement, tuple(notes))


def _video_args(video_filters: str, preset: PlatformPreset) -> list[str]:
    """The video filter arguments; a GIF also has a palette of its own."""
    if preset.form == "gif":
        palette = "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer"
        return ["-filter_complex", f"[0:v:0]{video_filters},{palette}"]
    return ["-map", "0:v:0", "-vf", video_filters]


def _output_size(facts: MediaFacts, preset: PlatformPreset) -> tuple[int, int]:
    width, height = facts.width or 2, facts.height or 2
    if not preset.width:
        return width // 2 * 2, height // 2 * 2
    if not preset.height:
        fitted_width = min(preset.width, width) // 2 * 2
        return fitted_width, round(height * fitted_width / width / 2) * 2
    return preset.width, preset.height


def _video_filters(
    source: DeliverySource, preset: PlatformPreset, size: tuple[int, int], framing: Framing, burn_filter: str
) -> str:
    """The filters for aspect ratio, size, captions, frame rate and pixel format."""
    (width, height), facts = size, source.facts
    source_size = facts.width or 2, facts.height or 2
    scale_flags = "flags=lanczos:out_color_matrix=bt709:out_range=tv"
    scale = f"scale={width}:{height}:{scale_flags}"
    same_aspect = abs(source_size[0] / source_size[1] - width / height) < 0.01
    if same_aspect:
        framing_filter = scale
    elif framing == "fill":
        framing_filter = (
            f"scale={width}:{height}:force_original_aspect_ratio=increase:{scale_flags},crop={width}:{height}"
        )
    elif framing == "follow":
        positions = source.shot_interest.windows(width / height)
        framing_filter = f"{reframe.crop(source_size, size, positions)},{scale}"
    elif framing == "blur":
        framing_filter = _blurred(width, height, scale_flags)
    else:
        fitted = f"scale={width}:{height}:force_original_aspect_ratio=decrease:{scale_flags}"
        framing_filter = f"{fitted},pad={width}:{height}:-1:-1"
    filters = [
        framing_filter,
        "setsar=1",
        *([burn_filter] if burn_filter else []),
        f"format={PIXEL_FORMATS.get(preset.form, 'yuv420p')}",
        COLOUR_TAGS,
    ]
    rate = _fps(facts, preset)
    return ",".join([*([f"fps={rate}"] if rate else []), *filters])


def _blurred(width: int, height: int, scale_flags: str) -> str:
    """The whole picture over a blurred, darker copy that fills the frame."""
    background = (
        f"scale={width // 8}:{height // 8}:force_original_aspect_ratio=increase,crop={width // 8}:{height // 8}"
    )
    background += f",gblur=sigma=6,eq=brightness=-0.08,scale={width}:{height}:{scale_flags}"
    foreground = f"scale={width}:{height}:force_original_aspect_ratio=decrease:{scale_flags}"
    return f"split[x][y];[x]{background}[back];[y]{foreground}[front];[back][front]overlay=(W-w)/2:(H-h)/2"


def _fps(facts: MediaFacts, preset: PlatformPreset) -> str:
    """The frame rate to convert to, in ffmpeg's notation; '' keeps the film's."""
    if not preset.fps or not facts.fps or any(abs(rate - facts.fps) < 0.01 for rate in preset.fps):
        return ""
    nearest = min(preset.fps, key=lambda rate: abs(rate - (facts.fps or 0)))
    return {23.976: "24000/1001", 29.97: "30000/1001", 59.94: "60000/1001"}.get(nearest, f"{nearest:g}")


def _audio_args(source: DeliverySource, preset: PlatformPreset, cancelled: Cancelled | None) -> tuple[list[str], str]:
    codec = ["-c:a", "aac", "-b:a", str(preset.audio_bps)]
    if preset.form == "mov-prores":
        codec = ["-c:a", "pcm_s24le"]
    if preset.form == "webm-av1":
        codec = ["-c:a", "libopus", "-b:a", str(preset.audio_bps)]
    codec += ["-ar", "48000", "-ac", "2"]
    if preset.lufs is None:
        return codec, ""
    chain, note = source.normalization(preset.lufs, preset.peak_dbtp, cancelled)
    return [*codec, *(("-af", chain) if chain else ())], note


def _rate_args(facts: MediaFacts, preset: PlatformPreset) -> list[str]:
    """Arguments for the bit rate ceiling, key frames and the container."""
    args: list[str] = []
    bps = preset.video_bps
    if preset.max_bytes and facts.duration_s:
        max_bps = int(preset.max_bytes * 0.94 * 8 / facts.duration_s) - preset.audio_bps
        bps = min(bps or max_bps, max_bps) if max_bps > 200_000 else bps
    if bps and preset.form in ("mp4-h264", "mp4-h265"):
        args += ["-maxrate", str(bps), "-bufsize", str(bps * 2)]
    if preset.form.startswith("mp4"):
        args += ["-g", str(max(1, round(facts.fps or 24)) // 2 or 1), "-movflags", "use_metadata_tags+faststart"]
    elif preset.form == "mov-prores":
        args += ["-movflags", "use_metadata_tags"]
    return args
