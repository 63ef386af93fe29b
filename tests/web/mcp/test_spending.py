"""What a token may spend: nothing beyond drafts, or up to its limit, however many calls come at once."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.mcp import Agent, with_agent
from tests.web.mcp.conftest import MODEL, Site
from tests.web.mcp.test_calls import draft, paid


def test_a_token_for_drafts_spends_nothing(site: Site) -> None:
    async def story(agent: Agent) -> None:
        await agent.call("submit", requests=[draft()])
        assert "for drafts and other free models only" in await agent.refusal("submit", requests=[paid()])

    with_agent(site.url, site.token("ann", scope="drafts"), story)


def test_a_limit_holds_for_calls_at_once_and_says_what_is_left(site: Site) -> None:
    async def price(agent: Agent) -> float:
        return (await agent.call("estimate", requests=[paid()]))["usd"]

    usd = with_agent(site.url, site.token("ann"), price)

    async def story(agent: Agent) -> None:
        told = (await agent.call("estimate", requests=[paid()]))["allowance"]
        assert told["limit_usd"] == told["left_usd"] == pytest.approx(usd * 2.5)
        results = await asyncio.gather(*(agent.result("submit", requests=[paid(seed=n)]) for n in range(5)))
        assert [result.is_error for result in results].count(False) == 2
        runs = [r.structured_content["runs"][0]["id"] for r in results if r.structured_content]
        await agent.call("wait", ids=runs, timeout_s=60)
        allowance = (await agent.call("submit", requests=[draft()]))["allowance"]
        assert allowance["spent_usd"] == pytest.approx(usd * 2)
        assert allowance["left_usd"] == pytest.approx(usd / 2)
        refused = await agent.refusal("submit", requests=[paid()])
        assert f"${usd / 2:.2f} is left of the ${usd * 2.5:.2f}" in refused

    with_agent(site.url, site.token("ann", usd_limit=usd * 2.5), story)


def test_the_same_call_under_its_key_pays_once(site: Site) -> None:
    """Again after its answer, several times at once, and after a change of what it asks for."""
    before = len(site.server.tasks)

    async def story(agent: Agent) -> None:
        results = await asyncio.gather(*(agent.call("submit", requests=[paid(seed=5)], key="one") for _ in range(4)))
        [run_id] = {answer["runs"][0]["id"] for answer in results}
        again = await agent.call("submit", requests=[paid(seed=5)], key="one")
        assert [run["id"] for run in again["runs"]] == [run_id]
        assert "key one was used for another call" in await agent.refusal("submit", requests=[paid(seed=6)], key="one")
        await agent.call("wait", ids=[run_id], timeout_s=60)

        script = "Shot 1 [0-2s] a heron"
        board = await agent.call("create_storyboard", title="Heron", script=script, model=MODEL, width=832, height=480)
        await agent.call("set_shot_status", storyboard_id=board["id"], status="approved")
        ask = {"storyboard_id": board["id"], "max_usd": 5}
        renders = [await agent.call("render", **ask, key="film") for _ in range(2)]
        [render_id] = {answer["runs"][0]["id"] for answer in renders}
        await agent.refusal("render", **ask)  # without the key it is another call, and nothing is left to render
        retakes = [await agent.call("retake", **ask, shot_id=board["shots"][0]["id"], key="take two") for _ in range(2)]
        [retake_id] = {answer["id"] for answer in retakes}
        await agent.call("wait", ids=[render_id, retake_id], timeout_s=60)

    with_agent(site.url, site.token("ann"), story)
    assert len(site.server.tasks) == before + 3


def test_shots_that_follow_count_against_the_limit_before_any_is_sent(site: Site) -> None:
    """The second shot begins with the last frame of the first, and is queued by the studio itself, later."""
    script = "Shot 1 [0-2s] a heron\nShot 2 [2-4s] it flies up"

    async def board(agent: Agent) -> tuple[str, float]:
        made = await agent.call("create_storyboard", title="Flight", script=script, model=MODEL, width=832, height=480)
        changes = {"storyboard_id": made["id"], "shot_id": made["shots"][1]["id"]}
        await agent.call("edit_shot", **changes, start="previous", model="alibaba/wan2.6-i2v")
        await agent.call("set_shot_status", storyboard_id=made["id"], status="approved")
        plan = await agent.call("plan_render", storyboard_id=made["id"])
        assert (len(plan["ready"]), len(plan["follow"]), plan["blocked"]) == (1, 1, {})
        return made["id"], plan["estimate"]["usd"]

    board_id, usd = with_agent(site.url, site.token("ann"), board)

    async def story(agent: Agent) -> None:
        refused = await agent.refusal("render", storyboard_id=board_id, max_usd=usd)
        assert "that this access token may spend" in refused
        shots = (await agent.call("get_storyboard", storyboard_id=board_id))["shots"]
        assert [shot["takes"] for shot in shots] == [[], []]

    with_agent(site.url, site.token("ann", usd_limit=usd * 0.75), story)
