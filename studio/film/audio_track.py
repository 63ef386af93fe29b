"""The film's sound: the clips' own, cross-faded where the pictures are, with music, voices and effects under it.

Copied where nothing is done to it (mend.py). Otherwise mixed as 32-bit float at 48 kHz in files, never in memory as a
whole, brought to its loudness, and encoded once.
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
from studio.film.loudness import levelled, measure
from studio.film.timeline import Cut, CutClip, Loudness, Segment, Timeline, Track, Transition, TrebleFix
from studio.media import av_io
from studio.media.files import Cancelled, Stopped, run_ffmpeg

if TYPE_CHECKING:
    import numpy as np

RATE_HZ = 48_000
FRAME_BYTES = 8
"""Two channels of 32-bit floats."""
EDGE_S = 0.005
"""Fade at each cut, so that no click is heard."""
RAW = ("-f", "f32le", "-ar", str(RATE_HZ), "-ac", "2")
DUCK = "sidechaincompress=threshold=0.02:ratio=6:attack=40:release=500:mix=0.75"
"""Takes music back by 10 to 12 dB while somebody speaks, within 40 ms, and lets it up again within half a second. A
quarter of it stays untouched, so that a loud voice does not silence it."""


@dataclass(frozen=True)
class Mixed:
    """The encoded sound (AAC in MP4), and what was measured on the way."""

    path: Path
    before: Loudness | None = None
    after: Loudness | None = None
    treble: TrebleFix | None = None
    notes: tuple[str, ...] = ()


def mixed(
    cut: Cut, timeline: Timeline, clips: list[SourceClip], folder: Path, cancelled: Cancelled | None
) -> Mixed | None:
    """Mix and encode the whole sound into `folder`. None when there is nothing to hear anywhere."""
    heard = any(clip.sound and not shot.silent for clip, shot in zip(clips, cut.shots, strict=True))
    if not heard and not cut.sound.tracks:
        return None
    total = round(timeline.frames / cut.fps * RATE_HZ)
    bed = folder / "bed.f32"
    _bed(cut, timeline, clips, bed, total, cancelled)
    fix = None
    if cut.sound.repair_treble and heard:
        bed, fix = treble.repaired(bed, folder / "repaired.f32", cancelled=cancelled)
    film = folder / "mix.f32"
    if cut.sound.tracks:
        _under(cut, bed, film, total, cancelled)
    else:
        film = bed
    out = folder / "sound.m4a"
    if cut.sound.loudness is None:
        encode_aac([*RAW, "-i", str(film)], out, cancelled)
        return Mixed(out, treble=fix)
    before = measure([*RAW, "-i", str(film)], cancelled=cancelled)
    chain, note = levelled(
        [*RAW, "-i", str(film)], before, cut.sound.loudness, cut.sound.peak_dbtp, cancelled=cancelled
    )
    encode_aac([*RAW, "-i", str(film), *(("-af", chain) if chain else ())], out, cancelled)
    return Mixed(out, before, measure(["-i", str(out)], cancelled=cancelled), fix, (note,) if note else ())


def encode_aac(args: list[str], out: Path, cancelled: Cancelled | None) -> None:
    """Encode what `args` read as 192 kbit/s AAC."""
    run_ffmpeg([*args, "-c:a", "aac", "-b:a", "192k"], out, cancelled=cancelled)


def _bed(
    cut: Cut, timeline: Timeline, clips: list[SourceClip], out: Path, total: int, cancelled: Cancelled | None
) -> None:
    """Write the clips' own sound, cross-faded, as raw stereo floats of the film's whole length.

    Raises OSError when the disk is full. The file is not mapped into memory: where it has no block, writing to a mapped
    page ends the process (SIGBUS), and no handler sees it.
    """
    with out.open("wb+", buffering=0) as file:
        file.truncate(max(total, 1) * FRAME_BYTES)
        _mix(cut, timeline, clips, file, total, cancelled)


def _mix(
    cut: Cut, timeline: Timeline, clips: list[SourceClip], film: io.FileIO, total: int, cancelled: Cancelled | None
) -> None:
    lead = 0
    before = Transition.CUT
    for segment, shot, clip in zip(timeline.segments, cut.shots, clips, strict=True):
        gain = 10 ** ((shot.gain_db + cut.sound.clips_gain_db) / 20)
        shape = _Shape(segment, shot, cut.fps, (lead, before), gain)
        if clip.sound and not shot.silent:
            for at, samples in _samples(clip.path, segment.first / cut.fps + _start(clip), segment.frames / cut.fps):
                if cancelled and cancelled():
                    raise Stopped
                begin = shape.begin + at
                samples = samples[: max(0, total - begin)]
                _add(film, begin, samples * shape.gain(at, len(samples))[:, None])
        lead, before = segment.overlap, shot.transition


def _add(film: io.FileIO, begin: int, samples: np.ndarray) -> None:
    """Add stereo float samples to what the file holds from frame `begin` on."""
    import numpy as np

    film.seek(begin * FRAME_BYTES)
    there = np.frombuffer(film.read(samples.nbytes), np.float32).reshape(-1, 2)
    film.seek(begin * FRAME_BYTES)
    left = memoryview((there + samples.astype(np.float32)).tobytes())
    while left:  # on a disk that is nearly full a write may take less than it was given
        left = left[film.write(left) :]


def _start(clip: SourceClip) -> Fraction:
    return Fraction(clip.start_s).limit_denominator(RATE_HZ)


class _Shape:
    """A clip's level over time: faded in over its lead, out over its overlap, or just without a click."""

    def __init__(
        self, segment: Segment, shot: CutClip, fps: Fraction, lead: tuple[int, Transition], gain: float
    ) -> None:
        self.begin = round(segment.start / fps * RATE_HZ)
        self.length = round(segment.frames / fps * RATE_HZ)
        self.rise = round(lead[0] / fps * RATE_HZ), lead[1]
        self.fall = round(segment.overlap / fps * RATE_HZ), shot.transition
        self.level = gain

    def gain(self, at: int, count: int) -> np.ndarray:
        import numpy as np

        place = np.arange(at, at + count)
        return self.level * _ramp(place, *self.rise) * _ramp(self.length - 1 - place, *self.fall)


