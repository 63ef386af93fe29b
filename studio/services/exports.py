"""Films and other exports of a board: made in the background, with progress and cancel, kept in library/films.

As many side by side as LANES: each uses several cores. A cancelled or failed one leaves no file and does not touch the
others. One that a stop or a crash of the studio interrupted is begun again at the next start.
"""

from __future__ import annotations

import itertools
import logging
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from studio.domain import JSON, Asset, Status
from studio.errors import CapabilityError, NotFound, StudioError
from studio.film import platforms
from studio.messages import Message, joined, of_error
from studio.services.assets import Assets
from studio.services.context import Context
from studio.services.delivery_approval import DeliveryApproval
from studio.services.export_job import ExportJob
from studio.services.export_time import ExportProgress
from studio.services.film_options import FilmOptions, read_options
from studio.services.looks import Looks
from studio.services.one_run_films import OneRunFilms
from studio.services.storyboards import Storyboards
from studio.storage import storing
from studio.store import assets as asset_rows
from studio.store import exports
from studio.store.exports import FilmRow, Unfinished
from studio.store.mapping import new_id
from studio.storyboard import archive, contact_sheet, interchange, to_timeline
from studio.storyboard.cut_fingerprint import cut_fingerprint
from studio.storyboard.model import Board
from studio.storyboard.to_timeline import Clip

log = logging.getLogger(__name__)

SUFFIXES = {"film": ".mp4", "contact": ".pdf", "shots": ".csv", "project": ".zip"}
MAX_STARTS = 5
"""An export that was under way at so many sudden ends of the studio is not begun again: it may be their cause."""
FAILED = "export.broke"
SUFFIXES |= dict.fromkeys(interchange.FORMATS, ".zip")
FORM_NAMES = {"contact": "contact sheet", "shots": "shot list", "project": "storyboard"}
FORM_NAMES |= {name: name.upper() for name in interchange.FORMATS}


