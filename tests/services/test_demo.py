"""An empty studio makes its examples in the background; a stop in between loses nothing; visitors may look."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from studio.domain import Kind, Status
from studio.errors import NotAllowed
from studio.services.visitors import Visitors
from studio.settings import Settings
from studio.store import demo, projects
from studio.studio import Studio

pytestmark = pytest.mark.slow


def done(studio: Studio, timeout_s: float = 150) -> dict[str, object]:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        with studio.context.store.read() as db:
            state = demo.state(db)
        if state.get("done"):
            return state
        time.sleep(0.3)
    raise AssertionError("the examples were not done in time")


def test_an_empty_studio_makes_its_examples_once_though_it_is_stopped(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", demo="on", workers=2)
    begun = time.monotonic()
    with Studio.open(settings) as studio:
        assert time.monotonic() - begun < 20  # the start waits for nothing
        while not studio.local.storyboards.all():
            time.sleep(0.05)
    with Studio.open(settings) as studio:  # goes on
        state = done(studio)
        [board] = studio.local.storyboards.all()
        assert board.board.title == "The Red Boat"
        [film] = studio.local.exports.list_for_board(board.board.id)
        assert film.status == "succeeded"
        runs = [studio.local.runs.get(run) for run in state["runs"]]  # type: ignore[union-attr]
        assert len(runs) == 8
        assert {(run.status, run.model, run.estimate_usd) for run in runs} == {
            (Status.SUCCEEDED, "draft/animatic", 0.0)
        }
        visitor, _ = Visitors(studio.context.store).welcome("203.0.113.7") or ("", "")
        with studio.context.store.read() as db:
            assert projects.role_of(db, str(state["project"]), visitor) == "viewer"
            shared = db.conn.execute("SELECT count(*) FROM runs WHERE shared = 1 AND project = ?", [state["project"]])
            assert shared.fetchone()[0] == 8
        theirs = studio.acting_for(visitor)
        assert [stored.board.id for stored in theirs.storyboards.all()] == [board.board.id]
        assert theirs.assets.get(str(film.asset)).kind is Kind.VIDEO
        assert theirs.runs.get(runs[0].id).assets
        with pytest.raises(NotAllowed):
            theirs.storyboards.edit(board.board.id, "rename", lambda b: b.model_copy(update={"title": "Mine now"}))
    with Studio.open(settings) as studio:  # and never again
        time.sleep(0.5)
        assert len(studio.local.storyboards.all()) == 1
        assert len(studio.local.gallery.search().runs) == 8


def test_a_studio_that_is_used_or_not_asked_gets_no_examples(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Studio.open(Settings(data=data)) as studio:
        studio.local.storyboards.create("Mine")
    with Studio.open(Settings(data=data, demo="on")) as studio:
        time.sleep(0.5)
        assert [stored.board.title for stored in studio.local.storyboards.all()] == ["Mine"]
