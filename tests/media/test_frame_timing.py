"""When each frame of a clip is shown, read from its packets."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from studio.errors import MediaError
from studio.media.frame_timing import frame_timing
from tests.support import samples
from tests.support.numbered import numbered

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize("rate", ["16", "24000/1001", "24", "25", "30000/1001", "30", "60"])
def test_a_constant_rate_is_a_fraction(tmp_path: Path, rate: str) -> None:
    timing = frame_timing(numbered(tmp_path / "a.mp4", Fraction(rate), count=20))
    assert (timing.rate, timing.frames, timing.start_s) == (Fraction(rate), 20, 0.0)
    assert timing.constant and timing.times is None


@pytest.mark.parametrize(("codec", "rate"), [("libvpx", NTSC), ("libvpx-vp9", Fraction(60000, 1001))])
def test_times_rounded_to_milliseconds_and_hidden_frames_hide_no_rate(
    tmp_path: Path, codec: str, rate: Fraction
) -> None:
    hidden = {"auto-alt-ref": "1", "lag-in-frames": "16"}
    timing = frame_timing(numbered(tmp_path / "a.webm", rate, count=60, codec=codec, options=hidden))
    assert (timing.rate, timing.frames, timing.constant) == (rate, 60, True)


def test_a_variable_rate_has_the_time_of_each_frame(tmp_path: Path) -> None:
    ticks = [0, 1, 3, 4, 8, 11, 12, 20, 21, 22]
    timing = frame_timing(numbered(tmp_path / "a.mp4", Fraction(60), count=len(ticks), ticks=ticks))
    assert not timing.constant and timing.times == tuple(round(n / 60, 6) for n in ticks)
    assert [timing.frame_at(timing.middle_s(n)) for n in range(len(ticks))] == list(range(len(ticks)))
    assert (timing.frame_at(-1), timing.frame_at(19.9 / 60), timing.frame_at(9)) == (0, 6, 9)


def test_frame_zero_starts_where_the_picture_does(tmp_path: Path) -> None:
    """Behind its sound, on a time line that starts late, and behind what an edit list leaves out."""
    clip = numbered(tmp_path / "a.mp4", Fraction(25))
    late, cut = tmp_path / "late.mp4", tmp_path / "cut.mp4"
    sine = ("-f", "lavfi", "-i", "sine=440:d=2")
    samples.run("-itsoffset", "0.5", "-i", clip, *sine, "-map", "0:v", "-map", "1:a", "-c:v", "copy", late)
    samples.run("-ss", "1.4", "-i", clip, "-c", "copy", cut)
    assert (frame_timing(late).start_s, frame_timing(late).frames) == (0.5, 90)
    assert (frame_timing(cut).start_s, frame_timing(cut).frames) == (0.0, 90 - 35)


def test_a_single_frame(tmp_path: Path) -> None:
    timing = frame_timing(numbered(tmp_path / "a.mp4", Fraction(24), count=1))
    assert (timing.rate, timing.frames, timing.frame_at(3)) == (24, 1, 0)


def test_a_sound_has_no_frames(tmp_path: Path) -> None:
    samples.run("-f", "lavfi", "-i", "sine=440:d=1", tmp_path / "a.m4a")
    with pytest.raises(MediaError, match="picture"):
        frame_timing(tmp_path / "a.m4a")
