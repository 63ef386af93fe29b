"""AtlasCloud as a local server, by the shapes of its own clients: a task that is unknown at first, results in three
shapes, uploads in two."""

from __future__ import annotations

import base64
from typing import Any

from tests.providers.http_server import Call, Reply, as_json
from tests.providers.task_server import AMOUNT, TaskServer
from tests.providers.webhooks import Ed25519Signer

VENDORS = ("alibaba/", "bytedance/", "google/", "kwaivgi/", "minimax/", "openai/")
"""Whose models are served; rules of their own are written down for Wan only."""
STATES = {"pending": "created", "running": "processing"}


def error(status: int, message: str, http: int = 200) -> Reply:
    return as_json({"code": status, "msg": message, "data": None}, http)


class AtlascloudServer(TaskServer):
    """Topics: submit, poll, upload, balance, keys, download. unknown_looks: so often a new task is unknown."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.unknown_looks, self.signer = 1, Ed25519Signer()

    def topic(self, call: Call) -> str:
        kinds = {
            "jwks.json": "keys",
            "/generate": "submit",
            "/prediction/": "poll",
            "uploadMedia": "upload",
            "balance": "balance",
        }
        return next((kind for word, kind in kinds.items() if word in call.path), "download")

    def unauthorised(self) -> Reply:
        return error(401, "invalid api key", 401)

    def _submit(self, call: Call) -> Reply:
        body = call.json()
        if wrong := self._wrong(body):
            return error(422, wrong, 422)
        job = self.take(body, body.get("prompt", ""), "image" if call.path.endswith("Image") else "video")
        name = "predictionId" if job.number % 3 == 2 else "id"
        return as_json({"code": 200, "data": {name: job.id, "model": body["model"], "status": "processing"}})

    def _wrong(self, body: dict[str, Any]) -> str:
        model = str(body.get("model", ""))
        files = [body.get(name) for name in ("image", "last_image", "video")]
        files += [*(body.get("images") or []), *(body.get("videos") or [])]
        sound, expands = body.get("audio"), body.get("enable_prompt_expansion")
        fixed = model.endswith("wan-2.6/text-to-video")
        files += [sound] if isinstance(sound, str) else []
        rules = {
            "model not found": not model.startswith(VENDORS),
            "size has an asterisk": "size" in body and "*" not in body["size"],
            "duration must be 5, 10 or 15": fixed and body["duration"] not in (5, 10, 15),
            "multi needs prompt expansion": body.get("shot_type") == "multi" and not expands,
            "at most 3 videos": "wan-2.6/video" in model and len(body.get("videos") or []) > 3,
            "a file could not be fetched": not self.fetched([f for f in files if f]),
        }  # fmt: skip
        return next((said for said, broken in rules.items() if broken), "")

    def _poll(self, call: Call) -> Reply:
        job = self.tasks.get(call.path.rpartition("/")[2])
        if job is None or job.looks < self.unknown_looks:
            if job:
                job.looks += 1
            return error(404, "prediction not found", 404)
        word = self.phase(job)
        data: dict[str, Any] = {"id": job.id, "status": STATES.get(word, "completed"), "outputs": None, "error": ""}
        if word in ("failed", "moderated"):
            said = {"failed": "worker lost", "moderated": "input image flagged by content moderation"}[word]
            data |= {"status": "timeout" if job.number % 2 else "failed", "error": said}
        elif word in ("success", "partial"):
            links = self.links(job)
            shapes = ({"outputs": links}, {"outputs": [{"url": link} for link in links]}, {"output": links[:1]})
            data |= shapes[job.number % 3] | {"metrics": {}}
        return as_json({"code": 200, "data": data})

    def _upload(self, call: Call) -> Reply:
        url = self.keep(call)
        new = {"code": 200, "message": "", "data": {"type": "image", "download_url": url, "size": 1}}
        return as_json(new if len(self.uploads) % 2 else {"url": url})

    def _balance(self, call: Call) -> Reply:
        value = AMOUNT if self.amount else "12.34"
        return self.figured({"object": "balance", "available": {"value": value, "currency": "USD"}})

    async def answer(self, call: Call, topic: str) -> Reply:
        return as_json(self.signer.key_set()) if topic == "keys" else await super().answer(call, topic)

    def webhook_url(self, call: Call) -> str:
        return call.json().get("webhook_url", "")

    def webhook(self, task: str) -> dict[str, Any]:
        payload = {"id": task, "status": "completed", "outputs": []}
        return {"session_id": f"ws_{task}", "event_type": "video.task.terminal", "status": "OK", "payload": payload}

    def webhook_headers(self, raw: bytes, task: str, at: int) -> dict[str, str]:
        signature = base64.urlsafe_b64encode(self.signer.sign(f"{at}.".encode() + raw)).rstrip(b"=").decode()
        names = {"Id": f"ws_{task}", "Timestamp": str(at), "Signature-Ed25519": signature, "Key-Id": self.signer.kid}
        return {f"X-AtlasCloud-Webhook-{name}": value for name, value in names.items()}
