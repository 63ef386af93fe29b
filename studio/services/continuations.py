"""Rendering that goes on by itself: a shot that begins with the last frame of the one before is queued when that one
has its take, within the price that was confirmed.

A follower's run, its place on the board and the chain's next state are written in one transaction that first looks
whether the chain still stands as it did: whatever dies and whenever, a follower is queued once or not at all, and one
that was not is queued after the next start.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from studio.domain import Estimate, Run, Status
from studio.errors import StudioError
from studio.messages import of_error
from studio.services.admin import Keeping
from studio.services.storyboards import Boards, ShotState, _body, _video
from studio.store import continuations, storyboards
from studio.storyboard import edit, plan
from studio.storyboard.continuation import STAND_IN, Chain, Link, Stop, asked, followers, stand_in
from studio.storyboard.model import Board, Shot, Take
from studio.storyboard.plan import Plan

log = logging.getLogger(__name__)
SWEEP_S = 30.0
"""Chains are looked at this often even if nothing was heard of their runs."""
CENT = 0.005


@dataclass(frozen=True)
class Following:
    """A shot that would be queued by itself, and the body it has apart from its first frame."""

    link: Link
    plan: Plan


@dataclass(frozen=True)
class ChainPlan:
    """What a press of Render would do now (ready) and by itself later (follow); estimate: all of it together."""

    ready: tuple[Plan, ...]
    follow: tuple[Following, ...]
    done: tuple[str, ...]
    blocked: dict[str, str]
    estimate: Estimate


class Chains:
    """Followers of an open studio; `Studio.chains`. Methods are safe from any thread."""

    def __init__(self, studio: Keeping, boards: Boards) -> None:
        self._studio, self._boards = studio, boards
        self._lock = threading.Lock()
        self._waiting: dict[str, set[str]] = {}
        self._thread = threading.Thread(target=self._follow, name="chains", daemon=True)
        self._closing = False

    # what would be done, and doing it ---------------------------------------------------------------------------

    def plan(self, board_id: str, *, owner: str = "", shots: Iterable[str] | None = None) -> ChainPlan:
        """As Boards.render_plan; shots that only wait for the last frame of one that is rendered follow by themselves.

        So does one whose shot in front is rendered anew: it begins with the new take, which then goes into the film.
        """
        found = self._boards.render_plan(board_id, owner=owner, shots=shots)
        board = self._boards.get(board_id, owner=owner).board
        ready = {p.shot: p for p in found.ready}
        going = {s.shot.id: s.running.id for s in self._boards.states(board, owner=owner) if _first(s) and s.running}
        blocked = dict(found.blocked)
        follow: dict[str, Following] = {}
        for shot, before in followers(board, {**going, **dict.fromkeys(ready, "")}):
            if shot.id not in blocked and shot.id not in ready:
                continue
            if before.id not in ready and before.id not in follow and before.id not in going:
                continue
            last = ready.get(before.id) or (follow[before.id].plan if before.id in follow else None)
            made, why = self._asked(board, shot, last, owner)
            if why:
                blocked[shot.id] = why
                ready.pop(shot.id, None)
                continue
            ready.pop(shot.id, None)
            blocked.pop(shot.id, None)
            usd = self._price(board, made, last, owner)
            link = Link(
                shot=shot.id, after=before.id, asked=asked(made.body), usd=usd, chosen=before.chosen,
                waits="" if before.id in ready or before.id in follow else going[before.id],
            )  # fmt: skip
            follow[shot.id] = Following(link, made)
        return ChainPlan(
            tuple(ready.values()), tuple(follow.values()), found.done, blocked,
            self._total(board, list(ready.values()), list(follow.values()), owner),
        )  # fmt: skip

    def estimate(self, board: Board, shot: Shot, *, owner: str = "") -> Estimate | None:
        """What a shot would cost and take that only lacks the frame it begins with; None where more is wrong."""
        made, why = self._asked(board, shot, None, owner)
        if shot.start.kind != "previous" or why:
            return None
        return self._studio.estimate([made.body], owner=owner, given={STAND_IN: stand_in(board, None)})

    def start(self, board_id: str, *, owner: str = "", shots: Iterable[str] | None = None) -> list[Run]:
        """Queue what the plan has ready, and remember what follows it."""
        made = self.plan(board_id, owner=owner, shots=shots)
        links = [f.link for f in made.follow]

        def also(db: Any, runs: list[Run]) -> None:
            chain = Chain(board=board_id, owner=owner, links=tuple(links))
            for one, run in zip(made.ready, runs, strict=True):
                chain = chain.queued(one.shot, run.id)
            old = Chain.model_validate(continuations.get(db, board_id) or {"board": board_id})
            new = {link.shot for link in links} | {p.shot for p in made.ready}
            kept = [link for link in old.links if link.open and link.shot not in new]
            self._keep(db, chain.model_copy(update={"links": (*kept, *chain.links)}))

        if made.ready:
            runs = self._boards._queue(board_id, made.ready, "render", owner, also=also)
        else:
            runs = []
            with self._studio._store.write() as db:
                also(db, [])
        self._nudge(board_id)
        return runs

    def of_board(self, board_id: str, *, owner: str = "") -> Chain | None:
        """What follows on this board, with what was stopped and why; None when there is nothing to tell."""
        self._boards.get(board_id, owner=owner)
        with self._studio._store.read() as db:
            body = continuations.get(db, board_id)
        return Chain.model_validate(body) if body else None

    def stop(self, board_id: str, *, owner: str = "") -> None:
        """Nothing more follows; runs that were queued go on. Also takes note of a reason that was shown."""
        self._boards.get(board_id, owner=owner)
        with self._studio._store.write() as db:
            self._keep(db, Chain(board=board_id))

    def _asked(self, board: Board, shot: Shot, before: Plan | None, owner: str) -> tuple[Plan, str]:
        """The follower's request with a stand-in for its first frame, and what stands against it."""
        frame = stand_in(board, before)
        known = self._boards._assets(board, owner) | {STAND_IN: frame}
        made = plan.for_shot(board, shot, self._studio.catalogue, known, previous_frame=STAND_IN)
        if made.problems:
            return made, " ".join(made.problems)
        try:
            self._studio._checked(made.body, owner, given={STAND_IN: frame})
        except StudioError as error:
            return made, of_error(error)
        return made, ""

    def _price(self, board: Board, made: Plan, before: Plan | None, owner: str) -> float | None:
        given = {STAND_IN: stand_in(board, before)}
        return self._studio.estimate([made.body], owner=owner, given=given).usd

    def _total(self, board: Board, ready: list[Plan], follow: list[Following], owner: str) -> Estimate:
        bodies = [p.body for p in ready] + [f.plan.body for f in follow]
        if not bodies:
            return Estimate(usd=0.0, runs=0)
        found = self._studio.estimate(bodies, owner=owner, given={STAND_IN: stand_in(board, None)})
        prices = [f.link.usd for f in follow]
        given = {STAND_IN: stand_in(board, None)}
        later = sum(self._studio.estimate([f.plan.body], owner=owner, given=given).expected_s or 0.0 for f in follow)
        if found.usd is None or None in prices:
            return found
        now = self._studio.estimate([p.body for p in ready], owner=owner) if ready else Estimate(usd=0.0, runs=0)
        usd = round((now.usd or 0.0) + sum(p or 0.0 for p in prices), 6)
        return found.model_copy(update={"usd": usd, "expected_s": (now.expected_s or 0.0) + later or None})

    # going on ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Take up what was left at the last stop, and follow from then on."""
        with self._studio._store.read() as db:
            for body in continuations.all_of(db):
                chain = Chain.model_validate(body)
                self._waiting[chain.board] = chain.waiting()
        self._thread.start()

    def close(self) -> None:
        """Stop following; the feed must be closed by then."""
        self._closing = True
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _follow(self) -> None:
        with self._studio.subscribe() as changes:
            changed: set[str] | None = None
            while not self._closing:
                with self._lock:
                    due = [b for b, runs in self._waiting.items() if runs and (changed is None or runs & changed)]
                for board_id in due:
                    self._advance_safely(board_id)
                changed = set(changes.get(SWEEP_S)) or None
                if self._studio._house.feed.closed:
                    return

    def _nudge(self, board_id: str) -> None:
        """Look at the board's chain soon: what it waits for may have ended before it was kept."""
        with self._lock:
            waits = self._waiting.get(board_id, set())
        self._studio._house.feed.publish(waits)

    def _advance_safely(self, board_id: str) -> None:
        """Nothing that goes wrong with one board may end the others'."""
        try:
            while self.advance(board_id):
                pass
        except Exception:
            if not self._closing:
                log.exception("the shots that follow on board %s could not be looked at", board_id)

    def advance(self, board_id: str) -> bool:
        """Take one step where one can be taken: queue a follower, or note why there will be none. Whether one was."""
        with self._studio._store.read() as db:
            body = continuations.get(db, board_id)
        chain = Chain.model_validate(body) if body else Chain(board=board_id)
        return any(self._step(chain, link) for link in chain.links if link.open and link.waits)

    def _step(self, chain: Chain, link: Link) -> bool:
        run = self._boards._run(link.waits, chain.owner)
        if run is not None and not run.status.ended:
            return False
        try:
            if lost := self._lost(chain, link, run):
                self._change(chain, link, lambda now: now.stop(link.shot, lost))
            else:
                self._queue(chain, link)
        except _Raced:
            return True  # it stands otherwise by now: look again
        except _Ended as ended:
            why = ended.why
            self._change(chain, link, lambda now: now.stop(link.shot, why))
        except StudioError as error:
            refused = Stop(code="refused", values={"why": of_error(error)})
            self._change(chain, link, lambda now: now.stop(link.shot, refused))
        except Exception:
            if self._closing:
                raise
            log.exception("the shot %s could not follow", link.shot)
            self._change(chain, link, lambda now: now.stop(link.shot, Stop(code="broke")))
        return True

    def _lost(self, chain: Chain, link: Link, run: Run | None) -> Stop | None:
        """Why there will be no frame to begin with; None where there is one."""
        with self._studio._store.read() as db:
            if storyboards.trashed(db, chain.board):
                return Stop(code="gone")
        board = self._boards.get(chain.board, owner=chain.owner).board
        number = next((n for n, s in enumerate(board.shots, 1) if s.id == link.after), 0)
        if run is None:
            return Stop(code="deleted", values={"n": number})
        if run.status is Status.FAILED:
            return Stop(code="failed", values={"n": number, "why": run.error or "?"})
        if run.status is Status.CANCELLED:
            return Stop(code="cancelled", values={"n": number})
        return None

    def _queue(self, chain: Chain, link: Link) -> None:
        """Store the follower's run, its take on the board and the chain's next state, all or nothing."""
        board, body = self._seen(chain)
        shot = board.shot(link.shot)
        before = board.before(link.shot)
        if before is None or before.id != link.after or shot.start.kind != "previous":
            raise _Ended("moved")
        if before.chosen in (link.chosen, None) and before.chosen != link.waits:
            board = edit.choose(board, before.id, link.waits)  # the take that was confirmed in the place of the old one
        made = self._plan(board, link, chain.owner)
        checked = self._studio._checked(made.body, chain.owner)
        usd = self._studio._price(checked)
        if asked(made.body) != link.asked:
            raise _Ended("changed")
        if link.usd is not None and usd is None:
            raise _Ended("unpriced")
        if link.usd is not None and usd is not None and usd > link.usd + CENT:
            raise _Ended("price", price=f"${usd:.2f}")

        def also(db: Any, runs: list[Run]) -> None:
            now = Chain.model_validate(continuations.get(db, chain.board) or {"board": chain.board})
            if link not in now.links or storyboards.get(db, chain.board, chain.owner).body != body:
                raise _Raced  # and with it goes the run
            take = Take(run=runs[0].id, kind="render", fingerprint=made.fingerprint)
            storyboards.amend(db, chain.board, _body(edit.add_take(board, link.shot, take)), chain.owner)
            self._keep(db, now.queued(link.shot, runs[0].id))

        self._studio._store_runs([checked], chain.owner, also=also)

    def _seen(self, chain: Chain) -> tuple[Board, dict[str, Any]]:
        """The board, and its body as it is kept, to see later whether it still stands so."""
        with self._studio._store.read() as db:
            body = storyboards.get(db, chain.board, chain.owner).body
        return Board.model_validate(body), body

    def _plan(self, board: Board, link: Link, owner: str) -> Plan:
        before = board.shot(link.after)
        clip = _video(self._boards._run(before.chosen or "", owner))
        if clip is None:
            raise _Ended("no_picture")
        frame = self._boards.last_frame(clip, trim_s=before.trim_out_s, owner=owner)
        known = self._boards._assets(board, owner) | {frame: self._studio.get_asset(frame, owner=owner)}
        shot = board.shot(link.shot)
        made = plan.for_shot(board, shot, self._studio.catalogue, known, previous_frame=frame)
        if made.problems:
            raise _Ended("refused", why=" ".join(made.problems))
        return made

    def _change(self, chain: Chain, link: Link, how: Callable[[Chain], Chain]) -> None:
        """Change the chain as it stands now, unless this link has moved on."""
        with self._studio._store.write() as db:
            now = Chain.model_validate(continuations.get(db, chain.board) or {"board": chain.board})
            if link in now.links:
                self._keep(db, how(now))
        self._studio._house.feed.publish([link.waits])  # pages look again

    def _keep(self, db: Any, chain: Chain) -> None:
        """The chain as it stands from now on; one with nothing left to tell is forgotten."""
        if any(link.open or link.stopped for link in chain.links):
            continuations.put(db, chain.board, chain.model_dump(mode="json"))
        else:
            continuations.forget(db, chain.board)
        with self._lock:
            self._waiting[chain.board] = chain.waiting()


class _Ended(Exception):
    """The shot will not follow, for this reason."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.why = Stop(code=code, values=values)


class _Raced(Exception):
    """Somebody else changed the board or the chain meanwhile."""


def _first(state: ShotState) -> bool:
    """Whether the run under way is the take that the film will show, not one more beside it."""
    return state.running is not None and state.running.id == state.shot.chosen
