"""Words, looks, loudness and treble repair do what they say, and touch no more of the film than they must."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from studio.errors import MediaError
from studio.film import captions, grade, treble
from studio.film.render import render
from studio.film.timeline import CaptionLine, Cut, CutClip, Finish, Grade, SoundMix, Track
from studio.media import cube, frames
from studio.media.files import Stopped, run_ffmpeg
from tests.support import samples

FPS = 24


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4 s of grey with a quiet tone, a key frame each second."""
    path = tmp_path_factory.mktemp("finish") / "grey.mp4"
    return samples.clip(path, seconds=4, width=640, height=360, picture="color=gray", options=("-ac", "2"))


def film(clip: Path, **settings) -> Cut:
    return Cut((CutClip(clip),), 640, 360, Fraction(FPS), **settings)


def at(path: Path, t_s: float) -> np.ndarray:
    return np.asarray(frames.grab(path, t_s).convert("RGB"), int)


def test_words_are_drawn_in_our_font_and_only_their_seconds_are_encoded(clip: Path, tmp_path: Path) -> None:
    words = (CaptionLine(2.1, 2.9, "你好，世界"), CaptionLine(2.1, 2.9, "AI 生成", "label"))
    report = render(film(clip, finish=Finish(burned=words)), tmp_path / "film.mp4")
    assert (report.frames, report.copied, report.encoded) == (96, 72, 24)
    before, during = at(tmp_path / "film.mp4", 1.5), at(tmp_path / "film.mp4", 2.5)
    assert np.ptp(before) < 12 and np.ptp(at(tmp_path / "film.mp4", 3.5)) < 12
    caption, label = during[280:350, 200:440], during[5:60, 440:]
    for part in (caption, label):
        assert part.max() > 235 and part.min() < 30
    rows = np.flatnonzero(label.max(axis=(1, 2)) > 200)
    assert rows.max() - rows.min() >= 0.05 * 360  # the label's characters are 5 % of the shorter side high


