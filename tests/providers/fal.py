"""fal as a local server: queue, storage, results, balance, and the ways in which they go wrong.

It behaves as fal's public pages say; fal's own client passes the same stories as the studio's engine.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.providers import fal_rules as rules
from tests.providers import results
from tests.providers.http_server import Call, HttpServer, Reply, as_json
from tests.providers.task_server import TaskServer
from tests.providers.webhooks import Ed25519Signer, WebhookSender

JSON = dict[str, Any]
ENDS = {
    "failed": "downstream_service_error: The model broke.",
    "moderated": "content_policy_violation: The content was flagged.",
}
"""Bad ends that every provider has -> fal's error type and message."""


@dataclass
class Request:
    """One accepted request, on the clock: in the queue, in progress, done. end: "" for good, else an error type."""

    id: str
    model: str
    body: JSON
    created: float
    queue_s: float
    running_s: float
    end: str = ""
    message: str = ""
    fewer: int = 0
    cancelled: bool = False
    number: int = 0
    looks: int = 2

    def status(self) -> str:
        age = time.time() - self.created
        if self.looks < 2 and not self.cancelled:
            return ("IN_QUEUE", "IN_PROGRESS")[self.looks]
        if self.cancelled:
            return "COMPLETED"
        return (
            "IN_QUEUE" if age < self.queue_s else "IN_PROGRESS" if age < self.queue_s + self.running_s else "COMPLETED"
        )

    def prompt(self) -> str:
        return self.body.get("prompt", "")

    @property
    def pictures(self) -> bool:
        return bool(rules.PICTURES.search(self.model))


