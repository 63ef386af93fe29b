"""What a Space makes outlives its disk: files and the database are in a mounted folder, and come back from there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain import Status, now
from studio.engines.fake import FakeEngine, FindingFake
from studio.errors import NotFound
from studio.settings import Settings
from studio.store import backup
from studio.studio import Studio
from tests.stories.process import environment
from tests.support.kit import QUICK, finish, image

ROOT = Path(__file__).parents[2]


def until(true: Callable[[], object], timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "bucket"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(tmp_path: Path, mirror: Path) -> Settings:
    return Settings(data=tmp_path / "data", media_mirror=mirror, mirror_minutes=60)


@pytest.fixture
def opened(settings: Settings, catalogue: object, engine: FakeEngine, paid: FindingFake) -> Callable[[], Studio]:
    engines = {"fake": engine, "paid": paid}
    return lambda: Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK)  # type: ignore[arg-type]


def copies(mirror: Path) -> list[Path]:
    return backup.available(mirror / "wan-studio" / "database")


def test_a_restart_on_an_empty_disk_has_everything_again(
    opened: Callable[[], Studio], settings: Settings, mirror: Path
) -> None:
    with opened() as studio:
        run = finish(studio, image())
        before = studio.local.assets.path(run.assets[0]).read_bytes()
    shutil.rmtree(settings.data)  # as a Space's disk after a restart
    with opened() as studio:
        again = studio.local.runs.get(run.id)
        assert again.status is Status.SUCCEEDED
        assert studio.local.assets.path(again.assets[0]).read_bytes() == before
        assert studio.local.assets.thumbnail(again.assets[0].id).is_file()
        # and as the input of a new run, whose file was never asked for
        shutil.rmtree(settings.data / "library")
        assert finish(studio, image(task="image-edit", image=run.assets[0].id)).status is Status.SUCCEEDED


def test_a_killed_studio_has_what_the_last_schedule_copied(tmp_path: Path, mirror: Path) -> None:
    data = tmp_path / "data"
    command = [sys.executable, "-m", "tests.stories.mirror_child", str(data), str(mirror), "a red boat"]
    child = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        made = json.loads(child.stdout.readline())
        shown = f"studio-{now():%Y%m%d-%H%M%S-%f}.db"
        until(lambda: any(copy.name > shown for copy in copies(mirror)))
        until(lambda: (mirror / "wan-studio" / made["asset"]["path"]).is_file())
    finally:
        child.kill()
        child.wait(timeout=10)
    shutil.rmtree(data)
    with Studio.open(Settings(data=data, media_mirror=mirror, workers=1)) as studio:
        run = studio.local.runs.get(made["run"])
        assert run.status is Status.SUCCEEDED
        assert studio.local.assets.path(run.assets[0]).stat().st_size == made["asset"]["bytes"]


def test_a_lost_mount_stops_no_run_and_is_caught_up_with(
    opened: Callable[[], Studio], mirror: Path, tmp_path: Path
) -> None:
    with opened() as studio:
        finish(studio, image())
        mirror.rename(tmp_path / "unmounted")
        lost = finish(studio, image(seed=2))
        assert lost.status is Status.SUCCEEDED
        time.sleep(0.3)
        assert not mirror.exists()  # nothing is written into the place of a mount
        (tmp_path / "unmounted").rename(mirror)
        until(lambda: (mirror / "wan-studio" / lost.assets[0].path).is_file())


def test_a_mirror_that_takes_no_files_stops_no_run(opened: Callable[[], Studio], mirror: Path) -> None:
    (mirror / "wan-studio").write_text("a file in the place of the folder")
    with opened() as studio:
        assert finish(studio, image()).status is Status.SUCCEEDED


def test_a_mirror_of_another_studio_is_left_alone(
    opened: Callable[[], Studio], settings: Settings, mirror: Path
) -> None:
    with opened() as studio:
        finish(studio, image())
    before = sorted(str(path) for path in mirror.rglob("*"))
    shutil.rmtree(settings.data)
    mirror.rename(mirror.with_name("away"))
    with opened() as studio:  # it starts without its mirror, and so empty
        finish(studio, image(seed=3))
        mirror.with_name("away").rename(mirror)
        time.sleep(2.5)
    assert sorted(str(path) for path in mirror.rglob("*")) == before


def test_a_damaged_copy_gives_way_to_the_one_before(
    opened: Callable[[], Studio], settings: Settings, mirror: Path
) -> None:
    with opened() as studio:
        run = finish(studio, image())
    with opened() as studio:
        finish(studio, image(seed=2))
    newest, *older = copies(mirror)
    assert older
    newest.write_bytes(newest.read_bytes()[:2000])
    shutil.rmtree(settings.data)
    with opened() as studio:
        assert studio.local.runs.get(run.id)


def test_what_was_not_sent_at_the_last_copy_is_held(
    opened: Callable[[], Studio], settings: Settings, mirror: Path
) -> None:
    """It may have been sent since: nothing is paid for twice."""
    with opened() as studio:
        studio.queue.pause()
        [run] = studio.local.requests.submit(image())
    shutil.rmtree(settings.data)
    with opened() as studio:
        assert studio.local.runs.get(run.id).status is Status.HELD


def test_a_deleted_file_goes_from_the_mirror_too(opened: Callable[[], Studio], mirror: Path) -> None:
    with opened() as studio:
        run = finish(studio, image())
        copy = mirror / "wan-studio" / run.assets[0].path
        until(copy.is_file)
        studio.local.gallery.trash([run.id])
        studio.admin.purge(older_than_days=0)
        assert not copy.exists()
        with pytest.raises(NotFound):
            studio.local.runs.get(run.id)


def test_only_the_newest_copies_stay(opened: Callable[[], Studio], mirror: Path) -> None:
    for seed in range(5):
        with opened() as studio:
            finish(studio, image(seed=seed))
    assert len(copies(mirror)) == 3
