"""A board in an open studio: drafted for free, rendered only where it changed, takes picked, undo that keeps takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain import Run, Status
from studio.services.board_repository import StoredBoard
from studio.settings import Settings
from studio.storyboard import edit
from studio.storyboard.model import Board, Shot, ShotStatus, Start
from studio.studio import Studio

SCRIPT = "Noir.\nShot 1 [0-1s] a harbour at dawn\nShot 2 [1-2s] close-up of a woman in a red coat"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One studio with the real draft engine for all stories: its worker processes take a second to start."""
    with Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as opened:
        yield opened


@pytest.fixture
def opened(studio: Studio) -> StoredBoard:
    return studio.local.storyboards.create("Harbour", script=SCRIPT, width=256, height=144, fps=12, audio=False)


def drafted(studio: Studio, opened: StoredBoard) -> list[Run]:
    return finished(studio, studio.local.storyboards.draft(opened.board.id))


def finished(studio: Studio, runs: list[Run]) -> list[Run]:
    done = studio.local.runs.wait([r.id for r in runs], timeout_s=60)
    assert [r.status for r in done] == [Status.SUCCEEDED] * len(runs), [r.error for r in done]
    return done


def changed(studio: Studio, board: Board, shot: Shot, **fields: object) -> StoredBoard:
    return studio.local.storyboards.edit(board.id, "edit", lambda b: edit.change(b, shot.id, **fields))


def test_a_draft_is_made_once_and_again_only_for_what_changed(studio: Studio, opened: StoredBoard) -> None:
    made = drafted(studio, opened)
    assert [(a.width, a.height) for r in made for a in r.assets] == [(256, 144)] * 2
    assert [
        s.best_kind for s in studio.local.storyboards.states(studio.local.storyboards.get(opened.board.id).board)
    ] == ["draft", "draft"]
    assert studio.local.storyboards.draft(opened.board.id) == []
    again = changed(studio, opened.board, opened.board.shots[1], prompt="close-up of a dog")
    assert len(drafted(studio, again)) == 1


def test_a_draft_of_what_the_shot_was_before_is_not_finished(studio: Studio, opened: StoredBoard) -> None:
    board, first = opened.board, opened.board.shots[0]
    changed(studio, board, first, duration_s=20)
    (late,) = studio.local.storyboards.draft(board.id, shots=[first.id])
    changed(studio, board, first, duration_s=1)
    (soon,) = finished(studio, studio.local.storyboards.draft(board.id, shots=[first.id]))
    assert studio.local.runs.wait([late.id], timeout_s=20)[0].status is Status.CANCELLED
    best = studio.local.storyboards.states(studio.local.storyboards.get(board.id).board)[0].best
    assert best is not None
    assert best.origin == soon.id


def test_only_approved_shots_that_do_not_stand_are_rendered(studio: Studio, opened: StoredBoard) -> None:
    board, (first, second) = opened.board, opened.board.shots
    assert studio.local.storyboards.render(board.id) == []
    changed(studio, board, first, status=ShotStatus.APPROVED)
    plan = studio.local.storyboards.render_plan(board.id)
    assert ([p.shot for p in plan.ready], plan.estimate.usd, plan.estimate.runs) == ([first.id], 0.0, 1)
    (run,) = finished(studio, studio.local.storyboards.render(board.id))
    state = studio.local.storyboards.states(studio.local.storyboards.get(board.id).board)[0]
    assert (state.best_kind, state.stale, state.render and state.render.id) == ("render", False, run.id)
    assert studio.local.storyboards.render_plan(board.id).done == (first.id,)
    stale = changed(studio, board, first, prompt="a harbour at night")
    assert studio.local.storyboards.states(stale.board)[0].stale
    assert studio.local.storyboards.render(board.id) == [], "a changed shot is no longer approved"
    assert second.id not in studio.local.storyboards.render_plan(board.id, shots=[first.id]).blocked


def test_a_shot_that_starts_from_the_one_before_waits_for_its_take(studio: Studio, opened: StoredBoard) -> None:
    board, (first, second) = opened.board, opened.board.shots
    changed(studio, board, second, start=Start(kind="previous"))
    plan = studio.local.storyboards.render_plan(board.id, shots=[s.id for s in board.shots])
    assert [p.shot for p in plan.ready] == [first.id]
    assert "no take yet" in plan.blocked[second.id]
    finished(studio, studio.local.storyboards.render(board.id, shots=[first.id]))
    (ready,) = studio.local.storyboards.render_plan(board.id, shots=[second.id]).ready
    assert ready.body["task"] == "image-to-video"
    frame = studio.local.assets.get(ready.body["first_frame"])
    assert (frame.kind, frame.width, frame.height) == ("image", 256, 144)


def test_a_retake_has_its_own_seed_and_leaves_the_choice_alone(studio: Studio, opened: StoredBoard) -> None:
    board, first = opened.board, opened.board.shots[0]
    (one,) = finished(studio, studio.local.storyboards.render(board.id, shots=[first.id]))
    (two,) = finished(studio, [studio.local.storyboards.retake(board.id, first.id)])
    assert one.seed != two.seed
    shot = studio.local.storyboards.get(board.id).board.shot(first.id)
    assert (shot.chosen, len(shot.takes)) == (one.id, 2)
    picked = studio.local.storyboards.edit(board.id, "pick", lambda b: edit.choose(b, first.id, two.id))
    best = studio.local.storyboards.states(picked.board)[0].best
    assert best is not None
    assert best.origin == two.id


def test_undo_brings_back_the_words_and_keeps_the_takes(studio: Studio, opened: StoredBoard) -> None:
    board, first = opened.board, opened.board.shots[0]
    changed(studio, board, first, prompt="something else")
    drafted(studio, opened)
    back = studio.local.storyboards.undo(board.id)
    assert back.board.shot(first.id).prompt == first.prompt
    assert len(back.board.shot(first.id).takes) == 1
    assert studio.local.storyboards.undo(board.id, redo=True).board.shot(first.id).prompt == "something else"


def test_a_shot_without_its_key_is_blocked_and_says_which(studio: Studio, opened: StoredBoard) -> None:
    board, first = opened.board, opened.board.shots[0]
    changed(studio, board, first, model="comfyui/wan2.2-t2v-a14b", duration_s=2)
    plan = studio.local.storyboards.render_plan(board.id, shots=[first.id])
    assert plan.ready == ()
    assert "COMFYUI_URL" in plan.blocked[first.id]


def test_both_ways_to_make_the_film_are_compared(studio: Studio, opened: StoredBoard) -> None:
    one, each = studio.local.storyboards.production_methods(opened.board.id, "draft/animatic")
    assert each.estimate is not None
    assert each.estimate.runs == 2
    assert one.problems == () or one.problems[0].endswith("at a time.")


def test_the_last_frame_is_taken_once(studio: Studio, opened: StoredBoard, tmp_path: Path) -> None:
    run = drafted(studio, opened)[0]
    frame = studio.local.storyboards.last_frame(run.assets[0])
    assert studio.local.storyboards.last_frame(run.assets[0]) == frame
