"""The finished film for a platform or an editing program: one decode, one encode, two passes for loudness."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from studio.errors import MediaError
from studio.film import captions, loudness, quality, reframe
from studio.film.clips import TAGS
from studio.film.platforms import SUFFIX, PlatformPreset
from studio.film.quality import Measured
from studio.film.timeline import CaptionLine, Loudness
from studio.media.files import Cancelled, OnProgress, run_ffmpeg
from studio.media.probe import MediaFacts, probe
from studio.messages import Message, term

Framing = Literal["fit", "fill", "follow", "blur"]
"""fit: bars. fill: the middle. follow: where most happens in each shot. blur: bars of the blurred picture."""

_VIDEO = {
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
_PIXELS = {"mov-prores": "yuv422p10le"}
_QUIET = ("gif", "webp")
_SUBTITLES = {"mp4-h264": "mov_text", "mp4-h265": "mov_text", "mov-prores": "mov_text", "webm-av1": "webvtt"}


@dataclass(frozen=True)
class Export:
    """What was written. measured: one look at it, None for previews. notes: sentences about limits and changes."""

    path: Path
    facts: MediaFacts
    measured: Measured | None = None
    notes: tuple[str, ...] = ()

    @property
    def loudness(self) -> Loudness | None:
        """As it was measured in what was written; None without sound."""
        return self.measured.loudness if self.measured else None


class DeliverySource:
    """A film and what several exports of it share, each found when it is first needed. cuts_s: where shots begin."""

    def __init__(self, film: Path, cuts_s: tuple[float, ...] = ()) -> None:
        self.film, self.cuts_s = film, cuts_s
        self.facts = probe(film)
        self._before: Loudness | None = None
        self._levels: dict[tuple[float, float], tuple[str, str]] = {}

    @cached_property
    def looked(self) -> reframe.Looked:
        """Where in the picture most happens."""
        return reframe.Looked(self.film, self.cuts_s)

    def levelled(self, lufs: float, peak_dbtp: float, cancelled: Cancelled | None) -> tuple[str, str]:
        """Filters that bring the sound to this loudness, and a sentence when that is not simple."""
        if (lufs, peak_dbtp) not in self._levels:
            source = ["-i", str(self.film.resolve())]
            self._before = self._before or loudness.measure(source, cancelled=cancelled)
            found = loudness.levelled(source, self._before, lufs, peak_dbtp, cancelled=cancelled)
            self._levels[lufs, peak_dbtp] = found
        return self._levels[lufs, peak_dbtp]


def export(
    film: Path | DeliverySource,
    preset: PlatformPreset,
    out: Path,
    *,
    framing: Framing = "fit",
    cuts_s: tuple[float, ...] = (),
    words: tuple[CaptionLine, ...] = (),
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Export:
    """Write `film` as `preset` wants it; out's suffix is made right. cuts_s: where shots begin, for "follow".

    film: a Source where several exports of one film follow one another.
    words: drawn after the picture has its new shape, clear of the platform's buttons; words already burned into the
    film may be cut off by "fill" and "follow".
    Raises MediaError when the film is no video or ffmpeg fails, Stopped when cancelled.
    """
    source = film if isinstance(film, DeliverySource) else DeliverySource(film, cuts_s)
    facts = source.facts
    if not facts.width or not facts.height or not facts.duration_s:
        raise MediaError(Message("film.not_exportable", name=source.film.name))
    out = out.with_suffix(SUFFIX[preset.form])
    size, notes = _size(facts, preset), [f.what for f in quality.length_against(facts.duration_s, preset)]
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".film-") as folder:
        drawn = captions.drawing(words, *size, Path(folder), safe=preset.safe) if words else ""
        picture = _picture(source, preset, size, framing, drawn)
        args = ["-i", str(source.film.resolve()), *_mapped(picture, preset)]
        if preset.form in _SUBTITLES:
            args += ["-map", "0:s?", "-c:s", _SUBTITLES[preset.form]]
        if facts.has_audio and preset.form not in _QUIET:
            sound, note = _sound(source, preset, cancelled)
            args += ["-map", "0:a:0", *sound]
            notes += [note] if note else []
        args += [*_VIDEO[preset.form], *_rate(facts, preset)]
        length_s = facts.duration_s
        run_ffmpeg(args, out, duration_s=length_s, on_progress=on_progress, cancelled=cancelled, folder=Path(folder))
    made = probe(out)
    seen = None if preset.form in _QUIET else quality.measure(out, made, cancelled=cancelled)
    if preset.max_bytes and made.bytes > preset.max_bytes:
        notes.append(
            Message(
                "film.file_too_large",
                size=f"{made.bytes / 1e6:.0f}",
                preset=term(preset.label),
                most=f"{preset.max_bytes / 1e6:.0f}",
            )
        )
    return Export(out, made, seen, tuple(notes))


def _mapped(picture: str, preset: PlatformPreset) -> list[str]:
    """The picture's filters; a GIF also needs its own palette."""
    if preset.form == "gif":
        palette = "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer"
        return ["-filter_complex", f"[0:v:0]{picture},{palette}"]
    return ["-map", "0:v:0", "-vf", picture]


