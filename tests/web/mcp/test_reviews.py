"""An agent in a review: it reads what people said, answers, marks, and makes the take that a comment asks for, once."""

from __future__ import annotations

import httpx

from studio.permissions import Role
from tests.support.mcp import Agent, with_agent
from tests.web.mcp.conftest import Site


def test_an_agent_works_through_a_review(site: Site) -> None:
    token = site.token("ria", Role.CREATOR)

    async def story(agent: Agent) -> str:
        body = {"task": "text-to-video", "model": "draft/animatic", "prompt": "a red boat", "duration_s": 1}
        [run] = (await agent.call("submit", requests=[body]))["runs"]
        assert (await agent.call("wait", ids=[run["id"]], timeout_s=60))["done"]
        review = await agent.call("create_review", title="Boats", run_ids=[run["id"]])
        [version] = review["items"][0]["versions"]
        assert (version["state"], version["frames"] > 0) == ("ready", True)
        assert {one["id"] for one in review["statuses"] if one["settable"]} == {"none", "wip", "feedback", "retake"}
        at = {"review_id": review["id"]}
        said = await agent.call(
            "comment",
            **at,
            version_id=version["id"],
            text="a blue boat",
            frame_in=3,
            frame_out=9,
            box=[0, 0, 1, 1],
        )
        assert (said["frame_in"], said["frame_out"], said["has_drawing"]) == (3, 9, True)
        assert "frames" in await agent.refusal("comment", **at, version_id=version["id"], text="x", frame_in=999)
        about = at | {"comment_id": said["id"]}
        plan = await agent.call("plan_comment_retake", **about, way="again", model="draft/animatic")
        assert plan["usd"] == 0
        choices = {"way": "again", "model": "draft/animatic", "max_usd": 0, "key": "boat"}
        made = await agent.call("retake_comment", **about, **choices)
        again = await agent.call("retake_comment", **about, **choices)
        assert again["version_id"] == made["version_id"]
        assert (await agent.call("wait", ids=[made["run"]["id"]], timeout_s=60))["done"]
        marked = await agent.call("set_review_status", **at, version_id=made["version_id"], status="feedback", note="?")
        assert [one["name"] for one in marked["history"]] == ["Wants feedback"]
        assert "producer" in await agent.refusal(
            "set_review_status", **at, version_id=made["version_id"], status="approved"
        )
        await agent.call("resolve_comment", **about)
        [row] = [one for one in (await agent.call("list_reviews"))["reviews"] if one["id"] == review["id"]]
        assert (row["open_comments"], row["items"]) == (0, 1)
        seen = await agent.call("get_review", **at)
        assert [one["answers"] for one in seen["items"][0]["versions"]] == [None, said["id"]]
        return seen["report"]

    link = with_agent(site.url, token, story)
    assert httpx.get(link).status_code == 401
    report = httpx.get(link, headers={"authorization": f"Bearer {token}"}, timeout=30)
    assert report.content.startswith(b"%PDF")


def test_a_token_for_reading_looks_at_a_review_and_says_nothing(site: Site) -> None:
    token, reading = site.token("ria", Role.CREATOR), site.token("ria", Role.CREATOR, scope="read")

    async def find(agent: Agent) -> dict[str, str]:
        review = (await agent.call("list_reviews"))["reviews"][0]
        seen = await agent.call("get_review", review_id=review["id"])
        return {"review_id": review["id"], "version_id": seen["items"][0]["versions"][0]["id"]}

    about = with_agent(site.url, token, find)

    async def look(agent: Agent) -> None:
        assert (await agent.call("get_review", review_id=about["review_id"]))["title"] == "Boats"
        assert await agent.refusal("comment", **about, text="mine")
        assert await agent.refusal("set_review_status", **about, status="wip")

    with_agent(site.url, reading, look)
