"""How fast the audit log is read at a million rows: p95 of a page by each filter, goal under 100 ms; the export as a
stream, the check of the chain, and what a row costs to write in batches of 50.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from studio.domain import now
from studio.permissions import LOCAL_ACTOR
from studio.services.audit import Audit, AuditFilter
from studio.services.audit_log import AuditLog
from studio.store import Store, audit
from studio.store.audit import Entry
from studio.store.mapping import stamp

ACTIONS = ("requests.submit", "runs.cancel", "storyboards.edit", "gallery.rate", "session.sign_in", "people.set_role")
WEIGHTS = (50, 5, 30, 10, 4.9, 0.1)
WORDS = ("red", "blue", "coat", "cat", "dog", "rain", "city", "night", "forest", "sea", "woman", "红色", "外套", "城市")
PEOPLE = 20


def main(argv: list[str]) -> None:
    """Fill, read, tell."""
    parser = argparse.ArgumentParser(prog="bench audit")
    parser.add_argument("--rows", type=int, default=1_000_000)
    wanted = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "data")
        log = AuditLog(store)
        reader = Audit(store, log, LOCAL_ACTOR)
        took = fill(store, wanted.rows)
        tell("write_us_per_row", took / wanted.rows * 1e6, megabytes=round(store.path.stat().st_size / 1e6))
        today = now().date()
        for name, asked in filters(today).items():
            tell(f"page_{name}_p95_ms", p95(lambda asked=asked: reader.search(asked, before=None)), goal=100.0)
        deep = wanted.rows // 2
        tell("page_deep_p95_ms", p95(lambda: reader.search(AuditFilter(), before=deep)), goal=100.0)
        start = time.perf_counter()
        size = sum(len(piece) for piece in reader.export(AuditFilter(), "csv"))
        tell("export_csv_s", time.perf_counter() - start, megabytes=round(size / 1e6))
        start = time.perf_counter()
        report = reader.verify()
        tell("verify_s", time.perf_counter() - start, rows=report.rows, intact=report.broken is None)
        log.close()
        store.close()


def filters(today: date) -> dict[str, AuditFilter]:
    """What a page can ask for."""
    return {
        "all": AuditFilter(),
        "person": AuditFilter(person="p_7"),
        "action": AuditFilter(action="people.set_role"),
        "person_action": AuditFilter(person="p_7", action="people.set_role"),
        "object": AuditFilter(object="r_777777"),
        "day": AuditFilter(since=today - timedelta(days=100), until=today - timedelta(days=100)),
        "day_person": AuditFilter(person="p_7", since=today - timedelta(days=100), until=today - timedelta(days=100)),
        "text": AuditFilter(text="red coat"),
        "text_cjk": AuditFilter(text="红色外套"),
        "text_person": AuditFilter(text="forest", person="p_7", action="people.set_role"),
        "text_none": AuditFilter(text="nothing of this"),
    }


def fill(store: Store, count: int) -> float:
    """Store this many rows, fifty a transaction, over a year; seconds for all of them."""
    random.seed(11)
    start, begin = now() - timedelta(days=365), time.perf_counter()
    for first in range(0, count, 50):
        entries = [entry(n, stamp(start + timedelta(days=365 * n / count))) for n in range(first, first + 50)]
        with store.write() as db:
            audit.add(db, entries)
    return time.perf_counter() - begin


def entry(n: int, at: str) -> Entry:
    """A row as the studio writes it."""
    person, prompt = random.randrange(PEOPLE), " ".join(random.choices(WORDS, k=14))[:80]
    [action] = random.choices(ACTIONS, WEIGHTS)
    detail = {"task": "text-to-video", "model": "alibaba/wan2.6-t2v", "prompt": prompt}
    return Entry(action, f"p_{person}", f"Person {person}", "s_0123", "192.0.2.7", f"r_{n}", detail=detail, at=at)


def p95(call: object, count: int = 30) -> float:
    """Milliseconds that one call in twenty exceeds."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        call()  # type: ignore[operator]
        times.append((time.perf_counter() - start) * 1000)
    return statistics.quantiles(times, n=20)[-1]


def tell(name: str, value: float, **more: object) -> None:
    """One JSON line."""
    print(json.dumps({"bench": "audit", "figure": name, "value": round(value, 3)} | more), flush=True)