def _ramp(place: np.ndarray, length: int, kind: Transition) -> np.ndarray:
    """0..1 over `length` samples: equal power between two clips, through silence for a dip."""
    import numpy as np

    if not length:
        return np.clip((place + 0.5) / (EDGE_S * RATE_HZ), 0, 1).astype(np.float32)
    share = np.clip((place + 0.5) / length, 0, 1)
    if kind in (Transition.DIP_BLACK, Transition.DIP_WHITE):
        share = np.clip(2 * share - 1, 0, 1)
    return np.sin(share * np.pi / 2).astype(np.float32)


def _samples(path: Path, start_s: Fraction, length_s: Fraction) -> Iterator[tuple[int, np.ndarray]]:
    """(offset, stereo float samples) at 48 kHz of a stretch of the file's sound, in pieces."""
    from av.audio.resampler import AudioResampler

    want = round(length_s * RATE_HZ)
    with av_io.opened(path) as (box, _):
        sound = box.streams.audio[0]
        tick = sound.time_base or Fraction(1, RATE_HZ)
        box.seek(max(0, int((start_s - Fraction(1, 5)) / tick)), stream=sound)
        resampler = AudioResampler(format="flt", layout="stereo", rate=RATE_HZ)
        place = None
        for frame in _and_end(box.decode(sound)):
            if place is None and frame is not None:
                place = round(((frame.pts or 0) * tick - start_s) * RATE_HZ)
            for part in resampler.resample(frame):
                samples = part.to_ndarray().reshape(-1, 2)
                at, place = place or 0, (place or 0) + len(samples)
                kept = samples[max(0, -at) : max(0, want - at)]
                if len(kept):
                    yield max(0, at), kept
            if place is not None and place >= want:
                return


def _and_end(frames):
    """The frames, then None, which makes a resampler give out its rest."""
    yield from frames
    yield None


def _under(cut: Cut, bed: Path, out: Path, total: int, cancelled: Cancelled | None) -> None:
    """Mix the tracks with the clips' sound, ducked tracks under voices and clips."""
    inputs, chains = [*RAW, "-i", str(bed)], []
    length_s = total / RATE_HZ
    tracks = cut.sound.tracks
    keys, music = ["bed"], []
    ducked = any(track.ducked for track in tracks)
    for number, track in enumerate(tracks, 1):
        inputs += [*(("-stream_loop", "-1") if track.loop else ()), "-i", str(track.path)]
        chains.append(f"[{number}:a:0]{_track(track, length_s)}[t{number}]")
        (music if track.ducked else keys).append(f"t{number}")
    lead = _sum(keys)
    if ducked:
        chains.append(f"[0:a]anull[bed];{lead},asplit={len(music) + 1}[lead]{''.join(f'[k{m}]' for m in music)}")
        chains += [f"[{m}][k{m}]{DUCK}[d{m}]" for m in music]
        chains.append(f"{_sum(['lead', *(f'd{m}' for m in music)])},{_exactly(length_s)}[out]")
    else:
        chains.append(f"[0:a]anull[bed];{lead},{_exactly(length_s)}[out]")
    args = [*inputs, "-filter_complex", ";".join(chains), "-map", "[out]", *RAW]
    run_ffmpeg(args, out, cancelled=cancelled)


def _sum(names: list[str]) -> str:
    labels = "".join(f"[{name}]" for name in names)
    return f"{labels}amix=inputs={len(names)}:normalize=0:duration=longest"


def _exactly(length_s: float) -> str:
    return f"apad=whole_dur={length_s:.6f},atrim=0:{length_s:.6f}"


def _track(track: Track, length_s: float) -> str:
    """The filters that bring one track to its place, length and level."""
    end = f":end={track.out_s}" if track.out_s is not None else ""
    steps = [f"atrim=start={track.in_s}{end}", "asetpts=PTS-STARTPTS", f"aresample={RATE_HZ}"]
    steps += ["aformat=sample_fmts=flt:channel_layouts=stereo"]
    room_s = max(0.0, length_s - track.start_s)
    own_s = room_s if track.out_s is None or track.loop else min(room_s, track.out_s - track.in_s)
    steps.append(f"atrim=0:{own_s:.6f}")
    if track.fade_in_s:
        steps.append(f"afade=t=in:d={track.fade_in_s}")
    if track.fade_out_s:
        steps.append(f"afade=t=out:st={max(0.0, own_s - track.fade_out_s):.6f}:d={track.fade_out_s}")
    steps += [f"volume={track.gain_db}dB", f"adelay={round(track.start_s * 1000)}:all=1"]
    return ",".join([*steps, _exactly(length_s)])
