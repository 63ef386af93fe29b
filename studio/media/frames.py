"""Single frames of a video, exactly the ones a player shows: decoded up to, never guessed from a seek."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import MediaError
from studio.media import av_io
from studio.media.files import replacing
from studio.messages import Message

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL import Image


def first_frame(path: Path, out: Path) -> None:
    """Write the first frame as an upright PNG. Raises MediaError when the file has no picture."""
    frame_at(path, 0.0, out)


def last_frame(path: Path, out: Path) -> None:
    """Write the very last frame as an upright PNG: the one the next shot starts from."""
    with _reader(path) as (box, video):
        _save(_last(box, video), video, out)


def frame_at(path: Path, t_s: float, out: Path) -> None:
    """Write the frame that is on screen at t_s seconds from the clip's start, as an upright PNG.

    Before the start it is the first frame, after the end the last.
    """
    with _reader(path) as (box, video):
        _save(_at(box, video, t_s), video, out)


def grab(path: Path, t_s: float, *, max_side_px: int | None = None) -> Image.Image:
    """The frame on screen at t_s as an upright RGB picture, at most max_side_px large."""
    with _reader(path) as (box, video):
        frame = _at(box, video, t_s)
        return av_io.still(frame, max_side_px=max_side_px, aspect=video.sample_aspect_ratio)


def grab_many(path: Path, times_s: Sequence[float], *, max_side_px: int | None = None) -> list[Image.Image]:
    """The frames on screen at these rising times as upright RGB pictures, decoded in one go."""
    found: list[VideoFrame] = []
    with _reader(path) as (box, video):
        base = video.time_base
        if base is None:
            raise MediaError(Message("clip.no_time_line"))
        start = video.start_time or 0
        wanted = [start + round(max(t, 0.0) / base) for t in times_s]
        box.seek(wanted[0], stream=video)
        shown = None
        for frame in box.decode(video):
            while shown is not None and len(found) < len(wanted) and (frame.pts or 0) > wanted[len(found)]:
                found.append(shown)
            if len(found) == len(wanted):
                break
            shown = frame
        shown = shown or _first(box, video)
        found += [shown] * (len(wanted) - len(found))
        return [av_io.still(one, max_side_px=max_side_px, aspect=video.sample_aspect_ratio) for one in found]


@contextmanager
def _reader(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    with av_io.opened(path) as (box, _):
        video = av_io.picture_stream(box)
        if video is None:
            raise MediaError(Message("file.no_picture", name=path.name))
        yield box, av_io.threaded(video)


def _last(box: InputContainer, video: VideoStream) -> VideoFrame:
    """Decode from the last key frame on; where the seek lands too late to give a frame, from the beginning."""
    end = (video.start_time or 0) + video.duration if video.duration else None
    for target in (end, video.start_time or 0):
        if target is None:
            continue
        box.seek(target, stream=video)
        if tail := deque(box.decode(video), maxlen=1):
            return tail[0]
    raise MediaError(Message("clip.no_decodable_frame"))


def _at(box: InputContainer, video: VideoStream, t_s: float) -> VideoFrame:
    base = video.time_base
    if base is None:
        raise MediaError(Message("clip.no_time_line"))
    start = video.start_time or 0
    target = start + round(max(t_s, 0.0) / base)
    for origin in (target, start):
        box.seek(origin, stream=video)
        found = None
        for frame in box.decode(video):
            if frame.pts is not None and frame.pts > target:
                break
            found = frame
        if found is not None:
            return found
    return _first(box, video)


def _first(box: InputContainer, video: VideoStream) -> VideoFrame:
    box.seek(video.start_time or 0, stream=video)
    for frame in box.decode(video):
        return frame
    raise MediaError(Message("clip.no_decodable_frame"))


def _save(frame: VideoFrame, video: VideoStream, out: Path) -> None:
    picture = av_io.still(frame, aspect=video.sample_aspect_ratio)
    with replacing(out) as draft:
        picture.save(draft, "PNG", compress_level=3)
