"""A film is joined frame by frame: copied where nothing changes, drawn where it does, and its sound has no seams."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from studio.errors import MediaError
from studio.film import slate
from studio.film.render import render
from studio.film.timeline import Cut, CutClip, SoundMix, Track, Transition, cut_timeline
from studio.media.files import Stopped
from studio.media.validate import verify_decodes
from tests.support import samples
from tests.support.numbered import numbered

FPS, SECONDS, RATE = 24, 2, 48000


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three 2 s clips with tones of 300, 600 and 900 Hz, and B-frames in 1 s groups."""
    folder = tmp_path_factory.mktemp("clips")
    options = ("-preset", "veryfast", "-bf", "2", "-ac", "2")
    rendered = [folder / f"{n}.mp4" for n in range(3)]
    for n, path in enumerate(rendered):
        samples.clip(path, seconds=SECONDS, fps=FPS, tone_hz=300 * (n + 1), options=options)
    return rendered


def film(clips: list[Path], transition: Transition = Transition.CUT, **settings) -> Cut:
    shots = tuple(CutClip(clip, transition=transition, transition_s=0.5) for clip in clips)
    return Cut(shots, 320, 180, Fraction(FPS), **settings)


def frame_hashes(path: Path) -> list[str]:
    with av.open(str(path)) as box:
        return [hashlib.md5(frame.to_ndarray().tobytes()).hexdigest() for frame in box.decode(video=0)]  # noqa: S324


def audio_samples(path: Path) -> np.ndarray:
    with av.open(str(path)) as box:
        return np.concatenate([frame.to_ndarray()[0] for frame in box.decode(audio=0)])


def peak_hz(sound: np.ndarray, at_s: float) -> int:
    piece = sound[int((at_s - 0.1) * RATE) : int((at_s + 0.1) * RATE)]
    return round(float(np.argmax(np.abs(np.fft.rfft(piece * np.hanning(len(piece))))) * RATE / len(piece)))


def level(sound: np.ndarray, start_s: float, end_s: float) -> float:
    piece = sound[int(start_s * RATE) : int(end_s * RATE)]
    return float(np.sqrt((piece**2).mean()))


def has_even_time_stamps(path: Path) -> bool:
    with av.open(str(path)) as box:
        stamps = sorted(p.pts for p in box.demux(video=0) if p.size and p.pts is not None)
    return len({b - a for a, b in pairwise(stamps)}) == 1 and stamps[0] == 0


def test_cuts_copy_every_frame(clips: list[Path], tmp_path: Path) -> None:
    report = render(film(clips), tmp_path / "film.mp4")
    assert (report.frames, report.copied, report.encoded, report.notes) == (144, 144, 0, ())
    assert frame_hashes(tmp_path / "film.mp4") == [p for clip in clips for p in frame_hashes(clip)]
    assert has_even_time_stamps(tmp_path / "film.mp4") and verify_decodes(tmp_path / "film.mp4").duration_s == 6.0


def test_copied_sound_is_in_step_and_does_not_click(clips: list[Path], tmp_path: Path) -> None:
    render(film(clips), tmp_path / "film.mp4")
    sound = audio_samples(tmp_path / "film.mp4")
    assert abs(len(sound) / RATE - 6) < 0.05
    assert [peak_hz(sound, at) for at in (1, 1.85, 2.15, 3, 3.85, 4.15, 5)] == [300, 300, 600, 600, 600, 900, 900]
    for joint in (2, 4):
        samples = sound[joint * RATE - 2048 : joint * RATE + 2048]
        power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
        high = power[np.fft.rfftfreq(len(samples), 1 / RATE) > 3000].sum()
        assert 10 * np.log10(high / power.sum()) < -40


@pytest.mark.parametrize(
    "transition", [Transition.CROSSFADE, Transition.DIP_BLACK, Transition.DIP_WHITE, Transition.WIPE]
)
def test_only_frames_near_a_transition_are_encoded(clips: list[Path], tmp_path: Path, transition: Transition) -> None:
    """All of the first clip before its transition, the middle one's from its key frame on, the last one's last group;
    up to two frames before a transition lean on later ones."""
    report = render(film(clips, transition), tmp_path / "film.mp4")
    assert report.frames == 144 - 2 * 12 and has_even_time_stamps(tmp_path / "film.mp4")
    assert 36 + 12 + 24 - 4 <= report.copied <= 36 + 12 + 24
    rendered, source = frame_hashes(tmp_path / "film.mp4"), {p for clip in clips for p in frame_hashes(clip)}
    assert sum(p in source for p in rendered) >= report.copied


