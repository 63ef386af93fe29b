"""Vtrix as a local server, by the shapes of its public pages and its command line: answers in an envelope for every
second task, costs as text, results in parts. Both forms of body are held to the pages' rules."""

from __future__ import annotations

from typing import Any

from tests.providers.http_server import Call, Reply, as_json
from tests.providers.task_server import AMOUNT, TaskServer

TOP = {"wan26_image", "wan25_t2i_preview", "wan25_i2v_preview_intl"}
"""Models whose pages put `input` and `parameters` at the top."""
FLAT = {"vtrix-veo-3.1-generate-preview"}
PICTURES = ("image", "qwen", "t2i")


def error(status: int, message: str, code: Any = "invalid", **headers: str) -> Reply:
    return as_json({"error": {"code": code, "message": message}}, status, **headers)


class VtrixServer(TaskServer):
    """Topics: submit, poll, download."""

    def topic(self, call: Call) -> str:
        if call.path.startswith("/model/v1/generation"):
            return "submit" if call.method == "POST" else "poll"
        return "download"

    def unauthorised(self) -> Reply:
        return as_json({"message": "API key is missing or invalid"}, 401)

    def _submit(self, call: Call) -> Reply:
        body = call.json()
        model = str(body.get("model"))
        try:
            text, count = self._read(model, body)
        except (KeyError, IndexError, TypeError, ValueError) as wrong:
            return error(400, f"wrong body: {wrong}")
        kind = "image" if any(word in model for word in PICTURES) else "video"
        job = self.take(body, text, kind, count=count)
        return self._told(job.number, {"id": job.id, "created_at": 1, "status": "in_queue", "model": model})

    def _read(self, model: str, body: dict[str, Any]) -> tuple[str, int]:
        """Prompt and number of files. Raises for a body that the page of the model does not describe."""
        if model in FLAT:
            if body["seconds"] != "8" or body["size"] not in ("1280x720", "720x1280"):
                raise ValueError("seconds or size")
            return body["prompt"], 1
        params: dict[str, Any] = body if model in TOP else body["input"][0]["params"]
        if model not in TOP and (len(body["input"]) != 1 or set(body) != {"model", "input"}):
            raise ValueError("input must be an array of one element with params")
        if "wan26" in model:
            return _message(params), self._wan26(params)
        if "message" in str(params.get("input")):
            return _message(params), int(params["parameters"].get("n", 1))
        if "content" in params:
            if params["ratio"] not in ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "adaptive"):
                raise ValueError("ratio")
            return next(one["text"] for one in params["content"] if one["type"] == "text"), 1
        if "wan" in model:
            found = params["input"]
            if "r2v" in model and not found["media"]:
                raise ValueError("no references")
            if "i2v" in model and not (found.get("img_url") or found["media"][0]["type"] == "first_frame"):
                raise ValueError("no first frame")
            return found.get("prompt", ""), 1
        if "kirin" in model and (params["mode"] not in ("std", "pro") or not params["duration"].isdecimal()):
            raise ValueError("mode or duration")
        return params["prompt"], int(params.get("n", 1))

    def _wan26(self, params: dict[str, Any]) -> int:
        """How many files. One text, 0 to 4 pictures; with interleave, one at most, and n is 1."""
        options, content = params["parameters"], params["input"]["messages"][0]["content"]
        pictures = [one for one in content if "image" in one]
        if len([one for one in content if "text" in one]) != 1 or len(pictures) > 4:
            raise ValueError("content must have one text and up to four images")
        if options["enable_interleave"] is False:
            if not pictures:
                raise ValueError("no image")
            return int(options["n"])
        if options["n"] != 1 or len(pictures) > 1 or not 1 <= options["max_images"] <= 5:
            raise ValueError("n, images or max_images")
        if not (pictures or options["size"].count("*") == 1):
            raise ValueError("size")
        return int(options["max_images"])

    def _poll(self, call: Call) -> Reply:
        job = self.tasks.get(call.path.rpartition("/")[2])
        if job is None:
            return error(404, "task not found", "not_found")
        word = self.phase(job)
        odd = job.number % 2
        states = {"pending": "in_queue", "running": "processing" if odd else "in_progress"}
        task: dict[str, Any] = {
            "id": job.id,
            "created_at": 1,
            "status": states.get(word, "success" if odd else "completed"),
        }
        if word == "running":
            task["progress"] = 0.45
        elif word in ("failed", "moderated"):
            said = {"failed": "worker lost", "moderated": "content rejected"}[word]
            task |= {
                "status": "failed",
                "error": {"code": 2014001, "error_message": said} if odd else {"message": said},
            }
        elif word in ("success", "partial"):
            items = [{"type": job.kind, "url": link, "jobId": "j"} for link in self.links(job)]
            parts = items if odd else [{"content": [{"type": "text", "text": "Once."}, one]} for one in items]
            task |= {"output": parts, "usage": {"cost": AMOUNT, "discount": 0}, "metadata": {}}
        return self._told(job.number, task)

    def _told(self, number: int, task: dict[str, Any]) -> Reply:
        return self.figured({"data": task, "status": {"code": 200, "message": "success"}} if number % 2 else task)


def _message(params: dict[str, Any]) -> str:
    (message,) = params["input"]["messages"]
    if message["role"] != "user":
        raise ValueError("role")
    return next(one["text"] for one in message["content"] if "text" in one)
