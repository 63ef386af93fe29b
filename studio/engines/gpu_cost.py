"""What time on the user's own card costs, and how long runs took there: the same for every engine that uses it.

A card has a price when an hourly rate is set, or its watts and the user's tariff; without either, nobody sends a bill.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
import threading
from pathlib import Path
from typing import Any

from studio.catalogue import Model
from studio.domain import JSON, Request
from studio.engines.base import Variable
from studio.settings import Settings

HISTORY_SIZE = 20
"""Measured runs kept for each kind."""

ENVIRONMENT = {name: Variable() for name in ("STUDIO_GPU_WATTS", "STUDIO_KWH_PRICE", "STUDIO_GPU_HOUR_USD")}
"""What engines on cards of the user's own read to price the time."""


def usd_per_s(settings: Settings, *, watts: float | None = None) -> float:
    """Dollars for a second of the card; 0 where no price is set. watts: its own word, without STUDIO_GPU_WATTS.

    STUDIO_GPU_HOUR_USD (a rented card) wins over STUDIO_GPU_WATTS x STUDIO_KWH_PRICE.
    """
    if hour := number(settings.option("STUDIO_GPU_HOUR_USD")):
        return hour / 3600
    watts = number(settings.option("STUDIO_GPU_WATTS")) or watts or 0.0
    return watts / 1000 * (number(settings.option("STUDIO_KWH_PRICE")) or 0.0) / 3600


def usd(seconds: float | None, rate: float) -> float | None:
    """The price of that many seconds; 0 for a card without a price, None where the time is not known."""
    if not rate:
        return 0.0
    return None if seconds is None else round(seconds * rate, 6)


def number(text: str) -> float | None:
    """A setting as a positive number; None where it is empty or none."""
    try:
        return float(text) if 0 < float(text) < math.inf else None
    except ValueError:
        return None


def run_kind(request: Request, model: Model) -> tuple[str, str]:
    """What decides how long a run takes: model, size, length and mode; and a digest of all its own settings."""
    size = f"{request.width}x{request.height}" if request.width else request.tier or ""
    seconds = f"{request.duration_s:g}s" if request.duration_s else ""
    rate = f"{request.fps:g}fps" if request.fps else ""
    about = " ".join(filter(None, (model.id, size, seconds, rate, str(request.params.get("mode") or ""))))
    settings = json.dumps(request.params, sort_keys=True, default=str)
    return about, hashlib.sha256(settings.encode()).hexdigest()[:12]


class RunTimes:
    """How long the card worked on earlier runs, in one JSON file. Safe from any thread; a broken file is begun anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stored: dict[str, list[list[Any]]] | None = None

    def add(self, kind: tuple[str, str], run: str, seconds: float) -> None:
        """One more run of this kind took this long. The same run again changes nothing."""
        about, settings = kind
        with self._lock:
            kept = self._load()
            rows = kept.setdefault(about, [])
            if any(row[0] == run for row in rows):
                return
            kept[about] = [*rows, [run, settings, round(seconds, 3)]][-HISTORY_SIZE:]
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps(kept), "utf-8")
            part.replace(self._path)

    def median_s(self, kind: tuple[str, str]) -> float | None:
        """Median seconds of such runs: with the same settings where there are any, else of the same size and length."""
        about, settings = kind
        with self._lock:
            rows = self._load().get(about, [])
        same = [row[2] for row in rows if row[1] == settings]
        times = same or [row[2] for row in rows]
        return statistics.median(times) if times else None

    def _load(self) -> dict[str, list[list[Any]]]:
        if self._stored is None:
            try:
                read: JSON = json.loads(self._path.read_text("utf-8"))
                self._stored = {k: [[str(r), str(s), float(t)] for r, s, t in rows] for k, rows in read.items()}
            except (OSError, ValueError, TypeError, AttributeError):
                self._stored = {}
        return self._stored
