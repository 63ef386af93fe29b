"""A board of 6, 60 and 200 shots, over HTTP as its page talks to the studio, and in Chromium as a person feels it.

The boards are on a priced model, with a cast in every third shot; each shot has a draft and a rendered take.

- `edit`: a shot's words, its length, or its place, until the answer is there. `since`: the page says what it has, and
  gets what changed. Goals at 200 shots: p95 under 50 ms, under 10 kB. Reference: the least any program can do, one bare
  SQLite transaction that stores the same body twice, as board and as version for undo, read and written as JSON once.
- `get`: the whole board. `draft`: all drafts of a new board stored, the queue paused. Reference: the bare route.
- the page: opened, typed into, selected, dragged, shots added and removed. Goals at 200 shots: a key until it is drawn
  p95 under 33 ms, opened in under 300 ms. Reference: a bare text area on an empty page.

cpu_p95_ms counts this process, both server and client: where other programs have the cores, the wall says more about
them. In the page `key_main` and `open_main` say the same without them.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from studio.domain import Asset
from studio.settings import Settings
from studio.storyboard.model import CastMember
from studio.studio import Studio
from tests.bench import _board_page
from tests.support import samples
from tests.support.boards import give_takes, put_member

MODEL = "alibaba/wan2.6-t2v"
WORDS = ("a harbour at dawn", "gulls", "slow fog", "a red boat", "nets and ropes", "low sun", "long lens", "quiet sea")


def main(argv: list[str]) -> None:
    """Serve, fill, measure, report. With the app's own middleware and settings of the collector."""
    from studio.web import app

    parser = argparse.ArgumentParser(prog="bench board")
    parser.add_argument("--shots", type=int, nargs="*", default=[6, 60, 200])
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--parts", nargs="*", default=["edit", "get", "draft", "page"])
    options = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory() as folder,
        Studio.open(Settings(data=Path(folder) / "data")) as studio,
        app.served(studio, server_port=None) as url,
        httpx.Client(base_url=url, timeout=60) as web,
    ):
        app.freeze()
        studio.local.queue.pause()
        boards = {shots: _filled(studio, Path(folder), shots) for shots in options.shots}
        if "edit" in options.parts:
            for shots, board in boards.items():
                _edits(studio, web, Path(folder), board, shots, options.edits)
        if "get" in options.parts:
            _gets(web, boards)
        if "draft" in options.parts:
            _drafts(studio, web, options.shots)
        if "page" in options.parts:
            _page(url.rstrip("/"), boards)


def _edits(studio: Studio, web: httpx.Client, folder: Path, board: str, shots: int, count: int) -> None:
    with _collections() as pauses:
        whole = _edited(web, f"/ui/boards/{board}", count, since=False)
        part = _edited(web, f"/ui/boards/{board}", count, since=True)
    body = studio.local.storyboards.get(board).board.model_dump(mode="json")
    bare = _stored(folder / f"bare{shots}.db", body, count)
    for name, edits in (("edit answered whole", whole), ("edit answered since", part)):
        _report(
            name, shots, edits.wall_ms, edits.cpu_ms, goal_ms=50.0, gc_most_ms=max(pauses, default=0.0),
            bytes_p50=statistics.median(edits.sizes), bytes_most=max(edits.sizes),
        )  # fmt: skip
    _report("reference: the body stored bare", shots, bare.wall_ms, bare.cpu_ms)


def _gets(web: httpx.Client, boards: dict[int, str]) -> None:
    """The whole board asked for by a page that has none of it."""
    for shots, path in [*((s, f"/ui/boards/{b}") for s, b in boards.items()), (0, "/healthz")]:
        gets = Edits()
        for _ in range(20):
            with gets.one():
                answer = web.get(path)
                answer.raise_for_status()
            gets.sizes.append(len(answer.content))
        name = "get" if shots else "reference: the bare route"
        _report(name, shots, gets.wall_ms, gets.cpu_ms, bytes_p50=statistics.median(gets.sizes))


def _drafts(studio: Studio, web: httpx.Client, counts: list[int]) -> None:
    """All drafts of a new board, until the answer is there; the queue is paused."""
    for shots in counts:
        drafts = Edits()
        for _ in range(3):
            script = "\n".join(f"Shot {n + 1} [{4 * n}-{4 * n + 4}s] {_words(n)}" for n in range(shots))
            board = studio.local.storyboards.create("Drafts", script=script, model=MODEL).board.id
            since = web.get(f"/ui/boards/{board}").json()["version"]
            with drafts.one():
                answer = web.post(f"/ui/boards/{board}/draft", json={}, params={"since": since})
                answer.raise_for_status()
            drafts.sizes.append(len(answer.content))
            assert answer.json()["queued"] == shots
        _report("draft all", shots, drafts.wall_ms, drafts.cpu_ms, bytes_p50=statistics.median(drafts.sizes))


