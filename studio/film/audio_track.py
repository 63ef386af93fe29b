"""The film's sound: that of the clips, cross-faded with the pictures, mixed with music, voices and effects.

Copied where it is not changed (aac_splice.py). Otherwise mixed as 32-bit float at 48 kHz in files, never in memory as
a whole, normalized to its target loudness, and encoded once.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.film import treble
from studio.film.clips import SourceClip
from studio.film.loudness import measure, normalize
from studio.film.timeline import Cut, CutClip, Loudness, Segment, Timeline, Track, Transition, TrebleFix
from studio.media import av_io
from studio.media.files import Cancelled, Stopped, run_ffmpeg

if TYPE_CHECKING:
    import numpy as np
    from av.audio.frame import AudioFrame
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE_HZ = 48_000
FRAME_BYTES = 8
"""Two channels of 32-bit floats."""
DECLICK_S = 0.005
"""Seconds of fade at each cut, against clicks."""
RAW = ("-f", "f32le", "-ar", str(RATE_HZ), "-ac", "2")
DUCK = "sidechaincompress=threshold=0.02:ratio=6:attack=40:release=500:mix=0.75"
"""Lowers music by 10 to 12 dB while somebody speaks: attack 40 ms, release 500 ms. A quarter of the signal is not
compressed, so that a loud voice does not silence the music."""


@dataclass(frozen=True)
class Mix:
    """The encoded sound (AAC in MP4). before, after: loudness before and after normalizing, None without a target."""

    path: Path
    before: Loudness | None = None
    after: Loudness | None = None
    treble: TrebleFix | None = None
    notes: tuple[str, ...] = ()


def mix_sound(
    cut: Cut, timeline: Timeline, clips: list[SourceClip], folder: Path, cancelled: Cancelled | None
) -> Mix | None:
    """Mix and encode the whole sound into `folder`. None when neither a clip nor a track has sound."""
    is_audible = any(clip.sound and not shot.silent for clip, shot in zip(clips, cut.shots, strict=True))
    if not is_audible and not cut.sound.tracks:
        return None
    total = round(timeline.frames / cut.fps * RATE_HZ)
    clip_sound = folder / "bed.f32"
    _write_clip_sound(cut, timeline, clips, clip_sound, total, cancelled)
    treble_fix = None
    if cut.sound.repair_treble and is_audible:
        clip_sound, treble_fix = treble.repair(clip_sound, folder / "repaired.f32", cancelled=cancelled)
    mix = folder / "mix.f32"
    if cut.sound.tracks:
        _mix_tracks(cut, clip_sound, mix, total, cancelled)
    else:
        mix = clip_sound
    out = folder / "sound.m4a"
    if cut.sound.loudness is None:
        encode_aac([*RAW, "-i", str(mix)], out, cancelled)
        return Mix(out, treble=treble_fix)
    before = measure([*RAW, "-i", str(mix)], cancelled=cancelled)
    chain, note = normalize(
        [*RAW, "-i", str(mix)], before, cut.sound.loudness, cut.sound.peak_dbtp, cancelled=cancelled
    )
    encode_aac([*RAW, "-i", str(mix), *(("-af", chain) if chain else ())], out, cancelled)
    return Mix(out, before, measure(["-i", str(out)], cancelled=cancelled), treble_fix, (note,) if note else ())


def encode_aac(args: list[str], out: Path, cancelled: Cancelled | None) -> None:
    """Encode the input of these ffmpeg arguments as 192 kbit/s AAC."""
    run_ffmpeg([*args, "-c:a", "aac", "-b:a", "192k"], out, cancelled=cancelled)


def _write_clip_sound(
    cut: Cut, timeline: Timeline, clips: list[SourceClip], out: Path, total: int, cancelled: Cancelled | None
) -> None:
    """Write the sound of the clips, cross-faded, as raw stereo floats of the film's whole length.

    total: the film's length in samples. Raises OSError when the disk is full. The file is not memory-mapped: on a full
    disk, writing to a mapped page ends the process (SIGBUS), which no handler can catch.
    """
    with out.open("wb+", buffering=0) as file:
        file.truncate(max(total, 1) * FRAME_BYTES)
        _add_clips(cut, timeline, clips, file, total, cancelled)


def _add_clips(
    cut: Cut, timeline: Timeline, clips: list[SourceClip], mix: io.FileIO, total: int, cancelled: Cancelled | None
) -> None:
    lead = 0
    previous = Transition.CUT
    for segment, shot, clip in zip(timeline.segments, cut.shots, clips, strict=True):
        gain = 10 ** ((shot.gain_db + cut.sound.clips_gain_db) / 20)
        envelope = _Envelope(segment, shot, cut.fps, (lead, previous), gain)
        if clip.sound and not shot.silent:
            for at, samples in _samples(
                clip.path, segment.first / cut.fps + _picture_start(clip), segment.frames / cut.fps
            ):
                if cancelled and cancelled():
                    raise Stopped
                begin = envelope.begin + at
                samples = samples[: max(0, total - begin)]
                _add(mix, begin, samples * envelope.gain(at, len(samples))[:, None])
        lead, previous = segment.overlap, shot.transition


def _add(mix: io.FileIO, begin: int, samples: NDArray[np.floating]) -> None:
    """Add stereo float samples to those in the file, from sample `begin`."""
    import numpy as np

    mix.seek(begin * FRAME_BYTES)
    existing = np.frombuffer(mix.read(samples.nbytes), np.float32).reshape(-1, 2)
    mix.seek(begin * FRAME_BYTES)
    unwritten = memoryview((existing + samples.astype(np.float32)).tobytes())
    while unwritten:  # a nearly full disk may write fewer bytes than given
        unwritten = unwritten[mix.write(unwritten) :]


def _picture_start(clip: SourceClip) -> Fraction:
    return Fraction(clip.start_s).limit_denominator(RATE_HZ)


class _Envelope:
    """A clip's level over time: faded in and out over its overlaps, elsewhere over DECLICK_S.

    lead: frames of the overlap with the clip before, and its transition. gain: factor.
    """

    def __init__(
        self, segment: Segment, shot: CutClip, fps: Fraction, lead: tuple[int, Transition], gain: float
    ) -> None:
        self.begin = round(segment.start / fps * RATE_HZ)
        self.length = round(segment.frames / fps * RATE_HZ)
        self.fade_in = round(lead[0] / fps * RATE_HZ), lead[1]
        self.fade_out = round(segment.overlap / fps * RATE_HZ), shot.transition
        self.level = gain

    def gain(self, at: int, count: int) -> NDArray[np.floating]:
        import numpy as np

        position = np.arange(at, at + count)
        return (
            self.level * _fade_curve(position, *self.fade_in) * _fade_curve(self.length - 1 - position, *self.fade_out)
        )


def _fade_curve(position: NDArray[np.int_], length: int, transition: Transition) -> Samples:
    """Level 0..1 over `length` samples: equal power in a crossfade, through silence in a dip."""
    import numpy as np

    if not length:
        return np.clip((position + 0.5) / (DECLICK_S * RATE_HZ), 0, 1).astype(np.float32)
    ratio = np.clip((position + 0.5) / length, 0, 1)
    if transition in (Transition.DIP_BLACK, Transition.DIP_WHITE):
        ratio = np.clip(2 * ratio - 1, 0, 1)
    return np.sin(ratio * np.pi / 2).astype(np.float32)


def _samples(path: Path, start_s: Fraction, length_s: Fraction) -> Iterator[tuple[int, Samples]]:
    """(offset, stereo float samples) at 48 kHz of a range of the file's sound, in blocks."""
    import numpy as np
    from av.audio.resampler import AudioResampler

    wanted = round(length_s * RATE_HZ)
    with av_io.opened(path) as (container, _):
        sound = container.streams.audio[0]
        time_base = sound.time_base or Fraction(1, RATE_HZ)
        container.seek(max(0, int((start_s - Fraction(1, 5)) / time_base)), stream=sound)
        resampler = AudioResampler(format="flt", layout="stereo", rate=RATE_HZ)
        position = None
        for frame in _with_flush(container.decode(sound)):
            if position is None and frame is not None:
                position = round(((frame.pts or 0) * time_base - start_s) * RATE_HZ)
            for part in resampler.resample(frame):
                samples = part.to_ndarray().reshape(-1, 2)
                at, position = position or 0, (position or 0) + len(samples)
                inside = samples[max(0, -at) : max(0, wanted - at)]
                if len(inside):
                    yield max(0, at), inside.astype(np.float32, copy=False)
            if position is not None and position >= wanted:
                return


