"""Films made in one multi-shot run: made, shown in the place of the cut, exported, and cut apart into takes.

Cutting apart copies what can be copied and encodes only the frames beside a cut. It happens in the background; the
takes come to the board all at once, as runs that cost nothing and tell what they were cut from.
"""

from __future__ import annotations

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from studio.domain import Asset, Run, Status
from studio.errors import CapabilityError, Conflict, NotFound, StudioError
from studio.messages import of_error
from studio.services.admin import Keeping
from studio.services.storyboards import Boards, Opened, _body, _opened, _video
from studio.store import runs, storyboards
from studio.store.mapping import as_request, new_id
from studio.storyboard import edit, plan, script
from studio.storyboard import one_run as whole
from studio.storyboard.model import Board, Shot, Span, Take, Whole
from studio.storyboard.to_timeline import Clip

log = logging.getLogger(__name__)
FINE_CRF = 12
"""Quality of the frames beside a cut, which cannot be copied: no loss that can be seen."""
BROKE = "It could not be split. The log has details."


@dataclass(frozen=True)
class WholeState:
    """A film made in one run. film: once it is there. old: the board has changed since. cutting: under way."""

    whole: Whole
    run: Run
    film: Asset | None
    old: bool
    cutting: bool
    error: str


class Wholes:
    """Films in one run of an open studio; `Studio.wholes`. Methods are safe from any thread."""

    def __init__(self, studio: Keeping, boards: Boards) -> None:
        self._studio, self._boards = studio, boards
        self._lock = threading.Lock()
        self._cutting: set[str] = set()
        self._errors: dict[str, str] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._closing = False

    def make(self, board_id: str, model: str, *, owner: str = "") -> Run:
        """Queue the whole film as one run; the board shows it as soon as it is there."""
        board = self._boards.get(board_id, owner=owner).board
        made = plan.one_run(board, model, self._studio.catalogue, self._boards._assets(board, owner))
        if made.problems:
            raise CapabilityError(" ".join(made.problems), field="model", value=model)
        asked = {s.shot.id: s.plan.fingerprint for s in self._boards.states(board, owner=owner) if s.plan}

        def remember(db: Any, stored: list[Run]) -> None:
            now = _opened(storyboards.get(db, board_id, owner)).board
            one = whole.whole_of(board, stored[0].id, made, asked)
            new = now.model_copy(update={"wholes": (*now.wholes, one), "shown": one.run})
            storyboards.amend(db, board_id, _body(new), owner)

        return self._studio.submit_many([made.body], owner=owner, also=remember)[0]

    def states(self, board: Board, *, owner: str = "") -> list[WholeState]:
        """The board's films in one run, newest first; those whose run was deleted are left out."""
        found = []
        for one in reversed(board.wholes):
            run = self._boards._run(one.run, owner)
            if run is None:
                continue
            found.append(
                WholeState(
                    one, run, _video(run), self._old(board, one, run, owner), one.run in self._cutting,
                    self._errors.get(one.run, ""),
                )
            )  # fmt: skip
        return found

    def _old(self, board: Board, one: Whole, run: Run, owner: str) -> bool:
        try:
            now = plan.one_run(board, run.model, self._studio.catalogue, self._boards._assets(board, owner))
        except StudioError:
            return True
        return now.fingerprint != one.fingerprint

    def show(self, board_id: str, run: str | None, *, owner: str = "") -> Opened:
        """Show this film in the place of the cut; None: the cut again. A choice, not an edit: undo leaves it alone."""
        with self._studio._store.write() as db:
            board = _opened(storyboards.get(db, board_id, owner)).board
            if run is not None and run not in {w.run for w in board.wholes}:
                raise NotFound("That film does not belong to this board.")
            storyboards.amend(db, board_id, _body(board.model_copy(update={"shown": run})), owner)
            return _opened(storyboards.get(db, board_id, owner))

    def as_cut(self, board: Board, run: str, *, owner: str = "") -> tuple[Board, dict[str, Clip]]:
        """The board and clips of which the export of this film is made. Raises NotFound while there is no film."""
        state = next((s for s in self.states(board, owner=owner) if s.whole.run == run), None)
        if state is None or state.film is None:
            raise NotFound("The film made in one run is not there yet.")
        return whole.as_cut(board, state.whole, state.film, self._studio.asset_path(state.film))

    def use_as_takes(self, board_id: str, run: str, *, owner: str = "") -> None:
        """Cut the film at the written times, in the background; each part becomes the chosen take of its shot.

        A film that was cut before is not cut again: its takes are chosen. Raises Conflict while it is not there.
        """
        board = self._boards.get(board_id, owner=owner).board
        state = next((s for s in self.states(board, owner=owner) if s.whole.run == run), None)
        if state is None or state.film is None:
            raise Conflict("The film made in one run is not there yet.")
        with self._lock:
            if run in self._cutting or self._closing:
                return
            self._cutting.add(run)
            self._errors.pop(run, None)
            self._pool = self._pool or ThreadPoolExecutor(1, "wholes")
            self._pool.submit(self._cut_apart, board_id, state, owner)

    def close(self) -> None:
        """Stop cutting; nothing half done is kept."""
        self._closing = True
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _cut_apart(self, board_id: str, state: WholeState, owner: str) -> None:
        from studio.media.files import Stopped

        run = state.whole.run
        try:
            if not self._choose_again(board_id, run, owner):
                self._cut(board_id, state, owner)
        except Stopped:
            pass
        except StudioError as error:
            self._errors[run] = of_error(error)
        except Exception:
            log.exception("the film of run %s could not be cut apart", run)
            self._errors[run] = BROKE
        finally:
            self._cutting.discard(run)
            if not self._closing:
                self._studio._house.feed.publish([run])

    def _choose_again(self, board_id: str, run: str, owner: str) -> bool:
        """Choose the takes that were cut out of this film before; whether there are any."""
        board = self._boards.get(board_id, owner=owner).board
        found = {
            shot.id: take.run
            for shot in board.shots
            for take in shot.takes
            if (one := self._boards._run(take.run, owner)) and one.batch == _batch(run)
        }
        if found:

            def choose(now: Board) -> Board:
                for shot, take in found.items():
                    now = edit.choose(now, shot, take)
                return now

            self._boards.edit(board_id, "whole_takes", choose, owner=owner)
        return bool(found)

    def _cut(self, board_id: str, state: WholeState, owner: str) -> None:
        assert state.film is not None  # noqa: S101 - for the type checker
        source = self._studio.asset_path(state.film)
        board = self._boards.get(board_id, owner=owner).board
        here = {s.id for s in board.shots}
        spans = [s for s in whole.spans_in(state.whole, state.film.duration_s or 0.0) if s.shot in here]
        if not spans:
            raise Conflict("None of its shots is on the board any more.")
        with TemporaryDirectory(dir=self._studio._scratch()) as folder:
            parts: list[tuple[Span, Asset]] = []
            for number, span in enumerate(spans, 1):
                out = self._part(state.film, source, span, Path(folder) / f"shot-{number:02}.mp4")
                parts.append((span, self._studio.add_asset(out, name=f"{Path(source).stem} {number}.mp4", owner=owner)))
        self._keep(board_id, state, parts, owner)

    def _part(self, film: Asset, source: Path, span: Span, out: Path) -> Path:
        from studio.film.render import render
        from studio.film.timeline import Cut, CutClip

        fps = Fraction(film.fps or 24).limit_denominator(1001)
        shots = (CutClip(source, span.start_s, span.end_s),)
        render(Cut(shots, film.width or 2, film.height or 2, fps, crf=FINE_CRF), out, cancelled=lambda: self._closing)
        return out

    def _keep(self, board_id: str, state: WholeState, parts: list[tuple[Span, Asset]], owner: str) -> None:
        """The takes as finished runs, chosen on the board: one step, which undo takes back."""
        made: list[str] = []
        known = self._boards._assets(self._boards.get(board_id, owner=owner).board, owner)
        with self._studio._store.write() as db:
            board = _opened(storyboards.get(db, board_id, owner)).board
            for span, asset in parts:
                shot = next((s for s in board.shots if s.id == span.shot), None)
                if shot is None:
                    continue
                run = self._stored(db, board, shot, span, asset, state.run, owner)
                made.append(run)
                fitting = whole.fitted(shot, span)
                take = Take(run=run, kind="render", fingerprint=self._asked(board, shot, fitting, span, known))
                shots = tuple(fitting if s.id == shot.id else s for s in board.shots)
                board = edit.choose(
                    edit.add_take(board.model_copy(update={"shots": shots}), shot.id, take), shot.id, run
                )
            board = board.model_copy(update={"shown": None})
            storyboards.save(db, board_id, _body(board), "whole_takes", owner)
        self._studio._changed(*made)

    def _asked(self, board: Board, shot: Shot, fitting: Shot, span: Span, known: dict[str, Asset]) -> str:
        """The shot's present fingerprint where it still says what it said when the film was made; else the old one."""
        try:
            before = plan.for_shot(board, shot, self._studio.catalogue, known).fingerprint
            after = plan.for_shot(board, fitting, self._studio.catalogue, known).fingerprint
        except StudioError:
            return span.asked
        return after if before == span.asked else span.asked

    def _stored(self, db: Any, board: Board, shot: Shot, span: Span, asset: Asset, source: Run, owner: str) -> str:
        """A finished run for one part, free of charge; a retry of it makes only this shot."""
        words = f"{board.style.strip().rstrip('.')}. {script.describe(shot)}" if board.style else script.describe(shot)
        body = {
            "task": "text-to-video", "model": source.model, "prompt": words, "width": asset.width,
            "height": asset.height, "duration_s": round(span.end_s - span.start_s, 3), "params": {},
        }  # fmt: skip
        run = Run(
            id=new_id("r_"), owner=owner or source.owner, batch=_batch(source.id), request=as_request(json.dumps(body)),
            seed=source.seed, model=source.model, provider=source.provider, estimate_usd=0.0, cost_usd=0.0,
        )  # fmt: skip
        run = runs.add(db, runs.NewRun(run, {}), run.batch)
        why = f"Cut out of the film made in one run ({source.id}), {span.start_s:g} to {span.end_s:g} s."
        run = runs.move(db, run, Status.RUNNING, why)
        runs.attach(db, run.seq, "output", 0, asset.id)
        runs.move(db, run, Status.SUCCEEDED, "Taken from that film.", cost_usd=0.0)
        return run.id


def _batch(run: str) -> str:
    """What runs that were cut out of a film have in common."""
    return f"cut-{run}"
