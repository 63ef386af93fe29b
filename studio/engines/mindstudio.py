"""The engine for MindStudio: its single steps, and agents that somebody built there. Neither can be looked up, repeated
under a key, or cancelled, so a submit whose answer was lost is held.

What a run cost comes in a unit that no page converts to dollars; it is kept beside the run, the estimate is booked.
Source: github.com/mindstudio-ai (mindstudio-agent 0.1.58 of 2026, mindstudio-node of 2024), read 2026-11-30; there is
no test account, so nothing was tried against the service.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from studio.catalogue import Model
from studio.domain import JSON, Asset, Kind, Progress, Request, Status
from studio.engines import errors_http, mapping, strict_json
from studio.engines.base import Agent, Input, Job
from studio.engines.http import Reply
from studio.engines.http_engine import HttpEngine, Provider, no_task_named, no_upload_address
from studio.engines.receipt import Receipt, unknown_status
from studio.engines.strict_json import links, number, rows, table
from studio.errors import CapabilityError, EngineError
from studio.messages import Message, term

PROVIDER = Provider(
    *("mindstudio", "MindStudio"), key="MINDSTUDIO_API_KEY", base="MINDSTUDIO_BASE_URL",
    url="https://v1.mindstudio-api.com",
    key_page="https://app.mindstudio.ai/workspace/settings/developer?page=api-keys",
)  # fmt: skip
LABEL, API = PROVIDER.label, "/developer/v2"
UPLOAD_S, MOST_TOKEN_CHARS, MOST_AGENTS = 600.0, 2000, 200
OUTPUTS = ("videoUrl", "imageUrl", "audioUrl", "url")
"""Where a step says what it made, a text or a list."""
JSON_TEXTS = ("variables", "config")
"""Own parameters that are objects, typed as JSON."""
ADDRESS = re.compile(r"https?://[^\s\"'<>)\]}]+")
ENDINGS = {Kind.VIDEO: ("mp4", "mov", "webm", "m4v"), Kind.IMAGE: ("png", "jpg", "jpeg", "webp", "gif")}


class MindstudioEngine(HttpEngine):
    """See engines.base.Engine."""

    provider: ClassVar = PROVIDER
    environment: ClassVar = PROVIDER.environment

    def problems(self, request: Request, model: Model, assets: Mapping[str, Asset]) -> list[CapabilityError]:
        """See engines.base.RequestChecks: an agent is named, and what is typed as JSON is an object."""
        if "app_id" in model.params and not request.params.get("app_id"):
            return [CapabilityError(Message("mindstudio.no_agent"), field="app_id")]
        typed = {name: request.params.get(name) for name in JSON_TEXTS if name in model.params}
        return [
            CapabilityError(Message("mindstudio.not_object", name=term(model.params[name].label)), field=name)
            for name, text in typed.items()
            if text and _object(text) is None
        ]

    async def upload(self, file: Input) -> str:
        """Ask for a place, and put the file there; the place is public, and its host never sees the key."""
        asked = {"extension": file.path.suffix.lstrip(".") or file.asset.mime.split("/")[1], "type": file.asset.mime}
        reply = await self._api.call("POST", f"{API}/account/upload", json=asked)
        if not reply.ok:
            raise errors_http.of_reply(reply, LABEL)
        place, url = links(reply.body.get("uploadUrl")), links(reply.body.get("url"))
        if not (place and url):
            raise no_upload_address()
        headers = {"content-type": file.asset.mime}
        errors_http.check_upload(await self._api.put_file(place[0], file.path, headers=headers, total_s=UPLOAD_S))
        return url[0]

    async def submit(self, job: Job) -> str:
        """Start a step or an agent; the answer's token is all that finds it again."""
        body, step = await asyncio.to_thread(_body, job), job.model.engine.get("step", "")
        path = f"{API}/steps/{step}/execute-async" if step else f"{API}/agents/run"
        reply = await self._api.call("POST", path, json=body, paid=True)
        if not reply.ok:
            raise _error(reply, "submit")
        token = reply.body.get("executionToken" if step else "callbackToken")
        if not isinstance(token, str) or not token.isprintable() or not 0 < len(token) <= MOST_TOKEN_CHARS:
            raise no_task_named(LABEL)
        return Receipt.of(job, token, poll=f"{path}/poll/{quote(token, safe='')}").handle()

    async def poll(self, handle: str) -> Progress:
        """Look once."""
        receipt = Receipt.read(handle, LABEL)
        reply = await self._api.call("GET", receipt.urls.get("poll", ""))
        if not reply.ok:
            raise _error(reply, "poll")
        word = reply.body.get("status")
        if word == "error":
            code, message = _reason(reply.body)
            raise errors_http.of_failure(code, message, LABEL, refunded=False)
        if word == "complete":
            return await self._done(receipt, reply.body)
        if word != "pending":
            raise unknown_status(word, LABEL)
        return Progress(status=Status.RUNNING, word=word)

    async def _done(self, receipt: Receipt, body: JSON) -> Progress:
        """A step's output, which may lie in a file of its own, or the addresses in an agent's last words."""
        result = table(body.get("result"))
        output = body.get("output")
        if (place := links(body.get("outputUrl"))) and output is None:
            output = (await self._api.call("GET", place[0])).body.get("value")
        found = [link for name in OUTPUTS for link in links(table(output).get(name))]
        found = found or addresses(result.get("result"), Kind(receipt.kind))
        if not found:  # held as billed by the job manager, to be fetched again
            return Progress(status=Status.SUCCEEDED, word="complete")
        cost = number(result.get("billingCost") if result else body.get("billingCost"))
        usage = {} if cost is None else {"billing_units": cost}
        return receipt.succeeded(receipt.files(found), label=LABEL, word="complete", usage=usage)

    async def check_key(self) -> None:
        """See engines.base.KeyCheck."""
        reply = await self._api.call("GET", f"{API}/account/userinfo")
        if not reply.ok:
            raise _error(reply, "other")

    async def agents(self) -> list[Agent]:
        """See engines.base.Agents: with the variables of each workflow, as far as the service tells them."""
        reply = await self._api.call("GET", f"{API}/agents/load")
        if not reply.ok:
            raise _error(reply, "other")
        apps = [app for app in rows(reply.body.get("apps")) if isinstance(app.get("id"), str)][:MOST_AGENTS]
        return [agent for app in apps for agent in await self._workflows(app)]

    async def _workflows(self, app: JSON) -> list[Agent]:
        name = str(app.get("name") or app["id"])[:60]
        reply = await self._api.call("GET", f"{API}/workers/{quote(app['id'], safe='')}/workflows")
        flows = rows(reply.body.get("workflows")) if reply.ok else []
        return [
            Agent(app["id"], name, str(flow.get("name") or "")[:60], _names(flow.get("launchVariables")))
            for flow in flows
        ] or [Agent(app["id"], name)]


