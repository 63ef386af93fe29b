"""An edit of a board until its answer is there, over HTTP as the page sends it: goal p95 under 50 ms at 200 shots.

Boards of 12, 60 and 200 shots on a priced model, a cast in every third shot; each shot has a draft and a rendered take.
An edit gives one shot other words, another length, or moves it. `since`: the page says what it has, and gets what
changed. The reference is the least any program can do in the same run: one bare SQLite transaction that stores the same
body twice, as board and as version for undo, with the JSON read and written once. cpu_p95_ms counts this process, both
server and client: where other programs have the cores, the wall says more about them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from studio.domain import Asset
from studio.settings import Settings
from studio.storyboard import edit
from studio.storyboard.model import CastMember
from studio.studio import Studio
from tests.support import samples
from tests.support.boards import give_takes
from tests.support.web import serving

MODEL = "alibaba/wan2.6-t2v"
WORDS = ("a harbour at dawn", "gulls", "slow fog", "a red boat", "nets and ropes", "low sun", "long lens", "quiet sea")
GOAL_MS = 50.0


def main(argv: list[str]) -> None:
    """Fill, edit, tell."""
    parser = argparse.ArgumentParser(prog="bench board")
    parser.add_argument("--shots", type=int, nargs="*", default=[12, 60, 200])
    parser.add_argument("--edits", type=int, default=60)
    wanted = parser.parse_args(argv)
    for shots in wanted.shots:
        with tempfile.TemporaryDirectory() as folder, Studio.open(Settings(data=Path(folder) / "data")) as studio:
            board = _filled(studio, Path(folder), shots)
            with serving(studio) as url, httpx.Client(base_url=url, timeout=60) as web:
                whole = _edited(web, f"/ui/boards/{board}", wanted.edits, since=False)
                part = _edited(web, f"/ui/boards/{board}", wanted.edits, since=True)
            bare = _stored(
                Path(folder), studio.local.storyboards.get(board).board.model_dump(mode="json"), wanted.edits
            )
            for name, (times, cpu, sizes) in (("edit answered whole", whole), ("edit answered since", part)):
                sent = {"bytes_p50": statistics.median(sizes), "bytes_most": max(sizes)}
                _tell(name, shots, times, cpu_p50_ms=statistics.median(cpu), cpu_p95_ms=_p95(cpu), **sent)
            _tell("reference: the body stored bare", shots, bare)


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
        studio.local.storyboards.edit(board.id, "cast", lambda b, m=member: edit.put_cast_member(b, m))
    files: dict[str, Asset] = {shot.id: clip for shot in board.shots}
    give_takes(studio, board.id, files)
    give_takes(studio, board.id, files, kind="draft")
    return board.id


def _words(n: int) -> str:
    return " ".join([*random.Random(n).choices(WORDS, k=6), *(["@anna", "and", "@ben"] if n % 3 == 0 else [])])


def _edited(web: httpx.Client, path: str, count: int, *, since: bool) -> tuple[list[float], list[float], list[int]]:
    """Milliseconds of wall and of processor, and bytes of each answer."""
    known = web.get(path).json()
    ids = [shot["id"] for shot in known["board"]["shots"]]
    times, cpu, sizes, dice = [], [], [], random.Random(count)
    for turn in range(count):
        shot = dice.choice(ids)
        op: dict[str, object] = {"op": "change", "shot": shot, "prompt": f"{_words(turn)} {turn} {since}"}
        if turn % 3 == 1:
            op = {"op": "change", "shot": shot, "duration_s": 3 + turn % 5}
        elif turn % 3 == 2:
            ids.remove(shot)
            ids.insert(dice.randrange(len(ids) + 1), shot)
            op = {"op": "reorder", "order": ids}
        begun, worked = time.perf_counter(), time.process_time()
        given = {"since": known["version"]} if since and "version" in known else {}
        answer = web.post(f"{path}/edit", json=op, params=given)
        answer.raise_for_status()
        times.append((time.perf_counter() - begun) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
        sizes.append(len(answer.content))
        known = answer.json()
    return times, cpu, sizes


def _stored(folder: Path, body: dict[str, object], count: int) -> list[float]:
    """Milliseconds of the bare transaction."""
    db = sqlite3.connect(folder / "bare.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE boards (id INTEGER PRIMARY KEY, body TEXT)")
    db.execute("CREATE TABLE versions (n INTEGER PRIMARY KEY, body TEXT)")
    db.execute("INSERT INTO boards VALUES (1, ?)", [json.dumps(body)])
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        json.loads(db.execute("SELECT body FROM boards").fetchone()[0])
        text = json.dumps(body)
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE boards SET body = ?", [text])
        db.execute("INSERT INTO versions (body) VALUES (?)", [text])
        db.execute("COMMIT")
        times.append((time.perf_counter() - begun) * 1000)
    db.close()
    return times


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _tell(name: str, shots: int, times: list[float], **more: float) -> None:
    figures = {
        "p50_ms": statistics.median(times),
        "p95_ms": _p95(times),
        "goal_ms": GOAL_MS,
        "load": os.getloadavg()[0],
    }
    print(json.dumps({"what": name, "shots": shots} | {k: round(v, 2) for k, v in (figures | more).items()}))
