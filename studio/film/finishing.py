"""Finishing the film: a grade over all of it, words on parts of it, subtitles beside it.

A grade touches every frame, so each is drawn once, with the shots' own colours, transitions, grade and words, and
encoded once. Words alone are drawn into the joined film, where only the groups of pictures under them are encoded
again. ffmpeg draws from one stream, so memory does not grow with the film.
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
from studio.film.clips import TAGS, Shelf, SourceClip, fitted, survey
from studio.film.timeline import CaptionLine, Cut, Tone
from studio.film.video_track import Copy, Packets, Piece, drawn, edges
from studio.media import cube
from studio.media.files import Cancelled, OnProgress, run_ffmpeg

if TYPE_CHECKING:
    from PIL import Image

PRELIMINARY_CRF = 12
"""Quality of what is encoded before words are drawn into it and it is encoded once more."""
TONE_SIDE = 33
KEPT_FRAMES = 6
"""Frames of takes kept for previews, a few MB each."""


def whole(cut: Cut) -> bool:
    """True when every frame of the film changes, so that all are drawn."""
    return cut.finish.grade is not None and bool(
        not grade.neutral(cut.finish.grade) or (cut.finish.grade.lut and cut.finish.grade.lut_strength > 0)
    )


def needed(cut: Cut) -> bool:
    """True when words are to be drawn into the joined pictures."""
    return bool(cut.finish.burned) and not whole(cut)


def preliminary(cut: Cut) -> Cut:
    """The cut as it is joined before finishing: finer where encoded."""
    return replace(cut, crf=min(cut.crf, PRELIMINARY_CRF)) if needed(cut) else cut


def tables(cut: Cut, work: Path) -> list[Path | None]:
    """The shots' own colour tables, written into `work`; None for shots that keep their colours."""
    return [_table(shot.tone, work / f"tone-{number}.cube") for number, shot in enumerate(cut.shots)]


def _table(tone: Tone | None, path: Path) -> Path | None:
    return cube.write(path, colour_match.table(tone, cube.grid(TONE_SIDE))) if tone else None


def drawn_whole(
    cut: Cut, pieces: list[Piece], work: Path, *, on_progress: OnProgress | None, cancelled: Cancelled | None
) -> Path:
    """All frames of the film with grade and words, encoded once, into `work`."""
    out = work / "drawn.mp4"
    chain = ",".join([TAGS, *_chain(cut, work), TAGS])
    length_s = sum(take.last - take.first for piece in pieces for take in getattr(piece, "takes", ())) / cut.fps
    run_ffmpeg(
        [*_raw(cut), "-vf", chain, *_encoder(cut)],
        out,
        duration_s=float(length_s),
        on_progress=on_progress,
        cancelled=cancelled,
        folder=work,
        feed=(frame.to_ndarray().tobytes() for frame in drawn(pieces, cut)),
    )
    return out


def _raw(cut: Cut) -> list[str]:
    size = f"{cut.width}x{cut.height}"
    return ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", size, "-framerate", str(cut.fps), "-i", "pipe:0"]


def _encoder(cut: Cut) -> list[str]:
    args = ["-r", str(cut.fps), "-c:v", "libx264", "-preset", cut.preset, "-crf", str(cut.crf)]
    return [*args, "-g", str(round(cut.fps)), "-bf", "2"]


def still(cut: Cut, number: int, at_s: float, shown_s: float, *, max_side_px: int) -> Image.Image:
    """One frame of shot `number` as the film shows it, through the film's own filters.

    at_s: on the clip's clock; shown_s: on the film's, for the words. Raises MediaError.
    """
    from PIL import Image

    shot = cut.shots[number]
    scale = min(1.0, max_side_px / max(cut.width, cut.height))
    size = (round(cut.width * scale / 2) * 2, round(cut.height * scale / 2) * 2)
    words = tuple(line for line in cut.finish.burned if line.start_s <= shown_s < line.end_s)
    frame = _frame(shot.path, shot.path.stat().st_mtime_ns, round(at_s, 3), cut.width, cut.height, cut.fps)
    with TemporaryDirectory() as folder:
        work = Path(folder)
        own = _table(shot.tone, work / "tone.cube")
        seen = replace(cut, finish=replace(cut.finish, burned=words))
        steps = [TAGS, *grade.chain([own] if own else []), TAGS, f"setpts={shown_s:.4f}/TB", *_chain(seen, work)]
        steps += [
            TAGS,
            f"scale={size[0]}:{size[1]}:flags=area+accurate_rnd+full_chroma_int:out_range=pc",
            "format=rgb24",
        ]
        out = work / "still.raw"
        args = [*_raw(cut), "-vf", ",".join(steps), "-frames:v", "1", "-f", "rawvideo"]
        run_ffmpeg(args, out, folder=work, feed=[frame], limit_s=30)
        return Image.frombytes("RGB", size, out.read_bytes())