class FalServer(HttpServer):
    """Topics: submit, status, result, cancel, initiate, token, put, cdn, billing, keys, download, other.

    queue_s, running_s: the clock of new requests. walks: they take one look in the queue and one in progress, however
    slow the caller is. fewer: pictures that do not come. amount: in the place of the billed units ("none" for no
    header) and of the balance. gone: links to results are dead. empty: results name no file. ends: of the next
    requests, an error type with its message, or "failed", "moderated", "partial". told: whether a failed run's state
    says its error, too. answer_text: in the place of
    the result.
    """

    KEY = TaskServer.KEY

    def __init__(self, *, port: int = 0, key: str = KEY) -> None:
        super().__init__(port=port)
        self.key, self.queue_s, self.running_s = key, 0.05, 0.1
        self.tasks: dict[str, Request] = {}
        self.files: dict[str, bytes] = {}
        self.ends: list[str] = []
        self.leaks: list[str] = []
        self.walks = False
        self.signer, self.webhooks = Ed25519Signer(), WebhookSender(self.webhook_headers)
        self.fewer, self.told, self.answer_text, self.admin, self.link = 0, True, "", True, ""
        self.amount, self.gone, self.empty = "", False, False

    def reset(self) -> None:
        """As new, between two tests."""
        for kept in (self.tasks, self.faults, self.calls, self.ends):
            kept.clear()
        self.amount, self.gone, self.empty = "", False, False

    def finish(self, kind: str, message: str = "It went wrong.") -> None:
        """The next request ends with this error type."""
        self.ends.append(f"{kind}: {message}")

    def submits_by_prompt(self) -> Counter[str]:
        """How many requests were accepted for each prompt: more than one means somebody would have paid twice."""
        return Counter(r.prompt() for r in self.tasks.values())

    # ------------------------------------------------------------------------------------------------ dispatch

    def topic(self, call: Call) -> str:
        path = call.path
        if "/requests/" in path:
            if path.endswith("/status"):
                return "status"
            return "cancel" if path.endswith("/cancel") else "result"
        for start, topic in (
            ("/storage/upload/initiate", "initiate"),
            ("/storage/auth/token", "token"),
            ("/files/upload", "cdn"),
            ("/put/", "put"),
            ("/v1/account/billing", "billing"),
            ("/.well-known/jwks.json", "keys"),
            ("/results/", "download"),
            ("/kept/", "download"),
        ):
            if path.startswith(start):
                return topic
        return "submit" if path.removeprefix("/") in rules.MODELS else "other"

    async def answer(self, call: Call, topic: str) -> Reply:
        key = call.headers.get("authorization")
        if topic == "keys":
            return as_json(self.signer.key_set())
        if topic in ("put", "download"):
            if key:
                self.leaks.append(call.path)
        elif key != ("Bearer cdn-token" if topic == "cdn" else f"Key {self.key}"):
            return as_json({"detail": "Cannot access application. Authentication is required."}, 401)
        reply = getattr(self, f"_{topic}")(call)
        if topic == "submit" and reply.status == 200:
            made = list(self.tasks.values())[-1]
            after_s = made.queue_s + made.running_s
            await self.webhooks.submitted(call.query.get("fal_webhook", ""), made.id, after_s, self.webhook)
        return reply

    def webhook(self, task: str) -> JSON:
        return {"request_id": task, "gateway_request_id": task, "status": "OK", "payload": {"seed": 5}}

    def webhook_headers(self, raw: bytes, task: str, at: int) -> dict[str, str]:
        lines = (task, "user1", str(at), hashlib.sha256(raw).hexdigest())
        values = (*lines[:3], self.signer.sign("\n".join(lines).encode()).hex())
        names = ("Request-Id", "User-Id", "Timestamp", "Signature")
        return {f"X-Fal-Webhook-{name}": value for name, value in zip(names, values, strict=True)}

    def _other(self, call: Call) -> Reply:
        return as_json({"detail": f"Application '{call.path}' not found"}, 404)

    # ------------------------------------------------------------------------------------------------ queue

    def _submit(self, call: Call) -> Reply:
        model, body = call.path.removeprefix("/"), call.json()
        if wrong := rules.check(model, body):
            return as_json({"detail": wrong}, 422)
        end = self.ends.pop(0) if self.ends else ""
        end, _, message = ENDS.get(end, end).partition(": ")
        name = str(uuid.uuid4())
        made = Request(name, model, body, time.time(), self.queue_s, self.running_s, end, message)
        made.number, made.looks = len(self.tasks), 0 if self.walks else 2
        made.end, made.fewer = ("", 1) if end == "partial" else (end, self.fewer)
        self.tasks[name] = made
        url = f"{self.url}/{'/'.join(model.split('/')[:2])}/requests/{name}"
        urls = {"response_url": url, "status_url": f"{url}/status", "cancel_url": f"{url}/cancel"}
        return as_json({"status": "IN_QUEUE", "request_id": name, "queue_position": 0, **urls})

    def _request(self, call: Call) -> Request | None:
        return self.tasks.get(call.path.split("/requests/")[1].partition("/")[0])

    def _status(self, call: Call) -> Reply:
        found = self._request(call)
        if found is None:
            return as_json({"detail": "Request not found"}, 404)
        word = found.status()
        found.looks += 1
        body: JSON = {
            "status": word,
            "request_id": found.id,
            "response_url": f"{self.url}{call.path[: -len('/status')]}",
        }
        if word == "IN_QUEUE":
            return as_json(body | {"queue_position": 2}, 202)
        body["logs"] = None
        if word == "IN_PROGRESS":
            return as_json(body, 202)
        body["metrics"] = {"inference_time": found.running_s}
        if found.cancelled:
            body |= {"error": "Request was cancelled by the client.", "error_type": "client_cancelled"}
        elif found.end and self.told:
            body |= {"error": found.message, "error_type": found.end}
        return as_json(body)

    def _result(self, call: Call) -> Reply:
        found = self._request(call)
        if found is None:
            return as_json({"detail": "Request not found"}, 404)
        if found.status() != "COMPLETED":
            return as_json({"detail": "Request is still in progress"}, 400)
        if found.cancelled:
            return as_json({"detail": "Request was cancelled."}, 499)
        if found.end:
            return self._error(found)
        if self.answer_text:
            return Reply(200, self.answer_text.encode(), {"content-type": "application/json"})
        count = found.body.get("num_images") or found.body.get("max_images") or 1
        headers = {"x-fal-request-id": found.id}
        if self.empty:
            return as_json({"images": [], "video": None}, 200, **headers)
        if self.amount != "none":
            headers["x-fal-billable-units"] = self.amount or str(
                count - found.fewer if found.pictures else self._seconds(found)
            )
        if found.pictures:
            images = [self._file(found, f"{n}.png", "image/png") for n in range(count - found.fewer)]
            return as_json({"images": images, "seed": found.body.get("seed", 5)}, 200, **headers)
        video = self._file(found, "0.mp4", "video/mp4") | {"width": None, "duration": None}
        answer = {"video": video, "seed": found.body.get("seed", 5), "actual_prompt": None}
        return as_json(answer, 200, **headers)

    def _error(self, found: Request) -> Reply:
        body = {"detail": [{"loc": ["body", "prompt"], "msg": found.message, "type": found.end, "ctx": {}}]}
        transient = found.end in ("internal_server_error", "generation_timeout", "downstream_service_error")
        headers = {"x-fal-request-id": found.id, "x-fal-error-type": found.end}
        if self.amount not in ("", "none"):
            headers["x-fal-billable-units"] = self.amount
        return as_json(body, 500 if transient else 422, **headers)

    def _seconds(self, found: Request) -> float:
        given = str(found.body.get("duration") or "").removesuffix("s")
        return float(given or found.body.get("num_frames", 80) / 16 or 5)

    def _cancel(self, call: Call) -> Reply:
        found = self._request(call)
        if call.method != "PUT" or found is None:
            return as_json({"status": "NOT_FOUND"}, 404)
        if found.status() == "COMPLETED":
            return as_json({"status": "ALREADY_COMPLETED"}, 400)
        found.cancelled = found.status() == "IN_QUEUE"
        return as_json({"status": "CANCELLATION_REQUESTED"}, 202)

    # ------------------------------------------------------------------------------------------------ files, account

    def _initiate(self, call: Call) -> Reply:
        given = call.json()
        if call.query.get("storage_type") not in ("fal-cdn-v3", "gcs") or not {"file_name", "content_type"} <= set(
            given
        ):
            return as_json({"detail": "file_name and content_type are required"}, 422)
        name = f"{uuid.uuid4().hex}-{given['file_name']}"
        self.files[name] = given["content_type"].encode()
        link = f"http://localhost:{self.port}/kept/{name}"
        return as_json({"upload_url": f"http://localhost:{self.port}/put/{name}?signature=abc", "file_url": link})

    def _put(self, call: Call) -> Reply:
        name = call.path.removeprefix("/put/")
        if call.query.get("signature") != "abc" or call.headers.get("content-type", "").encode() != self.files.get(
            name
        ):
            return Reply(403, b"SignatureDoesNotMatch")
        self.files[name] = call.body
        return Reply(200)

    def _token(self, call: Call) -> Reply:
        soon = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 600))
        return as_json({"token": "cdn-token", "token_type": "Bearer", "base_url": self.url, "expires_at": soon})

    def _cdn(self, call: Call) -> Reply:
        name = f"{uuid.uuid4().hex}-{call.headers.get('x-fal-file-name', 'upload.bin')}"
        self.files[name] = call.body
        return as_json({"access_url": f"http://localhost:{self.port}/kept/{name}"})

    def _billing(self, call: Call) -> Reply:
        if not self.admin:
            return as_json({"detail": "This key may not read the account"}, 403)
        credits = '"credits": {"current_balance": %s, "currency": "USD"}' % (self.amount or 24.5)
        more = f", {credits}" if call.query.get("expand") == "credits" else ""
        return Reply(200, f'{{"username": "tester"{more}}}'.encode(), {"content-type": "application/json"})

    def _file(self, found: Request, name: str, mime: str) -> JSON:
        url = self.link or f"http://localhost:{self.port}/results/{found.id}/{name}"
        return {"url": url, "content_type": mime, "file_name": name, "file_size": None}

    def _download(self, call: Call) -> Reply:
        if call.path.startswith("/kept/"):
            return Reply(200, self.files.get(call.path.removeprefix("/kept/"), b""))
        if self.gone:
            return Reply(404)
        _, _, request, name = call.path.split("/")
        found = self.tasks[request]
        if name.endswith("png"):
            return Reply(200, results.png(64, 48, call.path), {"content-type": "image/png"})
        seconds = min(self._seconds(found), 1.0)
        clip = results.mp4(160, 90, seconds, call.path, sound=False, number=found.number)
        return Reply(200, clip, {"content-type": "video/mp4"})