def _size(facts: MediaFacts, preset: PlatformPreset) -> tuple[int, int]:
    width, height = facts.width or 2, facts.height or 2
    if not preset.width:
        return width // 2 * 2, height // 2 * 2
    if not preset.height:
        wide = min(preset.width, width) // 2 * 2
        return wide, round(height * wide / width / 2) * 2
    return preset.width, preset.height


def _picture(
    source: DeliverySource, preset: PlatformPreset, size: tuple[int, int], framing: Framing, drawn: str
) -> str:
    """The filters that give the picture its shape, rate and pixel format."""
    (width, height), facts = size, source.facts
    own = facts.width or 2, facts.height or 2
    colour = "flags=lanczos:out_color_matrix=bt709:out_range=tv"
    plain = f"scale={width}:{height}:{colour}"
    same = abs(own[0] / own[1] - width / height) < 0.01
    if same:
        shape = plain
    elif framing == "fill":
        shape = f"scale={width}:{height}:force_original_aspect_ratio=increase:{colour},crop={width}:{height}"
    elif framing == "follow":
        places = source.looked.windows(width / height)
        shape = f"{reframe.crop(own, size, places)},{plain}"
    elif framing == "blur":
        shape = _blurred(width, height, colour)
    else:
        fit = f"scale={width}:{height}:force_original_aspect_ratio=decrease:{colour}"
        shape = f"{fit},pad={width}:{height}:-1:-1"
    steps = [shape, "setsar=1", *([drawn] if drawn else []), f"format={_PIXELS.get(preset.form, 'yuv420p')}", TAGS]
    rate = _fps(facts, preset)
    return ",".join([*([f"fps={rate}"] if rate else []), *steps])


def _blurred(width: int, height: int, colour: str) -> str:
    """The whole picture on a blurred, darker one that fills the frame."""
    back = f"scale={width // 8}:{height // 8}:force_original_aspect_ratio=increase,crop={width // 8}:{height // 8}"
    back += f",gblur=sigma=6,eq=brightness=-0.08,scale={width}:{height}:{colour}"
    front = f"scale={width}:{height}:force_original_aspect_ratio=decrease:{colour}"
    return f"split[x][y];[x]{back}[back];[y]{front}[front];[back][front]overlay=(W-w)/2:(H-h)/2"


def _fps(facts: MediaFacts, preset: PlatformPreset) -> str:
    """The rate to convert to, as ffmpeg writes it; '' leaves the film's own."""
    if not preset.fps or not facts.fps or any(abs(rate - facts.fps) < 0.01 for rate in preset.fps):
        return ""
    nearest = min(preset.fps, key=lambda rate: abs(rate - (facts.fps or 0)))
    return {23.976: "24000/1001", 29.97: "30000/1001", 59.94: "60000/1001"}.get(nearest, f"{nearest:g}")


def _sound(source: DeliverySource, preset: PlatformPreset, cancelled: Cancelled | None) -> tuple[list[str], str]:
    codec = ["-c:a", "aac", "-b:a", str(preset.audio_bps)]
    if preset.form == "mov-prores":
        codec = ["-c:a", "pcm_s24le"]
    if preset.form == "webm-av1":
        codec = ["-c:a", "libopus", "-b:a", str(preset.audio_bps)]
    codec += ["-ar", "48000", "-ac", "2"]
    if preset.lufs is None:
        return codec, ""
    chain, note = source.levelled(preset.lufs, preset.peak_dbtp, cancelled)
    return [*codec, *(("-af", chain) if chain else ())], note


def _rate(facts: MediaFacts, preset: PlatformPreset) -> list[str]:
    """Bit rate ceiling, key frames, and what the container wants."""
    args: list[str] = []
    bps = preset.video_bps
    if preset.max_bytes and facts.duration_s:
        fits = int(preset.max_bytes * 0.94 * 8 / facts.duration_s) - preset.audio_bps
        bps = min(bps or fits, fits) if fits > 200_000 else bps
    if bps and preset.form in ("mp4-h264", "mp4-h265"):
        args += ["-maxrate", str(bps), "-bufsize", str(bps * 2)]
    if preset.form.startswith("mp4"):
        args += ["-g", str(max(1, round(facts.fps or 24)) // 2 or 1), "-movflags", "use_metadata_tags+faststart"]
    elif preset.form == "mov-prores":
        args += ["-movflags", "use_metadata_tags"]
    return args