def addresses(said: Any, kind: Kind) -> list[str]:
    """The addresses in an agent's last words: those that end like files of this kind, else all."""
    text = said if isinstance(said, str) else json.dumps(said) if isinstance(said, dict | list) else ""
    found = list(dict.fromkeys(link.rstrip(".,;:!?\\") for link in ADDRESS.findall(text)))
    media = [link for link in found if urlsplit(link).path.lower().endswith(ENDINGS[kind])]
    return media or found


def _body(job: Job) -> JSON:
    """The body by the row; objects that were typed as JSON are objects in it. A frame goes into the model's own
    settings, under the name that the user gave."""
    body = mapping.body(job)
    step = table(body.get("step"))
    override = next((table(step[n]) for n in ("videoModelOverride", "imageModelOverride") if n in step), {})
    if "config" in override or "frame" in override:
        config = _object(override.get("config")) or {}
        if frame := override.pop("frame", None):
            config[str(job.request.params.get("frame_key") or "image")] = frame
        override["config"] = config
    if not job.model.engine.get("step"):
        given, prompt = body.get("variables"), body.pop("prompt", "")
        typed = given if isinstance(given, dict) else _object(given) or {}
        body["variables"] = ({"prompt": prompt} if prompt else {}) | typed
        body |= {"async": True, "includeBillingCost": True, "metadata": {"run": job.run_id}}
    return body


def _object(text: Any) -> JSON | None:
    """The JSON object that was typed; None for anything else."""
    try:
        value = strict_json.read(text) if isinstance(text, str) and text.strip() else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _names(listed: Any) -> tuple[str, ...]:
    """Names of variables, as the official client cleans them."""
    texts = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    cleaned = (re.sub(r"\W+", "", name, flags=re.ASCII) for name in texts)
    return tuple(dict.fromkeys(name for name in cleaned if 0 < len(name) <= 40))


def _error(reply: Reply, call: errors_http.Call) -> EngineError:
    code, message = _reason(reply.body)
    return errors_http.of_reply(reply, LABEL, call=call, code=code, message=message)


def _reason(body: JSON) -> tuple[str, str]:
    """Code and message: the first text of error, message and details."""
    code, message = errors_http.reason(body)
    told = next((body[n] for n in ("error", "message", "details") if isinstance(body.get(n), str)), "")
    return code, errors_http.plain(told) or message
