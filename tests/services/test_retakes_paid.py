"""Retakes by a paid provider, against its local server: the mask that arrives, the price that was shown, and what
stands against a press before anything is sent."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import SecretStr

from studio import engines
from studio.domain import Kind, Run
from studio.errors import BudgetError
from studio.review.model import NewComment
from studio.services.retake_ways import RetakeChoices
from studio.settings import Settings
from studio.studio import Studio
from tests.providers.alibaba import AlibabaServer
from tests.support.drafts import scenery, source_clip
from tests.support.kit import QUICK

BOX = {"shapes": [{"type": "box", "from": [0.25, 0.25], "to": [0.5, 0.75], "color": "#ff3b30", "size": 0.01}]}
VACE = "alibaba/wan2.1-vace-edit"


@pytest.fixture
def server() -> Iterator[AlibabaServer]:
    with AlibabaServer() as server:
        yield server


@pytest.fixture
def studio(server: AlibabaServer, tmp_path: Path) -> Iterator[Studio]:
    settings = Settings(
        data=tmp_path / "data", secrets={"DASHSCOPE_API_KEY": SecretStr("sk-test")},
        options={"ALIBABA_BASE_URL": f"{server.url}/api/v1"},
    )  # fmt: skip
    made = {name: engines.build(name, settings) for name in ("draft", "alibaba")}
    with Studio.open(settings, engines=made, timing=QUICK) as opened:
        yield opened


def commented(studio: Studio, folder: Path, text: str, *, seconds: int = 3) -> tuple[str, str, str]:
    """A review of a clip that was brought in, with a comment and a box at frame 12: ids of both, and of the clip."""
    source_clip(folder / "take.mp4", np.repeat(scenery(640, 360)[None], 24 * seconds, axis=0))
    asset = studio.local.assets.add(folder / "take.mp4")
    review = studio.local.reviews.create("Cut", "")
    studio.local.reviews.add(review.id, asset_ids=[asset.id])
    version = studio.local.reviews.get(review.id).content.versions[0].id
    comment = studio.local.review_comments.add(review.id, version, NewComment(text, 12, 12), shapes=BOX)
    return review.id, comment.id, asset.id


def press(studio: Studio, review: str, comment: str, choices: RetakeChoices) -> Run:
    chosen = studio.local.retakes.plan(review, comment, choices).chosen
    assert chosen
    sent = replace(choices, model=chosen.model.id)
    return studio.local.retakes.start(review, comment, sent, terms=chosen.terms)[0]


def uploaded(server: AlibabaServer, link: str) -> bytes:
    return server.uploads[link.removeprefix("oss://")][1]


def test_the_drawn_box_reaches_the_provider_as_a_mask_of_the_clips_size(
    studio: Studio, server: AlibabaServer, tmp_path: Path
) -> None:
    review, comment, asset = commented(studio, tmp_path, "remove the red ball")
    shown = studio.local.retakes.plan(review, comment, RetakeChoices("region"))
    assert shown.chosen and shown.chosen.model.id == VACE and shown.public()["masked"]
    assert shown.prompt and shown.prompt.unnamed and "ball" not in shown.chosen.body["prompt"]
    run = press(studio, review, comment, RetakeChoices("region"))
    assert run.estimate_usd == pytest.approx(shown.chosen.usd_each) and run.estimate_usd
    assert studio.local.runs.wait([run.id], timeout_s=30)[0].status == "succeeded"
    [task] = server.tasks.values()
    given = task.body["input"]
    assert (given["function"], given["mask_frame_id"]) == ("video_edit", 13)
    assert run.request.video == asset
    with Image.open(io.BytesIO(uploaded(server, given["mask_image_url"]))) as picture:
        mask = np.array(picture.convert("L"))
    ys, xs = np.nonzero(mask)
    assert mask.shape == (360, 640) and set(np.unique(mask)) == {0, 255}
    assert (xs.min(), xs.max(), ys.min(), ys.max()) == (160, 320, 90, 270)
    content = studio.local.reviews.get(review).content
    assert content.versions[1].answers == comment and content.comments[0].retake_run == run.id


def test_an_edit_costs_what_the_dialog_said(studio: Studio, server: AlibabaServer, tmp_path: Path) -> None:
    review, comment, _ = commented(studio, tmp_path, "make the ball blue")
    choices = RetakeChoices("edit", "alibaba/wan2.7-videoedit", seed="new", people="no")
    shown = studio.local.retakes.plan(review, comment, choices)
    assert shown.chosen and shown.chosen.usd_each and not shown.question
    run = press(studio, review, comment, choices)
    assert run.estimate_usd == shown.chosen.usd_each == shown.public()["model"]["usd"]
    assert run.request.real_people is False
    done = studio.local.runs.wait([run.id], timeout_s=30)[0]
    assert (done.status, len(server.tasks)) == ("succeeded", 1)


def test_the_question_about_real_people_is_told_before_and_asked_of_the_run(studio: Studio, tmp_path: Path) -> None:
    review, comment, _ = commented(studio, tmp_path, "make the ball blue")
    choices = RetakeChoices("edit", "alibaba/wan2.7-videoedit")
    shown = studio.local.retakes.plan(review, comment, choices)
    assert shown.question and shown.public()["asks_people"]
    run = press(studio, review, comment, choices)
    assert (run.status, run.held_reason) == ("held", "consent")
    agreed = studio.local.retakes.plan(review, comment, replace(choices, people="yes"))
    assert not agreed.question and agreed.chosen and agreed.chosen.body["consent"] is True


def test_a_spending_limit_refuses_before_anything_is_kept(
    studio: Studio, server: AlibabaServer, tmp_path: Path
) -> None:
    """Neither a run nor a version, nor the mask that was drawn for it."""
    review, comment, _ = commented(studio, tmp_path, "make the ball blue")
    studio.admin.set_limits(run_usd=0.01)
    shown = studio.local.retakes.plan(review, comment, RetakeChoices("region"))
    assert "limit" in shown.refusal
    with pytest.raises(BudgetError):
        press(studio, review, comment, RetakeChoices("region"))
    assert studio.local.gallery.search().total == 0 and not server.tasks
    content = studio.local.reviews.get(review).content
    assert len(content.versions) == 1 and content.comments[0].retake_run is None
    assert [one.name for one in studio.local.assets.uploads([Kind.IMAGE])] == []


def test_what_was_brought_in_has_no_run_to_repeat(studio: Studio, tmp_path: Path) -> None:
    review, comment, _ = commented(studio, tmp_path, "make the ball blue")
    plan = studio.local.retakes.plan(review, comment)
    assert {one.way: getattr(one.refusal, "id", "") for one in plan.ways if one.refusal} == {"again": "retake.no_run"}
    assert plan.chosen and plan.chosen.readiness.ready and plan.way == "from_frame"


def test_a_clip_that_is_too_long_for_the_model_says_so(studio: Studio, tmp_path: Path) -> None:
    review, comment, _ = commented(studio, tmp_path, "make the ball blue", seconds=8)
    [region] = [one for one in studio.local.retakes.plan(review, comment).ways if one.way == "region"]
    assert region.best is None and "VACE" in region.refusal and "5 s" in region.refusal
