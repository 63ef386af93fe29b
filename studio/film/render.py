"""Rendering a film from its description: pictures, sound and finishing, muxed into one file.

Pictures and sound are produced separately and muxed packet by packet in the order of their times, so memory use does
not depend on the film's length.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import MediaError
from studio.film import aac_splice, finishing
from studio.film.audio_track import Mix, mix_sound
from studio.film.clips import ContainerPool, SourceClip, conform, inspect_clip
from studio.film.timeline import Cut, Report, Transition, cut_timeline
from studio.film.video_track import Copy, Piece, VideoPackets, frame_count, plan, set_up
from studio.media import av_io
from studio.media import packets as typed
from studio.media.files import Cancelled, OnProgress, Stopped, replacing
from studio.messages import Message

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

    from studio.media.packets import AudioPacket, MediaPacket

Sound = tuple["AudioStream", Iterable["AudioPacket"]]
"""The stream that sets the format of the film's sound, and its packets."""


def render(
    cut: Cut,
    out: Path,
    *,
    cache: Path | None = None,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Report:
    """Render the film as MP4 (H.264, AAC 48 kHz stereo) to `out`.

    cache: a folder for conformed clips, by content; None: they are encoded again each time.
    Raises MediaError when a clip cannot be used, Stopped when cancelled; both leave no file.
    """
    if cut.width % 2 or cut.height % 2:
        raise MediaError(Message("film.odd_sides", width=cut.width, height=cut.height))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".film-") as folder, ContainerPool() as pool:
        work = Path(folder)
        clips = [inspect_clip(shot.path, cut, pool) for shot in cut.shots]
        mismatched = list(dict.fromkeys(clip for clip in clips if not clip.copyable))
        encodes_whole, burns, has_subtitles = (
            finishing.encodes_whole(cut),
            finishing.needs_burning(cut),
            bool(cut.finish.soft),
        )
        frames = sum(clip.frames for clip in clips)
        fades = any(shot.transition is not Transition.CUT for shot in cut.shots[:-1])
        join = 0.02 if encodes_whole or not fades else 0.5  # of what encoding all of it takes
        progress = _Progress(
            on_progress,
            *(clip.frames for clip in mismatched),
            *([frames] if encodes_whole else []),
            frames * join,
            *([frames] if burns else []),
        )
        notes = [Message("film.brought_to_format", name=c.path.name, what=c.mismatch) for c in mismatched]
        conformed = {clip: _conform(clip, cut, pool, cache or work, progress, cancelled) for clip in mismatched}
        clips = [conformed.get(clip, clip) for clip in clips]
        timeline = cut_timeline(cut, [clip.length_s for clip in clips])
        joined_cut = finishing.preliminary(cut)
        pieces = plan(cut, timeline, clips, pool, finishing.tone_luts(cut, work), encode_all=encodes_whole)
        pictures = (
            _encode_whole(cut, pieces, work, pool, progress, cancelled)
            if encodes_whole
            else VideoPackets(joined_cut, pieces, clips, pool)
        )
        spliced = aac_splice.splice(timeline, clips, pool) if aac_splice.can_splice(cut, clips) else None
        mix = mix_sound(cut, timeline, clips, work, cancelled) if spliced is None else None
        joined = work / "joined.mp4" if burns or has_subtitles else out
        with _open_sound(spliced, mix) as sound:
            _mux(joined_cut, joined, pictures, sound, progress, cancelled)
        if burns:
            progress.step += 1
            pictures = finishing.burn_captions(
                cut,
                joined,
                work,
                pool,
                reorder_frames=pictures.reorder_frames,
                on_progress=progress,
                cancelled=cancelled,
            )
            with av_io.opened(joined) as (container, _):
                _mux(
                    cut,
                    work / "finished.mp4" if has_subtitles else out,
                    pictures,
                    _sound_of(container),
                    None,
                    cancelled,
                )
            joined = work / "finished.mp4"
        if has_subtitles:
            finishing.add_subtitles(joined, out, cut, work, cancelled)
    return Report(
        path=out,
        frames=pictures.frames,
        duration_s=round(float(pictures.frames / cut.fps), 3),
        copied=pictures.frames - pictures.encoded,
        encoded=pictures.encoded,
        loudness_before=mix.before if mix else None,
        loudness=mix.after if mix else None,
        treble=mix.treble if mix else None,
        notes=(*notes, *(mix.notes if mix else ())),
    )


