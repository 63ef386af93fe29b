"""Visitors of a public Space have limits, each refused in a sentence; what they made goes again, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from studio.catalogue import Catalogue
from studio.domain import Run, now
from studio.engines.fake import FakeEngine, FindingFake
from studio.errors import LimitReached, NotConfigured, NotFound
from studio.services.assets import Assets
from studio.services.requests import Requests
from studio.settings import Settings
from studio.space_settings import VisitorLimits
from studio.studio import Studio
from tests.support.kit import QUICK, image, paid_image

ANN, BEN = "v_ann", "v_ben"
MB = 1_000_000


@pytest.fixture
def limits() -> VisitorLimits:
    return VisitorLimits()


@pytest.fixture
def studio(
    tmp_path: Path, limits: VisitorLimits, catalogue: Catalogue, engine: FakeEngine, paid: FindingFake
) -> Iterator[Studio]:
    settings = Settings(data=tmp_path / "data", visitors=limits)
    engines = {"fake": engine, "paid": paid}
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK) as opened:
        opened.context.visitors.free = frozenset({"fake"})
        yield opened


def submit(studio: Studio, visitor: str, **more: object) -> list[Run]:
    return Requests(studio.context, visitor).submit(image(**more))  # type: ignore[arg-type]


def finished(studio: Studio, visitor: str, **more: object) -> Run:
    [run] = submit(studio, visitor, **more)
    return studio.local.runs.wait([run.id], timeout_s=20)[0]


def upload(studio: Studio, visitor: str, path: Path, *, side: int = 64, colour: int = 0) -> str:
    Image.new("RGB", (side, side), (colour, 0, 0)).save(path)
    return Assets(studio.context, visitor).add(path).id


def noise(folder: Path, number: int) -> Path:
    """A picture of 0.6 MB that no compression makes smaller."""
    path = folder / f"noise-{number}.png"
    Image.effect_noise((850, 850), 60 + number).save(path)
    return path


@pytest.mark.parametrize("limits", [VisitorLimits(waiting_runs=2, all_waiting_runs=3)])
def test_only_so_many_runs_wait_per_visitor_and_in_all(studio: Studio) -> None:
    studio.queue.pause()
    submit(studio, ANN, n=2)
    with pytest.raises(LimitReached, match="You have 2 runs that wait or run; a visitor can have 2"):
        submit(studio, ANN)
    submit(studio, BEN)
    with pytest.raises(LimitReached, match="3 runs of visitors wait already"):
        submit(studio, "v_cy")
    assert studio.local.requests.submit(image(n=4))  # who is no visitor has no such limit


@pytest.mark.parametrize("limits", [VisitorLimits(waiting_runs=3)])
def test_many_submits_at_the_same_moment_do_not_pass_the_limit(studio: Studio) -> None:
    studio.queue.pause()

    def press(_: int) -> int:
        try:
            return len(submit(studio, ANN))
        except LimitReached:
            return 0

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(press, range(12))) == 3


@pytest.mark.parametrize("limits", [VisitorLimits(runs_per_hour=2)])
def test_only_so_many_runs_start_in_an_hour_and_the_refusal_says_when(studio: Studio) -> None:
    finished(studio, ANN)
    finished(studio, ANN, seed=2)
    with pytest.raises(LimitReached, match=r"2 runs in the last hour.* in (59|60) minutes") as error:
        submit(studio, ANN)
    assert 3000 < (error.value.retry_after_s or 0) <= 3600
    assert submit(studio, BEN)
    with pytest.raises(LimitReached, match="These are 3 runs; a visitor can start 2 in an hour"):
        submit(studio, "v_cy", n=3)


def test_a_visitor_has_the_free_engines_only(studio: Studio) -> None:
    with pytest.raises(NotConfigured, match="needs a provider's key"):
        Requests(studio.context, ANN).submit(paid_image())
    assert Requests(studio.context, "p_dora").submit(paid_image())


@pytest.mark.parametrize("limits", [VisitorLimits(upload_mb=2)])
def test_uploads_of_an_hour_are_limited_and_a_refused_one_is_not_kept(studio: Studio, tmp_path: Path) -> None:
    upload(studio, ANN, tmp_path / "a.png", colour=1)
    upload(studio, ANN, tmp_path / "b.png", colour=2)
    with pytest.raises(LimitReached, match="You have uploaded 2 MB in the last hour"):
        upload(studio, ANN, tmp_path / "c.png", colour=3)
    big = tmp_path / "big.bmp"
    Image.effect_noise((1300, 1300), 90).convert("RGB").save(big)
    with pytest.raises(LimitReached, match="This file has 6 MB; a visitor can upload 2 MB"):
        Assets(studio.context, BEN).add(big)
    assert studio.admin.storage().assets == 2


@pytest.mark.parametrize("limits", [VisitorLimits(stored_mb=1)])
def test_beyond_their_room_a_visitor_deletes_before_they_make_more(studio: Studio, tmp_path: Path) -> None:
    first = Assets(studio.context, ANN).add(noise(tmp_path, 1))
    [run] = submit(studio, ANN, task="image-edit", image=first.id)
    studio.local.runs.wait([run.id], timeout_s=20)
    with pytest.raises(LimitReached, match="take the 1 MB that this Space keeps for a visitor"):
        Assets(studio.context, ANN).add(noise(tmp_path, 2))
    assert Assets(studio.context, BEN).add(noise(tmp_path, 2))


def test_results_go_after_their_hours_with_files_and_previews(studio: Studio, tmp_path: Path) -> None:
    theirs = finished(studio, ANN)
    [local] = studio.local.requests.submit(image(seed=5))
    studio.local.runs.wait([local.id], timeout_s=20)
    file = studio.settings.data / theirs.assets[0].path
    preview = studio.local.assets.thumbnail(theirs.assets[0].id)
    added = upload(studio, ANN, tmp_path / "a.png")
    assert studio.context.visitors.sweep() == 0
    assert studio.context.visitors.sweep(now() + timedelta(hours=25)) == 2
    assert not file.exists()
    assert not preview.exists()
    for asset in (theirs.assets[0].id, added):
        with pytest.raises(NotFound):
            studio.local.assets.get(asset)
    assert studio.local.runs.get(local.id).assets  # the studio's own results stay


def test_a_run_under_way_keeps_its_input(studio: Studio, tmp_path: Path) -> None:
    asset = upload(studio, ANN, tmp_path / "a.png")
    studio.queue.pause()
    [run] = submit(studio, ANN, task="image-edit", image=asset)
    studio.context.visitors.sweep(now() + timedelta(hours=48))
    assert studio.local.assets.path(studio.local.assets.get(asset)).is_file()
    assert studio.local.runs.get(run.id)


@pytest.mark.parametrize("limits", [VisitorLimits(all_stored_mb=1)])
def test_beyond_the_room_of_all_the_oldest_results_go_first(studio: Studio, tmp_path: Path) -> None:
    runs = []
    for number, visitor in enumerate((ANN, BEN, "v_cy")):
        asset = Assets(studio.context, visitor).add(noise(tmp_path, number))
        [run] = submit(studio, visitor, task="image-edit", image=asset.id)
        runs.append(studio.local.runs.wait([run.id], timeout_s=20)[0])
    before = studio.admin.storage().library_bytes
    assert before > MB
    studio.context.visitors.sweep()
    assert studio.admin.storage().library_bytes <= MB
    with pytest.raises(NotFound):
        studio.local.runs.get(runs[0].id)
    assert studio.local.runs.get(runs[2].id)
