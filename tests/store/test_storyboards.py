"""A board's versions survive a reload: undo, redo, and a new edit cuts off what was undone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.errors import NotFound
from studio.store import storyboards
from studio.store.db import Store
from studio.store.storyboards import BoardBody


def plain(title: str, *shots: str) -> dict[str, object]:
    return {"title": title, "shots": [{"id": s, "prompt": s} for s in shots]}


def body(title: str, *shots: str) -> BoardBody:
    return BoardBody.read(json.dumps(plain(title, *shots)))


def test_undo_and_redo_walk_the_versions_and_survive_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.write() as db:
        storyboards.add(db, "b1", body("one"), "")
        storyboards.save(db, "b1", body("two", "s1"), "add a shot", "")
        storyboards.save(db, "b1", body("three", "s1", "s2"), "add another", "")
        assert storyboards.step(db, "b1", -1, "") == plain("two", "s1")
    store.close()
    store = Store(tmp_path)
    with store.write() as db:
        kept = storyboards.get(db, "b1", "")
        assert (kept.title, kept.undoable, kept.redoable) == ("two", "add a shot", "add another")
        assert [r["id"] for r in db.query("SELECT id FROM shots")] == ["s1"]
        assert storyboards.step(db, "b1", 1, "") == plain("three", "s1", "s2")
        assert storyboards.step(db, "b1", 1, "") is None
        storyboards.step(db, "b1", -1, "")
        storyboards.save(db, "b1", body("other", "s1"), "rename", "")
        assert storyboards.get(db, "b1", "").redoable is None
        assert storyboards.step(db, "b1", -1, "") == plain("two", "s1")
        assert storyboards.step(db, "b1", -1, "") == plain("one")
        assert storyboards.step(db, "b1", -1, "") is None
        assert storyboards.get(db, "b1", "").undoable is None
    store.close()


def test_a_fact_added_to_what_stands_is_no_version(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.write() as db:
        storyboards.add(db, "b1", body("one"), "")
        storyboards.save(db, "b1", body("two"), "rename", "")
        storyboards.amend(db, "b1", body("two", "take"), "")
        assert storyboards.step(db, "b1", -1, "") == plain("one")
        assert storyboards.step(db, "b1", 1, "") == plain("two", "take")
    store.close()


def test_only_the_last_versions_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storyboards, "MAX_VERSIONS", 3)
    store = Store(tmp_path)
    with store.write() as db:
        storyboards.add(db, "b1", body("0"), "")
        for n in range(1, 8):
            storyboards.save(db, "b1", body(str(n)), "edit", "")
        back = []
        while found := storyboards.step(db, "b1", -1, ""):
            back.append(found["title"])
    assert back == ["6", "5", "4"]
    store.close()


def test_another_owner_sees_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.write() as db:
        storyboards.add(db, "b1", body("mine"), "ann")
        storyboards.trash(db, "b1", "ann")
        assert storyboards.all_of(db, "ann") == []
        storyboards.trash(db, "b1", "ann", restore=True)
        assert [k.id for k in storyboards.all_of(db, "ann")] == ["b1"]
        assert storyboards.all_of(db, "ben") == []
        with pytest.raises(NotFound):
            storyboards.get(db, "b1", "ben")
    store.close()
