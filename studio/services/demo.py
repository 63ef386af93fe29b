"""Example content that the studio makes itself: a small film from a script, and a few drafts, by the draft engine.

Begun at the first start of an empty studio, on a thread of its own; a start never waits for it. What a stop interrupts
goes on at the next start. It belongs to the studio; visitors see it and cannot change it.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.background_thread import BackgroundThread
from studio.domain import JSON
from studio.errors import StudioError
from studio.services.acting import UserServices
from studio.store import Store, demo, projects

log = logging.getLogger(__name__)

SCRIPT = Path(__file__).parents[2] / "assets" / "demo" / "demo.toml"
MODEL = "draft/animatic"
WAIT_S, STEP_S = 300.0, 1.0
"""The longest wait for its runs and its film, and how often a stop is looked for meanwhile."""


class DemoContent(BackgroundThread):
    """services: the studio's own, when the work begins."""

    def __init__(self, store: Store, services: Callable[[], UserServices]) -> None:
        super().__init__("demo")
        self._store, self._services = store, services

    def start(self) -> None:
        """Begin where the studio is empty, or go on with what was begun."""
        with self._store.read() as db:
            state, empty = demo.state(db), demo.is_empty(db)
        if not state.get("done") and (state or empty):
            super().start()

    def _run(self) -> None:
        try:
            self._make(tomllib.loads(SCRIPT.read_text("utf-8")))
        except StudioError as error:
            log.warning("the examples were not made: %s", error)
        except Exception:
            log.exception("the examples were not made")

    def _make(self, content: JSON) -> None:
        services = self._services()
        board, runs = self._begun(services, content)
        runs = list(dict.fromkeys([*runs, *(run.id for run in services.storyboards.draft(board))]))
        with self._store.write() as db:
            demo.show(db, board, runs)
            demo.put(db, runs=runs)
        if not self._wait(lambda: all(run.status.ended for run in services.runs.wait(runs, timeout_s=STEP_S))):
            return
        [film] = services.exports.start_several(board, "film", {"allow_drafts": True})
        if self._wait(lambda: services.exports.get(film.id).status != "running"):
            with self._store.write() as db:
                demo.put(db, done=True)

    def _begun(self, services: UserServices, content: JSON) -> tuple[str, list[str]]:
        """The board and the single drafts: made now, or before a stop."""
        with self._store.read() as db:
            state: dict[str, Any] = demo.state(db)
        if state:
            return state["board"], state["runs"]
        film: JSON = content["film"]
        size = {name: film[name] for name in ("width", "height")}
        board = services.storyboards.create(script=film["script"], **size).board.id
        runs = services.requests.submit_many([draft | {"model": MODEL} for draft in content["draft"]])
        with self._store.write() as db:
            project = projects.add(db, content["project"])
            demo.put(db, project=project.id, board=board, runs=[run.id for run in runs])
        return board, [run.id for run in runs]

    def _wait(self, done: Callable[[], bool]) -> bool:
        """Whether it came true before the stop, within WAIT_S."""
        for _ in range(int(WAIT_S / STEP_S)):
            if done():
                return True
            if self._stop.wait(STEP_S):
                return False
        return False
