"""One cut of a board, made into films for several places. What they share is made once: the joined film with its sound
and grade, in a quality in which no loss can be seen, its loudness, and what is looked at for another shape.

Words are drawn into each place's own picture, clear of what the place covers.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, is_dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from studio.domain import JSON
from studio.film import platforms
from studio.messages import Message, term
from studio.services import export_time
from studio.services.assets import Assets
from studio.services.context import Context
from studio.services.export_time import ExportProgress, Steps
from studio.services.film_options import FilmOptions
from studio.services.looks import Looks
from studio.storyboard import finishing, to_timeline
from studio.storyboard.look import Slate
from studio.storyboard.model import Board
from studio.storyboard.to_timeline import Clip

if TYPE_CHECKING:
    from studio.film.deliver import DeliverySource
    from studio.film.timeline import CaptionLine

INTERMEDIATE_ENCODING = {"crf": 10, "preset": "superfast"}
"""x264 for what is encoded again: above 50 dB of PSNR, and faster than the film's own setting at thrice the size."""
ASPECT_TOLERANCE = 0.02
SILENT_FORMATS = ("gif", "webp")
"""Preview forms that the quality check does not read."""


@dataclass(frozen=True)
class _SharedFilm:
    """The joined film for all places but the master. words: still to be drawn."""

    source: DeliverySource
    report: JSON
    words: tuple[CaptionLine, ...]


