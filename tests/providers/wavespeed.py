"""WaveSpeedAI as a local server: predictions, uploads, history, balance, and the ways in which they go wrong.

It behaves as the provider's documentation says; its own client passes the same stories as the studio's engine.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.providers import results
from tests.providers import wavespeed_rules as rules
from tests.providers.field_rules import broken
from tests.providers.http_server import Call, HttpServer, Reply, as_json
from tests.providers.task_server import TaskServer
from tests.providers.webhooks import WebhookSender

JSON = dict[str, Any]
SECRET = "whsec_wavespeed-secret-01"
API = "/api/v3"
ENDS = {"failed": "failed: The decoder broke.", "moderated": "failed: Content flagged as NSFW."}
"""Bad ends that every provider has -> the status and the error here."""


@dataclass
class Prediction:
    """One accepted call, on the clock: created, processing, then `end`, with `error` where that is no success."""

    id: str
    model: str
    body: JSON
    created: float
    queue_s: float
    running_s: float
    end: str = "completed"
    error: str = ""
    number: int = 0
    looks: int = 2

    def status(self) -> str:
        if self.looks < 2:
            return ("created", "processing")[self.looks]
        age = time.time() - self.created
        return "created" if age < self.queue_s else "processing" if age < self.queue_s + self.running_s else self.end

    def prompt(self) -> str:
        return self.body.get("prompt", "")

    @property
    def pictures(self) -> bool:
        return "image" in self.model.rpartition("/")[2] and "video" not in self.model


class WaveSpeedServer(HttpServer):
    """Topics: submit, result, list, ticket, put, balance, secret, download, other.

    queue_s, running_s: the clock of new predictions. walks: they take one look created and one processing, however slow
    the caller is. nsfw: what is said of their results. list_shows: whether the history has new ones. answer_text: in
    the place of a finished prediction. ends: of the next predictions, a status with its error or "failed",
    "moderated". amount: in the place of the balance. gone: links to results are dead. empty: results name no file.
    """

    KEY = TaskServer.KEY

    def __init__(self, *, port: int = 0, key: str = KEY) -> None:
        super().__init__(port=port)
        self.key, self.queue_s, self.running_s, self.walks = key, 0.05, 0.1, False
        self.tasks: dict[str, Prediction] = {}
        self.files: dict[str, bytes] = {}
        self.ends: list[str] = []
        self.leaks: list[str] = []
        self.webhooks = WebhookSender(self.webhook_headers)
        self.outputs, self.answer_text, self.list_shows = 1, "", True
        self.nsfw: list[bool] | None = None
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
        if call.path.startswith(("/put/", "/results/", "/kept/")):
            return "put" if call.path.startswith("/put/") else "download"
        if path == "/predictions":
            return "list"
        if path.startswith("/predictions/"):
            return "result"
        named = {"/media/uploads": "ticket", "/balance": "balance", "/webhook/secret": "secret"}
        return named.get(path) or ("submit" if path.removeprefix("/") in rules.MODELS else "other")

    async def answer(self, call: Call, topic: str) -> Reply:
        if topic in ("put", "download"):
            if "authorization" in call.headers:
                self.leaks.append(call.path)
        elif call.headers.get("authorization") != f"Bearer {self.key}":
            return self._error(401, "Unauthorized: the API key is not valid.")
        reply = getattr(self, f"_{topic}")(call)
        if topic == "submit" and reply.status == 200:
            made = list(self.tasks.values())[-1]
            after_s = made.queue_s + made.running_s
            await self.webhooks.submitted(call.query.get("webhook", ""), made.id, after_s, self.webhook)
        return reply

    def webhook(self, task: str) -> JSON:
        """Without the envelope of other answers."""
        state = self._state(self.tasks[task]) if task in self.tasks else {"id": task, "status": "completed"}
        return state | {"executionTime": 71300}

    def webhook_headers(self, raw: bytes, task: str, at: int) -> dict[str, str]:
        key = SECRET.removeprefix("whsec_").encode()
        signature = hmac.new(key, f"{task[:12]}.{at}.".encode() + raw, hashlib.sha256).hexdigest()
        return {"webhook-id": task[:12], "webhook-timestamp": str(at), "webhook-signature": f"v3,{signature}"}

    def _secret(self, call: Call) -> Reply:
        return self._said({"secret": SECRET})

    def _error(self, code: int, message: str) -> Reply:
        return as_json({"code": code, "message": message}, code)

    def _said(self, data: JSON) -> Reply:
        return as_json({"code": 200, "message": "success", "data": data})

    def _other(self, call: Call) -> Reply:
        return self._error(404, f"product not found: {call.path}")

    # ------------------------------------------------------------------------------------------------ predictions

    def _submit(self, call: Call) -> Reply:
        model, body = call.path.removeprefix(f"{API}/"), call.json()
        if wrong := broken(rules.MODELS[model], body):
            return self._error(400, "; ".join(f"{name}: {said}" for name, said in wrong))
        end = self.ends.pop(0) if self.ends else "completed"
        end, _, error = ENDS.get(end, end).partition(": ")
        made = Prediction(uuid.uuid4().hex, model, body, time.time(), self.queue_s, self.running_s, end, error)
        made.number, made.looks = len(self.tasks), 0 if self.walks else 2
        self.tasks[made.id] = made
        return self._said(self._state(made))

    def _state(self, found: Prediction) -> JSON:
        status = found.status()
        kind = "png" if found.pictures else "mp4"
        urls = [
            f"http://localhost:{self.port}/results/{found.id}/{n}.{kind}"
            for n in range(0 if self.empty else self.outputs)
        ]
        return {
            "id": found.id, "model": found.model, "input": found.body, "outputs": urls if status == "completed" else [],
            "urls": {"get": f"{self.url}{API}/predictions/{found.id}/result"},
            "has_nsfw_contents": self.nsfw if status == "completed" else [], "status": status,
            "created_at": datetime.fromtimestamp(found.created, UTC).isoformat(),
            "error": found.error if status == found.end else "", "timings": {"inference": 1234},
        }  # fmt: skip

    def _result(self, call: Call) -> Reply:
        found = self.tasks.get(call.path.split("/")[-2])
        if found is None:
            return self._error(404, "prediction not found")
        if self.answer_text and found.status() == "completed":
            return Reply(200, self.answer_text.encode(), {"content-type": "application/json"})
        reply = self._said(self._state(found))
        found.looks += 1
        return reply

    def _list(self, call: Call) -> Reply:
        given = call.json()
        after, before = (datetime.fromisoformat(given[f"created_{end}"]).timestamp() for end in ("after", "before"))
        rows = [p for p in self.tasks.values() if self.list_shows and after <= p.created <= before]
        rows = [p for p in rows if given.get("model") in (None, p.model)]
        start = (given["page"] - 1) * given["page_size"]
        items = [self._state(p) for p in reversed(rows)][start : start + given["page_size"]]
        return self._said({"page": given["page"], "total": len(rows), "items": items})

    # ------------------------------------------------------------------------------------------------ files, account

    def _ticket(self, call: Call) -> Reply:
        given = call.json()
        if not given.get("filename") or not isinstance(given.get("size"), int):
            return self._error(400, "filename and size are required")
        name = f"{uuid.uuid4().hex}-{given['filename']}"
        headers = {
            "Content-Type": given.get("content_type") or "application/octet-stream",
            "x-amz-meta-size": str(given["size"]),
        }
        self.files[name] = repr(sorted((k.lower(), v) for k, v in headers.items())).encode()
        upload = {"method": "PUT", "url": f"http://localhost:{self.port}/put/{name}?signature=abc", "headers": headers}
        return self._said({"upload": upload, "download_url": f"http://localhost:{self.port}/kept/{name}"})

    def _put(self, call: Call) -> Reply:
        name = call.path.removeprefix("/put/")
        signed = repr(sorted((k, call.headers.get(k, "")) for k in ("content-type", "x-amz-meta-size"))).encode()
        if call.query.get("signature") != "abc" or signed != self.files.get(name):
            return Reply(403, b"SignatureDoesNotMatch")
        self.files[name] = call.body
        return Reply(200)

    def _balance(self, call: Call) -> Reply:
        text = '{"code": 200, "message": "success", "data": {"balance": %s}}' % (self.amount or 12.5)
        return Reply(200, text.encode(), {"content-type": "application/json"})

    def _download(self, call: Call) -> Reply:
        if call.path.startswith("/kept/"):
            return Reply(200, self.files.get(call.path.removeprefix("/kept/"), b""))
        if self.gone:
            return Reply(404)
        _, _, name, file = call.path.split("/")
        found = self.tasks[name]
        if file.endswith("png"):
            return Reply(200, results.png(64, 48, call.path), {"content-type": "image/png"})
        clip = results.mp4(160, 90, 1, call.path, sound=False, number=found.number)
        return Reply(200, clip, {"content-type": "video/mp4"})
