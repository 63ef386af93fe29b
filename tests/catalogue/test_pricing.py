"""What a row's price list makes of a request, in every unit that providers bill in, and which rows it refuses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from studio.catalogue import Model, load, pricing
from studio.domain import JSON, REQUEST

PARAMS: JSON = {
    "count": {"type": "int", "label": "Pictures", "min": 1, "max": 6, "default": 1},
    "series": {"type": "bool", "label": "Series"},
    "quality": {"type": "choice", "label": "Quality", "choices": ["low", "high"]},
}


def row(*prices: JSON, **more: Any) -> Model:
    facts: JSON = {"id": "one/m", "provider": "one", "label": "M", "family": "wan", "tasks": ["text-to-image"]}
    facts |= {"source": "https://example.test", "checked": date(2026, 11, 29), "params": PARAMS, "prices": prices}
    return Model.model_validate(facts | more)


def usd(model: Model, **asked: Any) -> float | None:
    body = {"task": "text-to-image", "model": "one/m", "prompt": "a"} | asked
    return pricing.price(REQUEST.validate_python(body), model, {})


COUNT = {"outputs": {"param": "count"}}
SERIES = {"outputs": {"param": "count", "when": {"series": True}}}
CREDITS = {"credit_usd": 0.005}
TOKENS = ({"unit": "token", "usd": 4e-5, "quantity": 4160, "when": {"quality": "high"}}, {"unit": "token", "usd": 4e-5})


@pytest.mark.parametrize(
    ("model", "asked", "expected"),
    [
        (row({"unit": "image", "usd": 0.03}), {"params": {"count": 4}}, 0.03),
        (row({"unit": "image", "usd": 0.03}, **COUNT), {"params": {"count": 4}}, 0.12),
        (row({"unit": "image", "usd": 0.03}, **SERIES), {"params": {"count": 4}}, 0.03),
        (row({"unit": "image", "usd": 0.03}, **SERIES), {"params": {"count": 4, "series": True}}, 0.12),
        (row({"unit": "run", "usd": 0.03}, **COUNT), {"params": {"count": 4}}, 0.03),
        (row({"unit": "image", "credits": 6}, **CREDITS, **COUNT), {"params": {"count": 2}}, 0.06),
        (row({"unit": "second", "credits": 14}, **CREDITS), {"duration_s": 5}, 0.35),
        (row({"unit": "credit", "usd": 0.005, "quantity": 70}), {}, 0.35),
        (row({"unit": "credit", "usd": 0.005}), {}, None),
        (row(*TOKENS, **COUNT), {"params": {"quality": "high", "count": 2}}, 0.3328),
        (row(*TOKENS, **COUNT), {"params": {"quality": "low"}}, None),
        (
            row({"unit": "megapixel", "usd": 0.01}, **COUNT),
            {"width": 1000, "height": 500, "params": {"count": 2}},
            0.01,
        ),
        (row(), {}, None),
    ],
)
def test_each_unit_is_priced_as_the_row_says(model: Model, asked: JSON, expected: float | None) -> None:
    """None: known only when it is billed."""
    assert usd(model, **asked) == expected


def test_what_a_provider_reports_becomes_money_by_the_rates() -> None:
    model = row({"unit": "image", "credits": 6}, {"unit": "second", "credits": 2}, **CREDITS)
    request = REQUEST.validate_python({"task": "text-to-image", "model": "one/m", "prompt": "a"})
    rates = pricing.rates(request, model)
    assert rates == {"image": 0.03, "second": 0.01, "credit": 0.005}
    assert pricing.billed({"credit": 104.5}, rates) == 0.5225
    assert pricing.billed({"image": 2, "second": 5}, rates) == 0.11
    assert pricing.billed({"token": 5}, rates) is pricing.billed({}, rates) is None


@pytest.mark.parametrize(
    ("prices", "more", "words"),
    [
        ([{"unit": "image"}], {}, "either in usd or in credits"),
        ([{"unit": "image", "usd": 1, "credits": 2}], CREDITS, "either in usd or in credits"),
        ([{"unit": "image", "credits": 2}], {}, "need credit_usd"),
        ([{"unit": "image", "usd": 1}], {"outputs": {"param": "none"}}, "there is no none"),
        ([{"unit": "minute", "usd": 1}], {}, "unit"),
    ],
)
def test_a_price_that_cannot_be_read_is_refused_with_its_row(prices: list[JSON], more: JSON, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        row(*prices, **more)


def test_a_model_is_found_at_every_provider_that_serves_exactly_it() -> None:
    catalogue = load()
    same = {m.id for m in catalogue.providers_of("wan2.2-t2v-a14b")}
    assert {"comfyui/wan2.2-t2v-a14b", "local/wan2.2-t2v-a14b"} <= same
    assert "fal/wan2.2-t2v-a14b-turbo" not in same, "a distilled model is another one"
    assert {m.provider for m in catalogue.providers_of("wan2.6-t2v")} >= {"alibaba", "fal"}
    edits = {m.id for m in catalogue.providers_of("qwen-image-edit-2511")}
    assert "comfyui/qwen-image-edit" in edits and "local/qwen-image-edit" not in edits, "2509 and 2511 are two models"
    assert catalogue.providers_of("") == []
