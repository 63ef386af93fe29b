"""Finishing the joined film: a grade over all of it, words on parts of it, subtitles beside it.

Only the groups of pictures under words are encoded again; a grade touches every frame. ffmpeg draws each stretch from
one input, so memory does not grow with the film.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from studio.media import captions, grade
from studio.media.clips import TAGS, Clip, Shelf, survey
from studio.media.cut import Cut, Line
from studio.media.files import Cancelled, OnProgress, run_ffmpeg
from studio.media.picture import Copy, Packets, edges

PRELIMINARY_CRF = 12
"""Quality of what is encoded before finishing encodes it once more."""


def needed(cut: Cut) -> bool:
    """True when the joined pictures are not yet the film's."""
    return bool(cut.finish.burned) or cut.finish.grade not in (None, grade.Grade())


def preliminary(cut: Cut) -> Cut:
    """The cut as it is joined before finishing: finer where encoded."""
    return replace(cut, crf=min(cut.crf, PRELIMINARY_CRF)) if needed(cut) else cut


def finished(
    cut: Cut,
    joined: Path,
    work: Path,
    shelf: Shelf,
    *,
    reorder: int,
    on_progress: OnProgress | None,
    cancelled: Cancelled | None,
) -> Packets:
    """The film's packets with grade and words drawn in. work: a folder for the drawn stretches.

    reorder: of the joined film, whose header knows only its own encoder's.
    """
    clip = replace(survey(joined, cut, shelf), reorder=reorder)
    chain = _chain(cut, work)
    parts = _touched(cut, clip, shelf)
    pieces: list[Copy] = []
    clips = [clip]
    done = 0
    for number, (first, last, is_touched) in enumerate(parts):
        if not is_touched:
            pieces.append(Copy(joined, first, last))
            continue
        drawn = work / f"drawn-{number}.mp4"
        share = _Share(on_progress, done, last - first, clip.frames)
        run_ffmpeg(
            _draw(cut, joined, first, last - first, chain),
            drawn,
            duration_s=float((last - first) / cut.fps),
            on_progress=share,
            cancelled=cancelled,
            folder=work,
        )
        done += last - first
        pieces.append(Copy(drawn, 0, last - first))
        clips.append(survey(drawn, cut, shelf))
    return Packets(cut, list(pieces), clips, shelf, redrawn=done)


class _Share:
    """Turns the progress of one stretch into the film's."""

    def __init__(self, tell: OnProgress | None, done: int, frames: int, total: int) -> None:
        self.tell, self.done, self.frames, self.total = tell, done, frames, total

    def __call__(self, fraction: float) -> None:
        if self.tell:
            self.tell((self.done + fraction * self.frames) / self.total)


def _chain(cut: Cut, work: Path) -> str:
    """The filters, with their files in `work` (so that no path needs escaping)."""
    steps = []
    if cut.finish.grade:
        tables = grade.tables(cut.finish.grade, work)
        steps += ["format=gbrp", *(f"lut3d=file={table.name}:interp=tetrahedral" for table in tables)] if tables else []
    if steps:
        steps.append("scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv420p")
    if cut.finish.burned:
        steps.append(captions.drawing(cut.finish.burned, cut.width, cut.height, work))
    return ",".join(steps)


def _touched(cut: Cut, clip: Clip, shelf: Shelf) -> list[tuple[int, int, bool]]:
    """(first, last, whether to draw) over the whole film, on edges where copying may begin and end."""
    if cut.finish.grade not in (None, grade.Grade()):
        return [(0, clip.frames, True)]
    marks = [0, *edges(clip, shelf, cut.fps)]
    parts: list[tuple[int, int, bool]] = []
    for first, last in pairwise(marks):
        if last <= first:
            continue
        touched = any(_covers(line, first, last, cut.fps) for line in cut.finish.burned)
        if parts and parts[-1][2] is touched:
            parts[-1] = (parts[-1][0], last, touched)
        else:
            parts.append((first, last, touched))
    return parts


def _covers(line: Line, first: int, last: int, fps: Fraction) -> bool:
    return line.start_s * fps < last and line.end_s * fps > first


def _draw(cut: Cut, joined: Path, first: int, count: int, chain: str) -> list[str]:
    """Arguments that draw `count` frames from `first` on. Times are set from frame numbers, so words come on time."""
    seek_s = max(0.0, float((first - Fraction(1, 2)) / cut.fps))
    clock = f"setpts=(N+{first})/({cut.fps}*TB)"
    picture = f"{TAGS},{clock},{chain},setpts=N/({cut.fps}*TB),{TAGS}"
    args = ["-ss", f"{seek_s:.6f}", "-i", str(joined.resolve()), "-map", "0:v:0", "-vf", picture]
    args += [
        "-frames:v",
        str(count),
        "-r",
        str(cut.fps),
        "-c:v",
        "libx264",
        "-preset",
        cut.preset,
        "-crf",
        str(cut.crf),
    ]
    return [*args, "-g", str(round(cut.fps)), "-bf", "2"]


def with_subtitles(film: Path, out: Path, cut: Cut, work: Path, cancelled: Cancelled | None) -> None:
    """Copy the film and add a subtitle track the viewer can switch on."""
    (work / "soft.srt").write_text(captions.as_subtitles(cut.finish.soft), encoding="utf-8")
    args = ["-i", str(film.resolve()), "-i", str((work / "soft.srt").resolve()), "-map", "0", "-map", "1", "-c", "copy"]
    args += ["-c:s", "mov_text", "-metadata:s:s:0", f"language={cut.finish.soft_language}"]
    run_ffmpeg([*args, "-movflags", "use_metadata_tags+faststart"], out, cancelled=cancelled)
