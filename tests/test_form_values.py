"""A form's values as requests and back, for every row of the catalogue: nothing typed is lost or silently changed."""

from __future__ import annotations

import pytest

from studio.catalogue import Model, load, rules
from studio.domain import Task
from studio.ui import sizes, values

CATALOGUE = load()
ROWS = [(m, t) for m in CATALOGUE for t in m.tasks]
DRAFT, WAN = CATALOGUE.get("draft/animatic"), CATALOGUE.get("alibaba/wan2.6-t2v")
CLIP = Task.TEXT_TO_VIDEO


def refusals(body: dict[str, object]) -> list[str]:
    """What the row says about everything but missing media."""
    request = rules.parse(dict(body), CATALOGUE)
    model = CATALOGUE.get(request.model)
    found = rules.problems(rules.complete(request, model), model, {})
    return [str(p) for p in found if p.field not in values.MEDIA]


@pytest.mark.parametrize(("model", "task"), ROWS, ids=lambda v: getattr(v, "id", str(v)))
def test_a_fresh_form_is_a_request_that_its_row_takes(model: Model, task: Task) -> None:
    form = values.values_of({}, model, task) | {"prompt": "a fox"}
    [body] = values.bodies_of(form, model, task)
    assert refusals(body) == []


@pytest.mark.parametrize(("model", "task"), ROWS, ids=lambda v: getattr(v, "id", str(v)))
def test_a_form_filled_from_a_request_gives_that_request_again(model: Model, task: Task) -> None:
    form = values.values_of({}, model, task) | {"prompt": "a fox", "seed_mode": "fixed", "seed": 42, "n": 1}
    [body] = values.bodies_of(form, model, task)
    assert values.bodies_of(values.values_of(body, model, task), model, task) == [body]


@pytest.mark.parametrize(("model", "task"), ROWS, ids=lambda v: getattr(v, "id", str(v)))
def test_any_model_follows_any_other_of_its_task_within_its_row(model: Model, task: Task) -> None:
    for other in CATALOGUE.for_task(task):
        form = values.values_of({}, model, task) | {"prompt": "a fox", "seed_mode": "fixed", "seed": 7}
        moved, _ = values.switched(form, model, other, task)
        [body] = values.bodies_of(moved, other, task)
        assert (moved["prompt"], refusals(body)) == ("a fox", [])


def test_a_switch_goes_to_the_nearest_and_says_so() -> None:
    start = {"width": 960, "height": 412, "duration_s": 33.5, "n": 12, "seed": 4}
    form = values.values_of(start, DRAFT, CLIP) | {"prompt": "a fox"}
    moved, notes = values.switched(form, DRAFT, WAN, CLIP)
    said = {n["key"]: (n["from"], n["to"]) for n in notes if "key" in n}
    assert said["forms.changed_size"] == ("960 × 412", "1280 × 720")
    assert said["forms.changed_duration"] == ("33.5 s", "15 s")
    assert moved["seed"] == 4


def test_a_switch_that_changes_nothing_the_user_chose_says_nothing() -> None:
    form = values.values_of({}, DRAFT, CLIP) | {"prompt": "a fox"}
    assert values.switched(form, DRAFT, WAN, CLIP)[1] == []


def test_typed_text_is_never_shortened_by_a_switch() -> None:
    long = "x" * 4000
    moved, _ = values.switched(values.values_of({}, DRAFT, CLIP) | {"prompt": long}, DRAFT, WAN, CLIP)
    assert moved["prompt"] == long


def test_the_seed_is_left_to_the_studio_when_random() -> None:
    form = values.values_of({"seed": 5}, DRAFT, CLIP) | {"seed_mode": "random"}
    assert "seed" not in values.body_of(form, DRAFT, CLIP)
    assert values.body_of(form | {"seed_mode": "locked"}, DRAFT, CLIP)["seed"] == 5


def test_a_size_of_ones_own_is_kept_where_the_row_allows_it() -> None:
    form = values.values_of({"width": 1000, "height": 500}, DRAFT, CLIP)
    assert form["aspect"] == sizes.CUSTOM
    assert {k: values.body_of(form, DRAFT, CLIP)[k] for k in ("width", "height")} == {"width": 1000, "height": 500}


def test_what_follows_the_input_is_left_open() -> None:
    task = Task.VIDEO_TO_VIDEO
    body = values.body_of(values.values_of({}, DRAFT, task), DRAFT, task)
    assert not {"width", "height", "tier", "duration_s", "fps"} & body.keys()


def test_a_voice_stays_with_its_reference_through_form_and_request() -> None:
    """Its place in the list does not matter, and a model without voices leaves it out and says so."""
    wan27, wan26, task = (
        CATALOGUE.get("alibaba/wan2.7-r2v"),
        CATALOGUE.get("alibaba/wan2.6-r2v"),
        Task.REFERENCE_TO_VIDEO,
    )
    told = {"model": wan27.id, "references": ["a", "b"], "reference_voices": {"b": "v"}}
    form = values.values_of(told, wan27, task) | {"prompt": "hello", "media": values.media_of(told)}
    form["media"]["references"] = [{"id": "b", "voice": {"id": "v"}}, {"id": "a"}]
    body = values.body_of(form, wan27, task)
    assert (body["references"], body["reference_voices"]) == (["b", "a"], {"b": "v"})
    moved, notes = values.switched(form, wan27, wan26, task)
    assert "reference_voices" not in values.body_of(moved, wan26, task)
    assert [n for n in notes if n.get("from") == "Voice"]
    assert values.body_of(values.switched(moved, wan26, wan27, task)[0], wan27, task)["reference_voices"] == {"b": "v"}
