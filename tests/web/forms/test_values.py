"""A form's values as requests and back, for every row of the catalogue: nothing typed is lost or silently changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from studio.catalogue import Model, form_sizes, form_values, load, validation
from studio.domain import Task
from studio.web.forms import fields

CATALOGUE = load()
DRAFT, WAN = CATALOGUE.get("draft/animatic"), CATALOGUE.get("alibaba/wan2.6-t2v")
CLIP = Task.TEXT_TO_VIDEO


def each_row(test: Callable[[Model, Task], None]) -> Callable[[Task], None]:
    """The test of a row, once for each task over all of its rows: a case of its own for each of 1,500 cost more time
    than what it tests. Says which rows fail."""

    def all_rows(task: Task) -> None:
        faults: list[str] = []
        for model in CATALOGUE.for_task(task):
            try:
                test(model, task)
            except AssertionError as error:
                faults.append(f"{model.id}: {error}")
        assert faults == []

    all_rows.__name__, all_rows.__doc__ = test.__name__, test.__doc__
    return pytest.mark.parametrize("task", Task)(all_rows)


def refusals(body: dict[str, object]) -> list[str]:
    """What the row says about everything but missing media."""
    request = validation.parse(dict(body), CATALOGUE)
    model = CATALOGUE.get(request.model)
    found = validation.problems(validation.complete(request, model), model, {})
    return [str(p) for p in found if p.field not in form_values.MEDIA]


@each_row
def test_a_fresh_form_is_a_request_that_its_row_takes(model: Model, task: Task) -> None:
    form = form_values.from_request({}, model, task) | {"prompt": "a fox"}
    [body] = form_values.to_requests(form, model, task)
    assert refusals(body) == []


@each_row
def test_a_form_filled_from_a_request_gives_that_request_again(model: Model, task: Task) -> None:
    form = form_values.from_request({}, model, task) | {"prompt": "a fox", "seed_mode": "fixed", "seed": 42, "n": 1}
    [body] = form_values.to_requests(form, model, task)
    assert form_values.to_requests(form_values.from_request(body, model, task), model, task) == [body]


@each_row
def test_any_model_follows_any_other_of_its_task_within_its_row(model: Model, task: Task) -> None:
    """By a dozen others each, spread over all: every row is left and reached so often."""
    rows = CATALOGUE.for_task(task)
    apart = max(1, len(rows) // 12)
    form = form_values.from_request({}, model, task) | {"prompt": "a fox", "seed_mode": "fixed", "seed": 70_000}
    for other in rows[rows.index(model) * 7 % apart :: apart]:
        moved, _ = form_values.switch_model(form, model, other, task)
        [body] = form_values.to_requests(moved, other, task)
        assert (moved["prompt"], refusals(body)) == ("a fox", []), other.id


@pytest.mark.parametrize("task", Task)
def test_a_number_that_may_stay_empty_is_text(task: Task) -> None:
    """A slider or a number without a value shows 0 and sends it, which no row takes."""
    empty = {n for m in CATALOGUE.for_task(task) for n, s in m.params_for(task).items() if s.default is None}
    drawn = {f.key: f.spec["type"] for f in fields.fields(CATALOGUE, task) if f.key in empty}
    assert [key for key, kind in drawn.items() if kind in ("slider", "number")] == []


@pytest.mark.parametrize(
    ("typed", "sent"),
    [("", None), ("12", 12), (" 12 ", 12), (12.0, 12), ("2.5", 2.5), ("many", "many"), ("nan", "nan")],
)
def test_a_typed_number_is_sent_as_one(typed: object, sent: object) -> None:
    model = CATALOGUE.get("local/wan2.2-t2v-a14b")
    form = form_values.from_request({}, model, CLIP) | {"prompt": "a fox", "steps": typed}
    assert form_values.to_requests(form, model, CLIP)[0].get("steps") == sent


def test_a_switch_goes_to_the_nearest_and_says_so() -> None:
    start = {"width": 960, "height": 412, "duration_s": 33.5, "n": 12, "seed": 4}
    form = form_values.from_request(start, DRAFT, CLIP) | {"prompt": "a fox"}
    moved, notes = form_values.switch_model(form, DRAFT, WAN, CLIP)
    said = {n["key"]: (n["from"], n["to"]) for n in notes if "key" in n}
    assert said["forms.changed_size"] == ("960 × 412", "1280 × 720")
    assert said["forms.changed_duration"] == ("33.5 s", "15 s")
    assert moved["seed"] == "4"


def test_a_switch_that_changes_nothing_the_user_chose_says_nothing() -> None:
    form = form_values.from_request({}, DRAFT, CLIP) | {"prompt": "a fox"}
    assert form_values.switch_model(form, DRAFT, WAN, CLIP)[1] == []


def test_typed_text_is_never_shortened_by_a_switch() -> None:
    long = "x" * 4000
    moved, _ = form_values.switch_model(form_values.from_request({}, DRAFT, CLIP) | {"prompt": long}, DRAFT, WAN, CLIP)
    assert moved["prompt"] == long


def test_the_seed_is_left_to_the_studio_when_random() -> None:
    form = form_values.from_request({"seed": 5}, DRAFT, CLIP) | {"seed_mode": "random"}
    assert "seed" not in form_values.to_request(form, DRAFT, CLIP)
    assert form_values.to_request(form | {"seed_mode": "locked"}, DRAFT, CLIP)["seed"] == 5


def test_a_size_of_ones_own_is_kept_where_the_row_allows_it() -> None:
    form = form_values.from_request({"width": 1000, "height": 500}, DRAFT, CLIP)
    assert form["aspect"] == form_sizes.CUSTOM
    assert {k: form_values.to_request(form, DRAFT, CLIP)[k] for k in ("width", "height")} == {
        "width": 1000,
        "height": 500,
    }


def test_what_follows_the_input_is_left_open() -> None:
    task = Task.VIDEO_TO_VIDEO
    body = form_values.to_request(form_values.from_request({}, DRAFT, task), DRAFT, task)
    assert not {"width", "height", "tier", "duration_s", "fps"} & body.keys()


def test_a_voice_stays_with_its_reference_through_form_and_request() -> None:
    """Its place in the list does not matter, and a model without voices leaves it out and says so."""
    wan27, wan26, task = (
        CATALOGUE.get("alibaba/wan2.7-r2v"),
        CATALOGUE.get("alibaba/wan2.6-r2v"),
        Task.REFERENCE_TO_VIDEO,
    )
    told = {"model": wan27.id, "references": ["a", "b"], "reference_voices": {"b": "v"}}
    form = form_values.from_request(told, wan27, task) | {"prompt": "hello", "media": form_values.media_of(told)}
    form["media"]["references"] = [{"id": "b", "voice": {"id": "v"}}, {"id": "a"}]
    body = form_values.to_request(form, wan27, task)
    assert (body["references"], body["reference_voices"]) == (["b", "a"], {"b": "v"})
    moved, notes = form_values.switch_model(form, wan27, wan26, task)
    assert "reference_voices" not in form_values.to_request(moved, wan26, task)
    assert [n for n in notes if n.get("from") == "Voice"]
    assert form_values.to_request(form_values.switch_model(moved, wan26, wan27, task)[0], wan27, task)[
        "reference_voices"
    ] == {"b": "v"}


@each_row
def test_there_and_back_gives_the_own_shape_size_and_length_back(model: Model, task: Task) -> None:
    """By way of another model of the task, and of two of them; the first, a middle and the last of its sizes."""
    others = CATALOGUE.for_task(task)[:3]
    offer = form_sizes.sizes_for(model, task)
    every = [(s.aspect, s.tier) for s in offer.listed] or [(None, t) for t in offer.tiers]
    for aspect, tier in every[:: max(1, len(every) // 2)]:
        chosen = form_sizes.resolve(
            model, task, form_values.from_request({}, model, task) | {"aspect": aspect, "tier": tier}
        )
        chosen |= {"prompt": "a fox"}
        for other, third in zip(others, [*others[1:], others[0]], strict=True):
            there = form_values.switch_model(chosen, model, other, task)[0]
            further = form_values.switch_model(there, other, third, task)[0]
            for back in (
                form_values.switch_model(there, other, model, task)[0],
                form_values.switch_model(further, third, model, task)[0],
            ):
                assert {k: back.get(k) for k in ("aspect", "tier")} == {"aspect": aspect, "tier": tier}
                assert form_values.to_request(back, model, task) == form_values.to_request(chosen, model, task)


def test_what_was_set_between_two_switches_is_the_new_own() -> None:
    form = form_values.from_request({"width": 832, "height": 480}, DRAFT, CLIP) | {"prompt": "a fox"}
    there = form_values.switch_model(form, DRAFT, WAN, CLIP)[0] | {"aspect": "1:1"}
    back = form_values.switch_model(there, WAN, DRAFT, CLIP)[0]
    assert back["aspect"] == "1:1"


@pytest.mark.parametrize(
    "origin",
    [None, 7, {"size": 1}, {"size": {"values": 1}}, {"size": {"model": [], "values": {}, "body": {}, "made": {}}}],
)
def test_an_origin_that_makes_no_sense_is_ignored(origin: object) -> None:
    form = form_values.from_request({}, DRAFT, CLIP) | {"prompt": "a fox", "origin": origin}
    assert form_values.switch_model(form, DRAFT, WAN, CLIP)[0]["prompt"] == "a fox"


@each_row
def test_what_is_lit_is_what_is_sent(model: Model, task: Task) -> None:
    """Every shape with every tier: what is offered together is sent as it is, the rest settles on something that is."""
    offer = form_sizes.sizes_for(model, task, {"first_frame": [{"id": "a"}]})
    media = {"first_frame": [{"id": "a"}]} if "first_frame" in model.inputs_for(task) else {}
    for aspect in (*offer.aspects, form_sizes.AUTO, form_sizes.CUSTOM):
        for tier in (*offer.tiers, form_sizes.AUTO, "gone"):
            form = {"aspect": aspect, "tier": tier, "width": 640, "height": 480, "media": media}
            lit = form_sizes.resolve(model, task, form)
            choices = form_sizes.choices(model, task, lit)
            assert all(
                lit[k] in choices[k]
                for k in choices
                if choices[k] and (k, lit["aspect"]) != ("tier", form_sizes.CUSTOM)
            )
            sent = form_sizes.to_request(model, task, lit)
            assert sent == form_sizes.to_request(model, task, form)
            if lit["aspect"] in offer.aspects:
                shown = [s for s in offer.listed if (s.width, s.height) == (sent["width"], sent["height"])]
                assert (lit["aspect"], lit["tier"] if choices["tier"] else shown[0].tier) in {
                    (s.aspect, s.tier) for s in shown
                }


def test_a_sound_without_a_picture_offers_no_shape_of_an_input_and_keeps_its_size() -> None:
    """The shape of a sound means nothing; with a first frame it is the frame's."""
    task = Task.AUDIO_TO_VIDEO
    form = form_values.from_request({}, DRAFT, task) | {"tier": "480P"}
    assert form_sizes.AUTO not in form_sizes.choices(DRAFT, task, form)["aspect"]
    assert form_sizes.to_request(DRAFT, task, form) == {"width": 832, "height": 480}
    framed = form | {"media": {"first_frame": [{"id": "a"}]}, "aspect": form_sizes.AUTO}
    assert form_sizes.AUTO in form_sizes.choices(DRAFT, task, framed)["aspect"]
    assert form_sizes.to_request(DRAFT, task, framed) == {"tier": "480P"}


def test_a_row_that_asks_for_a_tier_keeps_one_when_the_shape_is_the_inputs() -> None:
    model = CATALOGUE.get("alibaba/wan3.0-video")
    task = Task.IMAGE_TO_VIDEO
    form = form_values.from_request({}, model, task)
    form |= {"media": {"first_frame": [{"id": "a"}]}, "aspect": form_sizes.AUTO}
    assert form_sizes.choices(model, task, form)["tier"] == ["480P", "720P", "1080P"]
    assert form_sizes.to_request(model, task, form | {"tier": "480P"}) == {"tier": "480P"}
