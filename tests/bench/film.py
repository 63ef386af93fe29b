"""Films: joining six matching 5 s 720p clips against ffmpeg's own stream copy and MoviePy; crossfades against one
ffmpeg command; memory with few and many clips; a board drafted from cold, one edited shot.

python -m tests.bench film [--quick | --board | --fades]

--quick leaves MoviePy out; --board makes the figures of the board alone, --fades those of crossfades.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from studio.film.render import render
from studio.film.timeline import Cut, CutClip, Transition
from studio.media.files import ffmpeg
from tests.bench import _board

CLIPS, SECONDS, FPS, FADE_S = 6, 5, 30, 0.5
FADE_GOALS = {"key frame each second": 0.5, "one key frame per clip": 1.1}
CRF, PRESET = "17", "veryfast"


def main(argv: list[str]) -> None:
    """Print one JSON line per figure."""
    if argv[:1] == ["--memory"]:
        _memory_child(Path(argv[1]), int(argv[2]), argv[3])
        return
    fades_only = "--fades" in argv
    if not fades_only:
        _board.animatic(_say)
    if "--board" in argv:
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for key_s in (1, SECONDS):
            clips = [_clip(folder / f"k{key_s}-{n}.mp4", n, key_s) for n in range(CLIPS)]
            label = "key frame each second" if key_s == 1 else "one key frame per clip"
            if not fades_only:
                _cuts(folder, clips, label)
            _crossfades(folder, clips, label)
            if key_s == 1 and not fades_only:
                if "--quick" not in argv:
                    _moviepy(folder, clips)
                _memory(clips)


def _clip(path: Path, number: int, key_s: int) -> Path:
    picture = f"testsrc2=s=1280x720:r={FPS}:d={SECONDS},noise=alls=3:allf=t,rotate={number + 1}*t/9"
    tone = f"sine={(number + 1) * 110}:d={SECONDS}:r=48000"
    args = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone, "-ac", "2", "-pix_fmt", "yuv420p"]
    _run(
        [
            *args,
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-crf",
            "20",
            "-g",
            str(FPS * key_s),
            "-c:a",
            "aac",
            str(path),
        ]
    )
    return path


def _run(args: list[str]) -> None:
    subprocess.run([ffmpeg(), "-v", "error", "-nostdin", "-y", *args], check=True)


def _timed(*works: Callable[[], object], turns: int) -> list[tuple[float, float]]:
    """Median wall and CPU seconds (children included) of each work, run in turns so that all see the same machine."""
    taken: list[list[tuple[float, float]]] = [[] for _ in works]
    for turn in range(turns + 1):
        for work, times in zip(works, taken, strict=True):
            wall, cpu = time.perf_counter(), _cpu_s()
            work()
            if turn:  # the first one warms up
                times.append((time.perf_counter() - wall, _cpu_s() - cpu))
    return [(statistics.median(w for w, _ in t), statistics.median(c for _, c in t)) for t in taken]


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _film(clips: list[Path], transition: Transition) -> Cut:
    shots = tuple(CutClip(clip, transition=transition, transition_s=FADE_S) for clip in clips)
    return Cut(shots, 1280, 720, Fraction(FPS), crf=int(CRF), preset=PRESET)


def _say(name: str, **figures: object) -> None:
    rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({"bench": "film", "name": name} | rounded), flush=True)


def _cuts(folder: Path, clips: list[Path], label: str) -> None:
    listed = folder / "list.txt"
    listed.write_text("".join(f"file '{clip}'\n" for clip in clips))
    copy = ["-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy", "-movflags", "+faststart"]
    ours, theirs = _timed(
        lambda: render(_film(clips, Transition.CUT), folder / "cuts.mp4"),
        lambda: _run([*copy, str(folder / "copy.mp4")]),
        turns=11,
    )
    figures = {"wall_s": ours[0], "ffmpeg_wall_s": theirs[0], "cpu_s": ours[1], "ffmpeg_cpu_s": theirs[1]}
    _say(f"cuts, {label}", ratio_wall=ours[0] / theirs[0], ratio_cpu=ours[1] / theirs[1], goal=1.3, **figures)


def _crossfades(folder: Path, clips: list[Path], label: str) -> None:
    graph, args = _xfade(clips)
    args += ["-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-c:v", "libx264", "-preset", PRESET, "-crf", CRF]
    args += ["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart"]
    ours, theirs = _timed(
        lambda: render(_film(clips, Transition.CROSSFADE), folder / "fades.mp4"),
        lambda: _run([*args, str(folder / "xfade.mp4")]),
        turns=1,
    )
    figures = {"wall_s": ours[0], "ffmpeg_wall_s": theirs[0], "cpu_s": ours[1], "ffmpeg_cpu_s": theirs[1]}
    _say(
        f"crossfades, {label}",
        ratio_wall=ours[0] / theirs[0],
        ratio_cpu=ours[1] / theirs[1],
        goal=FADE_GOALS[label],
        **figures,
    )


def _xfade(clips: list[Path]) -> tuple[str, list[str]]:
    args: list[str] = []
    for clip in clips:
        args += ["-i", str(clip)]
    steps, picture, sound = [], "0:v", "0:a"
    for number in range(1, len(clips)):
        last = number == len(clips) - 1
        names = ("v", "a") if last else (f"v{number}", f"a{number}")
        offset = number * (SECONDS - FADE_S)
        steps.append(f"[{picture}][{number}:v]xfade=transition=fade:duration={FADE_S}:offset={offset}[{names[0]}]")
        steps.append(f"[{sound}][{number}:a]acrossfade=d={FADE_S}[{names[1]}]")
        picture, sound = names
    return ";".join(steps), args


def _moviepy(folder: Path, clips: list[Path]) -> None:
    def join() -> None:
        from moviepy import VideoFileClip, concatenate_videoclips

        parts = [VideoFileClip(str(clip)) for clip in clips]
        film = concatenate_videoclips(parts)
        target = str(folder / "moviepy.mp4")
        film.write_videofile(target, codec="libx264", audio_codec="aac", preset=PRESET, logger=None)
        for part in parts:
            part.close()

    wall, cpu = time.perf_counter(), _cpu_s()
    join()
    theirs = time.perf_counter() - wall, _cpu_s() - cpu
    (ours,) = _timed(lambda: render(_film(clips, Transition.CUT), folder / "cuts.mp4"), turns=5)
    figures = {"wall_s": ours[0], "moviepy_wall_s": theirs[0], "cpu_s": ours[1], "moviepy_cpu_s": theirs[1]}
    _say(
        "cuts, times faster than MoviePy",
        ratio_wall=theirs[0] / ours[0],
        ratio_cpu=theirs[1] / ours[1],
        goal=10,
        **figures,
    )


def _memory(clips: list[Path]) -> None:
    """Peak memory of a fresh process that makes the film from 6 and from 24 clips."""
    for kind in (Transition.CUT, Transition.CROSSFADE):
        peaks = {}
        for count in (CLIPS, CLIPS * 4):
            command = [sys.executable, "-m", "tests.bench", "film", "--memory", str(clips[0].parent), str(count), kind]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            peaks[count] = float(done.stdout.split()[-1])
        few, many = peaks.values()
        _say(f"memory, {kind}", mb_6_clips=few, mb_24_clips=many, ratio=many / few)


def _memory_child(folder: Path, count: int, kind: str) -> None:
    clips = sorted(folder.glob("k1-*.mp4"))
    film = _film([clips[n % len(clips)] for n in range(count)], Transition(kind))
    render(film, folder / f"memory-{count}.mp4")
    status = Path("/proc/self/status").read_text()  # getrusage would tell the parent's peak until the exec
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
