"""APIMart as a local server, by the shapes of its public pages: tasks named in a list, links in lists or as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.providers import field_rules
from tests.providers.http_server import Call, Reply, as_json
from tests.providers.task_server import AMOUNT, TaskServer

STATES = {"pending": "submitted", "running": "processing"}
FAMILIES = field_rules.read(Path(__file__).with_name("apimart_families.json"))
"""Models of other families: their fields, by its pages."""
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")


def error(status: int, message: str, code: Any = None, **headers: str) -> Reply:
    found = {"code": code or status, "message": message, "type": "invalid_request_error"}
    return as_json({"error": found}, status, **headers)


class ApimartServer(TaskServer):
    """Topics: submit, poll, upload, balance, download. replays: submits that came again under a known key.

    unlimited: the key has no limit of its own, so that only the account tells what is left.
    """

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.keys: dict[str, tuple[bytes, str]] = {}
        self.replays, self.unlimited = 0, False

    def topic(self, call: Call) -> str:
        kinds = {"generations": "submit", "/v1/tasks/": "poll", "uploads": "upload", "balance": "balance"}
        return next((kind for word, kind in kinds.items() if word in call.path), "download")

    def unauthorised(self) -> Reply:
        return error(401, "invalid key")

    def _submit(self, call: Call) -> Reply:
        body, key = call.json(), call.headers.get("idempotency-key", "")
        if known := self.keys.get(key):
            if known[0] != call.body:
                return error(409, "Another body under this key.", "idempotency_key_reused")
            self.replays += 1
            return as_json({"code": 200, "data": [{"status": "submitted", "task_id": known[1]}]})
        if wrong := self._wrong(body):
            return wrong
        kind = "image" if "images" in call.path else "video"
        job = self.take(body, body.get("prompt", ""), kind, count=int(body.get("n", 1)))
        self.keys[key] = (call.body, job.id)
        code = 200 if job.number % 2 else "success"
        return as_json({"code": code, "data": [{"status": "submitted", "task_id": job.id}]})

    def _wrong(self, body: dict[str, Any]) -> Reply | None:
        model = str(body.get("model", ""))
        if not model.startswith("wan") and model not in FAMILIES:
            return error(404, "model not found")
        if model in FAMILIES and (wrong := field_rules.broken(FAMILIES[model], body)):
            return error(400, f"{wrong[0][0]}: {wrong[0][1]}")
        if body.get("first_frame_image") and body.get("image_urls"):
            return error(400, "mixed_media_not_allowed")
        if body["model"] == "wan2.6" and body.get("duration") not in (5, 10, 15):
            return error(500, "build_request_failed: duration must be 5, 10 or 15")
        if body.get("image_urls") and body.get("aspect_ratio"):
            return error(400, "aspect_ratio is not supported in image-to-video mode")
        roles = [one.get("url") for one in body.get("image_with_roles") or []]
        frames = [body["first_frame_image"]] if "first_frame_image" in body else []
        if not self.fetched([*(body.get("image_urls") or []), *roles, *frames]):
            return error(400, "base64 is not supported, upload the file")
        return None

    def _poll(self, call: Call) -> Reply:
        job = self.tasks.get(call.path.rpartition("/")[2])
        if job is None:
            return error(404, "task not found")
        word = self.phase(job)
        data: dict[str, Any] = {"id": job.id, "status": STATES.get(word, "completed"), "progress": 35, "created": 1}
        if word in ("failed", "moderated"):
            said = {"failed": "worker lost", "moderated": "content rejected"}[word]
            data |= {"status": "failed", "error": {"code": "task_failed", "message": said, "type": "task_failed"}}
        elif word in ("success", "partial"):
            links: list[Any] = self.links(job)
            items = [{"url": [link] if n % 2 else link, "expires_at": 1790086400} for n, link in enumerate(links)]
            data |= {"result": {f"{job.kind}s": items}, "cost": AMOUNT, "progress": 100}
        return self.figured({"code": 200, "data": data})

    def _upload(self, call: Call) -> Reply:
        url = self.keep(call)
        if not any(f"Content-Type: {mime}".encode() in call.body for mime in PICTURES):
            return error(400, "only pictures can be uploaded")
        return as_json({"url": url, "filename": "a.png", "content_type": "image/png", "bytes": 1})

    def _balance(self, call: Call) -> Reply:
        of_key = call.path == "/v1/balance"
        left = -1 if of_key and self.unlimited else AMOUNT if self.amount else 12.5
        return self.figured(
            {"success": True, "remain_balance": left, "used_balance": 3.1, "unlimited_quota": of_key and self.unlimited}
        )

    def webhook_url(self, call: Call) -> str:
        base = call.json().get("webhook", "")
        return base and f"{base}/callback"

    def webhook(self, task: str) -> dict[str, Any]:
        return {"code": 200, "data": {"id": task, "status": "completed"}}