class Exports:
    """Exports of one user. Methods are safe from any thread."""

    def __init__(
        self, context: Context, user: str, assets: Assets, storyboards: Storyboards, looks: Looks,
        one_run_films: OneRunFilms, delivery_approval: DeliveryApproval,
    ) -> None:  # fmt: skip
        self._context, self.user = context, user
        self._assets, self._storyboards = assets, storyboards
        self._looks, self._one_run_films, self._delivery_approval = looks, one_run_films, delivery_approval
        self._work = context.exports

    def resume(self, rows: list[Unfinished]) -> None:
        """Begin again the exports of one press, which the last stop interrupted. Returns at once."""
        self._work.add(row.id for row in rows)
        self._work.submit(self._resume, rows)

    def _resume(self, rows: list[Unfinished]) -> None:
        """Exports of one press that were interrupted: again from the board as it stood then."""
        first, jobs = rows[0], []
        try:
            for row in rows:
                if row.starts >= MAX_STARTS:
                    self._finish(row.id, "failed", error=Message("export.crashed_often", count=MAX_STARTS))
                    self._work.forget(row.id)
                else:
                    jobs.append((row.id, FilmOptions.model_validate(row.options)))
            if jobs:
                board = self._storyboards.get(first.board).board
                board = Board.model_validate(first.plan) if first.plan else board
                board, clips = self._board_and_clips(board, first.form, jobs[0][1])
                self._begin(jobs, first.form, board, clips)
        except Exception as error:
            is_expected = isinstance(error, StudioError)
            log.log(logging.INFO if is_expected else logging.ERROR, "exports were not taken up", exc_info=error)
            for film_id, _ in jobs:
                if self._work.running.get(film_id) and not self._work.closing:
                    self._work.forget(film_id)
                    self._finish(film_id, "failed", error=of_error(error) if is_expected else Message(FAILED))

    def _board_and_clips(self, board: Board, form: str, options: FilmOptions) -> tuple[Board, dict[str, Clip]]:
        """The board to export and the clips of its shots."""
        if form == "film" and options.whole:
            return self._one_run_films.as_cut(board, options.whole)
        return board, self._storyboards.clips(board)

    def start(self, board_id: str, form: str, options: JSON | None = None) -> FilmRow:
        """Begin an export (form: film, contact, shots, otio, edl, fcpxml, project); what is wrong is said at once."""
        return self.start_several(board_id, form, options)[0]

    def start_several(
        self, board_id: str, form: str, options: JSON | None = None, places: Iterable[str] = ()
    ) -> list[FilmRow]:
        """One export for each place (ids of presets; none: the one in the options), of the same cut.

        What they share is made once; each can be cancelled by itself. Raises Conflict where an approval is missing
        that exports for delivery demand.
        """
        if form not in SUFFIXES:
            raise CapabilityError(Message("export.no_form", form=f"{form!r}", listed=", ".join(SUFFIXES)), field="form")
        self._context.visitors.check_export(self.user)
        chosen = read_options(options)
        variants = [chosen.model_copy(update={"preset": p}) for p in dict.fromkeys(places)] or [chosen]
        plan = self._storyboards.get(board_id).board
        board, clips = self._board_and_clips(plan, form, chosen)
        if form == "film":
            if missing := to_timeline.missing(board, clips, allow_drafts=chosen.allow_drafts):
                raise CapabilityError(" ".join(missing), field="shots")
            to_timeline.cut(board, clips)
            self._looks.lut_file(board.look)
            for variant in variants:
                platforms.preset(variant.preset)
        self._delivery_approval.require(board, clips, form, chosen)
        cut = cut_fingerprint(board, clips, chosen.content()) if form == "film" else ""
        jobs = [(new_id("f_"), variant) for variant in (variants if form == "film" else variants[:1])]
        with self._context.store.write() as db:
            for film_id, variant in jobs:
                exports.add(
                    db,
                    film_id,
                    board_id,
                    self.user,
                    form,
                    variant.model_dump(mode="json"),
                    plan.model_dump(mode="json"),
                    cut,
                )
        self._work.add(film_id for film_id, _ in jobs)
        self._begin(jobs, form, board, clips)
        return [self.get(film_id) for film_id, _ in jobs]

    def get(self, film_id: str) -> FilmRow:
        """The export as it stands, or NotFound."""
        with self._context.store.read() as db:
            return exports.get(db, film_id, self.user)

    def list_for_board(self, board_id: str) -> list[FilmRow]:
        """Exports of this board, newest first. Raises NotFound for a board that the user does not see."""
        self._storyboards.get(board_id)
        with self._context.store.read() as db:
            return exports.of_board(db, board_id, self.user)

    def cancel(self, film_id: str) -> None:
        """Stop an export; it leaves no file. Raises NotFound, NotAllowed for one of a board that the user only sees."""
        film = self.get(film_id)
        if film.owner != self.user:
            self._storyboards.project_for_runs(film.board)
        if progress := self._work.running.get(film_id):
            progress.cancelled = True
            if self._work.drop(film_id):
                self._finish(film_id, "cancelled")
                self._work.forget(film_id)

    def file(self, film_id: str) -> Path:
        """The finished file. Raises NotFound while there is none."""
        film = self.get(film_id)
        if film.path is None or not (path := self._context.jobs.file(film.path)).is_file():
            raise NotFound(Message("export.no_file"))
        return path

    def _begin(self, jobs: list[tuple[str, FilmOptions]], form: str, board: Board, clips: dict[str, Clip]) -> None:
        """Begin the exports of one press as there is room. What they share goes with the last of them."""
        job = ExportJob(self._context, self._assets, self._looks, board, clips)
        for film_id, options in jobs:
            if progress := self._work.running.get(film_id):
                with suppress(StudioError):  # the export itself ends with what is wrong
                    progress.own, progress.shared = job.steps(form, options)
        works = {film_id: partial(self._run, film_id, form, job, board, clips, options) for film_id, options in jobs}
        self._work.submit_group(works, job.close)

    def _run(
        self, film_id: str, form: str, job: ExportJob, board: Board, clips: dict[str, Clip], options: FilmOptions,
        ) -> None:  # fmt: skip
        from studio.media.files import Stopped, replacing

        progress, begun = self._work.running[film_id], False
        name = self._file_name(film_id, board, form, options)
        target = self._context.settings.data / "library" / "films" / film_id / name
        try:
            if progress.cancelled:
                raise Stopped
            self._count_start(film_id)
            begun = True
            with storing(self._context.settings.data), _remove_if_empty(target.parent), replacing(target) as temporary:
                if form == "film":
                    report = _retry_if_killed(lambda: job.render_film(options, temporary, progress))
                else:
                    report = self._write(form, board, clips, temporary, progress)
                if progress.cancelled:
                    raise Stopped
            columns: dict[str, Any] = {"path": target.relative_to(self._context.settings.data).as_posix()}
            if form == "film":
                columns["asset"] = self._register(target).id
            self._finish(film_id, "succeeded", **columns, report=report)
        except Stopped:
            if progress.closing:
                self._count_start(film_id, -1 if begun else 0)
            else:
                self._finish(film_id, "cancelled")
        except StudioError as error:
            self._finish(film_id, "failed", error=of_error(error))
        except Exception:
            log.exception("export %s failed", film_id)
            self._finish(film_id, "failed", error=Message(FAILED))
        finally:
            self._work.forget(film_id)

    def _file_name(self, film_id: str, board: Board, form: str, options: FilmOptions) -> str:
        """A name that tells the film, and the place or the kind of file; numbered where the board has it already."""
        preset = platforms.preset(options.preset)
        suffix = platforms.SUFFIX[preset.form] if form == "film" else SUFFIXES[form]
        kind = preset.label if form == "film" else FORM_NAMES[form]
        kind += " review copy" if form == "film" and options.review_copy else ""
        stem = f"{_safe_name(board.title)[:60].strip() or 'film'} - {_safe_name(kind)}"
        names = (f"{stem}{f' v{n}' if n > 1 else ''}{suffix}" for n in itertools.count(1))
        return self._work.take_name(film_id, board.id, names, lambda: self._file_names(board.id))

    def _file_names(self, board_id: str) -> set[str]:
        return {Path(film.path).name for film in self.list_for_board(board_id) if film.path}

    def _count_start(self, film_id: str, change: int = 1) -> None:
        with self._context.store.write() as db:
            exports.count_start(db, film_id, change)

    def _finish(self, film_id: str, status: str, **columns: Any) -> None:
        self._context.store.insist(lambda db: exports.end(db, film_id, status, **columns))

    def _write(self, form: str, board: Board, clips: dict[str, Clip], out: Path, progress: ExportProgress) -> JSON:
        if form == "contact":
            stills = self._stills(clips)
            return {"pages": contact_sheet.write(board, to_timeline.timeline(board, clips), stills, out)}
        if form == "shots":
            takes = {s.id: s.chosen or "" for s in board.shots}
            out.write_text(
                interchange.shot_list(board, clips, takes), "utf-8-sig"
            )  # the mark tells spreadsheets it is UTF-8
            return {"shots": len(board.shots)}
        if form == "project":
            return self._archive(board, out)
        return self._editing_package(form, board, clips, out, progress)

    def _editing_package(
        self, form: str, board: Board, clips: dict[str, Clip], out: Path, progress: ExportProgress
    ) -> JSON:
        """A zip with the timeline and the media it names, so that it opens wherever it is unpacked."""
        with TemporaryDirectory(dir=self._context.scratch_folder()) as folder:
            timeline = Path(folder) / f"timeline.{form}"
            interchange.write(board, clips, timeline, form)
            with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
                archive.write(timeline, timeline.name)
                for number, (shot_id, clip) in enumerate(clips.items(), 1):
                    archive.write(clip.path, f"media/{interchange.file_name(board, shot_id, clip.path.suffix)}")
                    if progress.own:
                        progress.own.advance("files", number / len(clips))
        return {"media": len(clips)}

    def _archive(self, board: Board, out: Path) -> JSON:
        states = self._storyboards.snapshot_of(board).states
        takes: dict[str, JSON] = {}
        assets: dict[str, Asset] = {}
        one_run_films = [state.run for state in self._one_run_films.states(board)]
        for run in (r for r in (*(r for s in states for r in s.takes), *one_run_films) if r.status is Status.SUCCEEDED):
            takes[run.id] = {
                "request": run.request.flat() | {"seed": run.seed} if run.seed is not None else run.request.flat(),
                "assets": [a.id for a in run.assets if a.path],
            }
            assets |= {a.id: a for a in run.assets if a.path}
        ids = [i for m in board.cast for i in (*m.references, m.voice) if i]
        ids += [s.start.asset for s in board.shots if s.start.asset]
        ids += [board.delivery.music] if board.delivery.music else []
        with self._context.store.read() as db:
            assets |= asset_rows.several(db, ids, self.user)
        files = {i: self._assets.path(a) for i, a in assets.items()}
        names = {i: a.name for i, a in assets.items()}
        if lut_path := self._looks.lut_file(board.look):
            files[board.look.lut] = lut_path
            names[board.look.lut] = self._looks.lut_name(board.look.lut)
        archive.pack(board, files, names, takes, out)
        return {"files": len(files), "takes": len(takes)}

    def _stills(self, clips: dict[str, Clip]) -> dict[str, Path]:
        return {shot: self._assets.thumbnail(clip.asset.id, "poster") for shot, clip in clips.items()}

    def _register(self, path: Path) -> Asset:
        """The film as an asset of its own, without a second copy of the file."""
        from studio.media import files
        from studio.media.probe import probe

        facts = probe(path)
        asset = Asset(
            id=new_id("a_"), kind=facts.kind, mime=facts.mime, name=path.name, bytes=facts.bytes,
            path=path.relative_to(self._context.settings.data).as_posix(), sha256=files.sha256(path),
            width=facts.width, height=facts.height, duration_s=facts.duration_s, fps=facts.fps,
            has_audio=facts.has_audio, owner=self.user,
        )  # fmt: skip
        self._context.store.insist(lambda db: asset_rows.add(db, asset))
        return asset


def _safe_name(words: str) -> str:
    """Letters, digits, hyphens, dots and spaces: what every file system takes."""
    return re.sub(r"[^\w\-. ]+", "", words).strip(" .")


def _retry_if_killed(make: Callable[[], JSON]) -> JSON:
    """What `make` reports; begun once more where ffmpeg was killed, with a note of it."""
    from studio.media.files import Killed

    try:
        return make()
    except Killed as error:
        log.warning("an export is begun once more: %s", error)
        reason = of_error(error)
    report = make()
    return report | {"notes": [*report.get("notes", ()), joined(reason, Message("export.second_try"))]}


@contextmanager
def _remove_if_empty(folder: Path) -> Iterator[None]:
    """Take the folder away again when nothing was left in it, before anybody hears of the end."""
    try:
        yield
    finally:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def interrupted_exports(context: Context) -> Iterator[list[Unfinished]]:
    """Exports that the last stop interrupted, those of one press together; all of one list have one owner."""
    with context.store.read() as db:
        unfinished = exports.unfinished(db)
    for _, group in itertools.groupby(unfinished, lambda row: (row.board, row.owner, row.form, row.plan)):
        yield list(group)
