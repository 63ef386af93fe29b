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
from studio.services.context import Context
from studio.services.requests import Requests
from studio.services.storyboards import Opened, Storyboards, body_of, opened
from studio.store import runs, storyboards
from studio.store.mapping import as_request, new_id
from studio.storyboard import edit, plan, script
from studio.storyboard import one_run as whole
from studio.storyboard.model import Board, Shot, ShotSpan, Take, Whole
from studio.storyboard.snapshot import BoardSnapshot, video_of
from studio.storyboard.to_timeline import Clip

log = logging.getLogger(__name__)
FINE_CRF = 12
"""Quality of the frames beside a cut, which cannot be copied: no loss that can be seen."""
BROKE = "onerun.not_split"


@dataclass(frozen=True)
class WholeState:
    """A film made in one run. film: once it is there. old: the board has changed since. cutting: under way."""

    whole: Whole
    run: Run
    film: Asset | None
    old: bool
    cutting: bool
    error: str


class OneRunFilms:
    """One user's films made in one run. Methods are safe from any thread."""

    def __init__(
        self, context: Context, user: str, requests: Requests, assets: Assets, storyboards: Storyboards
    ) -> None:
        self._context, self.user = context, user
        self._requests, self._assets, self._storyboards = requests, assets, storyboards
        self._work = context.splits

    def make(self, board_id: str, model: str) -> Run:
        """Queue the whole film as one run; the board shows it as soon as it is there."""
        snapshot = self._storyboards.snapshot(board_id)
        board = snapshot.board
        made = plan.one_run(board, model, self._context.catalogue, snapshot.assets)
        if made.problems:
            raise CapabilityError(joined(*made.problems), field="model", value=model)
        asked = {s.shot.id: s.plan.fingerprint for s in snapshot.states if s.plan}

        def remember(db: Any, stored: list[Run]) -> None:
            now = opened(storyboards.get(db, board_id, self.user)).board
            one = whole.whole_of(board, stored[0].id, made, asked)
            new = now.model_copy(update={"wholes": (*now.wholes, one), "shown": one.run})
            storyboards.amend(db, board_id, body_of(new), self.user)

        return self._requests.submit_many([made.body], also=remember)[0]

    def states(self, board: Board) -> list[WholeState]:
        """The board's films in one run, newest first; those whose run was deleted are left out."""
        return self.states_of(self._storyboards.snapshot_of(board)) if board.wholes else []

    def states_of(self, snapshot: BoardSnapshot) -> list[WholeState]:
        """The same for a board that was read already."""
        kept = [(one, run) for one in reversed(snapshot.board.wholes) if (run := snapshot.runs.get(one.run))]
        now = {model: self._fingerprint(snapshot, model) for model in {run.model for _, run in kept}}
        return [
            WholeState(
                one, run, video_of(run), now[run.model] != one.fingerprint, one.run in self._work.running,
                self._work.errors.get(one.run, ""),
            )
            for one, run in kept
        ]  # fmt: skip

    def _fingerprint(self, snapshot: BoardSnapshot, model: str) -> str:
        """What would be asked of this model now; "" where nothing can be."""
        try:
            return plan.one_run(snapshot.board, model, self._context.catalogue, snapshot.assets).fingerprint
        except StudioError:
            return ""

    def show(self, board_id: str, run: str | None) -> Opened:
        """Show this film in the place of the cut; None: the cut again. A choice, not an edit: undo leaves it alone."""
        with self._context.store.write() as db:
            board = opened(storyboards.get(db, board_id, self.user)).board
            if run is not None and run not in {w.run for w in board.wholes}:
                raise NotFound(Message("onerun.other_board"))
            storyboards.amend(db, board_id, body_of(board.model_copy(update={"shown": run})), self.user)
            return opened(storyboards.get(db, board_id, self.user))

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
        self._work.submit(self._cut_apart, board_id, state)

    def _cut_apart(self, board_id: str, state: WholeState) -> None:
        from studio.media.files import Stopped

        run = state.whole.run
        try:
            if not self._choose_again(board_id, run):
                self._cut(board_id, state)
        except Stopped:
            pass
        except StudioError as error:
            self._work.errors[run] = of_error(error)
        except Exception:
            log.exception("the film of run %s could not be cut apart", run)
            self._work.errors[run] = Message(BROKE)
        finally:
            self._work.running.discard(run)
            if not self._work.closing:
                self._context.jobs.feed.publish([run])

    def _choose_again(self, board_id: str, run: str) -> bool:
        """Choose the takes that were cut out of this film before; whether there are any."""
        snapshot = self._storyboards.snapshot(board_id)
        found = {
            shot.id: take.run
            for shot in snapshot.board.shots
            for take in shot.takes
            if (one := snapshot.runs.get(take.run)) and one.batch == _batch(run)
        }
        if found:

            def choose(now: Board) -> Board:
                for shot, take in found.items():
                    now = edit.choose(now, shot, take)
                return now

            self._storyboards.edit(board_id, "whole_takes", choose)
        return bool(found)

    def _cut(self, board_id: str, state: WholeState) -> None:
        assert state.film is not None  # noqa: S101 - for the type checker
        source = self._assets.path(state.film)
        board = self._storyboards.get(board_id).board
        here = {s.id for s in board.shots}
        spans = [s for s in whole.spans_in(state.whole, state.film.duration_s or 0.0) if s.shot in here]
        if not spans:
            raise Conflict(Message("onerun.no_shot_left"))
        with TemporaryDirectory(dir=self._context.scratch()) as folder:
            parts: list[tuple[ShotSpan, Asset]] = []
            for number, span in enumerate(spans, 1):
                out = self._part(state.film, source, span, Path(folder) / f"shot-{number:02}.mp4")
                parts.append((span, self._assets.add(out, name=f"{Path(source).stem} {number}.mp4")))
        self._keep(board_id, state, parts)

    def _part(self, film: Asset, source: Path, span: ShotSpan, out: Path) -> Path:
        from studio.film.render import render
        from studio.film.timeline import Cut, CutClip

        fps = Fraction(film.fps or 24).limit_denominator(1001)
        shots = (CutClip(source, span.start_s, span.end_s),)
        render(
            Cut(shots, film.width or 2, film.height or 2, fps, crf=FINE_CRF), out, cancelled=lambda: self._work.closing
        )
        return out

    def _keep(self, board_id: str, state: WholeState, parts: list[tuple[ShotSpan, Asset]]) -> None:
        """The takes as finished runs, chosen on the board: one step, which undo takes back."""
        made: list[str] = []
        known = dict(self._storyboards.snapshot(board_id).assets)
        with self._context.store.write() as db:
            board = opened(storyboards.get(db, board_id, self.user)).board
            for span, asset in parts:
                shot = next((s for s in board.shots if s.id == span.shot), None)
                if shot is None:
                    continue
                run = self._stored(db, board, shot, span, asset, state.run)
                made.append(run)
                fitting = whole.fitted(shot, span)
                take = Take(run=run, kind="render", fingerprint=self._asked(board, shot, fitting, span, known))
                shots = tuple(fitting if s.id == shot.id else s for s in board.shots)
                board = edit.choose(
                    edit.add_take(board.model_copy(update={"shots": shots}), shot.id, take), shot.id, run
                )
            board = board.model_copy(update={"shown": None})
            storyboards.save(db, board_id, body_of(board), "whole_takes", self.user)
        self._context.changed(*made)

    def _asked(self, board: Board, shot: Shot, fitting: Shot, span: ShotSpan, known: dict[str, Asset]) -> str:
        """The shot's present fingerprint where it still says what it said when the film was made; else the old one."""
        try:
            before = plan.for_shot(board, shot, self._context.catalogue, known).fingerprint
            after = plan.for_shot(board, fitting, self._context.catalogue, known).fingerprint
        except StudioError:
            return span.asked
        return after if before == span.asked else span.asked

    def _stored(self, db: Any, board: Board, shot: Shot, span: ShotSpan, asset: Asset, source: Run) -> str:
        """A finished run for one part, free of charge; a retry of it makes only this shot."""
        words = f"{board.style.strip().rstrip('.')}. {script.describe(shot)}" if board.style else script.describe(shot)
        body = {
            "task": "text-to-video", "model": source.model, "prompt": words, "width": asset.width,
            "height": asset.height, "duration_s": round(span.end_s - span.start_s, 3), "params": {},
        }  # fmt: skip
        run = Run(
            id=new_id("r_"), owner=self.user or source.owner, batch=_batch(source.id),
            request=as_request(json.dumps(body)), seed=source.seed, model=source.model, provider=source.provider,
            estimate_usd=0.0, cost_usd=0.0,
        )  # fmt: skip
        run = runs.add(db, runs.NewRun(run, {}), run.batch)
        why = Message("onerun.cut_out", run_id=source.id, start=f"{span.start_s:g}", end=f"{span.end_s:g}")
        run = runs.move(db, run, Status.RUNNING, why)
        runs.attach(db, run.seq, "output", 0, asset.id)
        runs.move(db, run, Status.SUCCEEDED, Message("onerun.taken"), cost_usd=0.0)
        return run.id


def _batch(run: str) -> str:
    """What runs that were cut out of a film have in common."""
    return f"cut-{run}"
