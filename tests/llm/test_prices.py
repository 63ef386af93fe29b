"""What tokens cost: by the list of the region, in steps of the question's length, and unknown where no list says it."""

from __future__ import annotations

import pytest

from studio.engines.alibaba.regions import WORKSPACE
from studio.llm import prices, tokens
from studio.llm.endpoint import Endpoint, is_own_network


def at(price_list: str) -> Endpoint:
    return Endpoint("alibaba", "https://models.example/v1", "qwen-plus", "there", price_list=price_list)


def test_lists_belong_to_regions_and_have_sound_prices() -> None:
    assert set(prices.lists()) <= set(WORKSPACE)
    for rows in prices.lists().values():
        assert all(0 < row.input <= row.output < 100 and row.upto >= 1000 for row in rows)
        assert len({(row.model, row.upto) for row in rows}) == len(rows)


def test_prices_rise_with_the_length_of_the_question() -> None:
    """CNY 2.5 and 10 for a million tokens up to 32K, 4 and 16 up to 128K; beyond, no list was read."""
    rate = 0.143353
    assert prices.usd(at("beijing"), "qwen3-max", 32_000, 1000) == pytest.approx(
        (32_000 * 2.5 + 1000 * 10) / 1e6 * rate
    )
    assert prices.usd(at("beijing"), "qwen3-max", 32_001, 1000) == pytest.approx((32_001 * 4 + 1000 * 16) / 1e6 * rate)
    assert prices.usd(at("beijing"), "qwen3-max", 128_001, 1000) is None


def test_what_stands_in_no_list_is_unknown_and_the_own_machine_is_free() -> None:
    assert prices.usd(at("tokyo"), "qwen-plus", 100, 100) is None
    assert prices.usd(at("beijing"), "gpt-9", 100, 100) is None
    hosted = Endpoint("address", "https://api.example.com/v1", "qwen-plus", "there")
    assert prices.usd(hosted, "qwen-plus", 100, 100) is None
    assert prices.usd(Endpoint("address", "http://127.0.0.1:11434/v1", "m", "here"), "m", 100, 100) == 0


@pytest.mark.parametrize("own", ["localhost", "127.0.0.1", "[::1]", "192.168.1.5", "10.0.0.2", "ollama", "box.local"])
def test_the_own_network_is_told_by_its_address(own: str) -> None:
    assert is_own_network(f"http://{own}:11434/v1")


@pytest.mark.parametrize(
    "other", ["api.example.com", "8.8.8.8", "169.254.169.254", "localhost.example.com", "[2606::1]"]
)
def test_nothing_else_is_free(other: str) -> None:
    assert not is_own_network(f"http://{other}/v1")


def test_tokens_are_never_reckoned_too_low() -> None:
    """A token is 3 to 4 letters of English, or 1 to 1.8 Chinese characters."""
    assert tokens.at_most("a fox runs on") >= len("a fox runs on") / 4
    assert tokens.at_most("狐狸在跑") == 4
    assert tokens.at_most("") == 0
