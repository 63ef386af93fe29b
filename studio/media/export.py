"""The finished film for a platform or an editing program: one decode, one encode, two passes for loudness."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.errors import MediaError
from studio.media import captions, loudness, quality, reframe
from studio.media.clips import TAGS
from studio.media.cut import Line, Loudness
from studio.media.files import Cancelled, OnProgress, run_ffmpeg
from studio.media.presets import SUFFIX, Preset
from studio.media.probe import MediaFacts, probe

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


@dataclass(frozen=True)
class Export:
    """What was written. notes: sentences about limits and what had to change."""

    path: Path
    facts: MediaFacts
    loudness: Loudness | None = None
    notes: tuple[str, ...] = ()


def export(
    film: Path,
    preset: Preset,
    out: Path,
    *,
    framing: Framing = "fit",
    cuts_s: tuple[float, ...] = (),
    words: tuple[Line, ...] = (),
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Export:
    """Write `film` as `preset` wants it; out's suffix is made right. cuts_s: where shots begin, for "follow".

    words: drawn after the picture has its new shape, clear of the platform's buttons; words already burned into the
    film may be cut off by "fill" and "follow".
    Raises MediaError when the film is no video or ffmpeg fails, Stopped when cancelled.
    """
    facts = probe(film)
    if not facts.width or not facts.height or not facts.duration_s:
        raise MediaError(f"{film.name} is not a film that can be exported.")
    out = out.with_suffix(SUFFIX[preset.form])
    size, notes = _size(facts, preset), [f.what for f in quality.length_against(facts.duration_s, preset)]
    heard = None
    with tempfile.TemporaryDirectory() as folder:
        drawn = captions.drawing(words, *size, Path(folder), safe=preset.safe) if words else ""
        picture = _picture(film, facts, preset, size, framing, cuts_s, drawn)
        args = ["-i", str(film.resolve()), *_mapped(picture, preset)]
        if facts.has_audio and preset.form not in _QUIET:
            sound, heard, note = _sound(film, preset, cancelled)
            args += ["-map", "0:a:0", *sound]
            notes += [note] if note else []
        args += [*_VIDEO[preset.form], *_rate(facts, preset)]
        length_s = facts.duration_s
        run_ffmpeg(args, out, duration_s=length_s, on_progress=on_progress, cancelled=cancelled, folder=Path(folder))
    made = probe(out)
    if heard:
        heard = loudness.measure(["-i", str(out)], cancelled=cancelled)
    if preset.max_bytes and made.bytes > preset.max_bytes:
        notes.append(f"The file has {made.bytes / 1e6:.0f} MB; {preset.label} takes {preset.max_bytes / 1e6:.0f} MB.")
    return Export(out, made, heard, tuple(notes))


def _mapped(picture: str, preset: Preset) -> list[str]:
    """The picture's filters; a GIF also needs its own palette."""
    if preset.form == "gif":
        palette = "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer"
        return ["-filter_complex", f"[0:v:0]{picture},{palette}"]
    return ["-map", "0:v:0", "-vf", picture]


def _size(facts: MediaFacts, preset: Preset) -> tuple[int, int]:
    width, height = facts.width or 2, facts.height or 2
    if not preset.width:
        return width // 2 * 2, height // 2 * 2
    if not preset.height:
        wide = min(preset.width, width) // 2 * 2
        return wide, round(height * wide / width / 2) * 2
    return preset.width, preset.height


def _picture(
    film: Path,
    facts: MediaFacts,
    preset: Preset,
    size: tuple[int, int],
    framing: Framing,
    cuts_s: tuple[float, ...],
    drawn: str,
) -> str:
    """The filters that give the picture its shape, rate and pixel format."""
    width, height = size
    own = facts.width or 2, facts.height or 2
    colour = "flags=lanczos:out_color_matrix=bt709:out_range=tv"
    plain = f"scale={width}:{height}:{colour}"
    same = abs(own[0] / own[1] - width / height) < 0.01
    if same:
        shape = plain
    elif framing == "fill":
        shape = f"scale={width}:{height}:force_original_aspect_ratio=increase:{colour},crop={width}:{height}"
    elif framing == "follow":
        places = reframe.windows(film, width / height, cuts_s)
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


def _fps(facts: MediaFacts, preset: Preset) -> str:
    """The rate to convert to, as ffmpeg writes it; '' leaves the film's own."""
    if not preset.fps or not facts.fps or any(abs(rate - facts.fps) < 0.01 for rate in preset.fps):
        return ""
    nearest = min(preset.fps, key=lambda rate: abs(rate - (facts.fps or 0)))
    return {23.976: "24000/1001", 29.97: "30000/1001", 59.94: "60000/1001"}.get(nearest, f"{nearest:g}")


def _sound(film: Path, preset: Preset, cancelled: Cancelled | None) -> tuple[list[str], Loudness | None, str]:
    codec = ["-c:a", "aac", "-b:a", str(preset.audio_bps)]
    if preset.form == "mov-prores":
        codec = ["-c:a", "pcm_s24le"]
    if preset.form == "webm-av1":
        codec = ["-c:a", "libopus", "-b:a", str(preset.audio_bps)]
    codec += ["-ar", "48000", "-ac", "2"]
    if preset.lufs is None:
        return codec, None, ""
    source = ["-i", str(film.resolve())]
    before = loudness.measure(source, cancelled=cancelled)
    chain, note = loudness.levelled(source, before, preset.lufs, preset.peak_dbtp, cancelled=cancelled)
    return [*codec, *(("-af", chain) if chain else ())], before, note


def _rate(facts: MediaFacts, preset: Preset) -> list[str]:
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
