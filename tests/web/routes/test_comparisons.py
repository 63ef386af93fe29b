"""Where to run this? and Compare over HTTP: shapes, refusals as sentences, and the owner check everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from studio.domain import JSON
from studio.studio import Studio
from tests.support.kit import image
from tests.support.web import serving

BOTH = ["fake/image", "paid/image"]
ANN, BOB = {"x-user": "ann"}, {"x-user": "bob"}


@pytest.fixture
def web(studio: Studio) -> Iterator[httpx.Client]:
    with serving(studio) as address, httpx.Client(base_url=address, timeout=10) as client:
        yield client


def submitted(web: httpx.Client, studio: Studio, headers: dict[str, str] | None = None) -> JSON:
    """A comparison of two finished runs."""
    body = {"request": image("a fox", style="bold"), "models": BOTH, "key": "press"}
    made = web.post("/ui/comparisons/submit", json=body, headers=headers).json()
    studio.local.runs.wait([m["run"]["id"] for m in made["members"]], timeout_s=20)
    return made


def test_models_for_a_request_are_listed_with_price_time_and_changes(web: httpx.Client) -> None:
    rows = web.post("/ui/alternatives", json={"request": image("a fox", style="bold", n=2)}).json()["alternatives"]
    assert [row["model"] for row in rows] == BOTH
    assert (rows[0]["current"], rows[0]["fit"], rows[0]["changes"]) == (True, "exact", [])
    paid = rows[1]
    assert (paid["fit"], paid["usd"], paid["usd_each"], paid["runs"], paid["ready"]) == ("changed", 0.2, 0.1, 2, True)
    assert paid["changes"] == ["Style: not used"] and paid["request"]["n"] == 2
    chinese = web.post("/ui/alternatives", json={"request": image(style="bold")}, cookies={"studio_language": "zh-CN"})
    assert "不使用" in chinese.json()["alternatives"][1]["changes"][0]
    bad = web.post("/ui/alternatives", json={"request": image(style="loud")})
    assert bad.status_code == 422 and "style" in bad.json()["error"]


def test_a_comparison_has_its_runs_with_price_and_time(web: httpx.Client, studio: Studio) -> None:
    made = submitted(web, studio)
    again = web.post("/ui/comparisons/submit", json={"request": image("b"), "models": BOTH, "key": "press"}).json()
    assert again["id"] == made["id"]
    whole = web.get(f"/ui/comparisons/{made['id']}").json()
    assert [m["run"]["status"] for m in whole["members"]] == ["succeeded", "succeeded"]
    assert all(m["took_s"] >= 0 and m["provider_label"] for m in whole["members"])
    assert [m["changes"] for m in whole["members"]] == [[], ["Style: not used"]]
    assert whole["same_request"] and whole["best"] is None


def test_votes_and_win_rates(web: httpx.Client, studio: Studio) -> None:
    made = submitted(web, studio)
    best = made["members"][1]["run"]["id"]
    voted = web.post(f"/ui/comparisons/{made['id']}/vote", json={"best": best, "blind": True})
    assert voted.json()["best"] == best
    rates = web.get("/ui/win-rates?task=text-to-image").json()["rates"]
    assert [(r["model"], r["label"], r["votes"], r["few"]) for r in rates] == [
        ("paid/image", "Paid image", 1, True),
        ("fake/image", "Fake image", 1, True),
    ]
    assert web.get("/ui/win-rates?task=text-to-video").json()["rates"] == []
    assert web.get("/ui/win-rates?task=dance").status_code == 422


def test_a_comparison_is_its_owners_alone(web: httpx.Client, studio: Studio) -> None:
    made = submitted(web, studio, headers=ANN)
    ids = [m["run"]["id"] for m in made["members"]]
    at = f"/ui/comparisons/{made['id']}"
    assert web.get(at, headers=ANN).status_code == 200
    refused = [
        web.get(at, headers=BOB),
        web.post(f"{at}/vote", json={"best": ids[0]}, headers=BOB),
        web.post("/ui/comparisons", json={"runs": ids}, headers=BOB),
    ]
    assert [answer.status_code for answer in refused] == [404, 404, 404]
    assert web.get("/ui/win-rates", headers=BOB).json() == {"rates": []}


def test_the_limit_for_the_sum_is_told_in_one_sentence(web: httpx.Client, studio: Studio) -> None:
    studio.admin.set_limits(run_usd=0.05)
    refused = web.post("/ui/comparisons/submit", json={"request": image("a"), "models": BOTH})
    assert refused.status_code == 409 and "limit per run" in refused.json()["error"]
    assert web.get("/ui/runs").json()["total"] == 0
