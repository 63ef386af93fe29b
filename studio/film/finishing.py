"""Finishing the film: its grade, burned-in captions, and a subtitle track.

A grade changes every frame: each is rendered with colour match, transitions, grade and captions, and encoded once.
Captions alone are burned into the joined film, of which only the groups of pictures under them are encoded again.
ffmpeg reads one stream, so memory use does not depend on the film's length.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from studio.film import captions, colour_match, grade
from studio.film.clips import COLOUR_TAGS, ContainerPool, SourceClip, conform_filters, inspect_clip
from studio.film.timeline import CaptionLine, Cut, Tone
from studio.film.video_track import Copy, Piece, VideoPackets, copy_points, frame_count, rendered_frames
from studio.media import cube
from studio.media.files import Cancelled, OnProgress, run_ffmpeg

if TYPE_CHECKING:
    from PIL import Image

PRELIMINARY_CRF = 12
"""x264 quality of frames that are encoded again when captions are burned in."""
TONE_LUT_SIDE = 33
CACHED_FRAMES = 6
"""Decoded frames cached for previews, a few MB each."""


def encodes_whole(cut: Cut) -> bool:
    """True when the grade changes every frame, so that all must be encoded."""
    return cut.finish.grade is not None and bool(
        not grade.is_neutral(cut.finish.grade) or (cut.finish.grade.lut and cut.finish.grade.lut_strength > 0)
    )


def needs_burning(cut: Cut) -> bool:
    """True when captions must be burned into the joined film."""
    return bool(cut.finish.burned) and not encodes_whole(cut)


def preliminary(cut: Cut) -> Cut:
    """The cut as joined before captions are burned in: with a finer quality of what is encoded."""
    return replace(cut, crf=min(cut.crf, PRELIMINARY_CRF)) if needs_burning(cut) else cut


def tone_luts(cut: Cut, work: Path) -> list[Path | None]:
    """The colour match tables of the shots, written to `work`; None for shots that keep their colours."""
    return [_write_tone_lut(shot.tone, work / f"tone-{number}.cube") for number, shot in enumerate(cut.shots)]


def _write_tone_lut(tone: Tone | None, path: Path) -> Path | None:
    return cube.write(path, colour_match.lut(tone, cube.grid(TONE_LUT_SIDE))) if tone else None


def encode_whole(
    cut: Cut, pieces: list[Piece], work: Path, *, on_progress: OnProgress | None, cancelled: Cancelled | None
) -> Path:
    """All frames of the film with grade and captions, encoded once, as a file in `work`."""
    out = work / "encoded.mp4"
    filters = ",".join([COLOUR_TAGS, *_filters(cut, work), COLOUR_TAGS])
    length_s = sum(frame_count(piece) for piece in pieces) / cut.fps
    run_ffmpeg(
        [*_raw_input(cut), "-vf", filters, *_encoder_args(cut)],
        out,
        duration_s=float(length_s),
        on_progress=on_progress,
        cancelled=cancelled,
        folder=work,
        feed=(frame.to_ndarray().tobytes() for frame in rendered_frames(pieces, cut)),
    )
    return out


def _raw_input(cut: Cut) -> list[str]:
    size = f"{cut.width}x{cut.height}"
    return ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", size, "-framerate", str(cut.fps), "-i", "pipe:0"]


def _encoder_args(cut: Cut) -> list[str]:
    args = ["-r", str(cut.fps), "-c:v", "libx264", "-preset", cut.preset, "-crf", str(cut.crf)]
    return [*args, "-g", str(round(cut.fps)), "-bf", "2"]


def still(cut: Cut, number: int, at_s: float, film_s: float, *, max_side_px: int) -> Image.Image:
    """One frame of shot `number` as in the film, through the film's own filters.

    at_s: time on the clip's clock; film_s: time on the film's clock, for the captions. Raises MediaError.
    """
    from PIL import Image

    shot = cut.shots[number]
    scale = min(1.0, max_side_px / max(cut.width, cut.height))
    size = (round(cut.width * scale / 2) * 2, round(cut.height * scale / 2) * 2)
    burned = tuple(line for line in cut.finish.burned if line.start_s <= film_s < line.end_s)
    frame = _frame(shot.path, shot.path.stat().st_mtime_ns, round(at_s, 3), cut.width, cut.height, cut.fps)
    with TemporaryDirectory() as folder:
        work = Path(folder)
        tone_lut = _write_tone_lut(shot.tone, work / "tone.cube")
        cut_at_time = replace(cut, finish=replace(cut.finish, burned=burned))
        filters = [
            COLOUR_TAGS,
            *grade.lut_filters([tone_lut] if tone_lut else []),
            COLOUR_TAGS,
            f"setpts={film_s:.4f}/TB",
            *_filters(cut_at_time, work),
        ]
        filters += [
            COLOUR_TAGS,
            f"scale={size[0]}:{size[1]}:flags=area+accurate_rnd+full_chroma_int:out_range=pc",
            "format=rgb24",
        ]
        out = work / "still.raw"
        args = [*_raw_input(cut), "-vf", ",".join(filters), "-frames:v", "1", "-f", "rawvideo"]
        run_ffmpeg(args, out, folder=work, feed=[frame], limit_s=30)
        return Image.frombytes("RGB", size, out.read_bytes())


@lru_cache(maxsize=CACHED_FRAMES)
def _frame(path: Path, modified_ns: int, at_s: float, width: int, height: int, fps: Fraction) -> bytes:
    """The clip's frame at at_s as yuv420p in the film's format.

    modified_ns: of the file; part of the cache key, so that a changed file is decoded again.
    """
    cut = Cut((), width, height, fps)
    with ContainerPool() as pool:
        clip = inspect_clip(path, cut, pool)
    filters = [] if clip.copyable else [conform_filters(clip, cut)]
    last = max(0.0, clip.length_s - float(1 / cut.fps))
    seek_s = max(0.0, min(at_s, last) - float(Fraction(1, 2) / cut.fps))
    with TemporaryDirectory() as folder:
        out = Path(folder) / "frame.raw"
        args = [
            "-ss",
            f"{seek_s:.6f}",
            "-i",
            str(path.resolve()),
            "-map",
            "0:v:0",
            "-vf",
            ",".join([*filters, COLOUR_TAGS]),
        ]
        run_ffmpeg([*args, "-frames:v", "1", "-pix_fmt", "yuv420p", "-f", "rawvideo"], out, limit_s=60)
        return out.read_bytes()


def burn_captions(
    cut: Cut,
    joined: Path,
    work: Path,
    pool: ContainerPool,
    *,
    reorder_frames: int,
    on_progress: OnProgress | None,
    cancelled: Cancelled | None,
) -> VideoPackets:
    """The joined film's packets with its captions burned in. work: a folder for the encoded ranges.

    reorder_frames: of the joined film; its header has only its encoder's.
    """
    clip = replace(inspect_clip(joined, cut, pool), reorder_frames=reorder_frames)
    filters = ",".join(_filters(cut, work))
    ranges = _ranges_to_encode(cut, clip, pool)
    pieces: list[Piece] = []
    clips = [clip]
    done = 0
    for number, (first, last, is_changed) in enumerate(ranges):
        if not is_changed:
            pieces.append(Copy(joined, first, last))
            continue
        encoded = work / f"drawn-{number}.mp4"
        range_progress = _RangeProgress(on_progress, done, last - first, clip.frames)
        run_ffmpeg(
            _burn_args(cut, joined, first, last - first, filters),
            encoded,
            duration_s=float((last - first) / cut.fps),
            on_progress=range_progress,
            cancelled=cancelled,
            folder=work,
        )
        done += last - first
        pieces.append(Copy(encoded, 0, last - first))
        clips.append(inspect_clip(encoded, cut, pool))
    return VideoPackets(cut, pieces, clips, pool, reencoded=done)


class _RangeProgress:
    """Converts the progress of one range to that of the film."""

    def __init__(self, on_progress: OnProgress | None, done: int, frames: int, total: int) -> None:
        self.on_progress, self.done, self.frames, self.total = on_progress, done, frames, total

    def __call__(self, fraction: float) -> None:
        if self.on_progress:
            self.on_progress((self.done + fraction * self.frames) / self.total)


def _filters(cut: Cut, work: Path) -> list[str]:
    """The ffmpeg filters of grade and captions; their files are in `work`, so that no path needs escaping."""
    finish = cut.finish
    filters = (
        grade.lut_filters(grade.write_luts(finish.grade, work), from_s=finish.graded_from_s) if finish.grade else []
    )
    if finish.burned:
        filters.append(captions.burn_filter(finish.burned, cut.width, cut.height, work))
    return filters


def _ranges_to_encode(cut: Cut, clip: SourceClip, pool: ContainerPool) -> list[tuple[int, int, bool]]:
    """(first, last, whether a caption changes it) of the whole film, split where copying may start and end."""
    points = [0, *copy_points(clip, pool, cut.fps)]
    ranges: list[tuple[int, int, bool]] = []
    for first, last in pairwise(points):
        if last <= first:
            continue
        is_changed = any(_overlaps(line, first, last, cut.fps) for line in cut.finish.burned)
        if ranges and ranges[-1][2] is is_changed:
            ranges[-1] = (ranges[-1][0], last, is_changed)
        else:
            ranges.append((first, last, is_changed))
    return ranges


def _overlaps(line: CaptionLine, first: int, last: int, fps: Fraction) -> bool:
    return line.start_s * fps < last and line.end_s * fps > first


def _burn_args(cut: Cut, joined: Path, first: int, count: int, filters: str) -> list[str]:
    """ffmpeg arguments to encode `count` frames from `first`. Times come from frame numbers, so captions are exact."""
    seek_s = max(0.0, float((first - Fraction(1, 2)) / cut.fps))
    clock = f"setpts=(N+{first})/({cut.fps}*TB)"
    picture = f"{COLOUR_TAGS},{clock},{filters},setpts=N/({cut.fps}*TB),{COLOUR_TAGS}"
    args = ["-ss", f"{seek_s:.6f}", "-i", str(joined.resolve()), "-map", "0:v:0", "-vf", picture]
    return [*args, "-frames:v", str(count), *_encoder_args(cut)]


def add_subtitles(joined: Path, out: Path, cut: Cut, work: Path, cancelled: Cancelled | None) -> None:
    """Copy the film with a subtitle track that the viewer can switch on."""
    (work / "soft.srt").write_text(captions.as_subtitles(cut.finish.soft), encoding="utf-8")
    args = [
        "-i",
        str(joined.resolve()),
        "-i",
        str((work / "soft.srt").resolve()),
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
    ]
    args += ["-c:s", "mov_text", "-metadata:s:s:0", f"language={cut.finish.soft_language}"]
    run_ffmpeg([*args, "-movflags", "use_metadata_tags+faststart"], out, cancelled=cancelled)
