"""The gallery finds by words, phrases, Chinese, filters and dates, in pages that never repeat or skip a run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from studio.catalogue import Catalogue
from studio.domain import Request, Run, Status, Task, now
from studio.errors import CapabilityError, NotFound
from studio.settings import Settings
from studio.store import runs
from studio.store.runs import NewRun
from studio.studio import Studio
from tests.support.kit import finish, image

KEPT = {
    "r1": ("A woman in a red coat walks through the rain", "fake/image", "text-to-image", 1, 5, "2026-01-10"),
    "r2": ("Red cars on a wet road, seen from above", "fake/clip", "text-to-video", 2, 0, "2026-02-10"),
    "r3": ("一个穿红色外套的女人走在雨中", "fake/image", "text-to-image", 3, 4, "2026-03-10"),
    "r4": ("A blue COAT on a chair", "paid/image", "text-to-image", 42, 3, "2026-03-20"),
    "r5": ("红色的车", "fake/clip", "text-to-video", 42, 0, "2026-04-10"),
}


@pytest.fixture
def studio(settings: Settings, catalogue: Catalogue):
    """A gallery of five runs."""
    with Studio.open(settings, engines={}, catalogue=catalogue, start=False) as opened:
        with opened.context.store.write() as db:
            for run_id, (prompt, model, task, seed, rating, day) in KEPT.items():
                request = Request(task=Task(task), model=model, prompt=prompt)
                run = Run(
                    id=run_id, request=request, model=model, provider=model.partition("/")[0], seed=seed,
                    created_at=datetime.fromisoformat(day).replace(tzinfo=UTC),
                )  # fmt: skip
                stored = runs.add(db, NewRun(run, {}))
                if run_id != "r5":
                    stored = runs.move(db, stored, Status.RUNNING, "x")
                    runs.move(db, stored, Status.SUCCEEDED, "x")
                runs.set_rating(db, run_id, rating, "")
        yield opened


def found(studio: Studio, query: str, **filters: object) -> list[str]:
    page = studio.local.gallery.search(query, time_zone="UTC", **filters)  # type: ignore[arg-type]
    assert page.total == len(page.runs)
    return [run.id for run in page.runs]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["r5", "r4", "r3", "r2", "r1"]),
        ("red", ["r2", "r1"]),
        ("coat red", ["r1"]),
        ('"red coat"', ["r1"]),
        ('"coat red"', []),
        ("coat -red", ["r4"]),
        ("-red -红色", ["r4"]),
        ('coat -"on a chair"', ["r1"]),
        ("walking", ["r1"]),
        ("coa", ["r4", "r1"]),
        ("红色", ["r5", "r3"]),
        ("红", ["r5", "r3"]),
        ("外套", ["r3"]),
        ("红外", []),
        ("红色 -车", ["r3"]),
        ("穿红色外套的女人", ["r3"]),
        ("model:fake/clip", ["r5", "r2"]),
        ("model:paid", ["r4"]),
        ("task:text-to-video red", ["r2"]),
        ("seed:42", ["r5", "r4"]),
        ("rating:>=4", ["r3", "r1"]),
        ("rating:3", ["r4"]),
        ("rating:<1", ["r5", "r2"]),
        ("status:queued", ["r5"]),
        ("after:2026-03-10", ["r5", "r4", "r3"]),
        ("before:2026-02-10", ["r1"]),
        ("after:2026-02 before:2026-03-15", ["r3", "r2"]),
        ("after:2027", []),
        ("coat rating:>=4 after:2026-01-01 model:fake/image", ["r1"]),
        ("seed:many", []),
        ("before:yesterday", []),
    ],
)
def test_a_search_finds_exactly(studio: Studio, query: str, ids: list[str]) -> None:
    assert found(studio, query) == ids


@pytest.mark.parametrize(
    "query", ['"', "'", "AND", "OR NOT", "a*b", "(", "col:x", "--", "-", "^red", "{a}", "NEAR(a b)", "%_"]
)
def test_nothing_a_user_types_is_an_error(studio: Studio, query: str) -> None:
    studio.local.gallery.search(query)


def test_filters_of_the_page_and_of_the_text_work_together(studio: Studio) -> None:
    assert found(studio, "coat", task="text-to-image", rating_min=3) == ["r4", "r1"]
    assert found(studio, "", kind="video", status="succeeded") == ["r2"]
    assert found(studio, "红色", model="fake/image") == ["r3"]


def test_pages_follow_one_another_without_gap_or_repetition(studio: Studio) -> None:
    seen, before = [], None
    while True:
        page = studio.local.gallery.search("", before=before, limit=2)
        assert page.total == 5
        seen += [run.id for run in page.runs]
        if (before := page.next_before) is None:
            break
    assert seen == ["r5", "r4", "r3", "r2", "r1"]


def test_the_trash_is_apart_and_can_be_undone(studio: Studio) -> None:
    assert studio.local.gallery.trash(["r1", "r2", "r5"]) == ["r1", "r2"], (
        "a run that is still queued cannot be trashed"
    )
    assert found(studio, "") == ["r5", "r4", "r3"]
    assert found(studio, "red", trashed=True) == ["r2", "r1"]
    assert studio.local.gallery.restore(["r1"]) == ["r1"]
    assert found(studio, "coat") == ["r4", "r1"]


def test_totals_beyond_a_thousand_are_capped_unless_a_counter_knows_them(studio: Studio) -> None:
    with studio.context.store.write() as db:
        for number in range(1100):
            request = Request(task=Task.TEXT_TO_IMAGE, model="fake/image", prompt="many red things")
            run = Run(id=f"m{number}", request=request, model="fake/image", provider="fake", created_at=now())
            runs.add(db, NewRun(run, {}))
    page = studio.local.gallery.search("red")
    assert (page.total, page.capped, len(page.runs)) == (1000, True, 60)
    assert (studio.local.gallery.search().total, studio.local.gallery.search().capped) == (1105, False)
    assert studio.local.gallery.search(model="fake/image").total == 1102


def test_a_rating_is_kept_and_a_wrong_one_refused(studio: Studio) -> None:
    assert studio.local.gallery.rate("r2", 5).rating == 5
    with pytest.raises(CapabilityError):
        studio.local.gallery.rate("r2", 6)
    with pytest.raises(NotFound):
        studio.local.gallery.rate("nobody", 3)


def test_a_purge_deletes_files_but_never_what_is_still_used(
    settings: Settings, catalogue: Catalogue, tmp_path: Path
) -> None:
    from studio.engines.fake import FakeEngine, FakeProvider
    from tests.support.kit import QUICK

    engines = {"fake": FakeEngine(provider=FakeProvider(tmp_path / "p"))}
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK) as studio:
        first, gone = finish(studio, image("first")), finish(studio, image("gone"))
        used = finish(studio, image("edit", task="image-edit", image=first.assets[0].id))
        studio.local.gallery.trash([first.id, gone.id])
        assert studio.admin.purge(older_than_days=1) == 0
        assert studio.admin.purge(older_than_days=-1) == 1
        assert not studio.local.assets.path(gone.assets[0]).exists()
        assert studio.local.assets.path(first.assets[0]).exists(), "another run was made from it"
        with pytest.raises(NotFound):
            studio.local.runs.get(gone.id)
        assert studio.local.gallery.search("gone").total == 0
        assert studio.local.runs.get(used.id).status == Status.SUCCEEDED
