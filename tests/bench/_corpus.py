"""A data folder with any number of realistic runs, built by SQL through the studio's own schema in a minute or two.

`python -m tests.bench._corpus FOLDER --runs 100000`. Triggers keep counters and the text index as in use; only indices
are made afterwards. Words follow Zipf's law, RARE of them are rare; models, states, stars, dates of two years, owners
and projects are spread as in a studio that is used. Pictures and clips are a few real files that all runs share. The
same number of runs gives the same rows, but for the ids and that the last run is of now.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from studio.domain import Task
from studio.permissions import Role
from studio.settings import Settings
from studio.store.mapping import new_id, stamp
from studio.store.migrations import FACETS
from studio.store.tokenize import spaced
from studio.studio import Studio

COMMON, USUAL, RARE, RAREST = "rain", "harbour", "zeppelin", "quokka"
"""Words in one run of five, of a hundred, of ten thousand, and in three runs."""
PHRASE, CHINESE = "red coat", "红色"
PEOPLE, PROJECTS = 6, 3
DAYS = 730
CHUNK = 20_000
BASIC = """
a the of in with on and at light soft city street woman man red coat walking slow camera close shot wide film night
morning golden hour blue sea mountain forest river snow wind window glass table old young dog cat bird tree flower field
road car train bridge house garden smoke fire water reflection shadow cinematic 35mm handheld dolly pan tilt zoom
portrait detailed realistic dramatic calm warm cold bright dark mist dust silk leather wooden stone market harvest
dancer child hands face smile eyes hair dress boots umbrella lantern neon sign rooftop skyline
"""
CHINESE_PARTS = """
一个女人 穿着 红色 外套 走在 雨中 的 街道 夜晚 霓虹 灯光 城市 森林 雪山
海边 老人 孩子 微笑 镜头 缓慢 推进 电影感 特写 金色 阳光
"""
MODELS = (
    # model, task, share of all runs
    ("alibaba/wan2.6-t2v", Task.TEXT_TO_VIDEO, 240),
    ("alibaba/wan2.6-i2v", Task.IMAGE_TO_VIDEO, 160),
    ("fal/qwen-image-2512", Task.TEXT_TO_IMAGE, 200),
    ("fal/wan2.7-i2v", Task.IMAGE_TO_VIDEO, 90),
    ("draft/animatic", Task.TEXT_TO_VIDEO, 120),
    ("wavespeed/wan2.5-i2v", Task.IMAGE_TO_VIDEO, 60),
    ("runware/gpt-image-2", Task.IMAGE_EDIT, 50),
    ("kie/nano-banana-2", Task.TEXT_TO_IMAGE, 40),
    ("replicate/flux-2-pro", Task.TEXT_TO_IMAGE, 20),
    ("fal/wan2.7-r2v", Task.REFERENCE_TO_VIDEO, 10),
    ("kie/kling-avatar-pro", Task.AUDIO_TO_VIDEO, 6),
    ("kie/wan2.2-animate-mix", Task.VIDEO_TO_VIDEO, 3),
    ("vtrix/seedance-2.0", Task.TEXT_TO_VIDEO, 0.5),
    ("mindstudio/archive-model", Task.TEXT_TO_VIDEO, 0.01),
)
"""The last is in no catalogue any more: its runs stay."""
RATINGS = ((0, 860), (1, 10), (2, 15), (3, 40), (4, 45), (5, 30))
COLUMNS = (
    "id, owner, project, shared, batch, task, kind, model, provider, status, error, words, request, seed, created_at, "
    "started_at, finished_at, rating, trashed_at, cost_usd, estimate_usd, attempt"
)
BULKY = ("runs", "assets", "run_assets", "events", "ledger")


def main(argv: list[str]) -> None:
    """Build the folder and tell what it holds."""
    parser = argparse.ArgumentParser(prog="_corpus", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=100_000)
    wanted = parser.parse_args(argv)
    began = time.perf_counter()
    path = build(wanted.folder, wanted.runs)
    built_s = time.perf_counter() - began
    size = path.stat().st_size
    print(json.dumps({"folder": str(wanted.folder), "runs": wanted.runs, "built_s": round(built_s, 1), "bytes": size}))


def build(folder: Path, runs: int) -> Path:
    """Make the data folder, which must not hold a studio yet; the path of its database."""
    with Studio.open(Settings(data=folder), engines={}, start=False) as studio:
        places = _places(studio)
        path = studio.context.store.path
    with sqlite3.connect(path, isolation_level=None) as db:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "temp_store=MEMORY"):
            db.execute(f"PRAGMA {pragma}").fetchall()
        indices = db.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN {BULKY}"
        ).fetchall()
        for name, _ in indices:
            db.execute(f"DROP INDEX {name}")
        _fill(db, folder, places, runs)
        for _, sql in indices:
            db.execute(sql)
        verify(db)
        db.execute("ANALYZE")
        db.execute("PRAGMA journal_mode=WAL").fetchall()
    db.close()
    return path


def verify(db: sqlite3.Connection) -> None:
    """Raise AssertionError where a counter is not what counting gives, or the text index lacks a run."""
    keys = {**{facet: key.format(r="runs") for facet, key in FACETS.items()}, "trash": "''"}
    for facet, key in keys.items():
        counted = db.execute(
            f"SELECT {key}, owner, project, shared, count(*) FROM runs "
            f"WHERE trashed_at IS {'NOT ' if facet == 'trash' else ''}NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        ).fetchall()
        kept = db.execute(
            "SELECT key, owner, project, shared, n FROM counts WHERE facet = ? AND n ORDER BY 1, 2, 3, 4", [facet]
        ).fetchall()
        assert kept == counted, f"counters of {facet}"
    for word in (COMMON, RAREST):
        found = db.execute("SELECT count(*) FROM run_words WHERE run_words MATCH ?", [word]).fetchone()
        seen = db.execute("SELECT count(*) FROM runs WHERE ' ' || words || ' ' LIKE ?", [f"% {word} %"]).fetchone()
        assert found == seen, f"the text index has {found} for {word}, the runs {seen}"


def _places(studio: Studio) -> list[tuple[str, str, int]]:
    """Owner, project and sharing of runs: most of nobody (a studio without accounts), the others of a small team."""
    people = [studio.people.create(f"person {n}", role=Role.PRODUCER).id for n in range(PEOPLE)]
    projects = [studio.acting_for(people[n]).projects.create(f"project {n}").id for n in range(PROJECTS)]
    for n, person in enumerate(people[PROJECTS:]):
        studio.acting_for(people[n]).projects.set_member(projects[n], person, Role.CREATOR)
    places = [("", "", 0)] * 24
    for n, person in enumerate(people):
        places += [(person, "", 0), (person, projects[n % PROJECTS], 0), (person, projects[n % PROJECTS], 1)]
    return places


def _fill(db: sqlite3.Connection, folder: Path, places: list[tuple[str, str, int]], runs: int) -> None:
    chance = random.Random(7)
    insert = f"INSERT INTO runs ({COLUMNS}) VALUES ({', '.join('?' * (COLUMNS.count(',') + 1))})"
    rows = _rows(chance, places, runs)
    db.execute("BEGIN")
    for at in range(0, runs, CHUNK):
        db.executemany(insert, (row for row, _ in zip(rows, range(min(CHUNK, runs - at)), strict=False)))
        db.execute("COMMIT")  # the text index grows by segments, as it does in use
        db.execute("BEGIN")
    _follow(db, folder)
    db.execute("COMMIT")


def _rows(chance: random.Random, places: list[tuple[str, str, int]], runs: int) -> Iterator[tuple[object, ...]]:
    prompts = _prompts(chance, runs)
    shares = list(accumulate(share for *_, share in MODELS))
    ratings, rating_shares = [r for r, _ in RATINGS], list(accumulate(share for _, share in RATINGS))
    end = datetime.now(UTC) - timedelta(minutes=5)
    batch = ""
    for n in range(runs):
        created = end - timedelta(days=DAYS) * (1 - (n + 1) / runs)
        at, after = stamp(created), stamp(created + timedelta(seconds=chance.uniform(3, 180)))
        model, task, _ = chance.choices(MODELS, cum_weights=shares)[0]
        owner, project, shared = places[chance.randrange(len(places))]
        drawn = chance.random()
        status = "failed" if drawn < 0.06 else "cancelled" if drawn < 0.08 else "succeeded"
        batch = batch if n % 4 else new_id("b_")
        prompt, seed = next(prompts), chance.randrange(2**31)
        request = {"task": task.value, "model": model, "prompt": prompt, "seed": seed, "width": 1280, "height": 720}
        usd = round(chance.uniform(0.02, 0.9), 3) if not model.startswith("draft/") else 0.0
        yield (
            new_id("r_"), owner, project, shared, batch, task.value, task.makes.value, model, model.partition("/")[0],
            status, "The provider could not make it. Try again." if status == "failed" else None, spaced(prompt),
            json.dumps(request), seed, at, at, after,
            chance.choices(ratings, cum_weights=rating_shares)[0] if status == "succeeded" else 0,
            stamp(end - timedelta(days=chance.uniform(0, 6))) if chance.random() < 0.02 else None,
            usd if status == "succeeded" else 0.0, usd, 1,
        )  # fmt: skip


def _prompts(chance: random.Random, runs: int) -> Iterator[str]:
    """Prompts of 6 to 40 words by Zipf's law, one in seven Chinese, with the words whose frequency is known."""
    syllables = [c + v for c in "bcdfghklmnprstvwz" for v in ("a", "e", "i", "o", "u", "ar", "en", "il", "or")]
    chinese = CHINESE_PARTS.split()
    words = BASIC.split() + ["".join(chance.choices(syllables, k=3)) for _ in range(30_000)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    rarest = {int(runs * part) for part in (0.15, 0.5, 0.85)}
    for n in range(runs):
        if n not in rarest and chance.random() < 1 / 7:
            parts = chance.choices(chinese, k=chance.randint(4, 12))
            yield "".join(parts)
            continue
        drawn = chance.choices(words, cum_weights=weights, k=chance.randint(6, 40))
        for word, part in ((COMMON, 1 / 5), (USUAL, 1 / 100), (RARE, 1 / 10_000)):
            if chance.random() < part:
                drawn.insert(chance.randrange(len(drawn)), word)
        if n in rarest:
            drawn.append(RAREST)
        yield " ".join(drawn)


def _follow(db: sqlite3.Connection, folder: Path) -> None:
    """What comes with runs: their events, their files and their places in the ledger."""
    db.execute(
        "INSERT INTO events (run, at, from_status, to_status, phase, why) SELECT seq, started_at, 'queued', 'running', "
        "'submitting', 'Sent.' FROM runs UNION ALL SELECT seq, finished_at, 'running', status, NULL, 'Ended.' FROM runs"
    )
    for kind, sign in (("reserve", 1), ("release", -1)):
        db.execute(
            "INSERT INTO ledger (run, owner, model, day, at, kind, usd, project) SELECT id, owner, model, "
            f"substr(created_at, 1, 10), created_at, '{kind}', {sign} * estimate_usd, project FROM runs "
            f"WHERE estimate_usd > 0 AND ({sign} = 1 OR status != 'succeeded')"
        )
    db.execute("CREATE TEMP TABLE files (kind, n, mime, path, bytes, sha256, width, height, duration_s, fps)")
    db.executemany(f"INSERT INTO files VALUES ({', '.join('?' * 10)})", list(_files(folder)))
    db.execute(
        "INSERT INTO assets (id, kind, mime, name, path, bytes, sha256, width, height, duration_s, fps, owner, origin, "
        "created_at) SELECT 'a_' || substr(r.id, 3), f.kind, f.mime, '', f.path, f.bytes, f.sha256, f.width, f.height, "
        "f.duration_s, f.fps, r.owner, r.id, r.finished_at FROM runs r CROSS JOIN files f ON f.kind = r.kind "
        "AND f.n = r.seq % 4 WHERE r.status = 'succeeded' ORDER BY r.seq"
    )
    db.execute(
        "INSERT INTO run_assets (run, role, idx, asset) SELECT r.seq, 'output', 0, a.seq FROM assets a "
        "JOIN runs r ON r.id = a.origin"
    )


def _files(folder: Path) -> Iterator[tuple[object, ...]]:
    """Four pictures and four clips, written to the library."""
    import av
    import numpy as np
    from PIL import Image

    library = folder / "library" / "corpus"
    library.mkdir(parents=True)
    for n in range(4):
        down, across = np.mgrid[0:360, 0:640]
        picture = np.stack([(across + 60 * n) % 256, (down * (n + 1)) % 256, (across + down) % 256], axis=-1)
        image, clip = library / f"picture-{n}.png", library / f"clip-{n}.mp4"
        Image.fromarray(picture.astype(np.uint8)).save(image)
        with av.open(str(clip), "w") as container:
            stream = container.add_stream("libx264", rate=24)
            stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
            for step in range(24):
                frame = av.VideoFrame.from_ndarray(np.roll(picture, 8 * step, axis=1).astype(np.uint8), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        for path, facts in ((image, ("image", n, "image/png")), (clip, ("video", n, "video/mp4"))):
            content = path.read_bytes()
            length = (1.0, 24.0) if facts[0] == "video" else (None, None)
            where = path.relative_to(folder).as_posix()
            yield (*facts, where, len(content), hashlib.sha256(content).hexdigest(), 640, 360, *length)


if __name__ == "__main__":
    main(sys.argv[1:])
