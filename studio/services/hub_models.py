"""Which models Hugging Face's router does for a provider: the Hub's public mapping, read when somebody's account is to
pay and then once an hour."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from studio.catalogue import Model
from studio.engines import hub_router, strict_json
from studio.engines.addresses import ssl_context
from studio.settings import Settings

log = logging.getLogger(__name__)
KEPT_S = 3600.0
TIMEOUT_S = 5.0
HUB_BASE = "HF_ENDPOINT"
"""Environment name of another address of the Hub, as huggingface_hub has it."""


class HubModels:
    """Safe from any thread. settings: those that hold now."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings, self._lock = settings, threading.Lock()
        self._mapped: dict[str, frozenset[str]] = {}
        self._read_at = -KEPT_S

    def load(self) -> None:
        """Read the mapping, unless it was lately. What cannot be read stays as it was."""
        with self._lock:
            if time.monotonic() - self._read_at < KEPT_S:
                return
            found = {name: self._read(hub_name) for name, hub_name in hub_router.HUB_NAMES.items()}
            self._mapped |= {name: ids for name, ids in found.items() if ids is not None}
            if any(ids is not None for ids in found.values()):
                self._read_at = time.monotonic()

    def can_route(self, model: Model) -> bool:
        """Whether the router does this model."""
        return hub_router.can_route(model, self._mapped.get(model.provider, frozenset()))

    def count(self, provider: str, models: Iterable[Model]) -> int:
        """How many of these models of a provider the router does."""
        return sum(model.provider == provider and self.can_route(model) for model in models)

    def _read(self, hub_name: str) -> frozenset[str] | None:
        import httpx

        base = self._settings().option(HUB_BASE, hub_router.HUB).rstrip("/")
        try:
            answer = httpx.get(f"{base}/api/partners/{hub_name}/models", timeout=TIMEOUT_S, verify=ssl_context())
            answer.raise_for_status()
            return hub_router.mapped_ids(strict_json.table(strict_json.read(answer.content)))
        except (httpx.HTTPError, ValueError) as error:
            log.warning("the models of %s at the Hub cannot be read: %s", hub_name, type(error).__name__)
            return None
