"""What is kept of boards between calls is never out of date: a kept board is what its text says, a kept state what the
rows say, a kept price what the history says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.jobs.durations import duration_key
from studio.settings import Settings
from studio.store import runs
from studio.storyboard import edit
from studio.storyboard.model import Board, CastMember, Start
from studio.storyboard.snapshot import BoardSnapshot
from studio.studio import Studio
from tests.support import samples
from tests.support.boards import give_takes, put_member

ANNA = CastMember(id="m1", name="anna", description="in red")
SCRIPT = "\n".join(f"Shot {n + 1} [{2 * n}-{2 * n + 2}s] a quay {n} with @anna" for n in range(3))


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as opened:
        yield opened


@pytest.fixture
def board(studio: Studio, tmp_path: Path) -> Board:
    """Three shots with a rendered take each."""
    board = studio.local.storyboards.create("Quay", script=SCRIPT, model="alibaba/wan2.6-t2v").board
    studio.local.storyboards.edit(board.id, "cast", lambda b: put_member(b, ANNA))
    clip = studio.local.assets.add(samples.clip(tmp_path / "take.mp4", seconds=1, width=160, height=96, fps=24))
    return give_takes(studio, board.id, {shot.id: clip for shot in board.shots})


EDITS: dict[str, Callable[[Board], Board]] = {
    "film": lambda b: edit.update(b, title="夜", width=854, seed=7, fps=25),
    "cast": lambda b: put_member(b, ANNA.model_copy(update={"description": "in blue"})),
    "words": lambda b: edit.change(b, b.shots[0].id, prompt='at "night" \U0001f319', params={"scale": 1.1}),
    "length": lambda b: edit.change(b, b.shots[1].id, duration_s=7, start=Start(kind="previous")),
    "add": lambda b: edit.add(b, after=b.shots[0].id, prompt="gulls")[0],
    "duplicate": lambda b: edit.duplicate(b, b.shots[0].id)[0],
    "split": lambda b: edit.split(b, b.shots[0].id, 0.7)[0],
    "order": lambda b: edit.reorder(b, [s.id for s in reversed(b.shots)]),
    "remove": lambda b: edit.remove(b, b.shots[1].id),
    "choose": lambda b: edit.choose(b, b.shots[0].id, None),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_board_is_what_a_restart_reads(studio: Studio, board: Board, name: str) -> None:
    """The board in memory, its text and its rows of shots say the same; so they do after undo."""
    for _ in (studio.local.storyboards.edit(board.id, name, EDITS[name]), studio.local.storyboards.undo(board.id)):
        now = studio.local.storyboards.get(board.id).board
        with studio.context.store.read() as db:
            (text,) = db.execute("SELECT body FROM storyboards WHERE id = ?", [board.id]).fetchone()
            sql = "SELECT s.id, prompt, duration_s, chosen FROM shots s JOIN storyboards b ON b.seq = s.board "
            rows = db.execute(sql + "WHERE b.id = ? ORDER BY idx", [board.id]).fetchall()
        assert Board.model_validate_json(text) == now
        assert rows == [(s.id, s.prompt, s.duration_s, s.chosen) for s in now.shots]


def test_an_edit_of_one_shot_leaves_all_that_is_kept_of_the_others(studio: Studio, board: Board) -> None:
    before = studio.local.storyboards.snapshot(board.id)
    studio.local.storyboards.edit(board.id, "prompt", EDITS["words"])
    after = studio.local.storyboards.snapshot(board.id)
    assert [a is b for a, b in zip(before.states, after.states, strict=True)] == [False, True, True]
    assert after.timeline is before.timeline


CHANGES: dict[str, str] = {
    "rated": "UPDATE runs SET rating = 4 WHERE id = :run",
    "deleted": "DELETE FROM runs WHERE id = :run",
    "file changed": "UPDATE assets SET bytes = bytes + 1 WHERE id = :file",
    "file added": "INSERT INTO run_assets SELECT r.seq, 'output', 5, a.seq FROM runs r, assets a "
    "WHERE r.id = :run AND a.id = :file",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_a_take_is_seen_at_once(studio: Studio, board: Board, name: str) -> None:
    """Whoever made it: a statement of our own or of a program beside us."""
    before = studio.local.storyboards.snapshot(board.id).states[0]
    assert before.best
    with studio.context.store.write() as db:
        db.execute(CHANGES[name], {"run": before.takes[0].id, "file": before.best.id})
    after = studio.local.storyboards.snapshot(board.id).states[0]
    assert (after.takes, after.best) != (before.takes, before.best)
    with studio.context.store.read() as db:
        assert list(after.takes) == runs.several(db, [before.takes[0].id])


def test_a_run_that_ended_changes_what_is_expected_of_the_next(studio: Studio, board: Board) -> None:
    def expected(snapshot: BoardSnapshot) -> float | None:
        return studio.local.storyboards.prices(snapshot)[board.shots[0].id].expected_s

    snapshot = studio.local.storyboards.snapshot(board.id)
    first, plan = expected(snapshot), snapshot.states[0].plan
    assert plan
    pace = duration_key(studio.local.requests.validate(plan.body, ready=False).request)
    for _ in range(5):
        studio.context.jobs.history.add(pace, 1234.0)
    assert first != 1234.0
    assert expected(studio.local.storyboards.snapshot(board.id)) == 1234.0