def _page(url: str, boards: dict[int, str]) -> None:
    """The editor in Chromium."""
    goals = {"key": 33.0, "open": 300.0}
    with _board_page.pages() as page:
        for shots, board in boards.items():
            for name, times in _board_page.measured(page, url, board, shots).items():
                goal = {"goal_ms": goals[name]} if name in goals else {}
                _report(f"page: {name}", shots, times, [], **goal)
        times, worked = _board_page.typed_bare(page, url)
        _report("reference: key in a bare text area", 0, times, [])
        _report("reference: key_main in a bare text area", 0, [worked], [])


@contextmanager
def _collections() -> Iterator[list[float]]:
    """Milliseconds of processor of each collection of garbage meanwhile."""
    pauses: list[float] = []

    def note(phase: str, _: object) -> None:
        if phase == "start":
            pauses.append(-time.thread_time() * 1000)
        else:
            pauses[-1] += time.thread_time() * 1000

    gc.callbacks.append(note)
    try:
        yield pauses
    finally:
        gc.callbacks.remove(note)


def _filled(studio: Studio, folder: Path, shots: int) -> str:
    """A board of so many shots with takes; its id."""
    clip = studio.local.assets.add(samples.clip(folder / "take.mp4", seconds=2, width=128, height=72, fps=24))
    script = "\n".join(f"Shot {n + 1} [{4 * n}-{4 * n + 4}s] {_words(n)}" for n in range(shots))
    board = studio.local.storyboards.create("Bench", script=script, model=MODEL).board
    picture = folder / "anna.png"
    samples.corner_picture(300, 300).save(picture)
    face = studio.local.assets.add(picture)
    for name in ("anna", "ben", "quay"):
        member = CastMember(id=f"m{name}", name=name, references=(face.id,), consent=True, description="in a red coat")
        studio.local.storyboards.edit(board.id, "cast", lambda b, m=member: put_member(b, m))
    files: dict[str, Asset] = {shot.id: clip for shot in board.shots}
    give_takes(studio, board.id, files)
    give_takes(studio, board.id, files, kind="draft")
    return board.id


def _words(n: int) -> str:
    return " ".join([*random.Random(n).choices(WORDS, k=6), *(["@anna", "and", "@ben"] if n % 3 == 0 else [])])


@dataclass
class Edits:
    """Of each edit: milliseconds of wall and of processor, and the bytes of its answer."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Measure one edit."""
        begun, worked = time.perf_counter(), time.process_time()
        yield
        self.wall_ms.append((time.perf_counter() - begun) * 1000)
        self.cpu_ms.append((time.process_time() - worked) * 1000)


def _edited(web: httpx.Client, path: str, count: int, *, since: bool) -> Edits:
    known = web.get(path).json()
    ids = [shot["id"] for shot in known["board"]["shots"]]
    edits, dice = Edits(), random.Random(count)
    for turn in range(count):
        shot = dice.choice(ids)
        op: dict[str, object] = {"op": "change", "shot": shot, "prompt": f"{_words(turn)} {turn} {since}"}
        if turn % 3 == 1:
            op = {"op": "change", "shot": shot, "duration_s": 3 + turn % 5}
        elif turn % 3 == 2:
            ids.remove(shot)
            ids.insert(dice.randrange(len(ids) + 1), shot)
            op = {"op": "reorder", "order": ids}
        with edits.one():
            answer = web.post(f"{path}/edit", json=op, params={"since": known["version"]} if since else {})
            answer.raise_for_status()
        edits.sizes.append(len(answer.content))
        known = answer.json()
    return edits


def _stored(path: Path, body: dict[str, object], count: int) -> Edits:
    """The bare transaction."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE boards (id INTEGER PRIMARY KEY, body TEXT)")
    db.execute("CREATE TABLE versions (n INTEGER PRIMARY KEY, body TEXT)")
    db.execute("INSERT INTO boards VALUES (1, ?)", [json.dumps(body)])
    edits = Edits()
    for _ in range(count):
        with edits.one():
            json.loads(db.execute("SELECT body FROM boards").fetchone()[0])
            text = json.dumps(body)
            db.execute("BEGIN IMMEDIATE")
            db.execute("UPDATE boards SET body = ?", [text])
            db.execute("INSERT INTO versions (body) VALUES (?)", [text])
            db.execute("COMMIT")
    db.close()
    return edits


def _report(name: str, shots: int, wall_ms: list[float], cpu_ms: list[float], **more: float) -> None:
    figures = {"p50_ms": statistics.median(wall_ms), "p95_ms": _p95(wall_ms), "most_ms": max(wall_ms)}
    if cpu_ms:
        figures |= {"cpu_p50_ms": statistics.median(cpu_ms), "cpu_p95_ms": _p95(cpu_ms)}
    figures |= more | {"load": os.getloadavg()[0]}
    print(json.dumps({"what": name, "shots": shots} | {k: round(v, 2) for k, v in figures.items()}), flush=True)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