@pytest.mark.parametrize("b_frames", [0, 2, 3])
def test_every_frame_is_in_its_place_at_the_joints(tmp_path: Path, b_frames: int) -> None:
    """Clips of one key frame, each frame with its number drawn in it, cut and faded with and without in points: the
    film shows the numbers that the timeline says, in a fade between the two that it mixes, and none twice."""
    tags = "colormatrix=bt709:colorprim=bt709:transfer=bt709:range=tv"
    options = {"bf": str(b_frames), "g": "250", "crf": "8", "x264-params": tags}
    paths = [numbered(tmp_path / f"{n}.mp4", Fraction(FPS), count=48, options=options) for n in range(4)]
    shots = (
        CutClip(paths[0], transition=Transition.CROSSFADE),
        CutClip(paths[1], transition=Transition.CUT),
        CutClip(paths[2], out_s=1.5, transition=Transition.CROSSFADE),
        CutClip(paths[3], in_s=0.25),
    )
    cut = Cut(shots, 128, 64, Fraction(FPS), crf=8)
    report = render(cut, tmp_path / "film.mp4")
    seen = bits_of(tmp_path / "film.mp4")
    segments = cut_timeline(cut, [2.0] * 4).segments
    assert report.notes == () and report.frames == len(seen) == segments[-1].end
    assert has_even_time_stamps(tmp_path / "film.mp4")
    assert report.copied >= 36 - b_frames + 24 - b_frames, "the heads of what begins at a key frame"
    for n, bits in enumerate(seen):
        shown = [(s, n - s.start) for s in segments if s.start <= n < s.end]
        wanted = [[(s.first + at) >> bit & 1 for bit in range(8)] for s, at in shown]
        share = (n - shown[-1][0].start + 1) / (12 + 1) if len(shown) == 2 else 0.0
        mixed = [a * (1 - share) + b * share for a, b in zip(wanted[0], wanted[-1], strict=True)]
        assert bits == pytest.approx(mixed, abs=0.12), n


def bits_of(path: Path) -> list[list[float]]:
    """How white each cell of each frame's number is, 0..1."""
    with av.open(str(path)) as box:
        lumas = [frame.to_ndarray()[:64].astype(float) for frame in box.decode(video=0)]
    return [[float((luma[16:48, 16 * n + 4 : 16 * n + 12].mean() - 16) / 219) for n in range(8)] for luma in lumas]


def test_a_dip_passes_through_its_colour_and_silence(clips: list[Path], tmp_path: Path) -> None:
    for transition, luma in ((Transition.DIP_BLACK, 16), (Transition.DIP_WHITE, 235)):
        render(film(clips[:2], transition), tmp_path / "film.mp4")
        with av.open(str(tmp_path / "film.mp4")) as box:
            middle = [frame.to_ndarray()[:180] for frame in box.decode(video=0)][41:43]
        assert min(abs(float(frame.mean()) - luma) for frame in middle) < 20
        assert level(audio_samples(tmp_path / "film.mp4"), 1.74, 1.76) < 0.01


def test_a_crossfade_keeps_the_level_of_the_sound(clips: list[Path], tmp_path: Path) -> None:
    render(film(clips[:2], Transition.CROSSFADE), tmp_path / "film.mp4")
    sound = audio_samples(tmp_path / "film.mp4")
    assert level(sound, 1.7, 1.8) == pytest.approx(level(sound, 0.5, 1.0), rel=0.15)


def test_trims_are_exact_to_the_frame(clips: list[Path], tmp_path: Path) -> None:
    shots = (CutClip(clips[0], in_s=0.25, out_s=1.75), CutClip(clips[1], in_s=1.0))
    report = render(Cut(shots, 320, 180, Fraction(FPS), crf=1), tmp_path / "film.mp4")
    assert report.frames == 36 + 24 and 18 + 24 - 2 <= report.copied <= 18 + 24
    with av.open(str(tmp_path / "film.mp4")) as a, av.open(str(clips[0])) as b:
        rendered = [frame.to_ndarray().astype(int) for frame in a.decode(video=0)][:36]
        source = [frame.to_ndarray().astype(int) for frame in b.decode(video=0)][6:42]
    assert max(float(np.abs(one - two).mean()) for one, two in zip(rendered, source, strict=True)) < 1.5
    assert [peak_hz(audio_samples(tmp_path / "film.mp4"), at) for at in (0.5, 1.3, 1.7)] == [300, 300, 600]


def test_a_clip_of_another_format_is_conformed_once(clips: list[Path], tmp_path: Path) -> None:
    other_format = samples.clip(
        tmp_path / "odd.mp4", seconds=2, width=240, height=240, fps=30, rate_hz=44100, tone_hz=1200
    )
    cache = tmp_path / "cache"
    for _ in range(2):
        report = render(film([clips[0], other_format, clips[2]]), tmp_path / "film.mp4", cache=cache)
    assert report.frames == 144 and "size" in report.notes[0] and "frame rate" in report.notes[0]
    assert len(list(cache.iterdir())) == 1 and has_even_time_stamps(tmp_path / "film.mp4")
    assert peak_hz(audio_samples(tmp_path / "film.mp4"), 3) == 1200


def test_a_rotated_clip_is_conformed(clips: list[Path], tmp_path: Path) -> None:
    rotated = samples.turned(clips[0], tmp_path / "turned.mp4", 180)
    report = render(film([clips[1], rotated]), tmp_path / "film.mp4")
    assert "rotation" in report.notes[0] and verify_decodes(tmp_path / "film.mp4").rotation == 0


