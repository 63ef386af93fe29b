"""MindStudio as a local server, by the shapes of its SDKs: steps and agents with tokens, outputs in place or in a file
of their own, uploads in two steps."""

from __future__ import annotations

from typing import Any

from tests.providers.http_server import Call, Reply, as_json
from tests.providers.task_server import AMOUNT, TaskServer

STEPS = {"generateVideo": "video", "generateImage": "image", "upscaleVideo": "video"}


def error(status: int, message: str, code: str = "api_error", **headers: str) -> Reply:
    return as_json({"error": message, "code": code}, status, **headers)


class MindstudioServer(TaskServer):
    """Topics: submit, poll, upload, put, output, agents, flows, user, download. apps: agents with their workflows."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.apps: list[dict[str, Any]] = []
        self.flows: dict[str, list[dict[str, Any]]] = {}

    def topic(self, call: Call) -> str:
        words = {
            "/poll/": "poll",
            "execute-async": "submit",
            "agents/run": "submit",
            "agents/load": "agents",
            "/workflows": "flows",
            "account/upload": "upload",
            "/put/": "put",
            "/outputs/": "output",
            "userinfo": "user",
        }
        return next((kind for word, kind in words.items() if word in call.path), "download")

    async def answer(self, call: Call, topic: str) -> Reply:
        if topic in ("put", "output"):
            if topic == "put" and "authorization" in call.headers:
                self.leaks.append(call.path)
            return getattr(self, f"_{topic}")(call)
        return await super().answer(call, topic)

    def unauthorised(self) -> Reply:
        return error(401, "Invalid API key")

    def _submit(self, call: Call) -> Reply:
        body = call.json()
        if call.path.endswith("/agents/run"):
            if not body.get("appId") or body.get("async") is not True or not isinstance(body.get("variables"), dict):
                return error(400, "appId is required")
            job = self.take(body, str(body["variables"].get("prompt", "")), "video")
            return as_json({"success": True, "threadId": "t", "callbackToken": job.id})
        name, step = call.path.split("/")[4], body.get("step", {})
        override = step.get("videoModelOverride") or step.get("imageModelOverride") or {}
        if (
            name not in STEPS
            or not (step.get("prompt") or step.get("url"))
            or not isinstance(override.get("config", {}), dict)
        ):
            return error(400, "prompt is required", "invalid_step_config")
        job = self.take(body, step.get("prompt", ""), STEPS[name], count=int(step.get("numVariants", 1)))
        return as_json({"executionToken": job.id, "appId": "a", "threadId": "t"})

    def _poll(self, call: Call) -> Reply:
        job = self.tasks.get(call.path.rpartition("/")[2])
        if job is None:
            return error(404, "Poll token not found or expired.", "poll_token_expired")
        word = self.phase(job)
        if word in ("pending", "running"):
            return as_json({"status": "pending"})
        if word in ("failed", "moderated"):
            said = {"failed": "worker lost", "moderated": "content rejected"}[word]
            return as_json({"status": "error", "error": said})
        links = self.links(job)
        if "appId" in job.body:
            said = f"Here is your film: {links[0]}. The page is https://example.com/a" if links else "Nothing came."
            result = {"success": True, "threadId": "t", "result": said, "billingCost": AMOUNT}
            return self.figured({"status": "complete", "result": result})
        if job.number % 2 and links:
            return self.figured(
                {"status": "complete", "outputUrl": f"{self.url}/outputs/{job.id}", "billingCost": AMOUNT}
            )
        return self.figured({"status": "complete", "output": self._made(job), "billingCost": AMOUNT})

    def _made(self, job: Any) -> dict[str, Any]:
        links = self.links(job)
        name = "url" if "url" in job.body["step"] else f"{job.kind}Url"
        return {name: links[0] if len(links) == 1 else links}

    def _output(self, call: Call) -> Reply:
        return as_json({"value": self._made(self.tasks[call.path.rpartition("/")[2]])})

    def _upload(self, call: Call) -> Reply:
        asked = call.json()
        if not asked.get("extension") or "/" not in asked.get("type", ""):
            return error(400, "extension and type are required")
        place = f"{len(self.uploads)}.{asked['extension']}"
        self.uploads[f"{self.url}/files/{place}"] = b""
        return as_json({"uploadUrl": f"{self.url}/put/{place}", "url": f"{self.url}/files/{place}"})

    def _put(self, call: Call) -> Reply:
        self.uploads[f"{self.url}/files/{call.path.rpartition('/')[2]}"] = call.body
        return Reply(200)

    def _agents(self, call: Call) -> Reply:
        return as_json({"orgId": "o", "orgName": "Org", "apps": self.apps})

    def _flows(self, call: Call) -> Reply:
        found = self.flows.get(call.path.split("/")[4])
        return error(404, "no such worker") if found is None else as_json({"workflows": found})

    def _user(self, call: Call) -> Reply:
        return as_json({"userId": "u", "displayName": "A", "organizationId": "o"})
