"""What all parts of the facade share: the open store, the engines, the runner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from studio import engines as registry
from studio.catalogue import Catalogue
from studio.domain import Run, Status
from studio.engines.base import Engine
from studio.jobs.context import House
from studio.jobs.scheduler import Runner
from studio.settings import Settings
from studio.store import Store


class LazyEngines(Mapping[str, Engine]):
    """The registry's engines by name, each built when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._built: dict[str, Engine] = {}

    def __getitem__(self, name: str) -> Engine:
        if name not in registry.REGISTRY:
            raise KeyError(name)
        if name not in self._built:
            self._built[name] = registry.build(name, self._settings)
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(registry.REGISTRY)

    def __len__(self) -> int:
        return len(registry.REGISTRY)


class Core:
    """State of an open studio. All methods of all parts are safe from any thread."""

    settings: Settings
    catalogue: Catalogue
    _store: Store
    _house: House
    _runner: Runner
    _engines: Mapping[str, Engine]

    def _changed(self, *run_ids: str) -> None:
        """Tell everybody that runs changed, and let the runner look at the queue."""
        self._house.feed.publish(run_ids)
        self._runner.wake()

    def _alive(self, run: Run) -> Run:
        """The run with what only memory knows: the provider's word, position and fraction."""
        seen = self._house.live.get(run.id)
        if seen is None or run.status != Status.RUNNING:
            return run
        live = {"provider_word": seen.word or None, "provider_position": seen.position, "fraction": seen.fraction}
        picture = self._house.previews.get(run.id)
        live |= {"eta_s": seen.eta_s, "preview": picture.version if picture else None}
        live["false_colours"] = picture is not None and picture.false_colours
        return run.model_copy(update=live)
