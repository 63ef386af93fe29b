"""Slow work of the studio, a thread or two for each kind, and what is known of it. It outlives the calls that ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio.film.timeline import Timeline
from studio.memo import Memo
from studio.services.export_time import LANES, ExportClock, ExportProgress, time_left
from studio.store.run_cache import RunCache
from studio.storyboard.model import Board
from studio.storyboard.planner import Planner
from studio.storyboard.snapshot import ShotState

if TYPE_CHECKING:
    from studio.film.quality import Measured


class BackgroundWork:
    """One thread or more, begun when there is first something to do. closing: the studio stops; begin nothing more."""

    def __init__(self, name: str, *, threads: int = 1) -> None:
        self.name, self.threads = name, threads
        self.lock = threading.Lock()
        self.closing = False
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, work: Callable[..., None], *args: Any) -> Future[None] | None:
        """Begin this after all that came before it; nothing once the studio stops."""
        with self.lock:
            if self.closing:
                return None
            self._pool = self._pool or ThreadPoolExecutor(self.threads, self.name)
            return self._pool.submit(work, *args)

    def close(self) -> None:
        """Stop: what is under way is asked to end, what waits is dropped."""
        with self.lock:
            self.closing = True
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)


class ExportWork(BackgroundWork):
    """Exports, a few side by side. running: by export id, in the order in which they are begun."""

    def __init__(self) -> None:
        super().__init__("exports", threads=LANES)
        self.running: dict[str, ExportProgress] = {}
        self.clock = ExportClock()
        self._waiting: dict[str, Future[None]] = {}
        self._names: dict[str, tuple[str, str]] = {}
        self._naming = threading.Lock()

    def add(self, film_ids: Iterable[str]) -> None:
        """These exports are asked for."""
        with self.lock:
            if not self.running:
                self.clock.begin()
            self.running |= {film_id: ExportProgress() for film_id in film_ids}

    def submit_group(self, works: dict[str, Callable[[], None]], done: Callable[[], None]) -> None:
        """Begin these exports, by id, as there is room; then call `done`, also when some or all were dropped."""
        left, lock = len(works), threading.Lock()

        def one_less(_: Future[None] | None = None) -> None:
            nonlocal left
            with lock:
                left -= 1
                last = left == 0
            if last:
                done()

        for film_id, work in works.items():
            future = self.submit(work)
            if future is None:
                one_less()
                continue
            self._waiting[film_id] = future
            future.add_done_callback(one_less)

    def drop(self, film_id: str) -> bool:
        """Take away an export that was not begun; False where it was."""
        future = self._waiting.get(film_id)
        return bool(future and future.cancel())

    def take_name(self, film_id: str, board: str, names: Iterable[str], used: Callable[[], Collection[str]]) -> str:
        """The first of the names that no file of the board has (`used`), and no other export of it under way."""
        with self._naming:
            # read before the files: an export that ends meanwhile is among one of them
            taken = {name for of_board, name in list(self._names.values()) if of_board == board}
            taken.update(used())
            name = next(name for name in names if name not in taken)
            self._names[film_id] = board, name
            return name

    def forget(self, film_id: str) -> None:
        """The export has ended."""
        self._names.pop(film_id, None)
        self.running.pop(film_id, None)
        self._waiting.pop(film_id, None)

    def time_left_s(self, film_id: str) -> float | None:
        """Seconds that an export still takes; None where it is not under way or not known."""
        with self.lock:
            running = dict(self.running)
        if film_id not in running:
            return None
        left = time_left(list(running.values()), self.clock.speed)
        return left[list(running).index(film_id)]

    def close(self) -> None:
        """Stop what is under way; the next start takes it up again."""
        self.closing = True
        for progress in list(self.running.values()):
            progress.closing = not progress.cancelled
            progress.cancelled = True
        super().close()


class SplitWork(BackgroundWork):
    """Films made in one run that are cut into takes. running: run ids. errors: why one could not be, by run id."""

    def __init__(self) -> None:
        super().__init__("splits")
        self.running: set[str] = set()
        self.errors: dict[str, str] = {}


class MeasureWork(BackgroundWork):
    """Measurements of takes, by the file's hash. results: None where the file cannot be read."""

    def __init__(self) -> None:
        super().__init__("measures")
        self.results: dict[str, Measured | None] = {}
        self.running: set[str] = set()


MAX_BOARDS, MAX_SHOTS = 64, 8_000
"""Boards, and shots of all of them."""


@dataclass
class BoardCache:
    """What is remembered of boards between calls. parsed: boards by their text. planner: plans of shots. runs: those of
    takes. states: what there is of each shot, by user, board and shot. timelines: by user and board.

    frames: asset ids of last frames, by clip and seconds cut off; taken one at a time, under frames_lock.
    last_typing: the stretch of typing that each board's newest edit belongs to, with the edit's number."""

    frames: dict[tuple[str, float], str] = field(default_factory=dict)
    frames_lock: threading.Lock = field(default_factory=threading.Lock)
    last_typing: dict[str, tuple[str, int]] = field(default_factory=dict)
    planner: Planner = field(default_factory=Planner)
    runs: RunCache = field(default_factory=RunCache)
    parsed: Memo[str, Board] = field(default_factory=lambda: Memo(MAX_BOARDS))
    states: Memo[tuple[str, str, str], ShotState] = field(default_factory=lambda: Memo(MAX_SHOTS))
    timelines: Memo[tuple[str, str], Timeline] = field(default_factory=lambda: Memo(MAX_BOARDS))


class ContinuationWork:
    """Boards that wait for runs to end. closing: the studio stops."""

    def __init__(self) -> None:
        self.closing = False
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[str, set[str]]] = {}

    def wait_for(self, board_id: str, owner: str, runs: set[str]) -> None:
        """From now on this board of this owner waits for these runs."""
        with self._lock:
            self._waiting[board_id] = (owner, runs)

    def awaited_runs(self, board_id: str) -> set[str]:
        """The runs that the board waits for."""
        with self._lock:
            return self._waiting.get(board_id, ("", set()))[1]

    def boards_waiting_for(self, changed: set[str] | None) -> list[tuple[str, str]]:
        """Boards with their owners that wait for one of these runs; None: for any run."""
        with self._lock:
            waiting = self._waiting.items()
            return [(b, owner) for b, (owner, runs) in waiting if runs and (changed is None or runs & changed)]
