"""Films made in one multi-shot run: made, shown in the place of the cut, exported, and cut apart into takes.

Cutting apart copies what can be copied and encodes only the frames beside a cut. It happens in the background; the
takes come to the board all at once, as runs that cost nothing and tell what they were cut from.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from studio.domain import Asset, Run, Status
from studio.errors import CapabilityError, Conflict, NotFound, StudioError
from studio.messages import Message, joined, of_error
from studio.services.assets import Assets
from studio.services.board_repository import BoardRepository, StoredBoard
from studio.services.context import Context
from studio.services.requests import Requests
from studio.services.storyboards import Storyboards
from studio.store import runs
from studio.store.mapping import as_request, new_id
from studio.storyboard import edit, plan, wording
from studio.storyboard import one_run as whole
from studio.storyboard.model import Board, OneRunFilm, Shot, ShotSpan, Take
from studio.storyboard.snapshot import BoardSnapshot, video_of
from studio.storyboard.to_timeline import Clip

log = logging.getLogger(__name__)
SPLIT_CRF = 12
"""Quality of the frames beside a cut, which cannot be copied: no loss that can be seen."""
SPLIT_FAILED = "onerun.not_split"


@dataclass(frozen=True)
class OneRunFilmState:
    """A film made in one run. film: once it is there. stale: the board has changed since. splitting: under way."""

    whole: OneRunFilm
    run: Run
    film: Asset | None
    stale: bool
    splitting: bool
    error: str


class OneRunFilms:
    """One user's films made in one run. Methods are safe from any thread."""

    def __init__(
        self, context: Context, user: str, requests: Requests, assets: Assets, storyboards: Storyboards
    ) -> None:
        self._context, self.user = context, user
        self._requests, self._assets, self._storyboards = requests, assets, storyboards
        self._work, self._boards = context.splits, BoardRepository(context, user)

    def submit(self, board_id: str, model: str) -> Run:
        """Queue the whole film as one run; the board shows it as soon as it is there."""
        snapshot = self._storyboards.snapshot(board_id)
        board = snapshot.board
        run_plan = plan.one_run(board, model, self._context.catalogue, snapshot.assets)
        if run_plan.problems:
            raise CapabilityError(joined(*run_plan.problems), field="model", value=model)
        fingerprints = {s.shot.id: s.plan.fingerprint for s in snapshot.states if s.plan}

        def on_stored(db: Any, stored: list[Run]) -> None:
            current = self._boards.get(db, board_id).board
            film = whole.one_run_film(board, stored[0].id, run_plan, fingerprints)
            updated = current.model_copy(update={"wholes": (*current.wholes, film), "shown": film.run})
            self._boards.amend(db, updated)

        return self._storyboards.submit(board_id, [run_plan.body], on_stored)[0]

    def states(self, board: Board) -> list[OneRunFilmState]:
        """The board's films in one run, newest first; those whose run was deleted are left out."""
        return self.states_of(self._storyboards.snapshot_of(board)) if board.wholes else []

    def states_of(self, snapshot: BoardSnapshot) -> list[OneRunFilmState]:
        """The same for a board that was read already."""
        films = [(film, run) for film in reversed(snapshot.board.wholes) if (run := snapshot.runs.get(film.run))]
        current = {model: self._fingerprints(snapshot, model) for model in {run.model for _, run in films}}
        return [
            OneRunFilmState(
                film, run, video_of(run), film.fingerprint not in current[run.model], film.run in self._work.running,
                self._work.errors.get(film.run, ""),
            )
            for film, run in films
        ]  # fmt: skip

    def _fingerprints(self, snapshot: BoardSnapshot, model: str) -> set[str]:
        """What would be asked of this model now, and in the words of before its family had a syntax of its own."""
        board, catalogue, assets = snapshot.board, self._context.catalogue, snapshot.assets
        try:
            return {plan.one_run(board, model, catalogue, assets, own_syntax=own).fingerprint for own in (True, False)}
        except StudioError:
            return set()

    def show(self, board_id: str, run: str | None) -> StoredBoard:
        """Show this film in the place of the cut; None: the cut again. A choice, not an edit: undo leaves it alone."""
        with self._context.store.write() as db:
            board = self._boards.get(db, board_id).board
            if run is not None and run not in {w.run for w in board.wholes}:
                raise NotFound(Message("onerun.other_board"))
            return self._boards.amend(db, board.model_copy(update={"shown": run}))

    def as_cut(self, board: Board, run: str) -> tuple[Board, dict[str, Clip]]:
        """The board and clips of which the export of this film is made. Raises NotFound while there is no film."""
        state = next((s for s in self.states(board) if s.whole.run == run), None)
        if state is None or state.film is None:
            raise NotFound(Message("onerun.not_there"))
        return whole.as_cut(board, state.whole, state.film, self._assets.path(state.film))

    def use_as_takes(self, board_id: str, run: str) -> None:
        """Cut the film at the written times, in the background; each part becomes the chosen take of its shot.

        A film that was cut before is not cut again: its takes are chosen. Raises Conflict while it is not there.
        """
        board = self._storyboards.get(board_id).board
        state = next((s for s in self.states(board) if s.whole.run == run), None)
        if state is None or state.film is None:
            raise Conflict(Message("onerun.not_there"))
        with self._work.lock:
            if run in self._work.running or self._work.closing:
                return
            self._work.running.add(run)
            self._work.errors.pop(run, None)
        self._work.submit(self._split, board_id, state)

    def _split(self, board_id: str, state: OneRunFilmState) -> None:
        from studio.media.files import Stopped

        run = state.whole.run
        try:
            if not self._choose_existing_takes(board_id, run):
                self._split_film(board_id, state)
        except Stopped:
            pass
        except StudioError as error:
            self._work.errors[run] = of_error(error)
        except Exception:
            log.exception("the film of run %s could not be cut apart", run)
            self._work.errors[run] = Message(SPLIT_FAILED)
        finally:
            self._work.running.discard(run)
            if not self._work.closing:
                self._context.jobs.feed.publish([run])

    def _choose_existing_takes(self, board_id: str, run: str) -> bool:
        """Choose the takes that were cut out of this film before; whether there are any."""
        snapshot = self._storyboards.snapshot(board_id)
        takes = {
            shot.id: take.run
            for shot in snapshot.board.shots
            for take in shot.takes
            if (run_ := snapshot.runs.get(take.run)) and run_.batch == _split_batch(run)
        }
        if takes:

            def choose(edited: Board) -> Board:
                for shot, take in takes.items():
                    edited = edit.choose(edited, shot, take)
                return edited

            self._storyboards.edit(board_id, "whole_takes", choose)
        return bool(takes)

    def _split_film(self, board_id: str, state: OneRunFilmState) -> None:
        assert state.film is not None  # noqa: S101 - for the type checker
        source = self._assets.path(state.film)
        board = self._storyboards.get(board_id).board
        shot_ids = {s.id for s in board.shots}
        spans = [s for s in whole.spans_in(state.whole, state.film.duration_s or 0.0) if s.shot in shot_ids]
        if not spans:
            raise Conflict(Message("onerun.no_shot_left"))
        with TemporaryDirectory(dir=self._context.scratch_folder()) as folder:
            parts: list[tuple[ShotSpan, Asset]] = []
            for number, span in enumerate(spans, 1):
                out = self._extract_shot(state.film, source, span, Path(folder) / f"shot-{number:02}.mp4")
                parts.append((span, self._assets.add(out, name=f"{Path(source).stem} {number}.mp4", derived=True)))
        self._store_takes(board_id, state, parts)

    def _extract_shot(self, film: Asset, source: Path, span: ShotSpan, out: Path) -> Path:
        from studio.film.render import render
        from studio.film.timeline import Cut, CutClip

        fps = Fraction(film.fps or 24).limit_denominator(1001)
        shots = (CutClip(source, span.start_s, span.end_s),)
        render(
            Cut(shots, film.width or 2, film.height or 2, fps, crf=SPLIT_CRF), out, cancelled=lambda: self._work.closing
        )
        return out

    def _store_takes(self, board_id: str, state: OneRunFilmState, parts: list[tuple[ShotSpan, Asset]]) -> None:
        """The takes as finished runs, chosen on the board: one step, which undo takes back."""
        run_ids: list[str] = []
        assets = dict(self._storyboards.snapshot(board_id).assets)
        with self._context.store.write() as db:
            board = self._boards.get(db, board_id).board
            for span, asset in parts:
                shot = next((s for s in board.shots if s.id == span.shot), None)
                if shot is None:
                    continue
                run = self._add_run(db, board, shot, span, asset, state.run)
                run_ids.append(run)
                fitted = whole.fitted(shot, span)
                take = Take(
                    run=run, kind="render", fingerprint=self._take_fingerprint(board, shot, fitted, span, assets)
                )
                shots = tuple(fitted if s.id == shot.id else s for s in board.shots)
                board = edit.choose(
                    edit.add_take(board.model_copy(update={"shots": shots}), shot.id, take), shot.id, run
                )
            board = board.model_copy(update={"shown": None})
            self._boards.save(db, board, "whole_takes")
        self._context.notify_changed(*run_ids)

    def _take_fingerprint(
        self, board: Board, shot: Shot, fitted: Shot, span: ShotSpan, assets: dict[str, Asset]
    ) -> str:
        """The shot's present fingerprint where it still says what it said when the film was made; else the old one."""
        try:
            before = plan.for_shot(board, shot, self._context.catalogue, assets).fingerprint
            after = plan.for_shot(board, fitted, self._context.catalogue, assets).fingerprint
        except StudioError:
            return span.asked
        return after if before == span.asked else span.asked

    def _add_run(self, db: Any, board: Board, shot: Shot, span: ShotSpan, asset: Asset, source: Run) -> str:
        """A finished run for one part, free of charge; a retry of it makes only this shot."""
        words = wording.describe(shot)
        prompt = f"{board.style.strip().rstrip('.')}. {words}" if board.style else words
        body = {
            "task": "text-to-video", "model": source.model, "prompt": prompt, "width": asset.width,
            "height": asset.height, "duration_s": round(span.end_s - span.start_s, 3), "params": {},
        }  # fmt: skip
        run = Run(
            id=new_id("r_"), owner=self.user or source.owner, batch=_split_batch(source.id),
            request=as_request(json.dumps(body)), seed=source.seed, model=source.model, provider=source.provider,
            estimate_usd=0.0, cost_usd=0.0,
        )  # fmt: skip
        run = runs.add(db, runs.NewRun(run, {}), run.batch)
        why = Message("onerun.cut_out", run_id=source.id, start=f"{span.start_s:g}", end=f"{span.end_s:g}")
        run = runs.move(db, run, Status.RUNNING, why)
        runs.attach(db, run.seq, "output", 0, asset.id)
        runs.move(db, run, Status.SUCCEEDED, Message("onerun.taken"), cost_usd=0.0)
        return run.id


def _split_batch(run: str) -> str:
    """What runs that were cut out of a film have in common."""
    return f"cut-{run}"
