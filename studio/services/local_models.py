"""Open models on this machine: which there are, which this machine can run, getting and removing their files."""

from __future__ import annotations

from collections.abc import Mapping

from studio.catalogue import Catalogue, Model
from studio.domain import JSON
from studio.engines.base import Engine, ModelStorage
from studio.errors import NotFound
from studio.messages import Message, term


class LocalModels:
    """The models whose files lie with the user. Safe from any thread; nothing waits for a download."""

    def __init__(self, catalogue: Catalogue, engines: Mapping[str, Engine]) -> None:
        self._catalogue, self._engines = catalogue, engines

    def overview(self) -> JSON:
        """missing: what the engine lacks, or None; cards: what each does; place: folder and free bytes, None without an
        engine; models: see studio.engines.local.library."""
        engines = [(name, e) for name in self._engines if isinstance(e := self._engines[name], ModelStorage)]
        rows = [engine.library.about(m) for name, engine in engines for m in self._catalogue if m.provider == name]
        return {
            "missing": next((self._engines[name].missing() for name, _ in engines), None),
            "cards": [card for _, engine in engines for card in engine.status()],
            "place": next((engine.library.place() for _, engine in engines), None),
            "models": rows,
        }

    def fetch(self, model_id: str, *, extras: bool = False) -> None:
        """Begin or resume the download; with extras that of the draft mode's LoRA files. Raises StudioError."""
        self._storage_of(model_id).library.fetch(self._model(model_id), extras=extras)

    def stop(self, model_id: str) -> None:
        """Stop the downloads of this model; what has arrived is kept."""
        self._storage_of(model_id).library.stop(self._model(model_id))

    def remove(self, model_id: str) -> int:
        """Delete the model's files; bytes freed. Raises NotFound or Conflict."""
        return self._storage_of(model_id).library.remove(self._model(model_id))

    def _model(self, model_id: str) -> Model:
        return self._catalogue.get(model_id)

    def _storage_of(self, model_id: str) -> ModelStorage:
        engine = self._engines.get(self._model(model_id).provider)
        if not isinstance(engine, ModelStorage):
            raise NotFound(Message("local.no_files", model=term(self._model(model_id).label)))
        return engine
