"""Clips are written with true colours, whole or not at all, and sound as long as the picture."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from studio.errors import MediaError
from studio.media.encode import VideoWriter, from_rgb
from tests.support.drafts import frames, sound, tone

COLOURS = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (255, 255, 255), (200, 120, 40)], np.uint8)


def bars() -> np.ndarray:
    return np.repeat(np.repeat(COLOURS[None], 64, 0), 32, 1)


def written(path: Path, count: int, fps: int, *, channels: int = 2, **more: object) -> Path:
    with VideoWriter(path, width=192, height=64, fps=fps, channels=channels, **more) as out:  # type: ignore[arg-type]
        for _ in range(count):
            out.write_rgb(bars())
            if channels:
                out.write_sound(tone(out.sound_due / 48_000, 440)[: out.sound_due])
    return path


def test_all_four_colour_tags_say_709_limited(tmp_path: Path) -> None:
    with av.open(str(written(tmp_path / "a.mp4", 5, 24))) as box:
        stream = box.streams.video[0].codec_context
        tags = (stream.colorspace, stream.color_range, stream.color_primaries, stream.color_trc)
    assert tags == (1, 1, 1, 1)


def test_colours_come_back_within_two_steps(tmp_path: Path) -> None:
    shown = frames(written(tmp_path / "a.mp4", 5, 24, crf=16))[2]
    for n, colour in enumerate(COLOURS):
        got = shown[20:44, n * 32 + 8 : n * 32 + 24].reshape(-1, 3).mean(axis=0)
        assert np.abs(got - colour).max() <= 2, (colour, got)


@pytest.mark.parametrize(("count", "fps"), [(60, 30), (37, 24), (18, 12), (50, 25)])
def test_sound_is_as_long_as_the_picture(tmp_path: Path, count: int, fps: int) -> None:
    path = written(tmp_path / "a.mp4", count, fps)
    with av.open(str(path)) as box:
        video, audio = box.streams.video[0], box.streams.audio[0]
        assert video.frames == count
        assert float(video.duration * video.time_base) == pytest.approx(count / fps, abs=1e-3)  # type: ignore[operator]
        assert float(audio.duration * audio.time_base) == pytest.approx(count / fps, abs=1e-3)  # type: ignore[operator]
    assert np.abs(sound(path)[4800 : 48_000 * count // fps - 4800]).max() > 0.2


def test_a_key_frame_each_second_and_the_index_in_front(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", 50, 24)
    with av.open(str(path)) as box:
        keys = [n for n, frame in enumerate(box.decode(video=0)) if frame.key_frame]
    assert keys == [0, 24, 48]
    content = path.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_metadata_of_any_text_survives(tmp_path: Path) -> None:
    text = '{"prompt": "雨夜 \\"neon\\"\\nnew line"}'
    with av.open(str(written(tmp_path / "a.mp4", 5, 24, metadata={"studio": text, "comment": "x"}))) as box:
        assert box.metadata["studio"] == text


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path / "a.mp4", 30, 24).read_bytes() == written(tmp_path / "b.mp4", 30, 24).read_bytes()


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), VideoWriter(tmp_path / "a.mp4", width=64, height=64, fps=24) as out:
        out.write_rgb(np.zeros((64, 64, 3), np.uint8))
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")
    out = VideoWriter(path, width=64, height=64, fps=24)
    out.write_rgb(np.zeros((64, 64, 3), np.uint8))
    assert path.read_bytes() == b"old"
    out.close()
    assert len(path.read_bytes()) > 500


def test_odd_sides_and_empty_clips_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="even"):
        VideoWriter(tmp_path / "a.mp4", width=65, height=64, fps=24)
    with pytest.raises(MediaError, match="at least one frame"):
        VideoWriter(tmp_path / "a.mp4", width=64, height=64, fps=24).close()
    assert list(tmp_path.iterdir()) == []


def dirty_memory(turn: int) -> None:
    """Fill much of what is given back to the heap with noise, which the next allocation finds there."""
    rng = np.random.default_rng(turn)
    kept = [rng.integers(0, 256, int(size), np.uint8) for size in rng.choice((512, 4000, 20_000, 60_000, 100_000), 300)]
    kept += [rng.integers(0, 256, size, np.uint8) for size in (30_000, 60_000, 120_000, 200_000)]


def shaken_rain() -> list[av.VideoFrame]:
    """A picture that shakes behind streaks: every block is looked for in both directions."""
    rng = np.random.default_rng(1)
    wide = cv2.GaussianBlur(rng.integers(0, 256, (180, 330, 3), np.uint8), (0, 0), 2)
    shaken = [np.ascontiguousarray(wide[:, n % 7 : n % 7 + 320]) for n in range(24)]
    for rgb in shaken:
        for x, y in rng.integers((320, 180), size=(60, 2)).tolist():
            cv2.line(rgb, (x, y), (x + 2, y + 14), (220, 220, 230), 1, cv2.LINE_AA)
    return [from_rgb(rgb) for rgb in shaken]


def test_the_same_frames_give_the_same_bytes_whatever_was_in_memory(tmp_path: Path) -> None:
    """Where the processor has AVX-512, x264's look-ahead would read beyond such rows of 20 macroblocks."""
    shaken, found = shaken_rain(), set[bytes]()
    for turn in range(5):
        dirty_memory(turn)
        with VideoWriter(tmp_path / "a.mp4", width=320, height=180, fps=24) as out:
            for frame in shaken:
                out.write(frame)
        found.add((tmp_path / "a.mp4").read_bytes())
    assert len(found) == 1
