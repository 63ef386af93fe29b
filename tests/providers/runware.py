"""Runware as a local server, over HTTP and WebSocket: lists of task objects, our own task ids, errors beside results.

The official Python SDK (WebSocket) passes its stories against it; see tests/engines/runware/test_sdk.py.
"""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import uuid
from typing import Any

import websockets

from tests.providers import runware_rules
from tests.providers.http_server import Call, Reply, as_json
from tests.providers.task_server import AMOUNT, JSON, TaskServer

INFERENCE = {"videoInference": "video", "imageInference": "image"}
COMMON = {
    *("taskType", "taskUUID", "model", "positivePrompt", "negativePrompt", "width", "height", "duration", "seed"),
    *("inputs", "settings", "providerSettings", "deliveryMethod", "outputType", "outputFormat", "includeCost"),
    *("numberResults", "outputQuality", "ttl", "fps", "resolution", "webhookURL"),
}  # fmt: skip
INPUTS = {"frameImages", "referenceImages", "referenceVideos", "audio"}
TOPICS = {
    "getResponse": "poll",
    "mediaStorage": "upload",
    "accountManagement": "balance",
    **dict.fromkeys(INFERENCE, "submit"),
}


def error(code: str, message: str, task: str | None = None, status: int = 200, **more: Any) -> Reply:
    found = {"code": code, "message": message, **more} | ({"taskUUID": task} if task else {})
    return as_json({"errors": [found]}, status)


