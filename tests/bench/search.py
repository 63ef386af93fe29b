"""Searches of the gallery as a page asks for them, over HTTP: each kind alone and with each other, the first page and
deep ones, beside the cheapest page that SQLite gives in the same minute.

Prints p50 and p95 in milliseconds of every kind, then of all pairs with the slowest of them, and the CPU that the
studio takes for an answer. `--data` measures a copy of a data folder (see _corpus) in the place of a new one.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import http.client
import itertools
import json
import os
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.bench import _corpus
from tests.bench._serve import Program, program

GOAL_MS = 20
PAGE, DEEP_PAGE, LARGEST = 80, 200, 200
KINDS = {
    "newest": "",
    "common word": f'"{_corpus.COMMON}"',
    "usual word": f'"{_corpus.USUAL}"',
    "rare word": f'"{_corpus.RARE}"',
    "rarest word": f'"{_corpus.RAREST}"',
    "common word, unfinished": _corpus.COMMON,
    "phrase": f'"{_corpus.PHRASE}"',
    "beginning of a word": "lant",
    "chinese": _corpus.CHINESE,
    "three common words": f'"{_corpus.COMMON}" "the" "soft"',
    "without a common word": f"-{_corpus.COMMON}",
    "without a usual word": f"-{_corpus.USUAL}",
    "model": "model:fal/wan2.7-i2v",
    "rare model": "model:mindstudio/archive-model",
    "part of a model": "model:wan2",
    "provider": "model:vtrix",
    "task": "task:image-to-video",
    "rare task": "task:video-to-video",
    "kind": "kind:video",
    "failed": "status:failed",
    "succeeded": "status:succeeded",
    "5 stars": "rating:5",
    "4 stars or more": "rating:>=4",
    "no stars": "rating:0",
    "between days": "after:{early} before:{late}",
    "before a day": "before:{early}",
    "seed": "seed:{seed}",
    "trash": "",
}
"""Name -> what is typed."""
UNFINISHED = ("beginning of a word", "common word, unfinished")
"""Typed last: the word under the cursor."""


def main(argv: list[str]) -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser(prog="bench search", description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000, help="of a new folder")
    parser.add_argument("--data", type=Path, help="a data folder to copy")
    parser.add_argument("--tries", type=int, default=10, help="of each search")
    parser.add_argument("--pairs", type=int, default=0, help="so many pairs by chance; 0: all, -1: none")
    parser.add_argument("--each", action="store_true", help="a line for every pair")
    wanted = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=wanted.data and wanted.data.resolve().parent) as folder:
        data = Path(folder) / "data"
        if wanted.data:
            shutil.copytree(wanted.data, data)
        else:
            _corpus.build(data, wanted.runs)
        with program("studio", Path(folder), data) as served:
            served.first_answer()
            _await_terms(data / "studio.db")
            _measure(served, data / "studio.db", wanted)


def _await_terms(database: Path) -> None:
    """A database of an earlier version gets its index of facets while the studio works; until then searches are slow,
    as those of that version, which has no such table."""
    with contextlib.closing(sqlite3.connect(database)) as db, contextlib.suppress(sqlite3.OperationalError):
        while db.execute("SELECT through < until FROM search_fill").fetchone()[0]:
            time.sleep(0.5)


def _measure(served: Program, database: Path, wanted: argparse.Namespace) -> None:
    with contextlib.closing(sqlite3.connect(database)) as db:
        newest, early, late, seed = db.execute(
            "SELECT max(seq), (SELECT substr(created_at, 1, 10) FROM runs WHERE seq >= (SELECT max(seq) FROM runs) / 3 "
            "LIMIT 1), (SELECT substr(created_at, 1, 10) FROM runs WHERE seq >= (SELECT max(seq) FROM runs) / 2 "
            "LIMIT 1), seed FROM runs"
        ).fetchone()
        kinds = {name: typed.format(early=early, late=late, seed=seed) for name, typed in KINDS.items()}
        ask = _Client(served, kinds)
        plain = _times(lambda: db.execute(f"SELECT * FROM runs ORDER BY seq DESC LIMIT {PAGE}").fetchall(), 50)
    reference = statistics.median(plain)
    _tell(runs=newest, figure="reference: SQLite alone", p50_ms=round(reference, 2), load=os.getloadavg()[0])
    alone: list[float] = []
    cpu = ask.cpu()
    for name in kinds:
        times = {"first": _times(partial(ask.page, (name,)), wanted.tries)}
        if (before := ask.cursor((name,), times["first"])) is not None:
            times[f"page {DEEP_PAGE}"] = _times(partial(ask.page, (name,), before), wanted.tries)
        for depth, taken in times.items():
            alone += taken
            _tell(
                kind=name, page=depth, **_figures(taken), times_reference=round(_figures(taken)["p50_ms"] / reference)
            )
    _tell(figure="every kind alone", **_figures(alone), cpu_ms=cpu(), goal_ms=GOAL_MS)
    if wanted.pairs >= 0:
        pairs: list[tuple[str, ...]] = list(itertools.combinations(kinds, 2))
        chosen = random.Random(1).sample(pairs, wanted.pairs) if wanted.pairs else pairs
        _measure_pairs(ask, chosen, newest // 2, wanted)
    _tell(figure="load", load=os.getloadavg()[0])


def _measure_pairs(ask: _Client, pairs: list[tuple[str, ...]], middle: int, wanted: argparse.Namespace) -> None:
    all_times: dict[str, list[float]] = {"first": [], "middle": []}
    slowest: list[tuple[float, str, str]] = []
    cpu = ask.cpu()
    for pair in pairs:
        for depth, before in (("first", None), ("middle", middle)):
            taken = _times(partial(ask.page, pair, before), wanted.tries)
            all_times[depth] += taken
            slowest.append((statistics.median(taken), " + ".join(pair), depth))
            if wanted.each:
                _tell(pair=" + ".join(pair), page=depth, **_figures(taken))
    for depth, times in all_times.items():
        _tell(figure="every pair", page=depth, pairs=len(pairs), **_figures(times), cpu_ms=cpu(), goal_ms=GOAL_MS)
    for p50, pair, depth in sorted(slowest, reverse=True)[:5]:
        _tell(slowest=pair, page=depth, p50_ms=round(p50, 1))


class _Client:
    """Asks as the gallery does, over one kept connection."""

    def __init__(self, served: Program, kinds: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=120)
        self._served, self._kinds = served, kinds
        self.answers = 0

    def cpu(self) -> Callable[[], float]:
        """Gives the milliseconds of CPU that the studio took for an answer since now."""
        answers, cpu_s = self.answers, self._served.cpu_s()
        return lambda: round((self._served.cpu_s() - cpu_s) * 1000 / max(1, self.answers - answers), 1)

    def page(self, names: tuple[str, ...], before: int | None = None, limit: int = PAGE) -> bytes:
        """The answer for what is of all these kinds."""
        query = " ".join(self._kinds[name] for name in sorted(names, key=UNFINISHED.__contains__))
        asked = {"query": query, "limit": limit, "trashed": str("trash" in names).lower(), "time_zone": "UTC"}
        asked |= {} if before is None else {"before": before}
        self._connection.request("GET", f"/ui/runs?{urlencode(asked)}", headers={"Accept-Encoding": "gzip"})
        answer = self._connection.getresponse()
        body = answer.read()
        self.answers += 1
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} for {query}: {body[:200]!r}")
        return body

    def cursor(self, names: tuple[str, ...], taken: list[float]) -> int | None:
        """The `before` of page DEEP_PAGE, or of the last one before it; None without a second page. Where pages are
        slow, the way there is not walked."""
        if statistics.median(taken) > 100:
            return None
        before = None
        for _ in range((DEEP_PAGE - 1) * PAGE // LARGEST):
            body = self.page(names, before, LARGEST)
            found = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)["next_before"]
            if found is None:
                break
            before = found
        return before


def _times(work: Callable[[], object], tries: int) -> list[float]:
    """Milliseconds of each try; the first one, which finds caches empty, is left out."""
    work()
    taken: list[float] = []
    for _ in range(tries):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _figures(taken: list[float]) -> dict[str, float]:
    ranked = sorted(taken)
    p95 = ranked[min(len(ranked) - 1, int(len(ranked) * 0.95))]
    return {"p50_ms": round(statistics.median(taken), 1), "p95_ms": round(p95, 1)}


def _tell(**figures: object) -> None:
    print(json.dumps({"bench": "search"} | figures, ensure_ascii=False), flush=True)
