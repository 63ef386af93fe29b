"""What local servers of task-based providers share: jobs on a clock, uploads as forms, results, who saw the key.

A provider's server says in its own shapes what a job answers; tests lay in how the next jobs end and what they cost.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from tests.providers import results
from tests.providers.http_server import Call, HttpServer, Reply, as_json
from tests.providers.webhooks import WebhookSender

JSON = dict[str, Any]
AMOUNT = "@amount@"


@dataclass
class TaskJob:
    """One accepted job. end: "success", "failed", "moderated" or "partial". count: files asked for. looks: so far."""

    id: str
    body: JSON
    text: str
    kind: str
    created: float
    end: str = "success"
    count: int = 1
    number: int = 0
    looks: int = 0
    seen: JSON = field(default_factory=dict)

    def prompt(self) -> str:
        return self.text


class TaskServer(HttpServer):
    """pending_s, running_s: the clock of jobs. ends: how the next ones end. amount: JSON text in the place of the
    figure that was billed. gone: links to results are dead. empty: a task that is done names no file. leaks: calls that
    carried the key where it must not go."""

    KEY = "test-key-12345"

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.tasks: dict[str, TaskJob] = {}
        self.uploads: dict[str, bytes] = {}
        self.pending_s, self.running_s = 0.02, 0.04
        self.ends: list[str] = []
        self.amount, self.gone, self.empty = "", False, False
        self.leaks: list[str] = []
        self.webhooks = WebhookSender(self.webhook_headers)
        self.seen: list[Call] = []

    def reset(self) -> None:
        """As new, between two tests."""
        self.tasks.clear()
        self.faults.clear()
        self.calls.clear()
        self.ends.clear()
        self.seen.clear()
        self.amount, self.gone, self.empty = "", False, False

    def submits_by_prompt(self) -> Counter[str]:
        """How many jobs were accepted for each prompt: more than one means that somebody would have paid twice."""
        return Counter(job.text for job in self.tasks.values())

    def bodies(self, topic: str) -> list[Any]:
        """The JSON bodies of the calls on this topic, in their order."""
        return [call.json() for call in self.seen if self.topic(call) == topic]

    # ------------------------------------------------------------------------------------------------ for providers

    async def answer(self, call: Call, topic: str) -> Reply:
        self.seen.append(call)
        if topic == "download":
            if "authorization" in call.headers:
                self.leaks.append(call.path)
            return self._download(call)
        if call.headers.get("authorization") != f"Bearer {self.KEY}":
            return self.unauthorised()
        before = len(self.tasks)
        reply = getattr(self, f"_{topic}")(call)
        if len(self.tasks) > before and (url := self.webhook_url(call)):
            task = list(self.tasks)[-1]
            await self.webhooks.submitted(url, task, self.pending_s + self.running_s, self.webhook)
        return reply

    def webhook_url(self, call: Call) -> str:
        """Where the job that this call starts is to be told of; "" for nowhere."""
        return ""

    def webhook(self, task: str) -> JSON:
        """What is told of a job that has ended."""
        raise NotImplementedError

    def webhook_headers(self, raw: bytes, task: str, at: int) -> dict[str, str]:
        """The signature; most providers have none."""
        return {}

    def unauthorised(self) -> Reply:
        return as_json({"code": 401, "message": "invalid key"}, 401)

    def take(self, body: JSON, text: str, kind: str, *, count: int = 1, id: str = "") -> TaskJob:
        """Accept a job."""
        job = TaskJob(id or f"task_{uuid.uuid4().hex[:12]}", body, text, kind, time.time(), count=count)
        job.end = self.ends.pop(0) if self.ends else "success"
        job.number = len(self.tasks)
        self.tasks[job.id] = job
        return job

    def phase(self, job: TaskJob) -> str:
        """pending, running, or how the job has ended."""
        job.looks += 1
        age = time.time() - job.created
        if age < self.pending_s:
            return "pending"
        return "running" if age < self.pending_s + self.running_s else job.end

    def links(self, job: TaskJob) -> list[str]:
        """Addresses of what the job made: one file is missing where it succeeded in part."""
        made = 0 if self.empty else job.count - (job.end == "partial")
        suffix = "png" if job.kind == "image" else "mp4"
        return [f"{self.url}/results/{job.id}-{n}.{suffix}" for n in range(made)]

    def figured(self, body: Any, status: int = 200) -> Reply:
        """An answer in which AMOUNT stands for the figure that was billed."""
        text = json.dumps(body).replace(f'"{AMOUNT}"', self.amount or "null")
        return Reply(status, text.encode(), {"content-type": "application/json"})

    def keep(self, call: Call, name: str = "file") -> str:
        """The file of a form, kept; its address."""
        head = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + call.body).walk()
        file = next(p for p in parts if p.get_param("name", header="content-disposition") == name)
        url = f"{self.url}/files/{len(self.uploads)}-{file.get_filename()}"
        self.uploads[url] = file.get_payload(decode=True) or b""  # pyright: ignore[reportArgumentType]
        return url

    def fetched(self, urls: list[Any]) -> bool:
        """Whether each of these is an address that was uploaded here, or a public one."""
        return all(u in self.uploads or str(u).startswith("https://") for u in urls)

    def _download(self, call: Call) -> Reply:
        name = call.path.rpartition("/")[2]
        job = self.tasks.get(name.rpartition("-")[0])
        if job is None or self.gone:
            return Reply(403, b"expired")
        if job.kind == "image":
            return Reply(200, results.png(64, 48, name), {"content-type": "image/png"})
        clip = results.mp4(160, 96, 1, name, number=job.number)
        return Reply(200, clip, {"content-type": "video/mp4"})