@lru_cache(maxsize=KEPT_FRAMES)
def _frame(path: Path, changed: int, at_s: float, width: int, height: int, fps: Fraction) -> bytes:
    """The clip's frame on screen at at_s as yuv420p in the film's format. changed: of the file, so that no old one is
    given."""
    cut = Cut((), width, height, fps)
    with Shelf() as shelf:
        clip = survey(path, cut, shelf)
    steps = [] if clip.fits else [fitted(clip, cut)]
    last = max(0.0, clip.length_s - float(1 / cut.fps))
    seek_s = max(0.0, min(at_s, last) - float(Fraction(1, 2) / cut.fps))
    with TemporaryDirectory() as folder:
        out = Path(folder) / "frame.raw"
        args = ["-ss", f"{seek_s:.6f}", "-i", str(path.resolve()), "-map", "0:v:0", "-vf", ",".join([*steps, TAGS])]
        run_ffmpeg([*args, "-frames:v", "1", "-pix_fmt", "yuv420p", "-f", "rawvideo"], out, limit_s=60)
        return out.read_bytes()


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
    """The joined film's packets with the words drawn in. work: a folder for the drawn stretches.

    reorder: of the joined film, whose header knows only its own encoder's.
    """
    clip = replace(survey(joined, cut, shelf), reorder=reorder)
    chain = ",".join(_chain(cut, work))
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


def _chain(cut: Cut, work: Path) -> list[str]:
    """The filters, with their files in `work` (so that no path needs escaping)."""
    finish = cut.finish
    steps = grade.chain(grade.tables(finish.grade, work), from_s=finish.graded_from_s) if finish.grade else []
    if finish.burned:
        steps.append(captions.drawing(finish.burned, cut.width, cut.height, work))
    return steps


def _touched(cut: Cut, clip: SourceClip, shelf: Shelf) -> list[tuple[int, int, bool]]:
    """(first, last, whether to draw) over the whole film, on edges where copying may begin and end."""
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


def _covers(line: CaptionLine, first: int, last: int, fps: Fraction) -> bool:
    return line.start_s * fps < last and line.end_s * fps > first


def _draw(cut: Cut, joined: Path, first: int, count: int, chain: str) -> list[str]:
    """Arguments that draw `count` frames from `first` on. Times are set from frame numbers, so words come on time."""
    seek_s = max(0.0, float((first - Fraction(1, 2)) / cut.fps))
    clock = f"setpts=(N+{first})/({cut.fps}*TB)"
    picture = f"{TAGS},{clock},{chain},setpts=N/({cut.fps}*TB),{TAGS}"
    args = ["-ss", f"{seek_s:.6f}", "-i", str(joined.resolve()), "-map", "0:v:0", "-vf", picture]
    return [*args, "-frames:v", str(count), *_encoder(cut)]


def with_subtitles(film: Path, out: Path, cut: Cut, work: Path, cancelled: Cancelled | None) -> None:
    """Copy the film and add a subtitle track the viewer can switch on."""
    (work / "soft.srt").write_text(captions.as_subtitles(cut.finish.soft), encoding="utf-8")
    args = ["-i", str(film.resolve()), "-i", str((work / "soft.srt").resolve()), "-map", "0", "-map", "1", "-c", "copy"]
    args += ["-c:s", "mov_text", "-metadata:s:s:0", f"language={cut.finish.soft_language}"]
    run_ffmpeg([*args, "-movflags", "use_metadata_tags+faststart"], out, cancelled=cancelled)
