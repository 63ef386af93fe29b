"""Conditional requests for pages of the gallery: 304 as long as nothing of it has changed, for this asker only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import httpx
import pytest

from studio.store.changes import Changes
from studio.studio import Studio
from tests.support.kit import finish, image
from tests.support.web import account, serving

PAGE = "/ui/runs?limit=80"


@pytest.fixture
def web(studio: Studio) -> Iterator[httpx.Client]:
    finish(studio, image("a fox"))
    with serving(studio) as url, httpx.Client(base_url=url, timeout=10) as client:
        yield client


def asked_again(web: httpx.Client, tag: str, path: str = PAGE, **headers: str) -> httpx.Response:
    return web.get(path, headers={"if-none-match": tag} | headers)


def test_an_unchanged_page_is_not_sent_again(web: httpx.Client) -> None:
    first = web.get(PAGE)
    again = asked_again(web, first.headers["etag"])
    assert first.headers["cache-control"] == "private, no-cache" and len(first.json()["runs"]) == 1
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


def rated(studio: Studio) -> None:
    [run] = studio.local.gallery.search().runs
    studio.local.gallery.rate(run.id, 5)


def renamed_model(studio: Studio) -> None:
    row = studio.catalogue.get("fake/image")
    studio.catalogue.put(row.model_copy(update={"label": "Another name"}))


def written_elsewhere(studio: Studio) -> None:
    """As a command beside the running studio does."""
    db = sqlite3.connect(studio.context.store.path)
    db.execute("UPDATE runs SET rating = 3")
    db.commit()
    db.close()


@pytest.mark.parametrize("change", [rated, renamed_model, written_elsewhere])
def test_a_changed_page_is_sent(web: httpx.Client, studio: Studio, change: Callable[[Studio], None]) -> None:
    tag = web.get(PAGE).headers["etag"]
    change(studio)
    changed = asked_again(web, tag)
    assert changed.status_code == 200 and changed.headers["etag"] != tag
    [card] = changed.json()["runs"]
    assert card["rating"] > 0 or card["model_label"] == "Another name"


def test_a_tag_counts_for_its_asker_its_language_and_its_page(web: httpx.Client, studio: Studio) -> None:
    account(studio, "ann")
    account(studio, "ben")
    mine = {"x-user": "ann"}
    tag = web.get(PAGE, headers=mine).headers["etag"]
    assert asked_again(web, tag, **mine).status_code == 304
    for path, headers in (
        (PAGE, {"x-user": "ben"}),
        (PAGE, mine | {"cookie": "studio_language=zh-CN"}),
        (PAGE + "&query=fox", mine),
    ):
        assert asked_again(web, tag, path, **headers).status_code == 200


def test_a_page_with_a_run_under_way_has_no_tag(web: httpx.Client, studio: Studio) -> None:
    studio.queue.pause()
    studio.local.requests.submit(image("waits"))
    assert "etag" not in web.get(PAGE).headers


def test_a_counter_that_was_closed_counts_on(studio: Studio) -> None:
    changes = Changes(studio.context.store.path)
    before = changes.version()
    assert changes.version() == before
    changes.close()
    after = changes.version()
    finish(studio, image("another"))
    assert after != before and changes.version() not in (before, after)
    changes.close()
