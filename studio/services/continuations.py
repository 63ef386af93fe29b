"""Rendering that goes on by itself: a shot that begins with the last frame of the one before is queued when that one
has its take, within the price that was confirmed.

A follower's run, its place on the board and the chain's next state are written in one transaction that first looks
whether the chain still stands as it did: whatever dies and whenever, a follower is queued once or not at all, and one
that was not is queued after the next start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from studio.domain import Estimate, Run, Status
from studio.errors import StudioError
from studio.messages import joined, of_error
from studio.services import token_spending
from studio.services.assets import Assets
from studio.services.board_repository import BoardRepository
from studio.services.context import Context
from studio.services.requests import OnStored, Requests
from studio.services.storyboards import Storyboards
from studio.services.token_spending import TokenSpending
from studio.store import continuations, storyboards
from studio.storyboard import edit, plan
from studio.storyboard.continuation import (
    PLACEHOLDER_FRAME_ID,
    Chain,
    Link,
    Stop,
    followers,
    placeholder_frame,
    request_fingerprint,
)
from studio.storyboard.model import Board, Shot, Take
from studio.storyboard.plan import RunPlan
from studio.storyboard.snapshot import BoardSnapshot, ShotState, video_of

log = logging.getLogger(__name__)
CHECK_INTERVAL_S = 30.0
"""Boards are looked at this often even if nothing was heard of their runs."""
PRICE_TOLERANCE_USD = 0.005


@dataclass(frozen=True)
class PlannedContinuation:
    """A shot that would be queued by itself, and the body it has apart from its first frame."""

    link: Link
    plan: RunPlan


@dataclass(frozen=True)
class ChainPlan:
    """What a press of Render would do now (ready) and by itself later (follow); estimate: all of it together."""

    ready: tuple[RunPlan, ...]
    follow: tuple[PlannedContinuation, ...]
    done: tuple[str, ...]
    blocked: dict[str, str]
    estimate: Estimate


class Continuations:
    """One user's shots that go on from the last frame of the shot before. Methods are safe from any thread."""

    def __init__(
        self, context: Context, user: str, requests: Requests, assets: Assets, storyboards: Storyboards,
        spending: TokenSpending | None = None,
    ) -> None:  # fmt: skip
        self._context, self.user, self._spending = context, user, spending or TokenSpending(context)
        self._requests, self._assets, self._storyboards = requests, assets, storyboards
        self._work, self._boards = context.continuations, BoardRepository(context, user)

    def plan(self, board_id: str, *, shots: Iterable[str] | None = None) -> ChainPlan:
        """As Storyboards.render_plan; shots that only wait for the last frame of a rendered one follow automatically.

        So does one whose shot in front is rendered anew: it begins with the new take, which then goes into the film.
        """
        snapshot = self._storyboards.snapshot(board_id)
        render_plan = self._storyboards.render_plan_of(snapshot, shots=shots)
        board = snapshot.board
        ready = {p.shot: p for p in render_plan.ready}
        running = {s.shot.id: s.running.id for s in snapshot.states if _renders_chosen_take(s) and s.running}
        blocked = dict(render_plan.blocked)
        follow: dict[str, PlannedContinuation] = {}
        for shot, before in followers(board, {**running, **dict.fromkeys(ready, "")}):
            if shot.id not in blocked and shot.id not in ready:
                continue
            if before.id not in ready and before.id not in follow and before.id not in running:
                continue
            previous_plan = ready.get(before.id) or (follow[before.id].plan if before.id in follow else None)
            plan_, why = self._follower_plan(snapshot, shot, previous_plan)
            if why:
                blocked[shot.id] = why
                ready.pop(shot.id, None)
                continue
            ready.pop(shot.id, None)
            blocked.pop(shot.id, None)
            usd = self._price(board, plan_, previous_plan)
            link = Link(
                shot=shot.id, after=before.id, asked=request_fingerprint(plan_.body), usd=usd, chosen=before.chosen,
                waits="" if before.id in ready or before.id in follow else running[before.id],
                token=self._spending.token,
            )  # fmt: skip
            follow[shot.id] = PlannedContinuation(link, plan_)
        return ChainPlan(
            tuple(ready.values()), tuple(follow.values()), render_plan.done, blocked,
            self._total_estimate(board, list(ready.values()), list(follow.values())),
        )  # fmt: skip

    def start(
        self, board_id: str, *, shots: Iterable[str] | None = None, on_stored: OnStored | None = None
    ) -> list[Run]:
        """Queue what the plan has ready, and remember what follows it. on_stored: as in Requests.submit_many."""
        chain_plan = self.plan(board_id, shots=shots)
        links = [f.link for f in chain_plan.follow]

        def store_chain(db: Any, runs: list[Run]) -> None:
            self._spending.charge(db, [], later_usd=[link.usd for link in links])
            chain = Chain(board=board_id, owner=self.user, links=tuple(links))
            for run_plan, run in zip(chain_plan.ready, runs, strict=True):
                chain = chain.with_run(run_plan.shot, run.id)
            stored = Chain.model_validate(continuations.get(db, board_id) or {"board": board_id})
            replaced = {link.shot for link in links} | {p.shot for p in chain_plan.ready}
            still_open = [link for link in stored.links if link.is_open and link.shot not in replaced]
            self._save_chain(db, chain.model_copy(update={"links": (*still_open, *chain.links)}))
            if on_stored:
                on_stored(db, runs)

        if chain_plan.ready:
            runs = self._storyboards.queue(board_id, chain_plan.ready, "render", on_stored=store_chain)
        else:
            runs = []
            with self._context.store.write() as db:
                store_chain(db, [])
        self._context.jobs.feed.publish(self._work.awaited_runs(board_id))  # it may have ended before it was kept
        return runs

    def get(self, board_id: str) -> Chain | None:
        """What follows on this board, with what was stopped and why; None when there is nothing to tell."""
        self._storyboards.get(board_id)
        with self._context.store.read() as db:
            body = continuations.get(db, board_id)
        return Chain.model_validate(body) if body else None

    def stop(self, board_id: str) -> None:
        """Nothing more follows; runs that were queued go on. Also takes note of a reason that was shown."""
        self._storyboards.project_for_runs(board_id)  # who may only look, stops nothing
        with self._context.store.write() as db:
            self._save_chain(db, Chain(board=board_id))

    def _follower_plan(self, snapshot: BoardSnapshot, shot: Shot, before: RunPlan | None) -> tuple[RunPlan, str]:
        """The follower's request with a stand-in for its first frame, and what stands against it."""
        assets = {**snapshot.assets, PLACEHOLDER_FRAME_ID: placeholder_frame(snapshot.board, before)}
        run_plan = plan.for_shot(
            snapshot.board, shot, self._context.catalogue, assets, previous_frame=PLACEHOLDER_FRAME_ID
        )
        if run_plan.problems:
            return run_plan, joined(*run_plan.problems)
        try:
            project = self._storyboards.project_for_runs(snapshot.board.id)
            self._requests.validate(run_plan.body, project=project, known_assets=assets)
        except StudioError as error:
            return run_plan, of_error(error)
        return run_plan, ""

    def _price(self, board: Board, run_plan: RunPlan, before: RunPlan | None) -> float | None:
        stand_ins = {PLACEHOLDER_FRAME_ID: placeholder_frame(board, before)}
        return self._requests.estimate([run_plan.body], known_assets=stand_ins).usd

    def _total_estimate(self, board: Board, ready: list[RunPlan], follow: list[PlannedContinuation]) -> Estimate:
        bodies = [p.body for p in ready] + [f.plan.body for f in follow]
        if not bodies:
            return Estimate(usd=0.0, runs=0)
        total = self._requests.estimate(bodies, known_assets={PLACEHOLDER_FRAME_ID: placeholder_frame(board, None)})
        prices = [f.link.usd for f in follow]
        stand_ins = {PLACEHOLDER_FRAME_ID: placeholder_frame(board, None)}
        later_s = sum(self._requests.estimate([f.plan.body], known_assets=stand_ins).expected_s or 0.0 for f in follow)
        if total.usd is None or None in prices:
            return total
        ready_now = self._requests.estimate([p.body for p in ready]) if ready else Estimate(usd=0.0, runs=0)
        usd = round((ready_now.usd or 0.0) + sum(p or 0.0 for p in prices), 6)
        return total.model_copy(update={"usd": usd, "expected_s": (ready_now.expected_s or 0.0) + later_s or None})

    def advance(self, board_id: str) -> bool:
        """Take one step where one can be taken: queue a follower, or note why there will be none. Whether one was."""
        with self._context.store.read() as db:
            body = continuations.get(db, board_id)
        chain = Chain.model_validate(body) if body else Chain(board=board_id)
        return any(self._step(chain, link) for link in chain.links if link.is_open and link.waits)

    def _step(self, chain: Chain, link: Link) -> bool:
        run = self._storyboards.find_run(link.waits)
        if run is not None and not run.status.ended:
            return False
        try:
            if stop := self._stop_reason(chain, link, run):
                self._update_chain(chain, link, lambda now: now.stop(link.shot, stop))
            else:
                self._queue_follower(chain, link)
        except _ChangedMeanwhile:
            return True  # it stands otherwise by now: look again
        except _CannotFollow as stopped:
            reason = stopped.why
            self._update_chain(chain, link, lambda now: now.stop(link.shot, reason))
        except StudioError as error:
            refused = Stop(code="refused", values={"why": of_error(error)})
            self._update_chain(chain, link, lambda now: now.stop(link.shot, refused))
        except Exception:
            if self._work.closing:
                raise
            log.exception("the shot %s could not follow", link.shot)
            self._update_chain(chain, link, lambda now: now.stop(link.shot, Stop(code="broke")))
        return True

    def _stop_reason(self, chain: Chain, link: Link, run: Run | None) -> Stop | None:
        """Why there will be no frame to begin with; None where there is one."""
        with self._context.store.read() as db:
            if storyboards.trashed(db, chain.board):
                return Stop(code="gone")
        board = self._storyboards.get(chain.board).board
        number = next((n for n, s in enumerate(board.shots, 1) if s.id == link.after), 0)
        if run is None:
            return Stop(code="deleted", values={"n": number})
        if run.status is Status.FAILED:
            return Stop(code="failed", values={"n": number, "why": run.error or "?"})
        if run.status is Status.CANCELLED:
            return Stop(code="cancelled", values={"n": number})
        return None

    def _queue_follower(self, chain: Chain, link: Link) -> None:
        """Store the follower's run, its take on the board and the chain's next state, all or nothing."""
        with self._context.store.read() as db:
            board = original = self._boards.get(db, chain.board).board
        shot = board.shot(link.shot)
        before = board.previous_shot(link.shot)
        if before is None or before.id != link.after or shot.start.kind != "previous":
            raise _CannotFollow("moved")
        if before.chosen in (link.chosen, None) and before.chosen != link.waits:
            board = edit.choose(board, before.id, link.waits)  # the take that was confirmed in the place of the old one
        run_plan = self._current_plan(board, link)
        project = self._storyboards.project_for_runs(chain.board)
        checked = self._requests.validate(run_plan.body, project=project)
        usd = self._requests.price(checked)
        if request_fingerprint(run_plan.body) != link.asked:
            raise _CannotFollow("changed")
        if link.usd is not None and usd is None:
            raise _CannotFollow("unpriced")
        if link.usd is not None and usd is not None and usd > link.usd + PRICE_TOLERANCE_USD:
            raise _CannotFollow("price", price=f"${usd:.2f}")

        def on_stored(db: Any, runs: list[Run]) -> None:
            current = Chain.model_validate(continuations.get(db, chain.board) or {"board": chain.board})
            if link not in current.links or self._boards.get(db, chain.board).board != original:
                raise _ChangedMeanwhile  # and with it goes the run
            if link.token:
                token_spending.charge(db, link.token, runs)
            take = Take(run=runs[0].id, kind="render", fingerprint=run_plan.fingerprint)
            self._boards.amend(db, edit.add_take(board, link.shot, take))
            self._save_chain(db, current.with_run(link.shot, runs[0].id))

        self._requests.store([checked], project=project, on_stored=on_stored)

    def _current_plan(self, board: Board, link: Link) -> RunPlan:
        snapshot = self._storyboards.snapshot_of(board)
        if video_of(snapshot.runs.get(board.shot(link.after).chosen or "")) is None:
            raise _CannotFollow("no_picture")
        planned = snapshot.state(link.shot).planned
        if (run_plan := planned.plan) is None:
            raise _CannotFollow("refused", why=planned.refusal)
        if run_plan.problems:
            raise _CannotFollow("refused", why=joined(*run_plan.problems))
        return run_plan

    def _update_chain(self, chain: Chain, link: Link, change: Callable[[Chain], Chain]) -> None:
        """Change the chain as it stands now, unless this link has moved on."""
        with self._context.store.write() as db:
            current = Chain.model_validate(continuations.get(db, chain.board) or {"board": chain.board})
            if link in current.links:
                self._save_chain(db, change(current))
        self._context.jobs.feed.publish([link.waits])  # pages look again

    def _save_chain(self, db: Any, chain: Chain) -> None:
        """The chain as it stands from now on; one with nothing left to tell is forgotten."""
        if any(link.is_open or link.stopped for link in chain.links):
            continuations.put(db, chain.board, chain.model_dump(mode="json"))
        else:
            continuations.forget(db, chain.board)
        self._work.wait_for(chain.board, self.user, chain.waiting())


