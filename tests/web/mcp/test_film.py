"""An agent makes a film by the official client: brief, script, storyboard, drafts, a render at a confirmed price, a
retake, the export, and the file, opened with the same token."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import httpx
from mcp_types import ImageContent, TextContent
from PIL import Image

from studio.media.probe import probe
from tests.support.mcp import Agent, with_agent
from tests.web.mcp.conftest import MODEL, Site

BRIEF = "Two shots of a lighthouse at dusk for a harbour festival"
SCRIPT = "Storybook.\nShot 1 [0-2s] a lighthouse at dusk, slow pan\nShot 2 [2-4s] close-up of a girl with a lantern"


def test_an_agent_makes_a_film_from_a_brief(site: Site, tmp_path: Path) -> None:
    token, sent_before = site.token("ann"), len(site.server.tasks)

    async def story(agent: Agent) -> str:
        prompt = await agent.session.get_prompt("film_from_brief", {"brief": BRIEF, "budget_usd": "2"})
        text = prompt.messages[0].content
        assert isinstance(text, TextContent)
        assert BRIEF in text.text

        read = await agent.call("read_script", text=SCRIPT)
        assert ([shot["duration_s"] for shot in read["shots"]], read["faults"]) == ([2.0, 2.0], [])
        size = {"width": 832, "height": 480}
        listed = await agent.call("read_script", text='[{"shot": "1A", "prompt": "a lighthouse", "duration": "3s"}]')
        assert (listed["form"], listed["shots"][0]["number"]) == ("json", "1A")
        of_answer = await agent.call("create_storyboard", title="Read", read=listed, model=MODEL)
        assert [(shot["label"], shot["duration_s"]) for shot in of_answer["shots"]] == [("1A", 3.0)]
        board = await agent.call("create_storyboard", title="Lighthouse", script=SCRIPT, model=MODEL, **size)
        first, second = (shot["id"] for shot in board["shots"])
        assert [shot["shows"] for shot in board["shots"]] == ["nothing", "nothing"]

        drafts = await agent.call("draft_shots", storyboard_id=board["id"])
        waited = await agent.call("wait", ids=[run["id"] for run in drafts["runs"]], timeout_s=90)
        assert waited["done"]
        await look_at(agent, waited["runs"][0]["assets"][0]["id"])

        shot = await agent.call("edit_shot", storyboard_id=board["id"], shot_id=second, prompt="a girl lifts a lantern")
        assert (shot["number"], shot["shows"], shot["model"]) == (2, "draft", MODEL)
        await agent.call("set_shot_status", storyboard_id=board["id"], status="approved")
        plan = await agent.call("plan_render", storyboard_id=board["id"])
        usd = plan["estimate"]["usd"]
        assert (plan["ready"], usd > 0) == ([first, second], True)

        assert "max_usd is $0.01" in await agent.refusal("render", storyboard_id=board["id"], max_usd=0.01)
        assert len(site.server.tasks) == sent_before
        started = await agent.call("render", storyboard_id=board["id"], max_usd=usd)
        assert (await agent.call("wait", ids=[run["id"] for run in started["runs"]], timeout_s=60))["done"]

        again = await agent.call("retake", storyboard_id=board["id"], shot_id=first, max_usd=usd)
        await agent.call("wait", ids=[again["id"]], timeout_s=60)
        shot = await agent.call("choose_take", storyboard_id=board["id"], shot_id=first, run_id=again["id"])
        assert [take["run_id"] for take in shot["takes"] if take.get("chosen")] == [again["id"]]
        rated = await agent.call("rate", run_id=again["id"], stars=4)
        assert (rated["rating"], rated["cost_usd"] > 0) == (4, True)

        assert isinstance((await agent.call("check_film", storyboard_id=board["id"]))["findings"], list)
        exports = await agent.call("export_film", storyboard_id=board["id"], allow_drafts=False)
        ended = await agent.call("wait", ids=[exports["exports"][0]["id"]], timeout_s=90)
        assert ended["exports"][0]["status"] == "succeeded", ended
        return ended["exports"][0]["url"]

    link = with_agent(site.url, token, story)
    assert httpx.get(link).status_code == 401
    film = tmp_path / "film.mp4"
    film.write_bytes(httpx.get(link, headers={"authorization": f"Bearer {token}"}, timeout=30).content)
    facts = probe(film)
    assert (facts.width, facts.height, round(facts.duration_s or 0)) == (832, 480, 4)


async def look_at(agent: Agent, asset_id: str) -> None:
    """Three frames of the clip are pictures, and the link names the file."""
    result = await agent.result("get_asset", asset_id=asset_id)
    frames = [block for block in result.content if isinstance(block, ImageContent)]
    assert len(frames) == 3
    with Image.open(io.BytesIO(base64.b64decode(frames[0].data))) as picture:
        assert (picture.format, max(picture.size)) == ("JPEG", 640)
    assert result.structured_content
    assert result.structured_content["url"].endswith(f"/media/{asset_id}")
