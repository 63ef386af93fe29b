"""Making a film from its description: pictures, sound, finishing, one file.

Pictures and sound are made apart and meet as packets, in the order of their times, so memory stays flat however long
the film is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import MediaError
from studio.film import aac_splice, finishing
from studio.film.audio_track import Mixed, mixed
from studio.film.clips import Shelf, SourceClip, in_format, survey
from studio.film.timeline import Cut, Report, timeline_of
from studio.film.video_track import Copy, Packets, Piece, frames_of, plan, set_up
from studio.media import av_io
from studio.media.files import Cancelled, OnProgress, Stopped, replacing
from studio.messages import Message

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

Sounds = tuple["AudioStream", Iterable["Packet"]]


def render(
    cut: Cut,
    out: Path,
    *,
    cache: Path | None = None,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Report:
    """Make the film as MP4 (H.264, AAC 48 kHz stereo) at `out`.

    cache: a folder where clips brought to the film's format are kept by content; None: made anew each time.
    Raises MediaError when a clip cannot be used, Stopped when cancelled; then nothing is left behind.
    """
    if cut.width % 2 or cut.height % 2:
        raise MediaError(Message("film.odd_sides", width=cut.width, height=cut.height))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".film-") as folder, Shelf() as shelf:
        work = Path(folder)
        clips = [survey(shot.path, cut, shelf) for shot in cut.shots]
        odd = list(dict.fromkeys(clip for clip in clips if not clip.fits))
        whole, again, soft = finishing.whole(cut), finishing.needed(cut), bool(cut.finish.soft)
        bar = _Steps(on_progress, len(odd) + 1 + again + whole)
        notes = [Message("film.brought_to_format", name=c.path.name, what=c.why_not) for c in odd]
        made = {clip: _fitted(clip, cut, shelf, cache or work, bar, cancelled) for clip in odd}
        clips = [made.get(clip, clip) for clip in clips]
        timeline = timeline_of(cut, [clip.length_s for clip in clips])
        first = finishing.preliminary(cut)
        pieces = plan(cut, timeline, clips, shelf, finishing.tables(cut, work), draw=whole)
        pictures = _drawn(cut, pieces, work, shelf, bar, cancelled) if whole else Packets(first, pieces, clips, shelf)
        sounds = aac_splice.mended(timeline, clips, shelf) if aac_splice.mendable(cut, clips) else None
        heard = mixed(cut, timeline, clips, work, cancelled) if sounds is None else None
        joined = work / "joined.mp4" if again or soft else out
        with _sound_packets(sounds, heard) as packets:
            _mux(first, joined, pictures, packets, bar, cancelled)
        if again:
            bar.step += 1
            pictures = finishing.finished(
                cut, joined, work, shelf, reorder=pictures.reorder, on_progress=bar, cancelled=cancelled
            )
            with av_io.opened(joined) as (box, _):
                _mux(cut, work / "finished.mp4" if soft else out, pictures, _sound_of(box), None, cancelled)
            joined = work / "finished.mp4"
        if soft:
            finishing.with_subtitles(joined, out, cut, work, cancelled)
    return Report(
        path=out,
        frames=pictures.frames,
        duration_s=round(float(pictures.frames / cut.fps), 3),
        copied=pictures.frames - pictures.encoded,
        encoded=pictures.encoded,
        loudness_before=heard.before if heard else None,
        loudness=heard.after if heard else None,
        treble=heard.treble if heard else None,
        notes=(*notes, *(heard.notes if heard else ())),
    )


def _drawn(
    cut: Cut, pieces: list[Piece], work: Path, shelf: Shelf, bar: _Steps, cancelled: Cancelled | None
) -> Packets:
    """The film's pictures where every frame of it changes: drawn and encoded once."""
    made = finishing.drawn_whole(cut, pieces, work, on_progress=bar, cancelled=cancelled)
    bar.step += 1
    frames = sum(frames_of(piece) for piece in pieces)
    return Packets(cut, [Copy(made, 0, frames)], [survey(made, cut, shelf)], shelf, redrawn=frames)


class _Steps:
    """One bar over several steps that each count from 0 to 1."""

    def __init__(self, tell: OnProgress | None, steps: int) -> None:
        self.tell, self.steps, self.step = tell, steps, 0

    def __call__(self, fraction: float) -> None:
        if self.tell:
            self.tell((self.step + fraction) / self.steps)


def _sound_of(box: InputContainer) -> Sounds | None:
    if not box.streams.audio:
        return None
    return box.streams.audio[0], (packet for packet in box.demux(audio=0) if packet.size)


def _fitted(
    clip: SourceClip, cut: Cut, shelf: Shelf, cache: Path, bar: _Steps, cancelled: Cancelled | None
) -> SourceClip:
    """A copy of an odd clip in the film's format."""
    made = in_format(clip, cut, cache, on_progress=bar, cancelled=cancelled)
    bar.step += 1
    fitted = replace(survey(made, cut, shelf), length_s=clip.length_s)
    if not fitted.fits:
        raise MediaError(Message("film.not_brought_to_format", name=clip.path.name, what=fitted.why_not))
    return fitted


class _sound_packets:
    """Stream and packets of the sound, from wherever it was made; None for a silent film. A context manager."""

    def __init__(self, sounds: Sounds | None, heard: Mixed | None) -> None:
        self.sounds, self.heard = sounds, heard
        self.manager = av_io.opened(heard.path) if heard else None

    def __enter__(self) -> Sounds | None:
        if self.manager is None:
            return self.sounds
        return _sound_of(self.manager.__enter__()[0])

    def __exit__(self, *error: object) -> None:
        if self.manager is not None:
            self.manager.__exit__(*error)  # type: ignore[arg-type]


def _mux(
    cut: Cut,
    out: Path,
    pictures: Packets,
    sounds: Sounds | None,
    on_progress: OnProgress | None,
    cancelled: Cancelled | None,
) -> None:
    import av

    with (
        replacing(out) as draft,
        av.open(str(draft), "w", format="mp4", options={"movflags": "use_metadata_tags+faststart"}) as film,
    ):
        film.metadata.update(cut.metadata)
        template = pictures.template()
        if template is not None:
            video = film.add_stream_from_template(template)
        else:
            video = film.add_stream("libx264", rate=cut.fps)
            set_up(video.codec_context, cut)
        sound = film.add_stream_from_template(sounds[0]) if sounds else None
        done = 0
        for is_sound, packet in _by_time(pictures, sounds):
            packet.stream = sound if is_sound and sound else video
            film.mux_one(packet)
            if not is_sound:
                done += 1
                if cancelled and cancelled():
                    raise Stopped
                if on_progress and (done % 16 == 0 or done == pictures.frames):
                    on_progress(done / pictures.frames)


def _by_time(pictures: Packets, sounds: Sounds | None) -> Iterator[tuple[bool, Packet]]:
    """Both kinds of packets in the order of their decoding times. Plain floats: this runs for every packet."""
    waiting = iter(sounds[1]) if sounds else iter(())
    tick_s = float(sounds[0].time_base or 0) if sounds else 0.0
    frame_s = float(1 / pictures.cut.fps)
    sound = next(waiting, None)
    for picture in pictures:
        now_s = (picture.dts or 0) * frame_s
        while sound is not None and (sound.dts or 0) * tick_s <= now_s:
            yield True, sound
            sound = next(waiting, None)
        yield False, picture
    while sound is not None:
        yield True, sound
        sound = next(waiting, None)
