"""Colour match: a shot comes closer to the one before it, never goes wild, and the rest of the film is copied."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from studio.film import colour_match, finishing
from studio.film.render import render
from studio.film.timeline import Cut, CutClip, Finish, Grade, Tone, Transition
from studio.media import cube
from studio.media.encode import to_rgb
from tests.support import samples

FPS = 24
WARM = "eq=brightness=0.08:contrast=0.85,colorbalance=rm=0.2:bm=-0.2:rs=0.1:bs=-0.1:rh=0.1:bh=-0.1"
TAGS = "format=yuv420p,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
CODE = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-g", str(FPS))


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same scene twice, the second time lighter, flatter and warmer: 1 s each."""
    folder = tmp_path_factory.mktemp("match")
    hills = "gradients=s=320x180:c0=0x20304a:c1=0x9fb4c8:c2=0x556b3a:n=3:d=1:r=24:seed=3:speed=0.02"
    for name, look in (("plain", hills), ("warm", f"{hills},{WARM}")):
        samples.run(
            "-f",
            "lavfi",
            "-i",
            f"{look},scale=out_color_matrix=bt709:out_range=tv,{TAGS}",
            *CODE,
            folder / f"{name}.mp4",
        )
    return folder / "plain.mp4", folder / "warm.mp4"


def film(clips: tuple[Path, Path], tone: Tone | None, transition: Transition = Transition.CUT, **more) -> Cut:
    first, second = clips
    return Cut((CutClip(first, transition=transition), CutClip(second, tone=tone)), 320, 180, Fraction(FPS), **more)


def sample_at(path: Path, t_s: float) -> np.ndarray:
    return colour_match.sample(path, (t_s,))


def test_display_colours_survive_the_way_through_oklab() -> None:
    colours = cube.grid(9)
    assert np.abs(colour_match.display(colour_match.oklab(colours)) - colours).max() < 1e-4


def test_a_matched_shot_is_closer_to_the_one_before_and_strength_says_how_much(
    shots: tuple[Path, Path], tmp_path: Path
) -> None:
    reference, sample = sample_at(shots[0], 0.9), sample_at(shots[1], 0.1)
    distance_before = colour_match.distance(reference, sample)
    assert distance_before > 0.06
    remaining = []
    for strength in (0.5, 1.0):
        report = render(film(shots, colour_match.tone(sample, reference, strength)), tmp_path / "film.mp4")
        assert (report.frames, report.copied, report.encoded) == (48, 24, 24)
        remaining.append(colour_match.distance(reference, sample_at(tmp_path / "film.mp4", 1.1)) / distance_before)
    assert 0.35 < remaining[0] < 0.75 and remaining[1] < 0.3


def test_shots_that_agree_need_no_tone_and_the_film_is_copied(shots: tuple[Path, Path], tmp_path: Path) -> None:
    same = sample_at(shots[0], 0.5)
    assert colour_match.tone(same, same) is None
    assert colour_match.tone(same, sample_at(shots[1], 0.5), strength=0) is None
    assert render(film(shots, None), tmp_path / "film.mp4").encoded == 0


def test_a_wild_reference_moves_a_shot_within_bounds_and_keeps_black_and_white() -> None:
    rng = np.random.default_rng(1)
    grey = colour_match.oklab(np.clip(rng.normal(0.5, 0.2, (4000, 1)) + rng.normal(0, 0.02, (4000, 3)), 0, 1))
    red = colour_match.oklab(np.clip(rng.normal((0.95, 0.02, 0.02), 0.05, (4000, 3)), 0, 1))
    tone = colour_match.tone(grey, red)
    assert (
        tone
        and abs(tone.shift[0]) <= colour_match.MAX_LIGHTNESS_SHIFT
        and np.hypot(*tone.shift[1:]) <= colour_match.MAX_CHROMA_SHIFT + 1e-4
    )
    lut = colour_match.lut(tone, cube.grid(17))
    assert np.abs(lut[0, 0, 0]).max() < 0.02 and np.abs(lut[-1, -1, -1] - 1).max() < 0.02
    greys = colour_match.oklab(np.repeat(np.linspace(0, 1, 33)[:, None], 3, axis=1))
    light = colour_match.apply(greys, tone)[:, 0]
    assert (np.diff(light) >= 0).all()


def test_a_crossfade_blends_the_matched_shot_not_the_raw_one(shots: tuple[Path, Path], tmp_path: Path) -> None:
    tone = colour_match.tone(sample_at(shots[1], 0.1), sample_at(shots[0], 0.9))
    report = render(film(shots, tone, Transition.CROSSFADE), tmp_path / "film.mp4")
    assert report.frames == 36
    reference = sample_at(shots[0], 0.9)
    for t_s in (0.6, 0.75, 0.9, 1.2):
        assert colour_match.distance(reference, sample_at(tmp_path / "film.mp4", t_s)) < 0.03


def test_match_and_grade_are_one_encode_and_the_still_shows_the_film(shots: tuple[Path, Path], tmp_path: Path) -> None:
    tone = colour_match.tone(sample_at(shots[1], 0.1), sample_at(shots[0], 0.9))
    look = Finish(grade=Grade(exposure=0.4, shadows=(0.0, 0.0, 0.3)))
    cut = film(shots, tone, Transition.CROSSFADE, finish=look, crf=4)
    report = render(cut, tmp_path / "film.mp4")
    assert (report.frames, report.encoded) == (36, 36)
    still = np.asarray(finishing.still(cut, 1, 0.75, 1.25, max_side_px=320), int)
    with av.open(str(tmp_path / "film.mp4")) as box:
        frame = to_rgb(next(islice(box.decode(video=0), 30, None))).astype(int)
    assert still.shape == frame.shape == (180, 320, 3)
    assert np.abs(still.mean(axis=(0, 1)) - frame.mean(axis=(0, 1))).max() < 1
    assert np.abs(still - frame).mean() < 1.5
