"""A REST service of the common shape as a local server: exactly the pattern of the Wan guide, or with other shapes.

The rules are the guide's: 1-10 seconds, 1280x720 or 720x1280, 16 or 24 frames a second, a JPEG or PNG written out.
"""

from __future__ import annotations

from typing import Any

from tests.providers.http_server import Call, Reply, as_json
from tests.providers.task_server import AMOUNT, TaskServer


def error(status: int, message: str, **headers: str) -> Reply:
    return as_json({"error": message}, status, **headers)


class GuideServer(TaskServer):
    """Topics: submit, poll, download."""

    def topic(self, call: Call) -> str:
        if call.path.startswith("/v1/video/"):
            return "submit" if call.method == "POST" else "poll"
        return "download"

    @property
    def base(self) -> str:
        """What the user sets."""
        return f"{self.url}/v1"

    def unauthorised(self) -> Reply:
        return error(401, "invalid api key")

    def _submit(self, call: Call) -> Reply:
        body = call.json()
        if wrong := self._wrong(body, frame=call.path == "/v1/video/image-to-video"):
            return error(422, wrong)
        job = self.take(body, body["prompt"], "video")
        return as_json({"task_id": job.id})

    def _wrong(self, body: dict[str, Any], *, frame: bool) -> str:
        given = body.get("parameters", {})
        allowed = {"duration", "resolution", "fps", "num_inference_steps"}
        allowed |= {"motion_strength"} if frame else {"guidance_scale"}
        if body.get("model") != "wan-2.6" or set(body) - {"model", "prompt", "parameters", "image"}:
            return "unknown model or field"
        if set(given) - allowed:
            return f"unknown parameters {sorted(set(given) - allowed)}"
        if not (isinstance(given.get("duration"), int) and 1 <= given["duration"] <= 10):
            return "duration must be a whole number from 1 to 10"
        if given.get("resolution") not in ("1280x720", "720x1280") or given.get("fps") not in (16, 24):
            return "resolution or fps is not supported"
        image = str(body.get("image", ""))
        if frame != image.startswith(("data:image/jpeg;base64,", "data:image/png;base64,", "https://files.test")):
            return "image must be a JPEG or PNG data URI"
        return ""

    def _poll(self, call: Call) -> Reply:
        job = self.tasks.get(call.path.rpartition("/")[2])
        if job is None:
            return error(404, "task not found")
        word = self.phase(job)
        if word in ("failed", "moderated"):
            return as_json(
                {"status": "failed", "error": {"failed": "worker lost", "moderated": "content rejected"}[word]}
            )
        if word in ("success", "partial"):
            links = self.links(job)
            return as_json({"status": "succeeded", "output": {"video_url": links[0]} if links else {}})
        return as_json({"status": {"pending": "queued", "running": "processing"}[word]})


class EnvelopeServer(TaskServer):
    """Another service of the shape: an envelope with a code, an own header for the key, uploads, lists of files, a POST
    to look at a task, and to cancel. keys: idempotency key -> task."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.keys: dict[str, str] = {}

    def topic(self, call: Call) -> str:
        kinds = {"/tasks/create": "submit", "/tasks/query": "poll", "/cancel": "cancel", "/upload": "upload"}
        return next((kind for word, kind in kinds.items() if word in call.path), "download")

    async def answer(self, call: Call, topic: str) -> Reply:
        if topic == "download":
            if "x-api-key" in call.headers:
                self.leaks.append(call.path)
            return self._download(call)
        if call.headers.get("x-api-key") == self.KEY:
            call.headers["authorization"] = f"Bearer {self.KEY}"
        return await super().answer(call, topic)

    def unauthorised(self) -> Reply:
        return as_json({"code": 401, "msg": "invalid key"})

    def _submit(self, call: Call) -> Reply:
        body, key = call.json(), call.headers.get("idempotency-key", "")
        if key in self.keys:
            return as_json({"code": 0, "data": {"id": self.keys[key]}})
        if body.get("model") != "wan-x" or not self.fetched(body.get("input", {}).get("pictures", [])):
            return as_json({"code": 422, "msg": "unknown model or picture"})
        text, count = body["input"].get("prompt", ""), int(body["input"].get("count", 1))
        job = self.take(body, text, "image", count=count, id=str(7_000_000 + len(self.tasks)))
        if key:
            self.keys[key] = job.id
        return as_json({"code": 0, "data": {"id": int(job.id)}})

    def _poll(self, call: Call) -> Reply:
        job = self.tasks.get(str(call.json().get("id")))
        if job is None:
            return as_json({"code": 404, "msg": "no such task"})
        word = self.phase(job)
        words = {"pending": 0, "running": 1, "failed": 3, "moderated": 3, "stopped": 4}
        data: dict[str, Any] = {"state": words.get(word, 2), "percent": "45%"}
        if word in ("failed", "moderated"):
            data["reason"] = {"failed": "worker lost", "moderated": "content rejected"}[word]
        elif word in ("success", "partial"):
            files = [{"file": {"address": link.removeprefix(self.url)}} for link in self.links(job)]
            data |= {"files": files, "bill": {"usd": AMOUNT}}
        return self.figured({"code": 0, "data": data})

    def _cancel(self, call: Call) -> Reply:
        job = self.tasks[call.path.split("/")[2]]
        job.end, job.created = "stopped", 0.0
        return as_json({"code": 0})

    def _upload(self, call: Call) -> Reply:
        return as_json({"code": 0, "data": {"link": self.keep(call, "picture")}})


ENVELOPE = """

[account]
submits_per_s = 100
concurrent = 5
polls_per_s = 100

[api]
label = "Envelope"
base_url = "URL"
key_env = "ENVELOPE_API_KEY"
local = true
auth = { header = "X-Api-Key", scheme = "" }

[api.submit]
path = "/tasks/create"
id = ["data.id"]

[api.poll]
path = "/tasks/query"
method = "POST"
body = { id = "{task}" }
state = ["data.state"]
result = ["data.files[].file.address"]
progress = ["data.percent"]
error = ["data.reason", "msg"]
cost = ["data.bill.usd"]

[api.states]
queued = ["0"]
done = ["2"]
failed = ["3"]
cancelled = ["4"]

[api.cancel]
path = "/tasks/{task}/cancel"

[api.upload]
path = "/upload"
field = "picture"
url = ["data.link"]

[[model]]
name = "wan-x"
label = "Wan X"
family = "Wan"
tasks = ["text-to-image", "image-edit"]
prompt = { required = true, max_chars = 2000 }
outputs = { param = "count" }
prices = [{ unit = "image", usd = 0.03 }]
engine = { model = "wan-x" }
source = "https://envelope.test/docs"
checked = 2026-11-30

[model.inputs.images]
label = "Pictures"
kinds = ["image"]
max = 3
tasks = ["image-edit"]
required_for = ["image-edit"]

[model.params.count]
type = "int"
label = "Pictures"
min = 1
max = 4
default = 1

[model.request]
model = "model"
"input.prompt" = "prompt"
"input.pictures" = { from = "images", list = true }
"input.count" = "count"
"""
"""The file that a user would write for this server."""
