"""A thousand runs over few words and values, so that all combinations meet, and a plain reading of what they match."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from studio.store import scopes
from studio.store.mapping import stamp
from studio.store.tokenize import spaced

WORDS = ("rain", "harbour", "night", "red", "coat", "lantern", "quiet", "zeppelin", "红色的车", "雨中")
MODELS = (("one/wan2.6", "text-to-video"), ("one/wan2.7", "image-to-video"), ("two/flux", "text-to-image"))
STATUSES = ("succeeded",) * 8 + ("failed", "failed", "cancelled", "held", "queued", "running")
ENDED = ("succeeded", "failed", "cancelled")
PLACES = (("", "", 0), ("ann", "", 0), ("ann", "p1", 0), ("ann", "p1", 1), ("bob", "p1", 1), ("bob", "p1", 0))
PLACES += (("bob", "p2", 1), ("cy", "p2", 0), ("cy", "", 0))
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = (
    "id, owner, project, shared, task, kind, model, provider, status, held_reason, words, request, seed, created_at"
)
FIELDS += ", finished_at, rating, trashed_at"


def insert(db: Database, chance: random.Random, count: int, first_seq: int = 1) -> None:
    """Runs by chance, one a quarter of an hour, with a hole in their numbers now and then."""
    seq = first_seq
    for _ in range(count):
        seq += 1 + (chance.random() < 0.05)
        values = {"seq": seq, "id": f"r{seq}", "created_at": stamp(BEGIN + timedelta(minutes=15 * (seq % 30_000)))}
        values |= some_facets(chance) | some_words(chance)
        marks = ", ".join("?" * len(values))
        db.conn.execute(f"INSERT INTO runs ({', '.join(values)}) VALUES ({marks})", list(values.values()))


def some_words(chance: random.Random) -> dict[str, Any]:
    """A prompt of none to six words."""
    prompt = " ".join(chance.choices(WORDS, weights=(9, 5, 5, 5, 5, 3, 3, 0.3, 2, 2), k=chance.randrange(7)))
    request = {"task": "text-to-image", "model": "one/x", "prompt": prompt}
    return {"words": spaced(prompt), "request": json.dumps(request)}


def some_facets(chance: random.Random) -> dict[str, Any]:
    """All else that a search can ask for."""
    model, task = chance.choices(MODELS, weights=(9, 4, 1))[0]
    status = chance.choice(STATUSES)
    owner, project, shared = chance.choice(PLACES)
    ended = stamp(BEGIN) if status in ENDED else None
    return {
        "owner": owner, "project": project, "shared": shared, "task": task, "model": model,
        "kind": "image" if task == "text-to-image" else "video", "provider": model.partition("/")[0],
        "status": status, "held_reason": "budget" if status == "held" else None, "finished_at": ended,
        "seed": chance.choice([None, 42, 42, -3, 65_042, chance.randrange(2**40)]),
        "rating": chance.choice([0, 0, 0, 0, 1, 4, 5]),
        "trashed_at": stamp(BEGIN) if ended and chance.random() < 0.15 else None,
    }  # fmt: skip


def change(db: Database, chance: random.Random, count: int) -> None:
    """Give some runs other values, or words, or both; take some away."""
    seqs = [row[0] for row in db.conn.execute("SELECT seq FROM runs").fetchall()]
    for seq in chance.sample(seqs, count):
        facets = some_facets(chance)
        state = ("status", "held_reason", "finished_at", "trashed_at")
        kept = chance.choice([state, ("rating",), ("owner", "project", "shared"), ("seed",), tuple(facets), ()])
        values = {name: facets[name] for name in kept} | (some_words(chance) if chance.random() < 0.3 else {})
        if chance.random() < 0.1:
            db.conn.execute("DELETE FROM runs WHERE seq = ?", [seq])
        elif values:
            sets = ", ".join(f"{name} = ?" for name in values)
            db.conn.execute(f"UPDATE runs SET {sets} WHERE seq = ?", [*values.values(), seq])


@dataclass(frozen=True)
class Kind:
    """One kind of search: what somebody types, or what the page asks for, and which rows match."""

    typed: str
    matches: Callable[[dict[str, Any]], bool]
    trashed: bool = False


def _word(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda row: bool(re.search(rf"(^| ){spaced(text).strip()}( |$)", " ".join(row["words"].split())))


def _before(days: int) -> str:
    return f"{BEGIN + timedelta(days=days):%Y-%m-%d}"


def _not(matches: Callable[[dict[str, Any]], bool]) -> Callable[[dict[str, Any]], bool]:
    return lambda row: not matches(row)


def _is(column: str, *values: Any) -> Callable[[dict[str, Any]], bool]:
    return lambda row: row[column] in values


KINDS = {
    "all": Kind("", lambda _: True),
    "word": Kind('"rain"', _word("rain")),
    "rare word": Kind('"zeppelin"', _word("zeppelin")),
    "unknown word": Kind('"nobody"', lambda _: False),
    "phrase": Kind('"red coat"', _word("red coat")),
    "chinese": Kind("红色", lambda row: "红 色" in " ".join(row["words"].split())),
    "beginning": Kind("lant", _word("lantern")),
    "without": Kind('-"night"', _not(_word("night"))),
    "model": Kind("model:one/wan2.7", _is("model", "one/wan2.7")),
    "unknown model": Kind("model:no/model", lambda _: False),
    "part of a model": Kind("model:wan", _is("provider", "one")),
    "task": Kind("task:text-to-video", _is("task", "text-to-video")),
    "kind": Kind("kind:video", _is("kind", "video")),
    "image": Kind("kind:image", _is("kind", "image")),
    "succeeded": Kind("status:succeeded", _is("status", "succeeded")),
    "failed": Kind("status:failed", _is("status", "failed")),
    "queued": Kind("status:queued", _is("status", "queued")),
    "stars": Kind("rating:5", _is("rating", 5)),
    "some stars": Kind("rating:>=1", _not(_is("rating", 0))),
    "few stars": Kind("rating:<2", _is("rating", 0, 1)),
    "seed": Kind("seed:42", _is("seed", 42)),
    "before": Kind(f"before:{_before(9)}", lambda row: row["created_at"] < stamp(BEGIN + timedelta(days=9))),
    "after": Kind(f"after:{_before(6)}", lambda row: row["created_at"] >= stamp(BEGIN + timedelta(days=6))),
    "trash": Kind("", lambda _: True, trashed=True),
}
VIEWS = (("", scopes.MINE), ("", "p1"), ("ann", scopes.MINE), ("ann", scopes.ALL), ("ann", "p1"), ("ann", "p2"))
"""Who looks at which scope. Ann is a member of p1; her board names a run of Bob's and one of Cy's."""


def sees(row: dict[str, Any], viewer: str, scope: str, named: set[int], *, trashed: bool) -> bool:
    """Whether the scope has this run."""
    if not viewer:
        return scope in (scopes.MINE, scopes.ALL) or trashed or row["project"] == scope
    if trashed or scope == scopes.MINE:
        return row["owner"] == viewer
    own = row["owner"] == viewer and (scope == scopes.ALL or row["project"] == scope)
    shared = row["shared"] == 1 and row["project"] == "p1"
    return scope in (scopes.ALL, "p1") and (own or shared or row["seq"] in named)
