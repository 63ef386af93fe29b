"""Where to run this?: for every task of the real catalogue, what each model would do, cost and change, by the rules of
submit and of the form; nothing is listed as exact that asks for something else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr

from studio.catalogue import form_values, validation
from studio.domain import JSON, Task
from studio.errors import CapabilityError
from studio.services.alternatives import Alternative
from studio.settings import Settings
from studio.studio import Studio

ALIBABA = {"task": "text-to-video", "model": "alibaba/wan2.6-t2v", "prompt": "a red fox", "duration_s": 10}
FORMS = {
    "a clip": ALIBABA | {"width": 1280, "height": 720, "seed": 7},
    "a silent clip": ALIBABA | {"model": "draft/animatic", "width": 720, "height": 1280, "audio": False},
    "several of 15 s": ALIBABA | {"width": 1920, "height": 1080, "duration_s": 15, "n": 3},
    "a picture": {"task": "text-to-image", "model": "alibaba/wan2.6-t2i", "prompt": "a fox", "n": 2},
    "an own setting": {"task": "text-to-video", "model": "draft/animatic", "prompt": "a fox", "fps": 12},
}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The real catalogue and engines; a key for fal alone."""
    settings = Settings(data=tmp_path_factory.mktemp("where") / "data", secrets={"FAL_KEY": SecretStr("k:x")})
    with Studio.open(settings, start=False) as opened:
        yield opened


def by_id(found: list[Alternative]) -> dict[str, Alternative]:
    return {one.model.id: one for one in found}


@pytest.mark.parametrize("name", FORMS)
def test_every_model_is_listed_with_a_request_that_it_takes(studio: Studio, name: str) -> None:
    """What is not refused passes the checks of submit as it stands, and costs what an estimate of it says."""
    body = FORMS[name]
    found = studio.local.alternatives.of_request(body)
    task = Task(body["task"])
    assert {one.model.id for one in found} == {m.id for m in studio.catalogue.for_task(task)}
    assert found[0].current and found[0].model.id == body["model"] and not found[0].changes
    for one in found:
        assert one.body["model"] == one.model.id
        if one.fit != "refused":
            estimate = studio.local.requests.estimate([one.body])
            assert one.estimate and one.estimate.usd == estimate.usd, one.model.id
            assert one.runs == estimate.runs == one.body["n"]


@pytest.mark.parametrize("name", FORMS)
def test_exact_means_the_same_request(studio: Studio, name: str) -> None:
    """Size, length, number and files of an exact row are those asked for; a changed row says what it changes."""
    body = FORMS[name]
    found = studio.local.alternatives.of_request(body)
    asked = studio.local.requests.validate(body, ready=False).request
    for one in found:
        request = validation.parse(dict(one.body), studio.catalogue)
        request = validation.complete(request, one.model)
        same = all(getattr(request, k) == getattr(asked, k) for k in ("width", "height", "duration_s", "n", "prompt"))
        assert same or one.fit != "exact", (one.model.id, one.body)
        assert one.changes or one.fit != "changed", one.model.id


def test_the_same_model_elsewhere_comes_first_then_what_changes_nothing_then_the_price(studio: Studio) -> None:
    found = studio.local.alternatives.of_request(FORMS["a clip"])
    same = [one for one in found if one.same_model and one.fit != "refused"]
    assert found[: len(same)] == same
    assert {"fal", "wavespeed", "kie", "runware", "replicate"} <= {one.model.provider for one in same}
    exact = [one for one in same if one.fit == "exact" and not one.current]
    priced = [one.estimate.usd for one in exact if one.estimate and one.estimate.usd is not None]
    assert priced == sorted(priced) and priced
    assert [one.fit for one in found].index("refused") >= sum(one.fit != "refused" for one in found)


def test_what_a_model_changes_is_said_by_message_ids(studio: Studio) -> None:
    rows = by_id(
        studio.local.alternatives.of_request(FORMS["several of 15 s"] | {"seed": 5, "negative_prompt": "blur"})
    )
    changed = {getattr(c, "id", c) for one in rows.values() for c in one.changes}
    assert changed >= {"compare.size", "compare.duration", "compare.sound_off", "compare.negative_unused"}
    fast = rows["replicate/wan2.2-t2v-fast"]
    assert {"compare.duration", "compare.sound_off"} <= {getattr(c, "id", c) for c in fast.changes}
    own = by_id(studio.local.alternatives.of_request(FORMS["an own setting"]))
    assert "compare.fps" in {getattr(c, "id", c) for c in own["alibaba/wan2.6-t2v"].changes}