def test_clips_and_films_may_be_silent(clips: list[Path], tmp_path: Path) -> None:
    silent = samples.clip(tmp_path / "mute.mp4", seconds=2, fps=FPS, tone_hz=None)
    render(film([clips[0], silent]), tmp_path / "half.mp4")
    sound = audio_samples(tmp_path / "half.mp4")
    assert level(sound, 0.5, 1.5) > 0.05 and level(sound, 2.5, 3.5) < 0.001
    render(film([silent, silent]), tmp_path / "none.mp4")
    assert verify_decodes(tmp_path / "none.mp4").has_audio is False


def test_music_is_ducked_under_a_voice(clips: list[Path], tmp_path: Path) -> None:
    silent = samples.clip(tmp_path / "mute.mp4", seconds=6, fps=FPS, tone_hz=None)
    samples.run("-f", "lavfi", "-i", "sine=2000:d=6", "-af", "volume=6dB", tmp_path / "music.wav")
    samples.run("-f", "lavfi", "-i", "sine=500:d=2", "-af", "volume=12dB", tmp_path / "voice.wav")
    tracks = (Track(tmp_path / "music.wav", ducked=True), Track(tmp_path / "voice.wav", "voice", start_s=2))
    render(film([silent], sound=SoundMix(tracks=tracks)), tmp_path / "film.mp4")
    sound = audio_samples(tmp_path / "film.mp4")

    def music(at_s: float) -> float:
        piece = sound[int(at_s * RATE) : int((at_s + 0.5) * RATE)]
        return float(np.abs(np.fft.rfft(piece * np.hanning(len(piece))))[1000])

    assert 0.1 < music(3) / music(1) < 0.5 and music(5.4) / music(1) > 0.8


def test_progress_ends_at_one_and_cancel_leaves_nothing(clips: list[Path], tmp_path: Path) -> None:
    fractions: list[float] = []
    render(film(clips, Transition.CROSSFADE), tmp_path / "film.mp4", on_progress=fractions.append)
    assert fractions == sorted(fractions) and fractions[-1] == 1
    (tmp_path / "film.mp4").unlink()
    with pytest.raises(Stopped):
        render(film(clips), tmp_path / "film.mp4", cancelled=lambda: True)
    assert not list(tmp_path.iterdir())


def test_a_cut_that_cannot_be_rendered_is_refused(clips: list[Path], tmp_path: Path) -> None:
    samples.run("-f", "lavfi", "-i", "sine=d=1", tmp_path / "a.wav")
    for cut, message in (
        (Cut((), 320, 180, Fraction(24)), "no clips"),
        (Cut((CutClip(clips[0], in_s=5),), 320, 180, Fraction(24)), "Trim less"),
        (Cut((CutClip(tmp_path / "a.wav"),), 320, 180, Fraction(24)), "no picture"),
        (Cut((CutClip(clips[0]),), 321, 180, Fraction(24)), "even"),
    ):
        with pytest.raises(MediaError, match=message):
            render(cut, tmp_path / "film.mp4")


def test_more_clips_than_files_kept_open(clips: list[Path], tmp_path: Path) -> None:
    import shutil

    many = [Path(shutil.copy(clips[n % 3], tmp_path / f"copy{n}.mp4")) for n in range(15)]
    report = render(film(many), tmp_path / "film.mp4")
    assert report.copied == 15 * 48 and frame_hashes(tmp_path / "film.mp4") == 5 * [
        p for c in clips for p in frame_hashes(c)
    ]
    assert peak_hz(audio_samples(tmp_path / "film.mp4"), 29) == 900


def test_a_picture_that_starts_late_keeps_its_sound_in_step(clips: list[Path], tmp_path: Path) -> None:
    """The tone begins 0.5 s after the picture, whose first frame the file puts at 0.25 s."""
    late = tmp_path / "late.mp4"
    tone_late = ("-f", "lavfi", "-i", "aevalsrc=if(gt(t\\,0.75)\\,0.2*sin(3000*t)):d=2.25")
    samples.run("-itsoffset", "0.25", "-i", clips[0], *tone_late, "-map", "0:v", "-map", "1:a", "-c:v", "copy", late)
    for transition in (Transition.CUT, Transition.CROSSFADE):
        render(film([late, clips[1]], transition), tmp_path / "film.mp4")
        sound = audio_samples(tmp_path / "film.mp4")
        assert level(sound, 0.3, 0.45) < 0.01 < level(sound, 0.55, 0.7)


def test_a_slate_is_joined_by_copying(clips: list[Path], tmp_path: Path) -> None:
    picture = slate.draw_slate("海的女儿", (("Take", "3"),), 320, 180)
    card = slate.write_clip(tmp_path / "slate.mp4", picture, fps=Fraction(FPS), seconds=1)
    report = render(film([card, *clips[:2]]), tmp_path / "film.mp4")
    assert (report.frames, report.copied) == (24 + 96, 120) and report.notes == ()
    sound = audio_samples(tmp_path / "film.mp4")
    assert level(sound, 0.2, 0.8) < 0.001 < level(sound, 1.2, 2.8) and peak_hz(sound, 3.5) == 600
