"""Hugging Face's router and model mapping as a local server, in front of the local servers of the providers.

It takes a Hugging Face token, passes calls on with the provider's own key, and knows the models that it maps only.
huggingface_hub's own client passes here, so that the studio's engine is measured against the same server.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.providers.fal import FalServer
from tests.providers.http_server import Call, HttpServer, Reply, as_json
from tests.providers.replicate import ReplicateServer
from tests.providers.wavespeed import WaveSpeedServer

MAPPED = {
    "fal-ai": {
        "fal-ai/wan/v2.7/text-to-video": "text-to-video", "fal-ai/wan/v2.7/image-to-video": "image-to-video",
        "fal-ai/wan/v2.7/text-to-image": "text-to-image",
    },
    "wavespeed": {
        "alibaba/wan-2.7/text-to-video": "text-to-video", "alibaba/wan-2.7/image-to-video": "image-to-video",
    },
    "replicate": {"wan-video/wan-2.7-t2v": "text-to-video", "wan-video/wan-2.7-image": "text-to-image"},
}  # fmt: skip
"""The Hub's name of a provider -> the provider's id of a model -> task."""


class HubRouter(HttpServer):
    """Topics: the provider's name in the Hub, mapping, other. paid: calls that started something, by token.

    with HubRouter(FalServer()) as router: the servers start and stop with it.
    """

    def __init__(self, *servers: FalServer | WaveSpeedServer | ReplicateServer, port: int = 0) -> None:
        super().__init__(port=port)
        kinds = {FalServer: "fal-ai", WaveSpeedServer: "wavespeed", ReplicateServer: "replicate"}
        self.behind: dict[str, Any] = {kinds[type(server)]: server for server in servers}
        self.tokens = {"hf_oauth_visitor"}
        self.paid: Counter[str] = Counter()
        self.without_credit: set[str] = set()
        self.seen: list[Call] = []

    def start(self) -> None:
        for server in self.behind.values():
            server.start()
        super().start()

    def stop(self) -> None:
        super().stop()
        for server in self.behind.values():
            server.stop()

    def topic(self, call: Call) -> str:
        first = call.path.split("/")[1]
        return first if first in self.behind else "mapping" if call.path.startswith("/api/partners/") else "other"

    async def answer(self, call: Call, topic: str) -> Reply:
        self.seen.append(call)
        if topic == "mapping":
            return self._mapping(call.path.split("/")[3])
        if topic == "other":
            return as_json({"error": "Not found"}, 404)
        server, path = self.behind[topic], call.path.removeprefix(f"/{topic}")
        download = path.startswith("/results/")
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if not download:
            if token not in self.tokens:
                return as_json({"error": "Invalid username or password."}, 401)
            if refusal := self._refusal(topic, call, path, token):
                return refusal
            if call.method == "POST":
                self.paid[token] += 1
        headers = {k: v for k, v in call.headers.items() if k in ("content-type", "prefer", "accept")}
        if not download:
            headers["authorization"] = f"{'Key' if topic == 'fal-ai' else 'Bearer'} {server.KEY}"
        query = {k: v for k, v in call.query.items() if k != "_subdomain"}
        url = f"{server.url}{path}" + (f"?{urlencode(query)}" if query else "")
        return await asyncio.to_thread(self._forward, topic, call, url, headers)

    def _refusal(self, topic: str, call: Call, path: str, token: str) -> Reply | None:
        if topic == "fal-ai" and call.query.get("_subdomain") != "queue" and "/requests/" in path:
            return as_json({"error": "Not found"}, 404)
        if call.method != "POST":
            return None
        if topic == "fal-ai" and call.query.get("_subdomain") != "queue":
            return as_json({"error": "This server passes on the queue only"}, 404)
        model = re.sub(r"^/(v1/models/|api/v3/)?|/predictions$", "", path)
        if model not in MAPPED[topic]:
            return as_json({"error": f"Model {model} is not supported by provider {topic}"}, 400)
        if token in self.without_credit:
            return as_json({"error": "You have exceeded your monthly included credits for Inference Providers."}, 402)
        return None

    def _forward(self, topic: str, call: Call, url: str, headers: dict[str, str]) -> Reply:
        """What the provider answers. Links to results lead back here, since nothing else is reached in a test."""
        found = httpx.request(call.method, url, content=call.body, headers=headers, timeout=100)
        body, port = found.content, self.behind[topic].port
        for host in ("127.0.0.1", "localhost"):
            body = body.replace(f"http://{host}:{port}/results/".encode(), f"{self.url}/{topic}/results/".encode())
        kept = {k: v for k, v in found.headers.items() if k in ("content-type",) or k.startswith("x-fal-")}
        return Reply(found.status_code, body, kept)

    def _mapping(self, provider: str) -> Reply:
        tasks: dict[str, dict[str, Any]] = {}
        for number, (model, task) in enumerate(MAPPED.get(provider, {}).items()):
            tasks.setdefault(task, {})[f"Wan-AI/Model-{number}"] = {"providerId": model, "status": "live"}
        tasks.setdefault("text-to-image", {})["Org/In-Test"] = {"providerId": "fal-ai/in-test", "status": "staging"}
        return as_json(tasks)
