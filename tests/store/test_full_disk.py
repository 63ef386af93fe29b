"""Every writer of the studio on a disk that is full: one sentence, nothing lost, and it goes on when there is room."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from studio.domain import Status
from studio.errors import StorageUnavailable, StudioError
from studio.settings import Settings
from studio.storyboard import edit
from studio.studio import Studio
from tests.support import samples
from tests.support.locks import locked
from tests.support.small_disk import fill, flag, small_disk
from tests.support.web import serving

ROOT = Path(__file__).parents[2]
FULL = "is full. Free some space, then try again."
CLIP = {"model": "draft/animatic", "task": "text-to-video", "width": 320, "height": 180, "duration_s": 1}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 30) as disk:
        yield disk


def ended(studio: Studio, film_id: str) -> str:
    until = time.monotonic() + 60
    while (film := studio.local.exports.get(film_id)).status == "running":
        assert time.monotonic() < until
        time.sleep(0.05)
    return f"{film.status} {film.error or ''}".strip()


def test_every_writer_on_a_full_disk(disk: Path, tmp_path: Path) -> None:
    """What cannot be done says so, the process lives, and all of it works once there is room."""
    picture = tmp_path / "picture.png"
    samples.corner_picture(900, 900).save(picture)
    with Studio.open(Settings(data=disk / "data", workers=1)) as studio:
        board = studio.local.storyboards.create("Harbour", script="Shot 1 [0-1s] a harbour\nShot 2 [1-2s] rain").board
        first = board.shots[0].id
        studio.local.storyboards.edit(
            board.id, "fade", lambda b: edit.change(b, first, transition="crossfade", transition_s=0.3)
        )
        done = studio.local.runs.wait([r.id for r in studio.local.storyboards.draft(board.id)], timeout_s=90)
        assert [r.status for r in done] == [Status.SUCCEEDED] * 2
        ballast = fill(disk)
        writers: dict[str, Callable[[], object]] = {
            "submit": lambda: studio.local.requests.submit(CLIP | {"prompt": "x" * 8000}),
            "upload": lambda: studio.local.assets.add(picture),
            "edit": lambda: studio.local.storyboards.edit(
                board.id, "say", lambda b: edit.update(b, style="noir" * 2000)
            ),
            "rate": lambda: studio.local.gallery.rate(done[0].id, 5),
            "backup": studio.admin.backup,
            "thumbnail": lambda: studio.local.assets.thumbnail(done[1].assets[0].id, "hover"),
        }
        refused = [name for name, write in writers.items() if not told(write)]
        assert {"upload", "backup", "thumbnail"} <= set(refused), "the disk is not full: nothing was tested"
        said = ended_or_refused(studio, board.id)
        assert FULL in said, said
        assert left_half(disk / "data") == []
        ballast.unlink()
        for name in refused:
            writers[name]()
        assert ended(studio, studio.local.exports.start(board.id, "film").id) == "succeeded"
        [run] = studio.local.requests.submit(CLIP | {"prompt": "after the flood"})
        assert studio.local.runs.wait([run.id], timeout_s=90)[0].status == Status.SUCCEEDED
    with closing(sqlite3.connect(disk / "data" / "studio.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def told(write: Callable[[], object]) -> bool:
    """True when it was done nevertheless (a little room is always somewhere), False when it was refused in words."""
    try:
        write()
    except StorageUnavailable as error:
        assert FULL in str(error)
        return False
    return True


def ended_or_refused(studio: Studio, board: str) -> str:
    try:
        return ended(studio, studio.local.exports.start(board, "film").id)
    except StorageUnavailable as error:
        return str(error)


def left_half(data: Path) -> list[str]:
    """Temporary files that nobody works on any more."""
    found = [p for top in ("library", "backups", "cache/thumbs", "cache/scratch") for p in (data / top).rglob("*")]
    return [p.name for p in found if ".part" in p.name or p.name.startswith("tmp")]


def test_an_export_on_three_megabytes_says_so_and_the_process_lives(disk: Path) -> None:
    """The mixed sound alone is larger than the room: mapped into memory, it ended the process (SIGBUS)."""
    script = "\n".join(f"Shot {n} [{n * 5}-{n * 5 + 5}s] a harbour {n}" for n in range(3))
    with Studio.open(Settings(data=disk / "data", workers=1)) as studio:
        board = studio.local.storyboards.create("Long", script=script, width=320, height=180).board
        for shot in board.shots[:-1]:
            studio.local.storyboards.edit(
                board.id, "fade", lambda b, s=shot.id: edit.change(b, s, transition="crossfade", transition_s=0.5)
            )
        done = studio.local.runs.wait([r.id for r in studio.local.storyboards.draft(board.id)], timeout_s=120)
        assert [r.status for r in done] == [Status.SUCCEEDED] * 3
        ballast = fill(disk, leave=3_000_000)
        assert FULL in ended(studio, studio.local.exports.start(board.id, "film").id)
        ballast.unlink()
        assert ended(studio, studio.local.exports.start(board.id, "film").id) == "succeeded"


def test_a_draft_waits_for_room_and_is_made_then(disk: Path) -> None:
    with Studio.open(Settings(data=disk / "data", workers=1)) as studio:
        [warm] = studio.local.requests.submit(CLIP | {"prompt": "first", "task": "text-to-image", "duration_s": None})
        studio.local.runs.wait([warm.id], timeout_s=60)
        ballast = fill(disk, leave=400_000)  # room for the submit, not for the clip
        [run] = studio.local.requests.submit(
            CLIP | {"prompt": "a harbour", "width": 1280, "height": 720, "duration_s": 4}
        )
        until = time.monotonic() + 60
        while studio.queue.storage_reason != "full":
            assert time.monotonic() < until, studio.local.runs.get(run.id)
            time.sleep(0.05)
        assert not studio.local.runs.get(run.id).status.ended
        ballast.unlink()
        assert studio.local.runs.wait([run.id], timeout_s=90)[0].status == Status.SUCCEEDED


def test_a_draft_waits_for_a_folder_that_is_read_only(disk: Path) -> None:
    with Studio.open(Settings(data=disk / "data", workers=1)) as studio:
        [warm] = studio.local.requests.submit(CLIP | {"prompt": "first"})
        studio.local.runs.wait([warm.id], timeout_s=60)
        folders = [str(p) for p in (disk / "data", *(disk / "data").rglob("*")) if p.is_dir()]
        if not flag(folders, "+i"):
            pytest.skip("folders cannot be made read-only here (chattr)")
        try:
            [run] = studio.local.requests.submit(CLIP | {"prompt": "a harbour", "duration_s": 2})
            until = time.monotonic() + 60
            while studio.queue.storage_reason != "read_only":
                assert time.monotonic() < until, studio.local.runs.get(run.id)
                time.sleep(0.05)
        finally:
            flag(folders, "-i")
        assert studio.local.runs.wait([run.id], timeout_s=90)[0].status == Status.SUCCEEDED


def test_a_draft_whose_folder_becomes_read_only_meanwhile_is_made_again(disk: Path) -> None:
    """The worker meets it, not the job manager: that is no fault of the drawing."""
    with Studio.open(Settings(data=disk / "data", workers=1)) as studio:
        [run] = studio.local.requests.submit(CLIP | {"prompt": "a harbour", "duration_s": 4})
        until = time.monotonic() + 60
        while studio.local.runs.get(run.id).phase != "waiting":
            assert time.monotonic() < until
            time.sleep(0.001)
        folders = [str(p) for p in (disk / "data").rglob("*") if p.is_dir()]
        if not flag(folders, "+i"):
            pytest.skip("folders cannot be made read-only here (chattr)")
        try:
            while studio.queue.storage_reason != "read_only":
                assert time.monotonic() < until, studio.local.runs.get(run.id)
                time.sleep(0.02)
        finally:
            flag(folders, "-i")
        assert studio.local.runs.wait([run.id], timeout_s=90)[0].status == Status.SUCCEEDED


def test_the_routes_answer_507_and_503_in_a_sentence(disk: Path, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    samples.corner_picture(900, 900).save(picture)
    with Studio.open(Settings(data=disk / "data", workers=1), start=False) as studio, serving(studio) as url:
        [run] = studio.local.requests.submit(CLIP | {"prompt": "x"})
        ballast = fill(disk)
        answer = httpx.post(f"{url}/ui/boards/files?name=a.png", content=picture.read_bytes(), timeout=30)
        assert (answer.status_code, FULL in answer.json()["error"]) == (507, True)
        ballast.unlink()
        with locked(studio.settings.data):
            answer = httpx.post(f"{url}/ui/runs/{run.id}/rate", json={"stars": 5}, timeout=30)
            assert answer.status_code == 503
            assert answer.json()["error"].startswith("Another program has locked the studio's database. Close it")
            assert httpx.get(f"{url}/ui/runs/{run.id}", timeout=30).json()["rating"] == 0


def start(data: Path) -> subprocess.CompletedProcess[str]:
    """The program on this folder, until it ends by itself; killed when it serves."""
    command = [sys.executable, "app.py", "--port", "7958", "--data", str(data)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode not in (0, -9)
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_start_on_a_full_disk_is_refused_in_a_sentence(disk: Path) -> None:
    Studio.open(Settings(data=disk / "data"), engines={}).close()
    fill(disk)
    assert FULL in one_sentence(start(disk / "data"))


def test_odd_data_folders_are_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert "is a file, not a folder" in one_sentence(start(tmp_path / "file"))
    (tmp_path / "data" / "studio.lock").mkdir(parents=True)
    with pytest.raises(StudioError, match=r"studio\.lock is a folder"):
        Studio.open(Settings(data=tmp_path / "data"), engines={}, start=False)


@pytest.mark.parametrize("state", ["empty", "missing", "no tables"])
def test_a_lost_database_beside_a_library_is_no_new_studio(tmp_path: Path, state: str) -> None:
    """The way back is named; --new-database, or moving the files away, begins anew."""
    data = tmp_path / "data"
    with Studio.open(Settings(data=data), engines={}, start=False) as studio:
        picture = tmp_path / "a.png"
        samples.corner_picture(64, 64).save(picture)
        asset = studio.local.assets.add(picture)
        copy = studio.admin.backup()
    db = data / "studio.db"
    db.unlink()
    if state == "empty":
        db.write_bytes(b"")
    if state == "no tables":
        with closing(sqlite3.connect(db)) as made:
            made.execute("PRAGMA user_version=1")
            made.commit()
    if state == "missing":
        said = one_sentence(start(data))
    else:
        with pytest.raises(StudioError) as refused:
            Studio.open(Settings(data=data), engines={}, start=False)
        said = str(refused.value)
    assert str(copy) in said
    assert "--restore" in said
    with Studio.open(Settings(data=data, new_database=True), engines={}, start=False) as studio:
        assert studio.local.gallery.search().total == 0
    Studio.put_back(copy, Settings(data=data))
    with Studio.open(Settings(data=data), engines={}, start=False) as studio:
        assert studio.local.assets.get(asset.id) == asset
    shutil.rmtree(data)
    Studio.open(Settings(data=data), engines={}, start=False).close()
