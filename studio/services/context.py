"""What the services share: the open store, the catalogue, the engines, the scheduler, work in the background."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from studio.catalogue import Catalogue
from studio.domain import Asset, Run, Status
from studio.engines.base import Engine, account_limits
from studio.errors import NotFound
from studio.jobs import model_holds
from studio.jobs.context import JobContext
from studio.jobs.scheduler import Scheduler
from studio.memo import Memo
from studio.messages import Message
from studio.services.background import BoardCache, ContinuationWork, ExportWork, MeasureWork, SplitWork
from studio.services.engine_settings import EngineSettings
from studio.services.run_accounts import RunAccounts
from studio.services.visitor_limits import VisitorLimiter
from studio.settings import Settings
from studio.storage import storing
from studio.store import Store
from studio.store.search import SearchFilter

SEARCHES_KEPT = 200
"""Searches whose total is kept for the pages after the first."""


@dataclass(frozen=True)
class Context:
    """The parts of an open studio that every service may use. Safe from any thread."""

    settings: Settings
    catalogue: Catalogue
    store: Store
    engines: Mapping[str, Engine]
    jobs: JobContext
    scheduler: Scheduler
    engine_settings: EngineSettings
    visitors: VisitorLimiter
    accounts: RunAccounts
    exports: ExportWork = field(default_factory=ExportWork)
    splits: SplitWork = field(default_factory=SplitWork)
    measures: MeasureWork = field(default_factory=MeasureWork)
    continuations: ContinuationWork = field(default_factory=ContinuationWork)
    boards: BoardCache = field(default_factory=BoardCache)
    totals: Memo[SearchFilter, tuple[int, bool]] = field(default_factory=lambda: Memo(SEARCHES_KEPT))

    @cached_property
    def data(self) -> Path:
        """The data folder with its links followed: asked once, for a board asks for the path of every shot's file."""
        return self.settings.data.resolve()

    def notify_changed(self, *run_ids: str) -> None:
        """Tell everybody that runs changed, and let the scheduler look at the queue."""
        self.jobs.feed.publish(run_ids)
        self.scheduler.wake()

    def with_progress(self, run: Run) -> Run:
        """The run with what its row does not say: the provider's word, position and fraction; the hold of its model."""
        if run.status == Status.QUEUED and (hold := self.jobs.held_models.get().get(run.model)):
            return run.model_copy(update={"note": model_holds.reason(hold, self.model_label(run.model))})
        progress = self.jobs.latest_progress.get(run.id)
        if progress is None or run.status != Status.RUNNING:
            return run
        live = {
            "provider_word": progress.word or None,
            "provider_position": progress.position,
            "fraction": progress.fraction,
        }
        picture = self.jobs.previews.get(run.id)
        live |= {"eta_s": progress.eta_s, "preview": picture.version if picture else None}
        live["false_colours"] = picture is not None and picture.false_colours
        return run.model_copy(update=live)

    def model_label(self, model_id: str) -> str:
        """The model's name for people; the id where the catalogue no longer has it."""
        with suppress(NotFound):
            return self.catalogue.get(model_id).label
        return model_id

    def concurrency(self, provider: str) -> int:
        """How many runs of this provider are under way at once; 1 for the engines of this machine."""
        engine = self.engines.get(provider)
        return 1 if engine is None or engine.info.local else account_limits(engine, self.catalogue).concurrent

    def asset_path(self, asset: Asset) -> Path:
        """Where the asset's file lies. Raises NotFound for text, which has none."""
        if not asset.path:
            raise NotFound(Message("file.text_no_file"))
        return self.jobs.file(asset.path).resolve()

    def scratch_folder(self) -> Path:
        """The folder for files that live no longer than a call."""
        folder = self.settings.data / "cache" / "scratch"
        with storing(self.settings.data):
            folder.mkdir(parents=True, exist_ok=True)
        return folder
