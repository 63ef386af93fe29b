"""Alibaba Model Studio as a local server: uploads, tasks, images, results, and every way in which they go wrong.

It behaves as the provider's public API pages say; the official SDK passes the same stories as the studio's engine
(test_alibaba_server_sdk.py). `python -m tests.providers.alibaba --port 9000` runs it as a process; then POST /_control
and GET /_state do what tests in the same process do by calling.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.providers import alibaba_pieces as pieces
from tests.providers import alibaba_rules as rules
from tests.providers import results
from tests.providers.http_server import Call, HttpServer, Reply, as_json

JSON = dict[str, Any]
API = "/api/v1"
EXTENSION = {"image": "png", "video": "mp4"}


@dataclass
class Task:
    """One accepted job. It runs on the clock: PENDING, RUNNING, then `end` (a status word). number: counted from 0."""

    id: str
    model: str
    body: JSON
    created: float
    pending_s: float
    running_s: float
    end: str = "SUCCEEDED"
    error: tuple[str, str] = ("", "")
    usage: JSON = field(default_factory=dict)
    cancelled: bool = False
    number: int = 0

    def status(self, now: float) -> str:
        if self.cancelled:
            return "CANCELED"
        age = now - self.created
        if age < self.pending_s:
            return "PENDING"
        return "RUNNING" if age < self.pending_s + self.running_s else self.end

    def prompt(self) -> str:
        given = self.body.get("input", {})
        if "messages" in given:
            return next((p["text"] for m in given["messages"] for p in m["content"] if "text" in p), "")
        return given.get("prompt") or ""


class AlibabaServer(HttpServer):
    """Topics: submit, sync, stream, poll, list, cancel, policy, upload, detect, download, control, other.

    pending_s, running_s: the clock of new tasks. rps: submits a second and model before 429 (0: no limit). ttl_s,
    link_s: life of tasks and of links. clock_s: how much its clock is ahead of ours. list_lag_s: how late the list
    shows a new task. usage_text: JSON in the place of the usage of clips. link: in the place of theirs. full_size:
    results as large and long as asked; otherwise small ones of that shape, 2 s at most.
    """

    def __init__(
        self, *, port: int = 0, region: str = "beijing", key: str = "sk-test", full_size: bool = False
    ) -> None:
        super().__init__(port=port)
        self.region, self.keys, self.full_size = region, {key}, full_size
        self.pending_s, self.running_s, self.sync_s = 0.05, 0.1, 0.05
        self.rps, self.ttl_s, self.link_s, self.policy_s = 0, 86400.0, 86400.0, 300.0
        self.clock_s, self.list_lag_s, self.max_upload_mb, self.face = 0.0, 0.0, 100, True
        self.tasks: dict[str, Task] = {}
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self.policies: dict[str, tuple[str, float]] = {}
        self.outcomes: list[tuple[str, str, str]] = []
        self.leaks: list[str] = []
        self.usage_text, self.link = "", ""
        self._submits: dict[str, list[float]] = {}
        self._sync_results: Counter[str] = Counter()

    # ------------------------------------------------------------------------------------------------ for tests

    def finish(self, end: str, code: str = "", message: str = "", *, times: int = 1) -> None:
        """The next tasks end like this: ("FAILED", "DataInspectionFailed", "...") or ("UNKNOWN",)."""
        self.outcomes += [(end, code, message)] * times

    def refuse(
        self, topic: str, status: int, code: str, message: str = "", *, times: int = 1, headers: JSON | None = None
    ) -> None:
        """The next calls on a topic get this error."""
        body = {"code": code, "message": message or f"{code} happened.", "request_id": str(uuid.uuid4())}
        self.fail(topic, "reply", times=times, reply=as_json(body, status, **(headers or {})))

    def submits_by_prompt(self) -> Counter[str]:
        """How many jobs were accepted for each prompt: more than one means somebody would have paid twice."""
        return Counter(t.prompt() for t in self.tasks.values()) + self._sync_results

    # ------------------------------------------------------------------------------------------------ dispatch

    def topic(self, call: Call) -> str:
        path = call.path.removeprefix(API)
        if call.path.startswith("/_"):
            return "control"
        if call.path.startswith("/results/"):
            return "download"
        if call.path == "/oss":
            return "upload"
        if path == "/uploads":
            return "policy"
        if path.startswith("/tasks"):
            rest = path.removeprefix("/tasks").strip("/")
            return "cancel" if rest.endswith("/cancel") else "poll" if rest else "list"
        if path == rules.DETECT:
            return "detect"
        if path == rules.SYNC:
            return "stream" if call.headers.get("x-dashscope-sse") == "enable" else "sync"
        return "submit" if path in rules.TASKS else "other"

    async def answer(self, call: Call, topic: str) -> Reply:
        if topic == "control":
            return self._control(call)
        if topic in ("download", "upload"):
            if "authorization" in call.headers:
                self.leaks.append(call.path)
            return self._download(call) if topic == "download" else self._upload(call)
        if call.headers.get("authorization", "").removeprefix("Bearer ") not in self.keys:
            return self._error(401, "InvalidApiKey", "Invalid API-key provided.")
        return await getattr(self, f"_{topic}")(call)

    def _error(self, status: int, code: str, message: str) -> Reply:
        return as_json({"code": code, "message": message, "request_id": str(uuid.uuid4())}, status)

    async def _other(self, call: Call) -> Reply:
        return self._error(400, "InvalidParameter", "url error, please check url!")

    # ------------------------------------------------------------------------------------------------ jobs

    def _refused(self, call: Call, body: Any, *, stream: bool = False) -> Reply | None:
        path, sync_path = call.path.removeprefix(API), call.path.removeprefix(API) in (rules.SYNC, rules.DETECT)
        wants_async = call.headers.get("x-dashscope-async") == "enable"
        if not isinstance(body, dict) or not body.get("model"):
            return self._error(400, "BadRequest.EmptyModel", 'Required field "model" missing or empty.')
        model = body["model"]
        if model not in rules.PATHS:
            return self._error(404, "ModelNotFound", f"Model can not be found: {model}.")
        if path not in rules.PATHS[model]:
            return self._error(400, "InvalidParameter", "url error, please check url!")
        if sync_path and wants_async:
            return self._error(403, "AccessDenied", "current user api does not support asynchronous calls.")
        if not sync_path and not wants_async:
            return self._error(403, "AccessDenied", "current user api does not support synchronous calls.")
        given, params = body.get("input") or {}, body.get("parameters") or {}
        wrong = self._unreachable(call, model, given) or rules.check(model, given, params, stream=stream)
        if wrong := wrong or rules.voices(model, given, self._sounds(given)):
            return self._error(400, *wrong)
        recent = [t for t in self._submits.get(model, []) if t > time.time() - 1]
        if self.rps and len(recent) >= self.rps:
            return self._error(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
        self._submits[model] = [*recent, time.time()]
        return None

    def _unreachable(self, call: Call, model: str, given: JSON) -> tuple[str, str] | None:
        """oss:// URLs need the resolve header, must exist and belong to the model; data URIs must decode."""
        for url in pieces.urls(given):
            if url.startswith("oss://"):
                resolves = call.headers.get("x-dashscope-ossresourceresolve") == "enable"
                if not resolves or self.uploads.get(url.removeprefix("oss://"), ("",))[0] != model:
                    return "InvalidParameter.DataInspection", "Unable to download the media resource."
            elif url.startswith("data:"):
                if "audio_url" in given and given["audio_url"] == url:
                    return "InvalidURL", "The request URL is invalid."
                base64.b64decode(url.partition(",")[2], validate=True)
            elif not url.startswith(("http://", "https://")):
                return "InvalidURL", "The request URL is invalid."
        return None

    def _sounds(self, given: JSON) -> dict[str, tuple[float, int]]:
        """Seconds and bytes of every uploaded file that is the voice of a reference, by its address."""
        named = [m["reference_voice"] for m in given.get("media") or [] if m.get("reference_voice")]
        files = {url: self.uploads[url[6:]][1] for url in named if url.startswith("oss://")}
        return {url: (pieces.length(data), len(data)) for url, data in files.items()}

    async def _submit(self, call: Call) -> Reply:
        body = call.json()
        if refusal := self._refused(call, body):
            return refusal
        end, code, message = self.outcomes.pop(0) if self.outcomes else ("SUCCEEDED", "", "")
        times = (time.time(), self.pending_s, self.running_s)
        task = Task(str(uuid.uuid4()), body["model"], pieces.cut(body), *times, end=end, error=(code, message))
        task.number = len(self.tasks)
        task.usage = self._usage(task)
        self.tasks[task.id] = task
        return as_json({"output": {"task_status": "PENDING", "task_id": task.id}, "request_id": str(uuid.uuid4())})

    def _usage(self, task: Task) -> JSON:
        given, params = task.body.get("input", {}), task.body.get("parameters", {})
        urls = [u for u in pieces.urls(given) if u.startswith("oss://")]
        clips = [pieces.length(self.uploads[u[6:]][1]) for u in urls]
        video_s = [s for u, s in zip(urls, clips, strict=True) if u.rpartition(".")[2] in ("mp4", "mov")]
        seconds = params.get("duration") or sum(clips) or 5
        references = len(given.get("reference_urls", []))
        return rules.usage(task.model, params, clip_s=video_s, references=references, seconds=seconds)

    async def _poll(self, call: Call) -> Reply:
        task = self.tasks.get(call.path.rpartition("/")[2])
        name = call.path.rpartition("/")[2]
        if task is None or time.time() - task.created > self.ttl_s:
            return as_json({"request_id": str(uuid.uuid4()), "output": {"task_id": name, "task_status": "UNKNOWN"}})
        reply = as_json(self._state_of(task))
        if self.usage_text and task.status(time.time()) == "SUCCEEDED":
            reply.body = reply.body.replace(json.dumps(task.usage).encode(), self.usage_text.encode())
        return reply

    def _state_of(self, task: Task) -> JSON:
        status = task.status(time.time())
        output: JSON = {"task_id": task.id, "task_status": status, "submit_time": pieces.stamp(task.created)}
        if status != "PENDING":
            output["scheduled_time"] = pieces.stamp(task.created + task.pending_s)
        body: JSON = {"request_id": str(uuid.uuid4()), "output": output}
        if status in ("PENDING", "RUNNING", "UNKNOWN"):
            return body
        output["end_time"] = pieces.stamp(task.created + task.pending_s + task.running_s)
        if status == "FAILED":
            output |= {"code": task.error[0], "message": task.error[1]}
        elif status == "SUCCEEDED" and task.model in rules.IMAGES:
            output |= {"finished": True, "choices": self._choices(task.id, task.body)}
            body["usage"] = self._image_usage(task.body)
        elif status == "SUCCEEDED" and task.model in rules.IMAGES25:
            images = [{"url": self._result(task.id, f"{i}.png")} for i in range(self._count(task.body))]
            output |= {"results": images}
            body["usage"] = self._image_usage(task.body)
        elif status == "SUCCEEDED":
            output |= self._video(task)
            body["usage"] = task.usage
        return body

    def _video(self, task: Task) -> JSON:
        url = self.link or self._result(task.id, "0.mp4")
        if task.model.startswith(("wan2.2-animate", "wan2.2-s2v")):
            return {"results": {"video_url": url}}
        if task.model == "video-style-transform":
            return {"output_video_url": url}
        return {"orig_prompt": task.prompt(), "video_url": url}

    async def _list(self, call: Call) -> Reply:
        q, newest_first = call.query, sorted(self.tasks.values(), key=lambda t: -t.created)
        now = time.time()
        rows = [t for t in newest_first if now - t.created > self.list_lag_s]
        rows = [t for t in rows if q.get("model_name") in (None, "", t.model)]
        rows = [t for t in rows if q.get("status") in (None, "", t.status(now))]
        for name, keep in (("start_time", lambda t, at: t >= at), ("end_time", lambda t, at: t <= at)):
            if q.get(name):
                at = datetime.strptime(q[name], "%Y%m%d%H%M%S").replace(tzinfo=UTC) - pieces.BEIJING
                rows = [t for t in rows if keep(t.created, at.timestamp())]
        page, size = int(q.get("page_no", 1)), min(100, int(q.get("page_size", 10)))
        data = [self._row(t, now) for t in rows[(page - 1) * size : page * size]]
        pages = {"total": len(rows), "total_page": -(-len(rows) // size), "page_no": page, "page_size": size}
        return as_json({**pages, "request_id": str(uuid.uuid4()), "data": data})

    def _row(self, task: Task, now: float) -> JSON:
        start, end = task.created + task.pending_s, task.created + task.pending_s + task.running_s
        row = {"task_id": task.id, "status": task.status(now), "model_name": task.model, "region": f"cn-{self.region}"}
        times = {"gmt_create": task.created, "start_time": start, "end_time": end}
        row |= {k: round((v + self.clock_s) * 1000) for k, v in times.items() if v <= now}
        return row | {"request_id": str(uuid.uuid4()), "api_key_id": "1", "caller_uid": "1"}

    async def _cancel(self, call: Call) -> Reply:
        task = self.tasks.get(call.path.split("/")[-2])
        if task is None or task.status(time.time()) != "PENDING":
            text = "Failed to cancel the task, please confirm if the task is in PENDING status."
            return self._error(400, "UnsupportedOperation", text)
        task.cancelled = True
        return as_json({"request_id": str(uuid.uuid4())})

    # ------------------------------------------------------------------------------------------------ images at once

    async def _sync(self, call: Call) -> Reply:
        body = call.json()
        if refusal := self._refused(call, body):
            return refusal
        if self.region == "frankfurt":
            return self._error(403, "AccessDenied", "current user api does not support synchronous calls.")
        if body.get("parameters", {}).get("enable_interleave"):
            return self._error(400, "InvalidParameter", "enable_interleave needs stream")
        await asyncio.sleep(self.sync_s)
        name = self._remember(body)
        output = {"choices": self._choices(name, body), "finished": True}
        return as_json({"output": output, "usage": self._image_usage(body), "request_id": str(uuid.uuid4())})

    def _remember(self, body: JSON) -> str:
        task = Task(f"sync-{uuid.uuid4()}", body["model"], body, 0, 0, 0)
        self._sync_results[task.prompt()] += 1
        return task.id

    async def _stream(self, call: Call) -> Reply:
        body = call.json()
        if refusal := self._refused(call, body, stream=True):
            return refusal
        # The pages ask for parameters.stream as well; the SDK sends only the header, so the header decides here.
        content = self._choices(self._remember(body), body)[0]["message"]["content"]

        async def parts() -> AsyncGenerator[bytes]:
            for i, piece in enumerate(content):
                await asyncio.sleep(self.sync_s / len(content))
                last = i == len(content) - 1
                message = {"role": "assistant", "content": [piece]}
                choice = {"finish_reason": "stop" if last else "null", "message": message}
                seen = {"image_count": sum("image" in p for p in content[: i + 1]), "output_tokens": i}
                data = {"output": {"choices": [choice], "finished": True}, "usage": seen, "request_id": "r"}
                text = json.dumps(data, ensure_ascii=False)
                yield f"id:{i + 1}\nevent:result\n:HTTP_STATUS/200\ndata:{text}\n\n".encode()

        return Reply(headers={"content-type": "text/event-stream"}, parts=parts())

    async def _detect(self, call: Call) -> Reply:
        body = call.json()
        if refusal := self._refused(call, body):
            return refusal
        output = {"check_pass": self.face, "humanoid": self.face}
        return as_json({"output": output, "usage": {"image_count": 1}, "request_id": str(uuid.uuid4())})

    def _count(self, body: JSON) -> int:
        params = body.get("parameters", {})
        if params.get("enable_interleave"):
            return min(2, params.get("max_images", 5))
        return params.get(
            "n", 12 if params.get("enable_sequential") else 1 if body["model"].startswith("wan2.7") else 4
        )

    def _choices(self, name: str, body: JSON) -> list[JSON]:
        images = [{"type": "image", "image": self._result(name, f"{i}.png")} for i in range(self._count(body))]
        if body.get("parameters", {}).get("enable_interleave"):
            pieces = [p for i, image in enumerate(images) for p in ({"type": "text", "text": f"Part {i + 1}. "}, image)]
            return [{"finish_reason": "stop", "message": {"role": "assistant", "content": pieces}}]
        return [{"finish_reason": "stop", "message": {"role": "assistant", "content": [image]}} for image in images]

    def _image_usage(self, body: JSON) -> JSON:
        size = body.get("parameters", {}).get("size", "1280*1280")
        return {"image_count": self._count(body), "size": size, "input_tokens": 0, "output_tokens": 0}

    # ------------------------------------------------------------------------------------------------ files

    async def _policy(self, call: Call) -> Reply:
        if call.query.get("action") != "getPolicy" or not call.query.get("model"):
            return self._error(400, "InvalidParameter", "action and model are required")
        name = uuid.uuid4().hex
        self.policies[name] = (call.query["model"], time.time() + self.policy_s)
        data = {
            "policy": name, "signature": "c2lnbmF0dXJl", "upload_dir": f"dashscope-instant/1/{name}",
            "upload_host": f"http://localhost:{self.port}/oss", "expire_in_seconds": 300,
            "max_file_size_mb": self.max_upload_mb, "capacity_limit_mb": 999999999, "oss_access_key_id": "LTAItest",
            "x_oss_object_acl": "private", "x_oss_forbid_overwrite": "true",
        }  # fmt: skip
        return as_json({"request_id": str(uuid.uuid4()), "data": data})

    def _upload(self, call: Call) -> Reply:
        fields, names = pieces.form(call)
        model, until = self.policies.get(fields.get("policy", b"").decode(), ("", 0.0))
        needed = {"OSSAccessKeyId", "Signature", "policy", "x-oss-object-acl", "x-oss-forbid-overwrite", "key"}
        if not model or time.time() > until:
            return Reply(403, b"<Error><Code>AccessDenied</Code><Message>Invalid according to Policy</Message></Error>")
        if not needed <= set(names) or names[-1] != "file" or fields.get("success_action_status") != b"200":
            return Reply(400, b"<Error><Code>InvalidArgument</Code></Error>")
        if len(fields["file"]) > self.max_upload_mb * 1_000_000:
            return Reply(400, b"<Error><Code>EntityTooLarge</Code></Error>")
        self.uploads[fields["key"].decode()] = (model, fields["file"])
        return Reply(200)

    def _result(self, task: str, name: str) -> str:
        """A signed link on another host name than the API's, as the provider's result hosts are."""
        until = int(time.time() + self.link_s)
        return f"http://localhost:{self.port}/results/{task}/{name}?Expires={until}&Signature=abc%2Bdef"

    def _download(self, call: Call) -> Reply:
        if time.time() > int(call.query.get("Expires", 0)) or call.query.get("Signature") != "abc+def":
            return Reply(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>")
        _, _, name, file = call.path.split("/")
        task = self.tasks.get(name)
        data = self._file(task, name, file)
        kind = "image/png" if file.endswith("png") else "video/mp4"
        headers = {"content-type": kind, "accept-ranges": "bytes", "etag": f'"{name}"'}
        if (span := call.headers.get("range", "")).startswith("bytes="):
            first = int(span.removeprefix("bytes=").partition("-")[0])
            if first >= len(data):
                return Reply(416, b"", {"content-range": f"bytes */{len(data)}"})
            headers["content-range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
            return Reply(206, data[first:], headers)
        return Reply(200, data, headers)

    def _file(self, task: Task | None, name: str, file: str) -> bytes:
        params = task.body.get("parameters", {}) if task else {}
        size = str(params.get("size") or "")
        width, height = (int(s) for s in size.split("*")) if "*" in size else (1280, 720)
        if file.endswith("png"):
            scale = 1 if self.full_size else max(1, width // 256)
            return results.png(width // scale, height // scale, f"{name}/{file}")
        seconds = float((task.usage.get("output_video_duration") if task else 0) or params.get("duration") or 5)
        scale = 1 if self.full_size else max(1, width // 160)
        width, height = width // scale // 2 * 2, height // scale // 2 * 2
        sound = params.get("audio", True)
        length, number = seconds if self.full_size else min(seconds, 2), task.number if task else 0
        return results.mp4(width, height, length, name, sound=sound, number=number)

    # ------------------------------------------------------------------------------------------------ from outside

    def _control(self, call: Call) -> Reply:
        if call.path == "/_state":
            now = time.time()
            tasks = [
                {"prompt": t.prompt(), "status": t.status(now), "ready_at": t.created + t.pending_s + t.running_s}
                for t in self.tasks.values()
            ]
            return as_json({"tasks": tasks, "calls": dict(self.calls), "leaks": self.leaks})
        for do, given in call.json().items():
            if do == "set":
                for name, value in given.items():
                    setattr(self, name, type(getattr(self, name))(value))
            elif do == "fail":
                self.fail(given.pop("topic"), given.pop("do"), **given)
            elif do == "refuse":
                self.refuse(given.pop("topic"), given.pop("status"), given.pop("code"), **given)
        return as_json({})


def main() -> None:
    """Run until standard input closes or the process is ended; prints the address first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pending", type=float, default=0.2)
    parser.add_argument("--running", type=float, default=1.0)
    parser.add_argument("--region", default="beijing")
    args = parser.parse_args()
    server = AlibabaServer(port=args.port, region=args.region)
    server.pending_s, server.running_s = args.pending, args.running
    server.start()
    print(f"{server.url}/api/v1", flush=True)
    done = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
    done.wait()
    server.stop()


if __name__ == "__main__":
    main()