def test_words_begin_and_end_on_their_frames(clip: Path, tmp_path: Path) -> None:
    render(film(clip, finish=Finish(burned=(CaptionLine(1.5, 2.5, "X", "title"),))), tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as box:
        is_captioned = [int(np.ptp(frame.to_ndarray()[:360])) > 60 for frame in box.decode(video=0)]
    assert [n for n, seen in enumerate(is_captioned) if seen] == list(range(36, 60))


def test_soft_subtitles_are_a_track_of_their_own(clip: Path, tmp_path: Path) -> None:
    lines = captions.parse("WEBVTT\n\n00:01.000 --> 00:02.000\n<i>海</i> & sea\n")
    cut = film(clip, finish=Finish(soft=lines, soft_language="zho"), metadata={"studio": "{}"})
    report = render(cut, tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as box:
        assert [stream.type for stream in box.streams] == ["video", "audio", "subtitle"]
        assert box.streams.subtitles[0].language == "zho" and box.metadata["studio"] == "{}"
    samples.run("-i", tmp_path / "film.mp4", "-map", "0:s:0", tmp_path / "out.srt")
    assert captions.read(tmp_path / "out.srt") == (CaptionLine(1, 2, "海 & sea"),) and report.encoded == 0


def test_captions_survive_a_round_trip_and_rubbish_is_refused(tmp_path: Path) -> None:
    lines = (CaptionLine(0.5, 1.25, 'One "two"\n三'), CaptionLine(61, 62, "four"))
    for form in ("srt", "vtt"):
        assert captions.parse(captions.as_subtitles(lines, form)) == lines
    (tmp_path / "gbk.srt").write_bytes("1\n00:00:01,000 --> 00:00:02,000\n中文字幕\n".encode("gb18030"))
    assert captions.read(tmp_path / "gbk.srt")[0].text == "中文字幕"
    for rubbish in ("", "hello", "<html></html>", "1\n00:00:02,000 --> 00:00:01,000\nbackwards\n"):
        with pytest.raises(MediaError, match="no captions found"):
            captions.parse(rubbish)


def test_override_codes_in_captions_are_shown_not_obeyed() -> None:
    text = captions.as_ass((CaptionLine(0, 1, r"{\fs200}big \N and"),), 640, 360)
    assert r"\{" in text.splitlines()[-1] and r"\N and" not in text


def test_a_neutral_grade_encodes_nothing_and_a_look_changes_every_frame(clip: Path, tmp_path: Path) -> None:
    assert render(film(clip, finish=Finish(grade=Grade())), tmp_path / "a.mp4").encoded == 0
    look = Grade(warmth=1.0, exposure=0.3, lights=(0.2, 0, 0))
    report = render(film(clip, finish=Finish(grade=look)), tmp_path / "b.mp4")
    made = at(tmp_path / "b.mp4", 3.9).mean(axis=(0, 1))
    wanted = grade.wheels(at(clip, 3.9) / 255, look).mean(axis=(0, 1)) * 255
    assert report.copied == 0 and np.abs(made - wanted).max() < 3 and made[0] > made[2] + 20


def test_a_lut_is_applied_with_its_strength(clip: Path, tmp_path: Path) -> None:
    corners = [(1 - r, 1 - g, 1 - b) for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    rows = "\n".join(" ".join(map(str, corner)) for corner in corners)
    (tmp_path / "invert.cube").write_text(f'TITLE "x"\nLUT_3D_SIZE 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1\n{rows}\n')
    dark = samples.clip(tmp_path / "dark.mp4", seconds=1, width=640, height=360, picture="color=0x202020", tone_hz=None)
    for strength, wanted in ((1.0, 223), (0.5, 128)):
        look = Grade(lut=tmp_path / "invert.cube", lut_strength=strength)
        render(film(dark, finish=Finish(grade=look)), tmp_path / "film.mp4")
        assert abs(at(tmp_path / "film.mp4", 0.5).mean() - wanted) < 4


@pytest.mark.parametrize("text", ["", "LUT_3D_SIZE 2\n0 0 0\n", "LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "LUT_3D_SIZE x\n"])
def test_a_broken_lut_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.cube").write_text(text)
    with pytest.raises(MediaError, match=r"a\.cube"):
        cube.read_cube(tmp_path / "a.cube")


def test_loudness_reaches_the_target(clip: Path, tmp_path: Path) -> None:
    for target in (-14.0, -23.0):
        report = render(film(clip, sound=SoundMix(loudness=target)), tmp_path / "film.mp4")
        assert report.loudness and report.loudness_before
        assert abs(report.loudness.lufs - target) < 0.5 < abs(report.loudness_before.lufs - target)
        assert report.loudness.peak_dbtp <= -0.7


def test_peaks_are_limited_and_it_is_said(tmp_path: Path, clip: Path) -> None:
    samples.run(
        "-f",
        "lavfi",
        "-i",
        "aevalsrc=0.02*random(0)+if(lt(mod(t\\,1)\\,0.01)\\,0.9*sin(3000*t)):d=4",
        tmp_path / "a.wav",
    )
    sound = SoundMix(tracks=(Track(tmp_path / "a.wav"),), loudness=-16.0)
    report = render(film(clip, sound=sound), tmp_path / "film.mp4")
    assert report.loudness and report.loudness.peak_dbtp <= -0.5 and "dBTP" in report.notes[0]


def test_harsh_treble_is_found_and_taken_back(tmp_path: Path, clip: Path) -> None:
    """Pink noise with a shelf of +5 dB above 4 kHz comes back to its natural slope; plain pink noise is left alone."""
    pink = "anoisesrc=color=pink:d=4:seed=7:amplitude=0.4"
    samples.run("-f", "lavfi", "-i", pink, "-af", "highshelf=f=4000:g=5:t=q:w=0.707", tmp_path / "harsh.wav")
    samples.run("-f", "lavfi", "-i", pink, tmp_path / "plain.wav")
    for name in ("harsh", "plain"):
        sound = ("-i", tmp_path / f"{name}.wav", "-map", "0:v", "-map", "1:a")
        samples.run("-i", clip, *sound, "-c:v", "copy", tmp_path / f"{name}.mp4")
    report = render(film(tmp_path / "harsh.mp4", sound=SoundMix(repair_treble=True)), tmp_path / "film.mp4")
    fix = report.treble
    assert fix and 3.5 < fix.gain_db < 6.5 and 2800 < fix.corner_hz < 5700
    high = [i for i, hz in enumerate(fix.bands_hz) if hz >= 6300]
    assert np.mean([fix.before_db[i] for i in high]) > 3.5 and abs(np.mean([fix.after_db[i] for i in high])) < 1
    plain = render(film(tmp_path / "plain.mp4", sound=SoundMix(repair_treble=True)), tmp_path / "film.mp4").treble
    assert plain and plain.gain_db == 0


def test_the_shelf_we_reckon_with_is_the_one_ffmpeg_makes() -> None:
    assert treble.shelf_db(16000, 4000, 5) == pytest.approx(5, abs=0.2)
    assert treble.shelf_db(4000, 4000, 5) == pytest.approx(2.5, abs=0.1) and abs(treble.shelf_db(500, 4000, 5)) < 0.1


def test_a_stopped_look_leaves_nothing_and_a_fault_in_the_frames_is_told(clip: Path, tmp_path: Path) -> None:
    cut = film(clip, finish=Finish(grade=Grade(exposure=0.5)))
    with pytest.raises(Stopped):
        render(cut, tmp_path / "film.mp4", cancelled=lambda: True)
    assert list(tmp_path.iterdir()) == []

    def broken() -> Iterator[bytes]:
        yield bytes(64 * 64 * 3 // 2)
        raise MediaError("The second frame is gone.")

    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", "64x64", "-framerate", "24", "-i", "pipe:0"]
    with pytest.raises(MediaError, match="second frame"):
        run_ffmpeg(raw, tmp_path / "film.mp4", feed=broken())
    with pytest.raises(MediaError, match="ffmpeg failed"):
        run_ffmpeg([*raw, "-c:v", "nothing"], tmp_path / "film.mp4", feed=(bytes(6144) for _ in range(9_999)))
    assert list(tmp_path.iterdir()) == []