def _encode_whole(
    cut: Cut, pieces: list[Piece], work: Path, pool: ContainerPool, progress: _Progress, cancelled: Cancelled | None
) -> VideoPackets:
    """The pictures of a film whose every frame changes: encoded once."""
    conformed = finishing.encode_whole(cut, pieces, work, on_progress=progress, cancelled=cancelled)
    progress.step += 1
    frames = sum(frame_count(piece) for piece in pieces)
    return VideoPackets(cut, [Copy(conformed, 0, frames)], [inspect_clip(conformed, cut, pool)], pool, reencoded=frames)


class _Progress:
    """The progress (0..1) of several steps that each report 0..1. works: how much each is, in any unit."""

    def __init__(self, on_progress: OnProgress | None, *works: float) -> None:
        self.on_progress, self.works, self.step = on_progress, works, 0

    def __call__(self, fraction: float) -> None:
        if self.on_progress:
            done = sum(self.works[: self.step]) + fraction * self.works[self.step]
            self.on_progress(min(1.0, done / sum(self.works)))


def _sound_of(container: InputContainer) -> Sound | None:
    if not container.streams.audio:
        return None
    return container.streams.audio[0], (packet for packet in container.demux(audio=0) if packet.size)


def _conform(
    clip: SourceClip, cut: Cut, pool: ContainerPool, cache: Path, progress: _Progress, cancelled: Cancelled | None
) -> SourceClip:
    """The clip encoded to the film's format."""
    conformed = conform(clip, cut, cache, on_progress=progress, cancelled=cancelled)
    progress.step += 1
    conformed_clip = replace(inspect_clip(conformed, cut, pool), length_s=clip.length_s)
    if not conformed_clip.copyable:
        raise MediaError(Message("film.not_brought_to_format", name=clip.path.name, what=conformed_clip.mismatch))
    return conformed_clip


@contextmanager
def _open_sound(spliced: Sound | None, mix: Mix | None) -> Generator[Sound | None]:
    """Stream and packets of the sound, spliced or mixed; None for a silent film."""
    if mix is None:
        yield spliced
        return
    with av_io.opened(mix.path) as (container, _):
        yield _sound_of(container)


def _mux(
    cut: Cut,
    out: Path,
    pictures: VideoPackets,
    sound: Sound | None,
    on_progress: OnProgress | None,
    cancelled: Cancelled | None,
) -> None:
    import av

    with (
        replacing(out) as temporary,
        av.open(str(temporary), "w", format="mp4", options={"movflags": "use_metadata_tags+faststart"}) as container,
    ):
        container.metadata.update(cut.metadata)
        template = pictures.template()
        if template is not None:
            video = typed.add_stream_like(container, template)
        else:
            video = typed.add_h264_stream(container, cut.fps)
            set_up(video.codec_context, cut)
        audio = typed.add_stream_like(container, sound[0]) if sound else None
        done = 0
        for is_sound, packet in _by_time(pictures, sound):
            typed.mux(container, packet, audio if is_sound and audio else video)
            if not is_sound:
                done += 1
                if cancelled and cancelled():
                    raise Stopped
                if on_progress and (done % 16 == 0 or done == pictures.frames):
                    on_progress(done / pictures.frames)


def _by_time(pictures: VideoPackets, sound: Sound | None) -> Iterator[tuple[bool, MediaPacket]]:
    """Both kinds of packets in the order of their decoding times. Floats, not fractions: this runs for every packet."""
    sounds = iter(sound[1]) if sound else iter(())
    tick_s = float(sound[0].time_base or 0) if sound else 0.0
    frame_s = float(1 / pictures.cut.fps)
    waiting = next(sounds, None)
    for picture in pictures:
        now_s = (picture.dts or 0) * frame_s
        while waiting is not None and (waiting.dts or 0) * tick_s <= now_s:
            yield True, waiting
            waiting = next(sounds, None)
        yield False, picture
    while waiting is not None:
        yield True, waiting
        waiting = next(sounds, None)