def _with_flush(frames: Iterator[AudioFrame]) -> Iterator[AudioFrame | None]:
    """The frames, then None, which flushes a resampler."""
    yield from frames
    yield None


def _mix_tracks(cut: Cut, clip_sound: Path, out: Path, total: int, cancelled: Cancelled | None) -> None:
    """Mix the tracks with the clips' sound; voices and clips are the sidechain of ducked tracks."""
    inputs, chains = [*RAW, "-i", str(clip_sound)], list[str]()
    length_s = total / RATE_HZ
    tracks = cut.sound.tracks
    sidechain, ducked_labels = ["bed"], list[str]()
    ducked = any(track.ducked for track in tracks)
    for number, track in enumerate(tracks, 1):
        inputs += [*(("-stream_loop", "-1") if track.loop else ()), "-i", str(track.path)]
        chains.append(f"[{number}:a:0]{_track_filters(track, length_s)}[t{number}]")
        (ducked_labels if track.ducked else sidechain).append(f"t{number}")
    lead = _amix(sidechain)
    if ducked:
        chains.append(
            f"[0:a]anull[bed];{lead},asplit={len(ducked_labels) + 1}[lead]{''.join(f'[k{m}]' for m in ducked_labels)}"
        )
        chains += [f"[{m}][k{m}]{DUCK}[d{m}]" for m in ducked_labels]
        chains.append(f"{_amix(['lead', *(f'd{m}' for m in ducked_labels)])},{_pad_or_trim(length_s)}[out]")
    else:
        chains.append(f"[0:a]anull[bed];{lead},{_pad_or_trim(length_s)}[out]")
    args = [*inputs, "-filter_complex", ";".join(chains), "-map", "[out]", *RAW]
    run_ffmpeg(args, out, cancelled=cancelled)


