"""A clip from painters: one thread draws frames ahead while this one encodes them, in step with the sound.

Both OpenCV and the encoder release the interpreter while they work, so the two really run at once. Memory is flat:
eight frames go round, and a shot is only built when its first frame is due.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame

from studio.animatic.clips.camera_view import Planes
from studio.animatic.order import Order, output_path
from studio.media.encode import VideoWriter, planes
from studio.media.metadata import Origin, video_texts

FRAMES_AHEAD = 8
Painter = Callable[[int, Planes], None]
"""Draws frame n of its shot, counted from 0, into the planes; every plane must be filled."""

ReportProgress = Callable[[float, str], None]
"""Progress 0..1 and a word. It may raise to stop the work."""


@dataclass(frozen=True)
class DrawnShot:
    """Frames from start to end (end not included) of the clip. build is called once, when the shot is due."""

    start: int
    end: int
    build: Callable[[], Painter]


class ClipSound:
    """Samples handed out in order, float32 (n, 2) at 48 kHz; silence after the end."""

    def __init__(self, pieces: Iterable[np.ndarray]) -> None:
        self._pieces: Iterator[np.ndarray] = iter(pieces)
        self._left = np.zeros((0, 2), np.float32)
        self._first: Future[np.ndarray | None] | None = None

    def begin(self) -> None:
        """Make the first piece in a thread of its own, while the first frames are drawn."""
        pool = ThreadPoolExecutor(1, "sound")
        self._first = pool.submit(next, self._pieces, None)
        pool.shutdown(wait=False)

    def _next(self) -> np.ndarray | None:
        if self._first is None:
            return next(self._pieces, None)
        first, self._first = self._first, None
        return first.result()

    def take(self, count: int) -> np.ndarray:
        """The next samples."""
        parts, have = [self._left], len(self._left)
        while have < count:
            piece = self._next()
            if piece is None:
                piece = np.zeros((count - have, 2), np.float32)
            parts.append(piece)
            have += len(piece)
        whole = np.concatenate(parts)
        self._left = whole[count:]
        return whole[:count]


def finish(order: Order, shots: list[DrawnShot], report: ReportProgress, *, sound: ClipSound | None) -> None:
    """Draw and encode the shots of an order, which follow each other without gaps. Leaves no file when it fails."""
    total = shots[-1].end
    if sound is not None:
        sound.begin()
    writer = VideoWriter(
        output_path(order),
        width=order.width,
        height=order.height,
        fps=order.fps,
        channels=2 if sound is not None else 0,
        sound_coder="fast",
        metadata=video_texts(order.settings, origin=Origin.DRAFT),
    )
    with writer, _FrameProducer(shots, writer) as drawing:
        for frame in drawing:
            writer.write(frame)
            drawing.release(frame)
            if sound is not None:
                writer.write_sound(sound.take(writer.sound_due))
            report(writer.frames / total, "drawing")


class _FrameProducer:
    """The thread that draws, and the ring of frames between it and the encoder."""

    def __init__(self, shots: list[DrawnShot], writer: VideoWriter) -> None:
        self._shots = shots
        self._free: queue.Queue[VideoFrame] = queue.Queue()
        self._drawn: queue.Queue[VideoFrame | BaseException | None] = queue.Queue()
        self._stop = threading.Event()
        for _ in range(min(FRAMES_AHEAD, shots[-1].end) + 1):
            self._free.put(writer.blank())
        self._thread = threading.Thread(target=self._run, name="drawing", daemon=True)

    def __enter__(self) -> _FrameProducer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def __iter__(self) -> Iterator[VideoFrame]:
        while (frame := self._drawn.get()) is not None:
            if isinstance(frame, BaseException):
                raise frame
            yield frame

    def release(self, frame: VideoFrame) -> None:
        """The encoder has its own copy; the frame may be drawn into again."""
        self._free.put(frame)

    def _run(self) -> None:
        try:
            for shot in self._shots:
                if self._stop.is_set():
                    return
                painter = shot.build()
                for n in range(shot.end - shot.start):
                    frame = self._next_free()
                    if frame is None:
                        return
                    painter(n, planes(frame))
                    self._drawn.put(frame)
            self._drawn.put(None)
        except BaseException as error:  # handed to the encoding thread, which raises it there
            self._drawn.put(error)

    def _next_free(self) -> VideoFrame | None:
        while not self._stop.is_set():
            try:
                return self._free.get(timeout=0.1)
            except queue.Empty:
                continue
        return None