class RunwareServer(TaskServer):
    """Topics: submit, poll, upload, balance, download. messages: every task that came over the WebSocket."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.messages: list[JSON] = []
        self.ws_url = ""
        self._sockets: Any = None

    def topic(self, call: Call) -> str:
        if call.method == "GET":
            return "download"
        body = call.json()
        first = body[0] if isinstance(body, list) and body else {}
        return TOPICS.get(str(first.get("taskType")), "other")

    def unauthorised(self) -> Reply:
        return error("invalidApiKey", "Invalid API key.", status=401, taskType="authentication")

    async def answer(self, call: Call, topic: str) -> Reply:
        if call.method == "POST" and not isinstance(call.json(), list):
            return error("invalidRequest", "The body must be a list of tasks.", status=400)
        return await super().answer(call, topic)

    def _other(self, call: Call) -> Reply:
        return error("unknownTaskType", "No such task type.", status=400)

    def _each(self, call: Call) -> Reply:
        found = [self.result(task) for task in call.json()]
        made = {"data": [one for reply in found for one in reply.get("data", [])]}
        if wrong := [one for reply in found for one in reply.get("errors", [])]:
            made["errors"] = wrong
        return self.figured(made)

    _submit = _poll = _upload = _balance = _each

    def webhook_url(self, call: Call) -> str:
        return call.json()[0].get("webhookURL", "")

    def webhook(self, task: str) -> JSON:
        return {"data": [{"taskType": "videoInference", "taskUUID": task, "status": "success"}]}

    # ------------------------------------------------------------------------------------------------ one task

    def result(self, task: JSON) -> JSON:
        """What one task object brings: {"data": [...]} and {"errors": [...]}."""
        kind, name = task.get("taskType"), task.get("taskUUID")
        head = {"taskType": kind, "taskUUID": name}
        if kind == "getResponse":
            return self._looked(str(name))
        if kind == "mediaStorage":
            key = str(uuid.uuid4())
            self.uploads[key] = base64.b64decode(task["media"].rpartition(",")[2])
            return {"data": [head | {"mediaUUID": key, "mediaURL": f"{self.url}/files/{key}"}]}
        if kind == "accountManagement":
            balance = {"amount": AMOUNT if self.amount else 12.5, "freeBalance": 0, "currency": "USD"}
            return {"data": [head | {"organizationName": "x", "balance": balance}]}
        if wrong := self._wrong(task):
            code, parameter = wrong
            return {"errors": [{"code": code, "message": f"{parameter} is wrong", "parameter": parameter, **head}]}
        if name in self.tasks:
            return {"errors": [{"code": "duplicateTaskUUID", "message": "This id was used before.", **head}]}
        self.take(
            task,
            task.get("positivePrompt", ""),
            INFERENCE[str(kind)],
            count=int(task.get("numberResults", 1)),
            id=str(name),
        )
        return {"data": [head]}

    def _wrong(self, task: JSON) -> tuple[str, str] | None:
        """(code, parameter) of the first rule that the task breaks; the rules are those of the models' pages."""
        if task.get("model") in runware_rules.FAMILIES:
            return self._wrong_of_family(task)
        inputs, alibaba = task.get("inputs") or {}, (task.get("providerSettings") or {}).get("alibaba") or {}
        unknown = sorted(set(task) - COMMON) or sorted(set(inputs) - INPUTS)
        frames = inputs.get("frameImages")
        references = inputs.get("referenceVideos") or inputs.get("referenceImages")
        sized, video = task.get("width") and task.get("height"), task.get("taskType") == "videoInference"
        fixed = video and task.get("model") == "alibaba:wan@2.6"
        rules = {
            ("unknownParameter", unknown[0] if unknown else ""): bool(unknown),
            ("invalidTaskUUID", "taskUUID"): not _is_uuid4(task.get("taskUUID")),
            ("invalidModel", "model"): not str(task.get("model")).startswith(("alibaba:wan@", "runware:20")),
            ("missingParameter", "width"): video and not (frames or sized or task.get("resolution")),
            ("conflictParameters", "resolution"): bool(sized and task.get("resolution")),
            ("conflictParameters", "referenceVideos"): bool(frames and references),
            ("conflictParameters", "audio"): "audio" in inputs and "audio" in alibaba,
            ("invalidPromptExtend", "shotType"): "shotType" in alibaba and alibaba.get("promptExtend") is False,
            ("invalidDuration", "duration"): fixed and task.get("duration") not in (5, 10, 15),
            ("invalidMedia", "inputs"): not all(self._is_there(one) for one in _media(inputs)),
        }  # fmt: skip
        return next((rule for rule, broken in rules.items() if broken), None)

    def _wrong_of_family(self, task: JSON) -> tuple[str, str] | None:
        if found := runware_rules.broken(task):
            return "unsupportedParameter", f"{found[0][0]}: {found[0][1]}"
        known = all(self._is_there(one) for one in _media(task.get("inputs") or {}))
        return None if known else ("invalidMedia", "inputs")

    def _is_there(self, media: str) -> bool:
        return media in self.uploads or media.startswith("https://")

    def _looked(self, name: str) -> JSON:
        job = self.tasks.get(name)
        if job is None:
            return {"errors": [{"code": "taskFailedOrNotFound", "message": "No such task.", "taskUUID": name}]}
        head = {"taskType": job.body["taskType"], "taskUUID": name}
        word = self.phase(job)
        if word in ("pending", "running"):
            return {"data": [head | {"status": "processing"}] * job.count}
        if word in ("failed", "moderated"):
            code = {"failed": "timeoutProvider", "moderated": "providerContentPolicyViolation"}[word]
            return {"errors": [{"code": code, "message": "The provider gave nothing.", "status": "error", **head}]}
        made = []
        for n, link in enumerate(self.links(job)):
            one = head | {
                "status": "success",
                f"{job.kind}UUID": f"{name}-{n}",
                f"{job.kind}URL": link,
                "seed": 52917 + n,
            }
            made.append(one | ({"cost": AMOUNT} if job.body.get("includeCost") else {}))
        missing = [{"code": "inferenceError", "message": "One was lost.", "status": "error", **head}] * (
            word == "partial"
        )
        return {"data": made} | ({"errors": missing} if missing else {})

    # ------------------------------------------------------------------------------------------------ WebSocket

    def start(self) -> None:
        super().start()
        ready = threading.Event()

        async def listen() -> None:
            self._sockets = await websockets.serve(self._socket, self.host, 0)
            self.ws_url = f"ws://{self.host}:{self._sockets.sockets[0].getsockname()[1]}"
            ready.set()

        asyncio.run_coroutine_threadsafe(listen(), self._loop)
        assert ready.wait(10)

    def stop(self) -> None:
        if self._thread is not None and self._sockets is not None:
            self._loop.call_soon_threadsafe(self._sockets.close)
        super().stop()

    async def _socket(self, line: Any) -> None:
        known = False
        async for text in line:
            for task in json.loads(text):
                self.messages.append(task)
                kind = task.get("taskType")
                if kind == "authentication":
                    known = task.get("apiKey") == self.KEY
                    session = {"taskType": kind, "connectionSessionUUID": str(uuid.uuid4())}
                    told = {"data": [session]} if known else json.loads(self.unauthorised().body)
                elif kind == "ping":
                    told = {"data": [{"taskType": "ping", "pong": True}]}
                else:
                    told = (
                        json.loads(self.figured(self.result(task)).body)
                        if known
                        else json.loads(self.unauthorised().body)
                    )
                await line.send(json.dumps(told))


def _is_uuid4(value: Any) -> bool:
    try:
        return uuid.UUID(str(value)).version == 4
    except ValueError:
        return False


def _media(inputs: JSON) -> list[str]:
    """Every file that the inputs name."""
    found = [one.get("image") if isinstance(one, dict) else one for one in inputs.get("frameImages") or []]
    found += [*(inputs.get("referenceImages") or []), *(inputs.get("referenceVideos") or [])]
    return [str(one) for one in [*found, *(inputs[name] for name in ("audio", "video") if name in inputs)]]