def _amix(names: list[str]) -> str:
    labels = "".join(f"[{name}]" for name in names)
    return f"{labels}amix=inputs={len(names)}:normalize=0:duration=longest"


def _pad_or_trim(length_s: float) -> str:
    return f"apad=whole_dur={length_s:.6f},atrim=0:{length_s:.6f}"


def _track_filters(track: Track, length_s: float) -> str:
    """The ffmpeg filters for a track's in and out point, start, length, fades and level."""
    end = f":end={track.out_s}" if track.out_s is not None else ""
    filters = [f"atrim=start={track.in_s}{end}", "asetpts=PTS-STARTPTS", f"aresample={RATE_HZ}"]
    filters += ["aformat=sample_fmts=flt:channel_layouts=stereo"]
    available_s = max(0.0, length_s - track.start_s)
    length_used_s = available_s if track.out_s is None or track.loop else min(available_s, track.out_s - track.in_s)
    filters.append(f"atrim=0:{length_used_s:.6f}")
    if track.fade_in_s:
        filters.append(f"afade=t=in:d={track.fade_in_s}")
    if track.fade_out_s:
        filters.append(f"afade=t=out:st={max(0.0, length_used_s - track.fade_out_s):.6f}:d={track.fade_out_s}")
    filters += [f"volume={track.gain_db}dB", f"adelay={round(track.start_s * 1000)}:all=1"]
    return ",".join([*filters, _pad_or_trim(length_s)])