@pytest.mark.parametrize(
    ("body", "model", "tier"),
    [
        (
            {"model": "draft/animatic", "task": "text-to-image", "width": 1024, "height": 1024},
            "kie/wan2.7-image",
            "1K",
        ),
        (ALIBABA | {"width": 1920, "height": 1080}, "kie/wan2.6-t2v", "1080P"),
        (ALIBABA | {"width": 720, "height": 1280}, "kie/wan2.6-t2v", "720P"),
    ],
)
def test_a_model_with_tiers_alone_gets_the_nearest(studio: Studio, body: JSON, model: str, tier: str) -> None:
    """Not its default, which may be the dearest."""
    assert by_id(studio.local.alternatives.of_request({"prompt": "a fox"} | body))[model].body["tier"] == tier


def test_keys_credits_and_unknown_prices_are_told(studio: Studio) -> None:
    rows = by_id(studio.local.alternatives.of_request(FORMS["a clip"]))
    assert rows["fal/wan2.6-t2v"].readiness.ready and rows["fal/wan2.6-t2v"].readiness.needs == ()
    kie = rows["kie/wan2.6-t2v"]
    assert kie.readiness.needs == ("KIE_API_KEY",) and "KIE_API_KEY" in (kie.readiness.missing or "")
    assert kie.credits and kie.usd_each == pytest.approx(kie.credits * 0.005)
    unknown = [one for one in rows.values() if one.estimate and one.estimate.usd is None]
    assert unknown and all(one.estimate and one.estimate.warnings for one in unknown)
    assert rows["draft/animatic"].usd_each == 0


def test_the_usual_time_is_our_own_history_once_there_is_any(studio: Studio) -> None:
    body = FORMS["a clip"]
    before = by_id(studio.local.alternatives.of_request(body))["fal/wan2.6-t2v"].expected
    assert before and before.source == "catalogue" and before.runs == 0
    for _ in range(5):
        studio.context.jobs.history.add("fal/wan2.6-t2v 1280x720 10s", 42.0)
    after = by_id(studio.local.alternatives.of_request(body))["fal/wan2.6-t2v"].expected
    assert after and (after.source, after.runs, after.seconds) == ("history", 5, 42.0)


def test_a_request_beyond_its_own_row_is_refused_with_the_field(studio: Studio) -> None:
    with pytest.raises(CapabilityError) as caught:
        studio.local.alternatives.of_request(ALIBABA | {"duration_s": 400})
    assert caught.value.field == "duration_s"


@pytest.mark.parametrize("task", Task)
def test_a_form_that_is_not_finished_is_priced_already(studio: Studio, task: Task) -> None:
    """No words and no files yet: that is not held against any model."""
    model = next(m for m in studio.catalogue.for_task(task) if m.provider == "alibaba")
    values = form_values.from_request({}, model, task) | {"media": {}}
    rows = by_id(studio.local.alternatives.of_form(values, model, task))
    assert rows[model.id].refusals == ()
    assert any(one.refusals == () and one.estimate and one.estimate.usd for one in rows.values())


def test_a_prompt_too_long_for_a_model_is_refused_there_and_fits_elsewhere(studio: Studio) -> None:
    rows = by_id(studio.local.alternatives.of_request(ALIBABA | {"prompt": "fox " * 360}))
    refused = [one for one in rows.values() if one.refusals]
    assert any(getattr(why, "id", "") == "prompt.too_long" for one in refused for why in one.refusals)
    assert any(one.fit == "exact" for one in rows.values() if not one.current)


def test_files_go_along_and_references_get_the_new_names(studio: Studio, tmp_path: Path) -> None:
    Image.new("RGB", (640, 640), "teal").save(tmp_path / "a.png")
    picture = studio.local.assets.add(tmp_path / "a.png", name="a.png")
    body: JSON = {
        "task": "reference-to-video",
        "model": "alibaba/wan2.6-r2v-flash",
        "prompt": "character1 runs, then character1 stops",
    }
    body |= {"references": [picture.id], "duration_s": 5, "consent": True}
    rows = by_id(studio.local.alternatives.of_request(body))
    other = rows["fal/wan2.7-r2v"]
    assert other.body["references"] == [picture.id] and other.body["consent"] is True
    assert other.body["prompt"] == "Image 1 runs, then Image 1 stops"
    assert "compare.references" in {getattr(c, "id", c) for c in other.changes}
