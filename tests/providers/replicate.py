"""Replicate as a local server: predictions, files, the list, and the ways in which they go wrong.

It behaves as the provider's public pages say; its own client passes the same stories as the studio's engine.
"""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.providers import replicate_rules as rules
from tests.providers import results
from tests.providers.field_rules import broken
from tests.providers.http_server import Call, HttpServer, Reply, as_json
from tests.providers.task_server import TaskServer
from tests.providers.webhooks import WebhookSender

SECRET = "whsec_" + base64.b64encode(b"a secret of the account").decode()
JSON = dict[str, Any]
API = "/v1"
PAGE = 100
ENDS = {"failed": "failed: Prediction interrupted (E006)", "moderated": "failed: Output was flagged as NSFW"}
"""Bad ends that every provider has -> the status and the error here."""


@dataclass
class Prediction:
    """One accepted prediction, on the clock: starting, processing, then `end`, with `error` where that is bad."""

    id: str
    model: str
    body: JSON
    created: float
    starting_s: float
    running_s: float
    end: str = "succeeded"
    error: str = ""
    cancelled: bool = False
    number: int = 0
    looks: int = 2
    fewer: int = 0

    def status(self) -> str:
        if self.cancelled:
            return "canceled"
        if self.looks < 2:
            return ("starting", "processing")[self.looks]
        age = time.time() - self.created
        return (
            "starting"
            if age < self.starting_s
            else "processing"
            if age < self.starting_s + self.running_s
            else self.end
        )

    def prompt(self) -> str:
        return self.body["input"].get("prompt", "")


