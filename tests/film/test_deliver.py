"""A film goes out in each platform's format, and what is wrong with it is found before."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from studio.errors import NotFound
from studio.film import quality, reframe
from studio.film.deliver import export
from studio.film.platforms import PRESETS, preset
from studio.film.timeline import CaptionLine
from studio.media import frames
from studio.media.validate import verify_decodes
from tests.support import samples


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "film.mp4"
    return samples.clip(path, seconds=1.5, width=640, height=360, fps=24, options=("-ac", "2"))


@pytest.mark.parametrize(
    ("name", "codec", "sound", "size"),
    [
        ("master", "h264", "aac", (640, 360)),
        ("master-h265", "hevc", "aac", (640, 360)),
        ("webm", "av1", "opus", (640, 360)),
        ("prores", "prores", "pcm_s24le", (640, 360)),
        ("x", "h264", "aac", (1280, 720)),
        ("gif", "gif", "", (480, 270)),
        ("webp", "webp", "", (480, 270)),
    ],
)
def test_every_form_decodes(
    film: Path, tmp_path: Path, name: str, codec: str, sound: str, size: tuple[int, int]
) -> None:
    exported = export(film, preset(name), tmp_path / "out")
    facts = verify_decodes(exported.path)
    assert (facts.codec, facts.audio_codec, facts.width, facts.height) == (codec, sound, *size)
    if sound:
        assert facts.duration_s == pytest.approx(1.5, abs=0.06) and facts.fps == 24
        assert facts.colour == "bt709"


def test_a_films_loudness_is_normalized(film: Path, tmp_path: Path) -> None:
    exported = export(film, replace(preset("youtube"), width=0, height=0), tmp_path / "out")
    assert exported.loudness and abs(exported.loudness.lufs - -14) < 0.6


def test_broadcast_gets_its_rate_and_level(film: Path, tmp_path: Path) -> None:
    exported = export(film, preset("broadcast"), tmp_path / "out")
    assert (exported.facts.fps, exported.facts.width, exported.facts.height) == (25.0, 1920, 1080)
    assert exported.loudness and abs(exported.loudness.lufs - -23) < 0.5


@pytest.fixture(scope="module")
def two_shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1 s with a busy square on the left, then 1 s with one on the right, on grey."""
    path = tmp_path_factory.mktemp("shots") / "film.mp4"
    square = "testsrc2=s=120x200:d=2:r=24"
    graph = "[0][1]overlay=x='if(lt(t,1),40,480)':y=80,format=yuv420p"
    samples.run(
        "-f",
        "lavfi",
        "-i",
        "color=gray:s=640x360:d=2:r=24",
        "-f",
        "lavfi",
        "-i",
        square,
        "-filter_complex",
        graph,
        path,
    )
    return path


def test_follow_keeps_detail_and_motion_in_the_picture(two_shots: Path, tmp_path: Path) -> None:
    positions = reframe.windows(two_shots, 9 / 16, (1.0,))
    assert [start for start, _ in positions] == [0, 1] and positions[0][1] < 0.25 and positions[1][1] > 0.75
    target = replace(preset("shorts"), width=270, height=480)
    exported = export(two_shots, target, tmp_path / "out", framing="follow", cuts_s=(1.0,))
    for t_s in (0.5, 1.5):
        frame = np.asarray(frames.grab(exported.path, t_s).convert("RGB"), int)
        assert frame.shape == (480, 270, 3) and frame.max(axis=2).std() > 40


def test_captions_stay_inside_the_safe_area(two_shots: Path, tmp_path: Path) -> None:
    target = replace(preset("reels"), width=270, height=480)
    exported = export(two_shots, target, tmp_path / "out", framing="fill", words=(CaptionLine(0, 2, "一二三 four"),))
    frame = np.asarray(frames.grab(exported.path, 0.5).convert("L"), int)
    rows = np.flatnonzero((frame > 225).any(axis=1))
    assert len(rows) and rows.max() < 480 * (1 - target.safe[2]) + 2


@pytest.mark.parametrize("framing", ["fit", "fill", "blur"])
def test_other_framings_fill_the_frame(two_shots: Path, tmp_path: Path, framing) -> None:
    exported = export(two_shots, replace(preset("reels"), width=270, height=480), tmp_path / "out", framing=framing)
    frame = np.asarray(frames.grab(exported.path, 0.2).convert("L"), int)
    assert (exported.facts.width, exported.facts.height) == (270, 480) and (frame[:20].mean() < 20) == (
        framing == "fit"
    )


def test_findings_have_their_time(tmp_path: Path) -> None:
    graph = "[0][1][2]concat=n=3,format=yuv420p[v]"
    parts = ("testsrc2=s=320x180:d=2:r=24", "color=black:s=320x180:d=1:r=24", "color=red:s=320x180:d=3:r=24")
    inputs = [a for part in parts for a in ("-f", "lavfi", "-i", part)]
    sound = "aevalsrc=if(lt(t\\,3)\\,clip(4*sin(2500*t)\\,-1\\,1)):d=6"
    args = (
        *inputs,
        "-f",
        "lavfi",
        "-i",
        sound,
        "-filter_complex",
        graph,
        "-map",
        "[v]",
        "-map",
        "3:a",
        "-c:a",
        "pcm_s16le",
    )
    samples.run(*args, tmp_path / "film.mov")
    findings = quality.inspect(tmp_path / "film.mov", preset("youtube"))
    by_code = {f.code: f for f in findings}
    assert by_code["black"].at_s == pytest.approx(2, abs=0.1)
    assert by_code["frozen"].length_s == pytest.approx(3, abs=0.2)
    assert by_code["silent"].at_s == pytest.approx(3, abs=0.1)
    assert "clipped" in by_code and "320x180" in by_code["small"].what


def test_a_good_film_has_no_findings(film: Path) -> None:
    assert [f for f in quality.inspect(film) if f.level != "note"] == []


def test_a_film_too_long_for_the_platform_is_an_error(film: Path) -> None:
    findings = quality.inspect(film, preset("tiktok"))
    assert findings[0].level == "error" and "at least 3 s" in findings[0].what


def test_presets_are_complete_and_unknown_ones_are_named() -> None:
    assert len({p.id for p in PRESETS}) == len(PRESETS) and all(p.source for p in PRESETS)
    assert all(Fraction(p.width, p.height) in (Fraction(16, 9), Fraction(9, 16)) for p in PRESETS if p.height)
    with pytest.raises(NotFound, match="youtube"):
        preset("vine")
