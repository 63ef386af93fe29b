"""What an agent reads before it works, what it may not do, and that a refusal is one sentence."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from pathlib import Path

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import TextResourceContents
from PIL import Image

from studio.permissions import Role
from tests.support.mcp import Agent, with_agent
from tests.web.mcp.conftest import MODEL, Site

TOOLS = {
    "list_models",
    "describe_model",
    "estimate",
    "lint",
    "submit",
    "get_runs",
    "wait",
    "cancel",
    "decide",
    "rate",
    "search",
}
TOOLS |= {"upload", "get_asset", "read_script", "create_storyboard", "list_storyboards", "get_storyboard"}
TOOLS |= {"edit_storyboard", "edit_shot", "set_shot_status", "draft_shots", "plan_render", "render", "retake"}
TOOLS |= {"choose_take", "check_film", "export_film"}
TOOLS |= {"list_reviews", "create_review", "get_review", "comment", "resolve_comment", "set_review_status"}
TOOLS |= {"plan_comment_retake", "retake_comment"}
SPENDING = {"submit", "decide", "render", "retake", "retake_comment"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_models", "arguments": {}}}
ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


def draft(prompt: str = "a fox", **more: object) -> dict[str, object]:
    return {"task": "text-to-image", "model": "draft/animatic", "prompt": prompt} | more


def paid(**more: object) -> dict[str, object]:
    return {"task": "text-to-video", "model": MODEL, "prompt": "a fox", "duration_s": 2} | more


def png(colour: str = "teal") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "png")
    return buffer.getvalue()


def test_every_tool_is_described_with_shapes_and_hints(site: Site) -> None:
    async def story(agent: Agent) -> None:
        tools = {tool.name: tool for tool in (await agent.session.list_tools()).tools}
        assert set(tools) == TOOLS
        for tool in tools.values():
            assert tool.description and tool.title and tool.annotations and tool.output_schema, tool.name
            assert tool.annotations.open_world_hint == (tool.name in SPENDING)
        assert tools["submit"].annotations and tools["submit"].annotations.destructive_hint
        assert tools["search"].annotations and tools["search"].annotations.read_only_hint
        templates = (await agent.session.list_resource_templates()).resource_templates
        assert [t.uri_template for t in templates] == ["studio://runs/{run_id}", "studio://storyboards/{storyboard_id}"]

    with_agent(site.url, site.token("ann"), story)


def test_both_eras_of_the_protocol_are_served(site: Site) -> None:
    """Clients of 2025 begin with a handshake; those of 2026-07-28 send single requests."""

    async def versions() -> list[str]:
        found = []
        for mode in ("legacy", "auto"):
            headers = {"authorization": f"Bearer {site.token('ann')}"}
            async with create_mcp_http_client(headers=headers) as http:
                transport = streamable_http_client(f"{site.url}/mcp", http_client=http)
                async with asyncio.timeout(30), Client(transport, mode=mode) as client:
                    answer = await client.call_tool("list_models", {"provider": "draft"})
                    assert answer.structured_content and answer.structured_content["total"] == 1
                    found.append(str(client.protocol_version))
        return found

    legacy, modern = asyncio.run(versions())
    assert legacy < "2026" <= modern


def test_runs_from_submit_to_search(site: Site) -> None:
    async def story(agent: Agent) -> None:
        models = await agent.call("list_models", provider="draft")
        assert [(m["id"], m["price"]) for m in models["models"]] == [("draft/animatic", "free")]
        row = await agent.call("describe_model", model=MODEL)
        assert (row["ready"], row["row"]["durations"]["max"]) == (True, 15.0)
        estimate = await agent.call("estimate", requests=[paid(n=2)])
        assert (estimate["runs"], estimate["usd"] > 0) == (2, True)
        [run] = (await agent.call("submit", requests=[draft("an ibis", seed=7)], max_usd=0))["runs"]
        heard: list[str] = []

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            heard.append(f"{progress:g} of {total:g}: {message}" if total else "")

        await agent.session.call_tool("wait", {"ids": [run["id"]]}, progress_callback=hear)
        assert heard[-1] == "1 of 1: 1 of 1 have ended"
        [done] = (await agent.call("get_runs", run_ids=[run["id"]]))["runs"]
        assert (done["status"], done["seed"]) == ("succeeded", 7)
        found = await agent.call("search", query="ibis", status="succeeded")
        assert [r["id"] for r in found["runs"]] == [run["id"]]
        resource = (await agent.session.read_resource(f"studio://runs/{run['id']}")).contents[0]
        assert isinstance(resource, TextResourceContents)
        assert json.loads(resource.text)["id"] == run["id"]
        with pytest.raises(MCPError, match="There is no run r_nothing"):
            await agent.session.read_resource("studio://runs/r_nothing")

    with_agent(site.url, site.token("ann"), story)


def test_a_file_comes_in_as_base64_or_by_post_and_no_private_address_is_fetched(site: Site, tmp_path: Path) -> None:
    token = site.token("ann")

    async def story(agent: Agent) -> None:
        data = base64.b64encode(png()).decode()
        asset = (await agent.call("upload", name="a.png", data=data))["asset"]
        assert (asset["kind"], asset["width"], asset["name"]) == ("image", 64, "a.png")
        assert "not base64" in await agent.refusal("upload", name="a.png", data="%%%")
        assert "Only public https" in await agent.refusal("upload", name="a.png", url="http://example.com/a.png")
        for url in ("https://127.0.0.1/a.png", "https://169.254.169.254/latest", "https://localhost/a.png"):
            assert "points to a private network" in await agent.refusal("upload", name="a.png", url=url)
        where = await agent.call("upload", name="b.png")
        own = {"authorization": f"Bearer {token}"}
        assert httpx.post(where["post_to"], content=png("red")).status_code == 401
        sent = httpx.post(where["post_to"], content=png("red"), headers=own).json()
        assert (await agent.call("get_asset", asset_id=sent["id"]))["name"] == "b.png"

    with_agent(site.url, token, story)


def test_refusals_are_sentences(site: Site) -> None:
    async def story(agent: Agent) -> None:
        assert "no tool called dance" in await agent.refusal("dance")
        assert 'limit is "x"' in await agent.refusal("list_models", limit="x")
        assert "requests" in await agent.refusal("submit")
        assert "no setting called" in await agent.refusal("submit", requests=[draft(colour="red")])
        assert "There is no run" in await agent.refusal("get_runs", run_ids=["r_nothing"])
        assert "max_usd is $0.00" in await agent.refusal("submit", requests=[paid()], max_usd=0)
        for text in ("Traceback", "studio/", "pydantic", "Error executing"):
            assert text not in await agent.refusal("get_storyboard", storyboard_id=["b"])

    with_agent(site.url, site.token("ann"), story)


def test_nobody_without_a_living_token_is_answered(site: Site) -> None:
    answer = httpx.post(f"{site.url}/mcp", json=CALL, headers=ACCEPT)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    token = site.token("ann")
    own = ACCEPT | {"authorization": f"Bearer {token}"}
    assert httpx.post(f"{site.url}/mcp", json=CALL, headers=own).status_code == 200
    ann = next(person.id for person in site.studio.people.all() if person.login == "ann")
    site.studio.people.revoke_token(ann, site.studio.people.tokens(ann)[0].id)
    assert httpx.post(f"{site.url}/mcp", json=CALL, headers=own).status_code == 401


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [("origin", "https://evil.example", 403), ("origin", "null", 403), ("host", "evil.example", 421)],
)
def test_foreign_pages_and_names_are_refused_whatever_the_token(
    site: Site, header: str, value: str, status: int
) -> None:
    headers = ACCEPT | {"authorization": f"Bearer {site.token('ann')}", header: value}
    assert httpx.post(f"{site.url}/mcp", json=CALL, headers=headers).status_code == status


def test_nonsense_is_refused_and_the_server_goes_on(site: Site) -> None:
    own = ACCEPT | {"authorization": f"Bearer {site.token('ann')}"}
    deep = b"[" * 500_000 + b"]" * 500_000
    for body in (b"\x00" * 2**20, deep, b'{"jsonrpc": "2.0"}', b"[]"):
        answer = httpx.post(f"{site.url}/mcp", content=body, headers=own, timeout=20)
        assert (answer.status_code, "Traceback" in answer.text) == (400, False), answer.text[:200]
    assert httpx.post(f"{site.url}/mcp", content=b"x" * (9 * 2**20), headers=own, timeout=20).status_code == 413
    assert httpx.get(f"{site.url}/mcp", headers=own).status_code == 405
    assert httpx.post(f"{site.url}/mcp", json=CALL, headers=own).status_code == 200


def test_each_sees_their_own_and_roles_hold(site: Site) -> None:
    async def of_ann(agent: Agent) -> tuple[str, str]:
        [run] = (await agent.call("submit", requests=[draft("a secret heron")]))["runs"]
        board = await agent.call("create_storyboard", title="Secret")
        await agent.call("wait", ids=[run["id"]])
        return run["id"], board["id"]

    run_id, board_id = with_agent(site.url, site.token("ann"), of_ann)

    async def of_bo(agent: Agent) -> None:
        assert "There is no run" in await agent.refusal("get_runs", run_ids=[run_id])
        assert "There is no run" in await agent.refusal("cancel", ids=[run_id])
        await agent.refusal("get_storyboard", storyboard_id=board_id)
        assert (await agent.call("search", query="heron"))["runs"] == []

    with_agent(site.url, site.token("bo"), of_bo)

    async def of_viewer(agent: Agent) -> None:
        assert await agent.call("list_models")
        assert "takes the role creator" in await agent.refusal("submit", requests=[draft()])
        assert "takes the role creator" in await agent.refusal("create_storyboard", title="x")

    with_agent(site.url, site.token("vic", Role.VIEWER), of_viewer)

    async def of_reader(agent: Agent) -> None:
        assert (await agent.call("get_runs", run_ids=[run_id]))["runs"][0]["id"] == run_id
        assert "access token may not do that" in await agent.refusal("submit", requests=[draft()])

    with_agent(site.url, site.token("ann", scope="read"), of_reader)