class ReplicateServer(HttpServer):
    """Topics: submit, get, cancel, list, files, account, secret, download, other.

    starting_s, running_s: the clock of new predictions. walks: they take one look starting and one processing, however
    slow the caller is; one that prefers to wait gets the end at once. shape: of the output (text, list, object).
    removed: whether results are gone. list_shows: whether the list has new ones. answer_text: in the place of a
    finished prediction. ends: of the next predictions, a status with its error or "failed", "moderated", "partial".
    gone: links to results are dead. empty: results name no file. amount: of nothing, for it tells no money.
    """

    KEY = TaskServer.KEY

    def __init__(self, *, port: int = 0, key: str = KEY) -> None:
        super().__init__(port=port)
        self.key, self.starting_s, self.running_s, self.walks = key, 0.05, 0.1, False
        self.tasks: dict[str, Prediction] = {}
        self.files: dict[str, bytes] = {}
        self.ends: list[str] = []
        self.leaks: list[str] = []
        self.webhooks = WebhookSender(self.webhook_headers)
        self.shape, self.fewer, self.removed, self.list_shows, self.answer_text = "text", 0, False, True, ""
        self.amount, self.gone, self.empty = "", False, False

    def reset(self) -> None:
        """As new, between two tests."""
        for kept in (self.tasks, self.faults, self.calls, self.ends):
            kept.clear()
        self.amount, self.gone, self.empty = "", False, False

    def finish(self, end: str, error: str = "") -> None:
        """The next prediction ends so."""
        self.ends.append(f"{end}: {error}")

    def submits_by_prompt(self) -> Counter[str]:
        """How many predictions were accepted for each prompt: more than one means somebody would have paid twice."""
        return Counter(p.prompt() for p in self.tasks.values())

    # ------------------------------------------------------------------------------------------------ dispatch

    def topic(self, call: Call) -> str:
        path = call.path.removeprefix(API)
        if call.path.startswith("/results/"):
            return "download"
        if path.startswith("/models/") and path.endswith("/predictions"):
            return "submit"
        if path == "/predictions":
            return "list"
        if path.startswith("/predictions/"):
            return "cancel" if path.endswith("/cancel") else "get"
        return {"/files": "files", "/account": "account", "/webhooks/default/secret": "secret"}.get(path, "other")

    async def answer(self, call: Call, topic: str) -> Reply:
        if topic == "download":
            if "authorization" in call.headers:
                self.leaks.append(call.path)
        elif call.headers.get("authorization") != f"Bearer {self.key}":
            return self._problem(401, "Unauthenticated", "You did not pass a valid authentication token")
        reply = getattr(self, f"_{topic}")(call)
        if topic == "submit" and reply.status == 201:
            made = list(self.tasks.values())[-1]
            after_s = made.starting_s + made.running_s
            await self.webhooks.submitted(made.body.get("webhook", ""), made.id, after_s, self.webhook)
            if call.headers.get("prefer", "").startswith("wait"):
                await asyncio.sleep(after_s)
                return as_json(self._state(made), 201)
        return reply

    def webhook(self, task: str) -> JSON:
        return self._state(self.tasks[task]) if task in self.tasks else {"id": task, "status": "succeeded"}

    def webhook_headers(self, raw: bytes, task: str, at: int) -> dict[str, str]:
        signature = Webhook(SECRET).sign(f"msg_{task}", datetime.fromtimestamp(at, UTC), raw.decode())
        return {"webhook-id": f"msg_{task}", "webhook-timestamp": str(at), "webhook-signature": f"v0,x {signature}"}

    def _secret(self, call: Call) -> Reply:
        return as_json({"key": SECRET})

    def _problem(self, status: int, title: str, detail: str) -> Reply:
        return as_json({"title": title, "detail": detail, "status": status}, status)

    def _other(self, call: Call) -> Reply:
        return self._problem(404, "Not found", "The requested resource could not be found.")

    # ------------------------------------------------------------------------------------------------ predictions

    def _submit(self, call: Call) -> Reply:
        model, body = call.path.removeprefix(f"{API}/models/").removesuffix("/predictions"), call.json()
        if model not in rules.MODELS:
            return self._other(call)
        if wrong := broken(rules.MODELS[model], body.get("input", {})):
            detail = "\n".join(f"- input.{name}: {said}" for name, said in wrong)
            return self._problem(422, "Input validation failed", detail)
        end = self.ends.pop(0) if self.ends else "succeeded"
        end, _, error = ENDS.get(end, end).partition(": ")
        name = uuid.uuid4().hex[:26]
        made = Prediction(name, model, body, time.time(), self.starting_s, self.running_s, end, error)
        made.number, made.looks = len(self.tasks), 0 if self.walks else 2
        made.end, made.fewer = ("succeeded", 1) if end == "partial" else (end, self.fewer)
        self.tasks[name] = made
        return as_json(self._state(made), 201)

    def _state(self, found: Prediction) -> JSON:
        status, url = found.status(), f"{self.url}{API}/predictions/{found.id}"
        done = status == "succeeded"
        return {
            "id": found.id, "model": found.model, "version": "hidden", "input": found.body["input"],
            "logs": "" if status == "starting" else " 10%|#  | 2/20\n 45%|####  | 9/20 [00:10<00:12]\n",
            "status": status,
            "output": self._output(found) if done and not self.removed else None,
            "error": found.error if status == found.end and found.error else None, "data_removed": self.removed,
            "created_at": datetime.fromtimestamp(found.created, UTC).isoformat(), "started_at": None,
            "completed_at": None, "metrics": {"predict_time": 71.3} if done else {},
            "urls": {"get": url, "cancel": f"{url}/cancel"},
        }  # fmt: skip

    def _output(self, found: Prediction) -> Any:
        pictures = "image" in found.model
        if self.empty:
            return None
        count = (found.body["input"].get("num_outputs") or 1) - found.fewer
        kind = "png" if pictures else "mp4"
        links = [f"http://localhost:{self.port}/results/{found.id}/{n}.{kind}" for n in range(count)]
        if pictures or self.shape == "list":
            return links
        return {"video": links[0], "note": None} if self.shape == "object" else links[0]

    def _get(self, call: Call) -> Reply:
        found = self.tasks.get(call.path.split("/")[3])
        if found is None:
            return self._other(call)
        if self.answer_text and found.status() == "succeeded":
            return Reply(200, self.answer_text.encode(), {"content-type": "application/json"})
        reply = as_json(self._state(found))
        found.looks += 1
        return reply

    def _cancel(self, call: Call) -> Reply:
        found = self.tasks.get(call.path.split("/")[3])
        if call.method != "POST" or found is None:
            return self._other(call)
        found.cancelled = found.status() in ("starting", "processing")
        return as_json(self._state(found))

    def _list(self, call: Call) -> Reply:
        """Pages by cursor, the newest first."""
        rows = [self._state(p) for p in reversed(self.tasks.values()) if self.list_shows]
        start = int(call.query.get("cursor", 0))
        more = f"{self.url}{API}/predictions?cursor={start + PAGE}" if start + PAGE < len(rows) else None
        return as_json({"previous": None, "next": more, "results": rows[start : start + PAGE]})

    # ------------------------------------------------------------------------------------------------ files, account

    def _files(self, call: Call) -> Reply:
        head = f"content-type: {call.headers['content-type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + call.body).get_payload()
        fields = {p.get_param("name", header="content-disposition"): p for p in parts if not isinstance(p, str)}
        if "content" not in fields:
            return self._problem(400, "Bad request", "Missing content")
        part = fields["content"]
        name, data = uuid.uuid4().hex, part.get_payload(decode=True)
        self.files[name] = data if isinstance(data, bytes) else b""
        now = datetime.now(UTC).isoformat()
        return as_json(
            {
                "id": name, "name": part.get_filename(), "content_type": part.get_content_type(), "etag": "e",
                "size": len(self.files[name]), "checksums": {}, "metadata": {}, "created_at": now, "expires_at": now,
                "urls": {"get": f"https://api.replicate.test/v1/files/{name}"},
            },
            201,
        )  # fmt: skip

    def _account(self, call: Call) -> Reply:
        return as_json({"type": "user", "username": "tester", "name": "Tester", "github_url": None})

    def _download(self, call: Call) -> Reply:
        if self.gone:
            return Reply(404)
        _, _, name, file = call.path.split("/")
        if file.endswith("png"):
            return Reply(200, results.png(64, 48, call.path), {"content-type": "image/png"})
        clip = results.mp4(160, 90, 1, call.path, sound=False, number=self.tasks[name].number)
        return Reply(200, clip, {"content-type": "video/mp4"})
