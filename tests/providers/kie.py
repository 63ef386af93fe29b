"""Kie.ai as a local server, by the shapes of its public pages: errors inside HTTP 200, results as JSON in a text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.providers import field_rules
from tests.providers.http_server import Call, Reply, as_json
from tests.providers.task_server import AMOUNT, TaskServer

STATES = {"pending": "queuing", "running": "generating"}
TEXT_DURATION = ("2-5-", "2-6-")
"""Models whose duration is a text; the others take a whole number."""

FAMILIES = field_rules.read(Path(__file__).with_name("kie_families.json"))
"""Models of other families: their fields, from the OpenAPI documents of its pages."""
PICTURES = re.compile(r"^wan/.*image(-pro)?$|^(flux-2|gpt-image|google|nano-banana|seedream|qwen2)|image-upscale$")
"""Models that answer with pictures."""


def error(code: int, message: str) -> Reply:
    return as_json({"code": code, "msg": message, "data": None})


class KieServer(TaskServer):
    """Topics: submit, poll, upload, balance, download."""

    def topic(self, call: Call) -> str:
        kinds = {"createTask": "submit", "recordInfo": "poll", "credit": "balance", "stream-upload": "upload"}
        return next((kind for word, kind in kinds.items() if word in call.path), "download")

    def unauthorised(self) -> Reply:
        return error(401, "You do not have access permissions")

    def _submit(self, call: Call) -> Reply:
        body = call.json()
        model, given = str(body.get("model")), body.get("input") or {}
        if not model.startswith("wan/") and model not in FAMILIES:
            return error(422, f"The model name {model} is not supported")
        if wrong := self._wrong(model, given):
            return error(422, wrong)
        count = int(given.get("n", 1))
        job = self.take(
            body,
            given.get("prompt", ""),
            "image" if PICTURES.search(model) else "video",
            count=count,
        )
        return as_json({"code": 200, "msg": "success", "data": {"taskId": job.id}})

    def _wrong(self, model: str, given: dict[str, Any]) -> str:
        if wrong := _family_misfit(model, given) if model in FAMILIES else _wan_misfit(model, given):
            return wrong
        files = [
            u
            for name, value in given.items()
            if "url" in name or name in ("reference_image", "reference_video", "image_input")
            for u in (value if isinstance(value, list) else [value])
        ]
        return "" if self.fetched(files) else "file could not be fetched"

    def _poll(self, call: Call) -> Reply:
        job = self.tasks.get(call.query.get("taskId", ""))
        if job is None:
            return error(422, "recordInfo is null") if len(self.tasks) % 2 else error(404, "no such task")
        word = self.phase(job)
        data: dict[str, Any] = {"taskId": job.id, "model": job.body["model"], "state": STATES.get(word, "success")}
        data |= {"param": json.dumps(job.body), "resultJson": "", "failCode": "", "failMsg": ""}
        if word in ("failed", "moderated"):
            said = {"failed": ("500", "Internal Error"), "moderated": ("422", "The content was flagged as sensitive")}
            code, message = said[word]
            data |= {"state": "fail", "failCode": code, "failMsg": message}
        elif word in ("success", "partial"):
            data |= {"resultJson": json.dumps({"resultUrls": self.links(job)}), "creditsConsumed": AMOUNT}
        return self.figured({"code": 200, "message" if job.looks % 2 else "msg": "success", "data": data})

    def _upload(self, call: Call) -> Reply:
        url = self.keep(call)
        field = "downloadUrl" if len(self.uploads) % 2 else "fileUrl"
        return as_json({"success": True, "code": 200, "msg": "ok", "data": {field: url, "fileName": "x"}})

    def _balance(self, call: Call) -> Reply:
        return self.figured({"code": 200, "msg": "success", "data": AMOUNT if self.amount else 100.5})

    def webhook_url(self, call: Call) -> str:
        return call.json().get("callBackUrl", "")

    def webhook(self, task: str) -> dict[str, Any]:
        return {"code": 200, "msg": "success", "data": {"task_id": task, "state": "success"}}


def _family_misfit(model: str, given: dict[str, Any]) -> str:
    wrong = field_rules.broken(FAMILIES[model], given)
    return f"{wrong[0][0]}: {wrong[0][1]}" if wrong else ""


def _wan_misfit(model: str, given: dict[str, Any]) -> str:
    seconds = given.get("duration")
    if any(word in model for word in TEXT_DURATION) and not isinstance(seconds, str):
        return "duration is not within the range of allowed options"
    if "2-7-" in model and isinstance(seconds, str):
        return "duration must be a number"
    urls = given.get("image_urls")
    if urls is not None and (not isinstance(urls, list) or len(urls) != 1):
        return "image_urls must be a list of one"
    if "flash-image" in model and not isinstance(given.get("audio"), bool):
        return "audio is required"
    return ""
