"""The sound bed is quiet, even, free of clicks and the same for a seed; a user's sound is kept and followed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.animatic.sound import bed
from studio.animatic.sound.levels import Levels
from studio.animatic.text.reader import read
from tests.support.drafts import frames, made, sound, source_sound, tone

SECOND = 48_000


@pytest.mark.parametrize("word", sorted(bed.SOUNDS))
def test_every_sound_is_quiet_and_clean(word: str) -> None:
    made_ = bed.bed([(3 * SECOND, (word,))], seed=5)
    assert made_.shape == (3 * SECOND, 2)
    assert np.isfinite(made_).all()
    assert -30 < bed.loudness(made_) < -24
    assert np.abs(made_).max() <= 0.5
    assert np.abs(made_[[0, -1]]).max() < 1e-3, "it starts and ends in silence"


def test_every_sound_word_of_the_vocabulary_can_be_heard() -> None:
    heard = read("rain and thunder on a busy street, footsteps, music, birds, a campfire by the sea, wind").sounds
    assert len(heard) >= 8
    assert not [word for word in heard if word not in bed.SOUNDS]


def test_loudness_agrees_with_the_standard() -> None:
    """A 997 Hz sine at 0 dBFS on both sides is -0.0 LUFS, by ITU-R BS.1770-4 (one side: -3.01)."""
    assert bed.loudness(tone(3, 997, loud=1.0)) == pytest.approx(0.0, abs=0.1)
    assert bed.loudness(tone(3, 997, loud=0.1)) == pytest.approx(-20.0, abs=0.1)


def test_a_cut_is_a_crossfade_without_a_click() -> None:
    """Where wind meets the hum of a machine nothing jumps more than inside the two."""
    parts = [(SECOND, ("wind",)), (SECOND, ("hum",))]
    jump = np.abs(np.diff(bed.bed(parts, seed=2), axis=0)).max(axis=1)
    assert jump[SECOND - 3000 : SECOND + 6000].max() < 1.5 * max(jump[: SECOND // 2].max(), jump[-SECOND // 2 :].max())


def test_shots_that_sound_alike_share_one_bed() -> None:
    one = bed.bed([(2 * SECOND, ("sea",))], seed=1)
    two = bed.bed([(SECOND, ("sea",)), (SECOND, ("sea",))], seed=1)
    assert np.array_equal(one, two)


def test_silence_where_nothing_is_named_is_a_rooms_quiet() -> None:
    assert bed.loudness(bed.bed([(2 * SECOND, ())], seed=1)) == pytest.approx(-36, abs=1.5)


def test_a_clip_carries_the_bed_exactly_as_long_as_the_picture(tmp_path: Path) -> None:
    result = made(tmp_path, "text-to-video", "rain in the street", sound=True, duration_s=1.5, width=64, height=64)
    track = sound(result["path"])
    assert 1.5 * SECOND <= len(track) < 1.5 * SECOND + 1024
    assert -32 < bed.loudness(track[: int(1.5 * SECOND)]) < -23
    silent = made(tmp_path, "text-to-video", "rain in the street", sound=False, width=64, height=64)
    with pytest.raises(IndexError):
        sound(silent["path"])


def test_a_users_sound_is_kept_and_the_picture_follows_it(tmp_path: Path) -> None:
    """Half a second of silence, then a tone: the frames get brighter when it sounds, and the tone is in the file."""
    samples = np.concatenate((np.zeros((SECOND // 2, 2), np.float32), tone(0.5, 440)))
    inputs = {"audio_file": [source_sound(tmp_path / "in.wav", samples)]}
    result = made(tmp_path, "audio-to-video", "a forest at noon", inputs=inputs, sound=True)
    light = frames(result["path"])[:, :50].mean(axis=(1, 2, 3))
    assert light[20:].mean() > light[:10].mean() + 6
    track = sound(result["path"])[:, 0]
    assert np.abs(track[4800:19_200]).max() < 0.02
    assert np.sqrt(np.mean(track[28_800:43_200] ** 2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)


def test_the_spectrum_shows_where_a_tone_lies() -> None:
    low, high = (Levels([tone(1, hz)], 24, 24) for hz in (120, 4000))
    assert np.argmax(low.bands[12]) < 12 < 25 < np.argmax(high.bands[12])
    assert low.level[12] > 0.9


def test_levels_do_not_depend_on_the_frame_rate() -> None:
    samples = np.concatenate((tone(0.5, 300), np.zeros((SECOND // 2, 2), np.float32)))
    slow, fast = Levels([samples], 12, 12).level, Levels([samples], 60, 60).level
    assert slow[9] == pytest.approx(fast[47], abs=0.12)
