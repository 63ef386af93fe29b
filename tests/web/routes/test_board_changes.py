"""A page that says what it has gets what changed, which put together is the whole board; and a board is read once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from studio.domain import JSON
from studio.settings import Settings
from studio.storyboard import edit
from studio.storyboard.model import CastMember
from studio.studio import Studio
from tests.support import node, samples
from tests.support.boards import give_takes, put_member
from tests.support.web import serving

MERGED = """
import { mergeAnswer } from "JS_URL/board/changes.js";
const result = given.answers.reduce((data, answer) => mergeAnswer(data, answer), given.whole);
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as opened:
        yield opened


@pytest.fixture(scope="module")
def web(studio: Studio) -> Iterator[httpx.Client]:
    with serving(studio) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.clip(tmp_path_factory.mktemp("take") / "take.mp4", seconds=1, width=160, height=96, fps=24)


def filled(studio: Studio, clip: Path, shots: int) -> str:
    """A board of so many shots, each with a take and a draft, someone of the cast in every second; its id."""
    script = "\n".join(
        f"Shot {n + 1} [{2 * n}-{2 * n + 2}s] a quay {n} {'@anna' if n % 2 else ''}" for n in range(shots)
    )
    services = studio.local
    board = services.storyboards.create("Film", script=script, model="alibaba/wan2.6-t2v").board
    anna = CastMember(id="c1", name="anna", description="in red")
    services.storyboards.edit(board.id, "cast", lambda b: put_member(b, anna))
    asset = services.assets.add(clip)
    for kind in ("render", "draft"):
        give_takes(studio, board.id, {shot.id: asset for shot in board.shots}, kind=kind)
    return board.id


def pages(body: JSON) -> JSON:
    """The answer as a page compares it: times to the microsecond."""
    for shot in body["shots"].values():
        shot |= {name: round(shot[name], 5) for name in ("at_s", "length_s", "in_s", "out_s")}
    return {k: v for k, v in body.items() if k not in ("made", "version", "queued")}


def test_what_changed_put_together_is_the_whole_board(studio: Studio, web: httpx.Client, clip: Path) -> None:
    board = filled(studio, clip, 6)
    path = f"/ui/boards/{board}"
    whole = web.get(path).json()
    first, second, third, *others = [shot["id"] for shot in whole["board"]["shots"]]
    edits: list[JSON] = [
        {"op": "change", "shot": first, "prompt": "other words"},
        {"op": "change", "shot": second, "duration_s": 0.5, "transition": "crossfade"},
        {"op": "reorder", "order": [third, first, second, *others]},
        {"op": "duplicate", "shot": third},
        {"op": "remove", "shot": first},
        {"op": "update", "fps": 30, "style": "noir, @anna"},
        {"op": "cast", "id": "c1", "name": "anna", "description": "in blue"},
        {"op": "choose", "shot": second, "run": None},
    ]
    answers: list[JSON] = []
    for op in edits:
        version = (answers[-1] if answers else whole)["version"]
        answers.append(web.post(f"{path}/edit", json=op, params={"since": version}).json())
        assert answers[-1]["since"] == version
    answers.append(web.post(f"{path}/undo", json={}, params={"since": answers[-1]["version"]}).json())
    merged = node.computed(MERGED, {"whole": whole, "answers": answers})
    now = web.get(path).json()
    assert pages(merged | {"since": None}) == pages(now | {"since": None})
    assert now["version"] == answers[-1]["version"], "a board that stands as it did keeps its version"


def test_an_edit_sends_only_what_changed(studio: Studio, web: httpx.Client, clip: Path) -> None:
    path = f"/ui/boards/{filled(studio, clip, 24)}"
    whole = web.get(path).json()
    shot = whole["board"]["shots"][3]["id"]
    op = {"op": "change", "shot": shot, "prompt": "rain"}
    part = web.post(f"{path}/edit", json=op, params={"since": whole["version"]})
    assert list(part.json()["shots"]) == list(part.json()["planned"]) == [shot]
    assert "order" not in part.json() and not part.json()["clock"]
    assert len(part.content) < len(web.get(path).content) / 10


@pytest.mark.parametrize("since", ["", "0123456789abcdef", "no version"])
def test_without_a_version_that_is_known_the_answer_is_whole(
    studio: Studio, web: httpx.Client, clip: Path, since: str
) -> None:
    path = f"/ui/boards/{filled(studio, clip, 2)}"
    shot = web.get(path).json()["board"]["shots"][0]["id"]
    op = {"op": "change", "shot": shot, "prompt": f"rain {since}"}
    answer = web.post(f"{path}/edit", json=op, params={"since": since} if since else {}).json()
    assert "since" not in answer and len(answer["shots"]) == len(answer["board"]["shots"]) == 2


def test_nobody_is_told_what_changed_on_the_board_of_another(studio: Studio, web: httpx.Client, clip: Path) -> None:
    mine, other = filled(studio, clip, 2), filled(studio, clip, 2)
    version = web.get(f"/ui/boards/{mine}").json()["version"]
    assert "since" not in web.get(f"/ui/boards/{other}", params={"since": version}).json()


def test_a_board_is_read_in_as_many_statements_whatever_its_length(studio: Studio, clip: Path) -> None:
    def statements(board: str) -> int:
        """SQL statements of one edit and its answer's snapshot with prices."""
        count = 0

        def seen(_: str) -> None:
            nonlocal count
            count += 1

        store, services = studio.context.store, studio.local
        connections: list[sqlite3.Connection] = []
        for opened in (store.read, store.write):
            with opened() as db:
                connections.append(db.conn)
        shot = services.storyboards.get(board).board.shots[0].id
        for connection in connections:
            connection.set_trace_callback(seen)
        new = services.storyboards.edit(board, "words", lambda b: edit.change(b, shot, prompt="fog")).board
        snapshot = services.storyboards.snapshot_of(new)
        services.storyboards.prices(snapshot)
        services.one_run_films.states_of(snapshot)
        services.storyboards.render_plan_of(snapshot, shots=[s.id for s in new.shots])
        for connection in connections:
            connection.set_trace_callback(None)
        return count

    boards = [filled(studio, clip, length) for length in (3, 40)]
    studio.audit_log.flush()  # else its thread writes the rows of all these runs meanwhile
    small, large = (statements(board) for board in boards)
    rows = 40 - 3  # the table of shots, which others may read, has a row for each
    assert large - small <= rows
    assert small <= 40
