"""Comments leave the review for another program, from the button to the file."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from studio.review.model import NewComment
from tests.browser.conftest import Site
from tests.review.handover import readers
from tests.support.numbered import numbered

pytestmark = pytest.mark.browser

RATE = Fraction(30000, 1001)


def test_comments_are_exported_for_a_program(site: Site, open_page: Callable[..., Page], tmp_path: Path) -> None:
    """The choices reach the file; an archive has the clip in it; what is refused is said in the page."""
    studio = site.studio.local
    clip = studio.assets.add(numbered(tmp_path / "clip.mp4", RATE, count=60)).id
    review = studio.reviews.create("Week 2", "").id
    studio.reviews.add(review, asset_ids=[clip])
    (version,) = studio.reviews.get(review).content.versions
    studio.review_comments.add(review, version.id, NewComment("too dark", 41))
    done = studio.review_comments.add(review, version.id, NewComment("was settled", 7))
    studio.review_comments.resolve(review, done.id, resolved=True)

    page = open_page()
    page.goto(f"{site.url}?tab=review&review={review}")
    page.locator("[data-do=export-comments]").click()
    window = page.get_by_role("dialog", name="Export comments")

    def saved(form: str) -> Path:
        with page.expect_download() as arriving:
            window.locator(f"[data-form={form}]").click()
        name = arriving.value.suggested_filename
        assert name.startswith("Week-2.")
        arriving.value.save_as(tmp_path / name)
        return tmp_path / name

    assert [text for _, _, text in readers.edl(saved("edl").read_bytes(), RATE)] == ["was settled", "too dark"]
    window.get_by_label("Only open comments").check()
    assert [read[:2] for read in readers.edl(saved("edl").read_bytes(), RATE)] == [(41, 1)]
    window.get_by_label("Timelines with their media (ZIP)").check()
    with zipfile.ZipFile(saved("fcpxml")) as archive:
        assert archive.namelist() == ["Week-2.fcpxml", "media/01_clip_v1.mp4"]
    assert saved("pdf").suffix == ".pdf"  # no timeline, and so no archive

    studio.reviews.trash(review)
    window.locator("[data-form=csv]").click()
    expect(page.get_by_role("alert")).to_contain_text("review")