class ExportJob:
    """Films of one board as it stood, with these clips; what they share goes with `close`. Thread-safe."""

    def __init__(self, context: Context, assets: Assets, looks: Looks, board: Board, clips: dict[str, Clip]) -> None:
        self._context, self._assets, self._looks = context, assets, looks
        self._board, self._clips = board, clips
        self._shared: dict[str, _SharedFilm] = {}
        self._shared_steps: dict[str, Steps] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._folders = ExitStack()

    def close(self) -> None:
        """Remove what the films share."""
        self._folders.close()

    def steps(self, form: str, options: FilmOptions) -> tuple[Steps, Steps | None]:
        """The steps of one export, and those that it has in common with others of this job."""
        clock = self._context.exports.clock
        if form != "film":
            return Steps([("files", 0.5)], clock), None
        preset = platforms.preset(options.preset)
        board = self._board_for(preset)
        join, rest = export_time.film_steps(
            preset, options, (options.width or board.width, options.height or board.height),
            fps=options.fps or board.fps, length_s=to_timeline.timeline(board, self._clips).length_s,
            graded=self._is_graded(board, options),
        )  # fmt: skip
        if preset.id == "master":
            return Steps([*join, *rest], clock), None
        key = self._cache_key(board, options)
        shared = self._shared_steps.setdefault(key, Steps(join, clock))
        self._turns.setdefault(key, threading.Lock())
        return Steps(rest, clock), shared

    def _is_graded(self, board: Board, options: FilmOptions) -> bool:
        from studio.film.finishing import encodes_whole
        from studio.film.timeline import Cut

        return encodes_whole(Cut((), 2, 2, Fraction(1), finish=self._finish(board, options)))

    def render_film(self, options: FilmOptions, out: Path, progress: ExportProgress) -> JSON:
        """The film as its preset wants it, with what a careful viewer would send back."""
        from studio.film import deliver, quality

        preset = platforms.preset(options.preset)
        board = self._board_for(preset)
        own = progress.own or self.steps("film", options)[0]
        if preset.id == "master":
            report = self._render(board, options, out, partial(own.advance, "join"), progress)
            measured = quality.measure(
                out, on_progress=partial(own.advance, "measure"), cancelled=lambda: progress.cancelled
            )
        else:
            shared = self._shared_film(board, options, progress)
            delivered = deliver.export(
                shared.source, preset, out, framing=options.framing, words=shared.words,
                on_progress=partial(own.advance, "encode"), on_measured=partial(own.advance, "measure"),
                cancelled=lambda: progress.cancelled,
            )  # fmt: skip
            report = shared.report | {
                "notes": [*shared.report["notes"], *delivered.notes, *self._slate_notes(board, preset)]
            }
            report["loudness"] = to_json(delivered.loudness)
            measured = delivered.measured
            if preset.form in SILENT_FORMATS:
                report |= {"treble": None, "loudness_before": None}
        findings = quality.inspect(out, preset, measured=measured) if preset.form not in SILENT_FORMATS else ()
        findings = finishing.without_slate(findings, finishing.slate_s(board, options.fps))
        own.finish()
        return report | {"preset": term(preset.label), "findings": [f.plain() for f in findings]}

    def _board_for(self, preset: platforms.PlatformPreset) -> Board:
        """The board without its slate where the place has another shape, which would cut the slate's words off."""
        aspect = preset.width / preset.height if preset.width and preset.height else 0.0
        if (
            not self._board.slate.on
            or not aspect
            or abs(aspect - self._board.width / self._board.height) < ASPECT_TOLERANCE
        ):
            return self._board
        return self._board.model_copy(update={"slate": Slate()})

    def _slate_notes(self, board: Board, preset: platforms.PlatformPreset) -> list[str]:
        if board is self._board:
            return []
        return [Message("export.no_slate", place=term(preset.label))]

    def _cache_key(self, board: Board, options: FilmOptions) -> str:
        return f"{board.slate.on} {options.model_dump_json(exclude={'preset', 'framing'})}"

    def _shared_film(self, board: Board, options: FilmOptions, progress: ExportProgress) -> _SharedFilm:
        """The joined film: made by the first that asks, while others wait. Raises Stopped when cancelled."""
        from studio.film.deliver import DeliverySource

        key = self._cache_key(board, options)
        steps = self._shared_steps[key]
        with self._turn(key, progress):
            if key not in self._shared:
                steps.restart()
                folder = self._folders.enter_context(TemporaryDirectory(dir=self._context.scratch_folder()))
                joined = Path(folder) / "joined.mp4"
                words = self._finish(board, options).burned
                report = self._render(board, options, joined, partial(steps.advance, "join"), progress, shared=True)
                source = DeliverySource(joined, finishing.cuts_s(board, self._clips, options.fps))
                self._shared[key] = _SharedFilm(source, report, words)
                steps.finish()
            return self._shared[key]

    @contextmanager
    def _turn(self, key: str, progress: ExportProgress) -> Iterator[None]:
        """Wait until nobody else makes this joined film."""
        from studio.media.files import Stopped

        lock = self._turns.setdefault(key, threading.Lock())
        while not lock.acquire(timeout=0.1):
            if progress.cancelled:
                raise Stopped
        try:
            yield
        finally:
            lock.release()

    def _finish(self, board: Board, options: FilmOptions):
        from studio.film import captions

        lines = captions.parse(options.captions) if options.captions.strip() else ()
        return self._looks.finish(
            options.apply_to(board), captions=lines, burn=options.burn, label=options.label_of(board)
        )

    def _render(
        self, board: Board, options: FilmOptions, out: Path, advance: Callable[[float], None], progress: ExportProgress,
        *, shared: bool = False,
    ) -> JSON:  # fmt: skip
        """The joined film; shared: finer, and without words."""
        from studio.film.render import render
        from studio.film.timeline import SoundMix, Track

        finish, board, slate_s = (
            self._finish(board, options),
            options.apply_to(board),
            finishing.slate_s(board, options.fps),
        )
        tracks: tuple[Track, ...] = ()
        if options.music:
            path = self._assets.path(self._assets.get(options.music))
            music = Track(path, start_s=slate_s, gain_db=options.music_db, ducked=True, loop=True)
            tracks = (replace(music, fade_in_s=0.5, fade_out_s=1.5),)
        sound = SoundMix(tracks=tracks, repair_treble=options.repair_treble, loudness=options.loudness)
        size = (options.width, options.height) if options.width and options.height else (board.width, board.height)
        fps = options.fps or board.fps
        about = {"board": board.id, "shots": len(board.shots)} | ({"review_copy": True} if options.review_copy else {})
        metadata = {"title": board.title, "studio": json.dumps(about)}
        with TemporaryDirectory(dir=self._context.scratch_folder()) as folder:
            cut = to_timeline.cut(
                board, self._clips, sound=sound, finish=replace(finish, burned=()) if shared else finish, size=size,
                fps=fps, metadata=metadata, tones=self._looks.tones(board, self._clips),
                slate=self._looks.slate(board, Path(folder), size, fps),
            )  # fmt: skip
            cut = replace(cut, **INTERMEDIATE_ENCODING) if shared else cut
            report = render(
                cut, out, cache=self._context.settings.data / "cache" / "clips", on_progress=advance,
                cancelled=lambda: progress.cancelled,
            )  # fmt: skip
        return to_json(report) | {"path": None}


def to_json(value: Any) -> Any:
    """Dataclasses and paths as JSON; a report's numbers that are infinite (silence) as None."""
    if is_dataclass(value) and not isinstance(value, type):
        return to_json(asdict(value))
    if isinstance(value, dict):
        return {k: to_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(v) for v in value]
    if isinstance(value, float) and math.isinf(value):
        return None
    return str(value) if isinstance(value, Path) else value
