"""Pages of the gallery with 200,000 runs of one user, and of 20 people in five projects: the first page and a deep one.

Prints for each the p95 in milliseconds and the median of CPU, and how many times the CPU of the single user the scopes
of a team take: CPU, because the two take turns with whatever else runs on the machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from studio.catalogue import load
from studio.domain import Request, Task
from studio.engines.fake import FakeEngine
from studio.permissions import Role
from studio.services.acting import UserServices
from studio.settings import Settings
from studio.store.mapping import as_json, new_id, stamp
from studio.storyboard import edit
from studio.storyboard.model import Take
from studio.studio import Studio

PEOPLE, PROJECTS, TRIES = 20, 5, 40
QUERIES = {"all runs": "", "by words": "harbour", "by filter": "status:succeeded rating:0"}


def main(argv: list[str]) -> None:
    """Fill two studios alike, and read their pages in turn."""
    parser = argparse.ArgumentParser(prog="bench scopes")
    parser.add_argument("--runs", type=int, default=200_000)
    wanted = parser.parse_args(argv)
    rows = load(Path(__file__).parents[1] / "catalogue")
    with tempfile.TemporaryDirectory() as folder:
        engines = {"fake": FakeEngine(repeatable=True)}
        with (
            Studio.open(Settings(data=Path(folder) / "one"), engines=engines, catalogue=rows, start=False) as alone,
            Studio.open(Settings(data=Path(folder) / "team"), engines=engines, catalogue=rows, start=False) as team,
        ):
            fill(alone, [("", "", False)], wanted.runs)
            services = fill_team(team, wanted.runs)
            compare(alone.local, services)


def fill_team(studio: Studio, count: int) -> UserServices:
    """20 people, each in three of five projects, half of their runs shared, and a shared storyboard each."""
    people = [studio.people.create(f"person {n}", role=Role.PRODUCER).id for n in range(PEOPLE)]
    projects = [studio.acting_for(people[n]).projects.create(f"project {n}").id for n in range(PROJECTS)]
    places: list[tuple[str, str, bool]] = []
    for n, person in enumerate(people):
        for step in range(3):
            index = (n + step) % PROJECTS
            if n != index:
                studio.acting_for(people[index]).projects.set_member(projects[index], person, Role.CREATOR)
            places += [(person, projects[index], True), (person, projects[index], False)]
    made = fill(studio, places, count)
    for n, person in enumerate(people):
        services = studio.acting_for(person)
        board = services.storyboards.create(f"film {n}", script="Shot 1 [0-2s] a harbour").board
        for run in made[person][:30]:
            take = Take(run=run, kind="draft", fingerprint="x")
            board = services.storyboards.edit(
                board.id, "take", lambda b, take=take: edit.add_take(b, b.shots[0].id, take)
            ).board
        services.sharing.share_board(board.id, projects[n % PROJECTS])
    with studio.context.store.write() as db:
        db.conn.execute("ANALYZE")
    return studio.acting_for(people[7])


def fill(studio: Studio, places: list[tuple[str, str, bool]], count: int) -> dict[str, list[str]]:
    """Finished runs, spread over owner, project and whether they are shared; ids by owner."""
    made: dict[str, list[str]] = {}
    columns = "id, owner, project, shared, task, kind, model, provider, status, request, words, created_at, finished_at"
    at = stamp()

    def rows() -> Iterator[tuple[object, ...]]:
        for n in range(count):
            owner, project, shared = places[n % len(places)]
            words = f"a {'harbour' if n % 50 == 0 else 'red coat'} in the rain, take {n}"
            request = Request(task=Task.TEXT_TO_IMAGE, model="fake/image", prompt=words)
            run_id = new_id("r_")
            made.setdefault(owner, []).append(run_id)
            kind = ("text-to-image", "image", "fake/image", "fake", "succeeded", as_json(request), words, at, at)
            yield (run_id, owner, project, int(shared), *kind)

    with studio.context.store.write() as db:
        db.conn.executemany(f"INSERT INTO runs ({columns}) VALUES ({', '.join('?' * 13)})", rows())
    return made


def compare(alone: UserServices, services: UserServices) -> None:
    """One figure a line: p95 of the single user, then of each scope, with how many times as long it takes."""
    project = services.projects.all()[0].id
    for query, words in QUERIES.items():
        for depth in ("first", "deep"):
            base = measured(alone, words, "mine", depth)
            tell(query=query, page=depth, scope="single user", **base, total=alone.gallery.search(words).total)
            for scope in ("mine", project, "all"):
                found = measured(services, words, scope, depth)
                total = services.gallery.search(words, scope=scope).total
                name, times = "project" if scope == project else scope, round(found["cpu_ms"] / base["cpu_ms"], 2)
                tell(query=query, page=depth, scope=name, **found, times=times, total=total)


def measured(services: UserServices, words: str, scope: str, depth: str) -> dict[str, float]:
    """Milliseconds of reading one page of 60 with its total: p95, and the median of CPU."""
    before = None
    for _ in range(30 if depth == "deep" else 0):
        before = services.gallery.search(words, scope=scope, before=before, limit=60).next_before or before
    times: list[float] = []
    cpu: list[float] = []
    for _ in range(TRIES):
        began, cpu_began = time.perf_counter(), time.thread_time()
        services.gallery.search(words, scope=scope, before=before, limit=60)
        times.append((time.perf_counter() - began) * 1000)
        cpu.append((time.thread_time() - cpu_began) * 1000)
    return {"p95_ms": round(statistics.quantiles(times, n=20)[-1], 2), "cpu_ms": round(statistics.median(cpu), 2)}


def tell(**figures: object) -> None:
    """One figure a line."""
    print(json.dumps({"bench": "scopes"} | figures), flush=True)
