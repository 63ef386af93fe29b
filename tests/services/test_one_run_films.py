"""A film made in one multi-shot run belongs to its board: shown, kept over a restart, cut apart as it was written."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from studio.domain import Asset, Run, Status
from studio.errors import CapabilityError, Conflict, NotFound
from studio.media import frames
from studio.media.probe import probe
from studio.services.one_run_films import OneRunFilmState
from studio.settings import Settings
from studio.storyboard import edit
from studio.storyboard.model import Board
from studio.studio import Studio
from tests.services.test_continuations import until

SCRIPT = "Noir.\nShot 1 [0-1s] a harbour at dawn\nShot 2 [1-2.5s] close-up of a cat\nShot 3 [2.5-4s] a snowy mountain"
LENGTHS = (1.0, 1.5, 1.5)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one board whose film was made in one run by the draft engine."""
    data = tmp_path_factory.mktemp("data")
    with Studio.open(Settings(data=data, workers=1)) as studio:
        board = studio.local.storyboards.create("Noir", script=SCRIPT, width=256, height=144, fps=24).board
        run = studio.local.one_run_films.submit(board.id, "draft/animatic")
        with pytest.raises(Conflict, match="not ready yet"):
            studio.local.one_run_films.use_as_takes(board.id, run.id)
        assert studio.local.runs.wait([run.id], timeout_s=60)[0].status is Status.SUCCEEDED
    return data


def the(studio: Studio) -> tuple[Board, OneRunFilmState]:
    board = studio.local.storyboards.all()[0].board
    return board, studio.local.one_run_films.states(board)[0]


def cut_apart(studio: Studio) -> Board:
    board, state = the(studio)
    studio.local.one_run_films.use_as_takes(board.id, state.run.id)
    until(lambda: not the(studio)[1].splitting, timeout_s=60)
    assert the(studio)[1].error == ""
    return the(studio)[0]


def chosen(studio: Studio, board: Board) -> list[Run]:
    return [studio.local.runs.get(s.chosen or "") for s in board.shots]


def picture(studio: Studio, asset: Asset, at_s: float) -> np.ndarray:
    return np.asarray(frames.grab(studio.local.assets.path(asset), at_s).convert("L"), int)


def test_it_survives_a_restart_and_goes_stale_with_the_board(data: Path) -> None:
    with Studio.open(Settings(data=data, workers=1), start=False) as studio:
        board, state = the(studio)
        assert (board.shown, state.stale, state.splitting) == (state.run.id, False, False)
        assert state.film is not None
        assert state.film.duration_s == pytest.approx(4, abs=0.05)
        assert [s.start_s for s in state.whole.spans] == [0, 1, 2.5]
        changed = studio.local.storyboards.edit(
            board.id, "x", lambda b: edit.change(b, b.shots[0].id, prompt="a dog")
        ).board
        assert studio.local.one_run_films.states(changed)[0].stale
        back = studio.local.storyboards.undo(board.id).board
        assert (back.shown, len(back.wholes)) == (state.run.id, 1), "undo leaves facts alone"
        studio.local.one_run_films.show(board.id, None)
        assert the(studio)[0].shown is None
        with pytest.raises(NotFound):
            studio.local.one_run_films.show(board.id, "r_other")


def test_it_is_exported_as_it_is(data: Path) -> None:
    with Studio.open(Settings(data=data, workers=1)) as studio:
        board, state = the(studio)
        film = studio.local.exports.start(board.id, "film", {"whole": state.run.id})
        until(lambda: studio.local.exports.get(film.id).status != "running", timeout_s=60)
        film = studio.local.exports.get(film.id)
        assert film.status == "succeeded", film.error
        facts = probe(studio.local.exports.file(film.id))
        assert facts.duration_s == pytest.approx(4, abs=0.06)
        assert film.report is not None
        assert film.report["frames"] == 96
        assert not {f.code for f in studio.local.preflight.check(board.id, {"whole": state.run.id}).findings} & {
            "shot_missing",
            "shot_draft",
        }


def test_its_parts_become_the_takes_at_the_written_times(data: Path) -> None:
    with Studio.open(Settings(data=data, workers=1)) as studio:
        board = cut_apart(studio)
        made = chosen(studio, board)
        assert [r.cost_usd for r in made] == [0.0] * 3
        assert [probe(studio.local.assets.path(r.assets[0])).frames for r in made] == [round(24 * s) for s in LENGTHS]
        _, state = the(studio)
        assert state.film is not None
        for run, start in zip(made, (0, 1, 2.5), strict=True):
            for inside in (0.02, 0.9):
                ours = picture(studio, run.assets[0], inside)
                theirs = picture(studio, state.film, start + inside)
                assert np.abs(ours - theirs).mean() < 2, "the same frame, hardly touched"
        states = studio.local.storyboards.states(board)
        assert [(s.best_kind, s.stale) for s in states] == [("render", False)] * 3
        assert board.shown is None, "the cut is shown, for it is now made of these"
        assert "Cut from the one-run film" in studio.local.runs.history(made[1].id)[1].why


def test_cutting_it_again_chooses_the_same_takes(data: Path) -> None:
    with Studio.open(Settings(data=data, workers=1)) as studio:
        first = [r.id for r in chosen(studio, cut_apart(studio))]
        board, _ = the(studio)
        studio.local.storyboards.edit(board.id, "none", lambda b: edit.choose(b, b.shots[0].id, None))
        assert [r.id for r in chosen(studio, cut_apart(studio))] == first
        assert [len(s.takes) for s in the(studio)[0].shots] == [1, 1, 1]


def test_a_closing_studio_keeps_nothing_half_done(data: Path) -> None:
    with Studio.open(Settings(data=data, workers=1)) as studio:
        board, state = the(studio)
        studio.local.one_run_films.use_as_takes(board.id, state.run.id)
    with Studio.open(Settings(data=data, workers=1), start=False) as studio:
        assert {len(s.takes) for s in the(studio)[0].shots} <= {0, 1}
        assert len({len(s.takes) for s in the(studio)[0].shots}) == 1


def test_it_goes_along_with_the_project(data: Path, tmp_path: Path) -> None:
    with Studio.open(Settings(data=data, workers=1)) as studio:
        board, _ = the(studio)
        film = studio.local.exports.start(board.id, "project")
        until(lambda: studio.local.exports.get(film.id).status != "running", timeout_s=60)
        with Studio.open(Settings(data=tmp_path / "other", workers=1), start=False) as other:
            moved = other.local.board_archives.import_archive(studio.local.exports.file(film.id)).board
            (state,) = other.local.one_run_films.states(moved)
            assert state.film is not None
            assert [s.shot for s in state.whole.spans] == [s.id for s in moved.shots]


def test_what_cannot_be_one_run_is_refused(data: Path) -> None:
    with Studio.open(Settings(data=data, workers=1), start=False) as studio:
        board, _ = the(studio)
        with pytest.raises(CapabilityError, match="longer than"):
            long = studio.local.storyboards.create("Long", script="Shot 1 [0-60s] sea\nShot 2 [60-119s] sky").board
            studio.local.one_run_films.submit(long.id, "draft/animatic")
        start = time.monotonic()
        assert studio.local.one_run_films.states(board) and time.monotonic() - start < 2
