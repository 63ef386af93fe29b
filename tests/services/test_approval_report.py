"""The approval report, read back from the PDF: every fact is there, for one's own people, whatever the names hold."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from studio.errors import NotFound
from studio.permissions import Role
from studio.review.model import NewComment
from studio.review.printable import MISSING, printable
from studio.settings import Settings
from studio.storyboard.model import CastMember
from studio.studio import Studio
from tests.support.boards import put_member
from tests.support.samples import corner_picture

HOSTILE = "<b>Señor</b> \u202egnp.exe 港口 😀 {0} %s & \\n"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    settings = Settings(data=tmp_path_factory.mktemp("report"), access="password", workers=1)
    with Studio.open(settings) as opened:
        yield opened


def text_of(path: Path) -> str:
    """The words of all pages, spaces and line ends as one space each. pypdf gives the first byte of each of the font's
    two-byte codes as a character of its own, which Chromium's reader does not."""
    pages = PdfReader(path).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages).replace("\0", ""))


def flat(text: str) -> str:
    """Without spaces: where lines break is not what is asked."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_report_has_every_fact_of_its_items(studio: Studio, tmp_path: Path, language: str) -> None:
    tag = time.monotonic_ns()
    pia = studio.acting_for(studio.people.create(f"pia-{tag}", name="Pia Öz", role=Role.PRODUCER).id)
    project = pia.projects.create(f"Spring {tag}").id
    corner_picture(200, 100).save(tmp_path / "anna.png")
    anna = CastMember(id="c1", name="anna", references=(pia.assets.add(tmp_path / "anna.png").id,), consent=True)
    board = pia.storyboards.create("Harbour", script="Shot 1 [0-1s] @anna at dawn", model="draft/animatic").board
    pia.storyboards.edit(board.id, "cast", lambda b: put_member(b, anna))
    runs = pia.storyboards.render(board.id, shots=[board.shots[0].id])
    [run] = pia.runs.wait([r.id for r in runs], timeout_s=60)
    assert run.status == "succeeded", run.error
    review = pia.reviews.create("Round one", project).id
    pia.reviews.add(review, board_id=board.id)
    (tmp_path / "hostile.png").write_bytes((tmp_path / "anna.png").read_bytes())
    upload = pia.assets.add(tmp_path / "hostile.png", name="x.png")
    pia.reviews.add(review, asset_ids=[upload.id])
    items = pia.reviews.get(review).content.items
    pia.reviews.change_item(review, items[1].id, title=HOSTILE)
    [take, picture] = pia.reviews.get(review).content.versions
    pia.review_statuses.set(review, take.id, "retake", "the left hand")
    pia.review_statuses.set(review, take.id, "approved", "as seen at frame 12")
    first = pia.review_comments.add(review, take.id, NewComment("Brighter", 3, 9))
    pia.review_comments.add(review, take.id, NewComment("Longer"))
    pia.review_comments.resolve(review, first.id, resolved=True)
    pia.review_statuses.set(review, picture.id, "wip")

    out = tmp_path / "report.pdf"
    name = pia.approval_reports.write(review, language, out, costs=True)
    said, squeezed = text_of(out), flat(text_of(out))
    asset = run.assets[0]
    for fact in (
        *("Round one", "Pia Öz", f"Spring {tag}", review, run.id, asset.sha256, upload.sha256, asset.name),
        *("@anna at dawn", "the left hand", "as seen at frame 12", "algorithmicMedia", "v1", "UTC"),
        *("Señor", "gnp.exe", "港口", "{0} %s & \\n", str(run.seed)),
    ):
        assert flat(fact) in squeezed, fact
    expected = {
        "en": ["Approval report", "1 of 2 items approved", "Approved by Pia Öz", "No status", "Work in progress",
               "Not approved.", "1 open, 1 resolved", "@anna: the storyboard says that the person", "A file that was"],
        "zh-CN": ["审批报告", "2 项中已批准 1 项", "由 Pia Öz 批准", "进行中", "未批准。", "1 条未解决，1 条已解决",
                  "@anna：故事板注明", "上传的文件。"],
    }  # fmt: skip
    for fact in expected[language]:
        assert flat(fact) in squeezed, (fact, said)
    assert "\u202e" not in said
    assert MISSING in said
    assert "😀" not in said
    assert name.endswith("审批报告.pdf" if language == "zh-CN" else "Approval report.pdf")


def test_costs_are_told_only_where_they_are_asked_for(studio: Studio, tmp_path: Path) -> None:
    pia = studio.acting_for(studio.people.create(f"pia-{time.monotonic_ns()}", role=Role.PRODUCER).id)
    [run] = pia.requests.submit({"task": "text-to-image", "model": "draft/animatic", "prompt": "a red coat"})
    assert pia.runs.wait([run.id], timeout_s=60)[0].status == "succeeded"
    review = pia.reviews.create("Cost", "").id
    pia.reviews.add(review, run_ids=[run.id])
    for costs in (True, False):
        pia.approval_reports.write(review, "en", tmp_path / "r.pdf", costs=costs)
        assert ("$0.0000" in text_of(tmp_path / "r.pdf")) is costs


def test_nobody_gets_the_report_of_a_review_they_do_not_see(studio: Studio, tmp_path: Path) -> None:
    one, other = (
        studio.acting_for(studio.people.create(f"p-{n}-{time.monotonic_ns()}", role=Role.PRODUCER).id) for n in "ab"
    )
    review = one.reviews.create("Mine", "").id
    one.approval_reports.write(review, "en", tmp_path / "empty.pdf")
    assert "This review has no items." in text_of(tmp_path / "empty.pdf")
    with pytest.raises(NotFound):
        other.approval_reports.write(review, "en", tmp_path / "r.pdf")


def test_text_is_printed_as_the_font_can() -> None:
    covered = {ord(c) for c in "abcr 港"}
    assert printable("a\u202e\u0007bř港龘\n", covered) == f"abr港{MISSING}\n"