class ContinuationFollower:
    """Watches the runs that boards wait for and advances each board as its owner, in a thread of its own."""

    def __init__(self, context: Context, services_of: Callable[[str], Continuations]) -> None:
        self._context, self._services_of, self._work = context, services_of, context.continuations
        self._thread = threading.Thread(target=self._follow, name="continuations", daemon=True)

    def start(self) -> None:
        """Take up what was left at the last stop, and follow from then on."""
        with self._context.store.read() as db:
            for body in continuations.all_of(db):
                chain = Chain.model_validate(body)
                self._work.wait_for(chain.board, chain.owner, chain.waiting())
        self._thread.start()

    def close(self) -> None:
        """Stop following; the feed must be closed by then."""
        self._work.closing = True
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _follow(self) -> None:
        feed = self._context.jobs.feed
        with feed.subscribe() as changes:
            all_looked_at = float("-inf")
            changed: set[str] = set()
            while not self._work.closing:
                due = time.monotonic() - all_looked_at >= CHECK_INTERVAL_S  # also where other runs change all the time
                for board_id, owner in self._work.boards_waiting_for(None if due else changed):
                    self._advance(board_id, owner)
                all_looked_at = time.monotonic() if due else all_looked_at
                changed = set(changes.get(CHECK_INTERVAL_S))
                if feed.closed:
                    return

    def _advance(self, board_id: str, owner: str) -> None:
        """Nothing that goes wrong with one board may end the others'."""
        try:
            while self._services_of(owner).advance(board_id):
                pass
        except Exception:
            if not self._work.closing:
                log.exception("the shots that follow on board %s could not be looked at", board_id)


class _CannotFollow(Exception):
    """The shot will not follow, for this reason."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.why = Stop(code=code, values=values)


class _ChangedMeanwhile(Exception):
    """Somebody else changed the board or the chain meanwhile."""


def _renders_chosen_take(state: ShotState) -> bool:
    """Whether the run under way is the take that the film will show, not one more beside it."""
    return state.running is not None and state.running.id == state.shot.chosen
