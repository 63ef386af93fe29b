"""Studio: the one object that pages, API, tests and command line talk to.

Methods are synchronous, safe from any thread, and never wait for a provider (only `wait` waits, for as long as told).
owner "" is the single local user, who sees everything.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from studio import catalogue as rows
from studio.catalogue import Catalogue
from studio.engines.base import Engine
from studio.jobs.context import House
from studio.jobs.durations import Timing
from studio.jobs.leftovers import Leftovers
from studio.jobs.scheduler import Runner
from studio.media import files
from studio.services.admin import Keeping
from studio.services.comfyui_models import ComfyFiles, ComfyServer
from studio.services.context import LazyEngines
from studio.services.continuations import Chains
from studio.services.exports import Films
from studio.services.local_models import OpenModels
from studio.services.looks import Looks
from studio.services.one_run_films import Wholes
from studio.services.preflight import Checks
from studio.services.storyboards import Boards
from studio.services.workflows import Workflows
from studio.settings import Settings
from studio.store import Store, backup

SWITCH_S = 0.001
"""How long a thread may keep Python's lock while others want it. Python's own 5 ms would let a few threads that search
hold up a submit for 20; a fifth of it halves that and costs under 1 % of speed."""


class Studio(Keeping):
    """An open data folder with its runner. The methods stand in studio/parts, a subject a file."""

    boards: Boards
    comfy_files: ComfyFiles
    films: Films
    looks: Looks
    checks: Checks
    chains: Chains
    wholes: Wholes
    open_models: OpenModels
    workflows: Workflows
    _leftovers: Leftovers

    @classmethod
    def open(
        cls, settings: Settings, *, engines: Mapping[str, Engine] | None = None, catalogue: Catalogue | None = None,
        start: bool = True, timing: Timing | None = None,
    ) -> Studio:  # fmt: skip
        """Open (or make) the data folder, put right what the last stop left, and start the runner.

        engines: instead of the registry's. start=False: look and store only; nothing is run. Raises StoreError.
        """
        sys.setswitchinterval(min(SWITCH_S, sys.getswitchinterval()))
        files.use_ffmpeg(settings.ffmpeg)
        studio = cls()
        studio.settings = settings
        studio.catalogue = Catalogue(catalogue or rows.load())  # a copy: workflows of this folder join it
        comfy = ComfyServer(settings)
        studio.workflows = Workflows(studio, comfy)
        studio.comfy_files = ComfyFiles(settings, studio.catalogue, comfy)
        studio._engines = LazyEngines(settings) if engines is None else engines
        studio._store = Store(settings.data, anew=settings.new_database)
        studio._house = House(studio._store, studio.catalogue, settings.data, timing or Timing())
        studio._runner = Runner(studio._house, studio._engines)
        studio._leftovers = Leftovers(settings.data, studio._house.unended)
        studio.boards = Boards(studio)
        studio.looks = Looks(studio, studio.boards)
        studio.wholes = Wholes(studio, studio.boards)
        studio.films = Films(studio, studio.boards, studio.looks, studio.wholes)
        studio.checks = Checks(studio, studio.boards, studio.wholes)
        studio.chains = Chains(studio, studio.boards)
        studio.open_models = OpenModels(studio.catalogue, studio._engines)
        if start:
            try:
                studio._runner.start()
                studio._leftovers.start()
                studio.chains.begin()
                studio.films.resume()
            except BaseException:
                studio._store.close()
                raise
        return studio

    @staticmethod
    def put_back(copy: Path, settings: Settings) -> Path | None:
        """Put a backup in the place of the database of a studio that is not running.

        Returns where the old database was set aside, None where there was none.
        Runs that had not been sent when it was made are held, for they may have been sent since. Raises StoreError.
        """
        return backup.restore(copy, settings.data)

    def close(self) -> None:
        """Stop within five seconds. Whatever runs can go on when the studio is opened again."""
        self._store.stop_waiting()
        self._leftovers.close()
        self.films.close()
        self.checks.close()
        self.wholes.close()
        self._house.feed.close()
        self.chains.close()
        self._runner.stop()
        self._store.close()

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
