"""The HTTP side of one ComfyUI server: what it knows, uploads, the queue, results. Each call looks or acts once.

Source: the server's routes as recorded on a real ComfyUI 0.33.0. `/api/jobs` is newer than 0.24; older servers answer
404 there, so queue and history, which all versions have, are what we read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from studio.domain import JSON
from studio.engines.comfyui.reading import KIND
from studio.errors import Refused, Unauthorised, Unavailable, UnknownOutcome

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
NODES_FOR_S = 10.0
"""How long node definitions are taken as known; whatever they lack is asked for anew before a run is refused."""


class Server:
    """One ComfyUI. base: its address. headers: what a reverse proxy in front of it asks for."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        self.base = base.rstrip("/")
        self.headers = dict(headers)
        self._client: httpx.AsyncClient | None = None
        self._nodes: tuple[float, JSON] | None = None

    @property
    def client(self) -> httpx.AsyncClient:
        """The one client, made at first use on the engine's event loop."""
        if self._client is None:
            self._client = httpx.AsyncClient(base_url=self.base, headers=self.headers, timeout=TIMEOUT)
        return self._client

    async def nodes(self, *, fresh: bool = False) -> JSON:
        """Definitions of all node classes, with the model files the server sees; at most NODES_FOR_S old.

        They are some 700 kB, for which a real server stops everything else for 0.1 s and more.
        """
        if fresh or self._nodes is None or time.monotonic() - self._nodes[0] > NODES_FOR_S:
            self._nodes = (time.monotonic(), await self._json("GET", "/object_info"))
        return self._nodes[1]

    async def upload(self, path: Path, name: str) -> str:
        """Store an input file on the server; the name to use in a node (the server may choose another than ours)."""
        content = await asyncio.to_thread(path.read_bytes)
        body = await self._json("POST", "/upload/image", files={"image": (name, content)}, data={"type": "input"})
        return "/".join(filter(None, (body.get("subfolder"), body["name"])))

    async def post(self, graph: JSON, *, prompt_id: str, client_id: str, kind: tuple[str, str]) -> None:
        """Queue a graph under our own id. Raises Refused with the nodes at fault, UnknownOutcome for a lost answer.

        kind: of the run, for its time; it comes back with the history, whoever asks for that.
        """
        body = {
            "prompt": graph,
            "prompt_id": prompt_id,
            "client_id": client_id,
            "extra_data": {"preview_method": "auto", KIND: list(kind)},
        }
        try:
            reply = await self.client.post("/prompt", json=body)
        except httpx.ConnectError as error:
            raise Unavailable(f"ComfyUI does not answer at {self.base}.") from error
        except httpx.TransportError as error:
            raise UnknownOutcome("The connection broke before ComfyUI confirmed the run.") from error
        if reply.status_code == 400:
            raise Refused(_refusal(reply))
        if reply.status_code >= 500:  # it may have been queued before the fault
            raise UnknownOutcome(f"ComfyUI failed while it took the run ({reply.status_code}).")
        _raise_for(reply, self.base)
        if faults := _json(reply).get("node_errors"):  # queued nevertheless, without the outputs that are at fault
            await self.cancel(prompt_id)
            raise Refused(_node_faults(faults))

    async def queued(self) -> tuple[list[str], list[str]]:
        """Ids of what runs, and of what waits, next first."""
        body = await self._json("GET", "/queue")
        waiting = sorted(body.get("queue_pending", []), key=lambda entry: entry[0])
        return [e[1] for e in body.get("queue_running", [])], [e[1] for e in waiting]

    async def history(self, prompt_id: str) -> JSON | None:
        """The finished run's entry, good or bad; None while it has none."""
        return (await self._json("GET", f"/history/{prompt_id}")).get(prompt_id)

    async def cancel(self, prompt_id: str) -> bool:
        """Take a waiting run off the queue or interrupt the running one; False when it is neither."""
        running, waiting = await self.queued()
        if prompt_id in waiting:
            await self._call("POST", "/queue", json={"delete": [prompt_id]})
        elif prompt_id in running:
            await self._call("POST", "/interrupt", json={"prompt_id": prompt_id})
        else:
            return False
        return True

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _json(self, method: str, path: str, **kwargs: Any) -> JSON:
        return _json(await self._call(method, path, **kwargs))

    async def _call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        try:
            reply = await self.client.request(method, path, **kwargs)
        except (httpx.RemoteProtocolError, httpx.ReadError) as error:
            if method != "GET":
                raise Unavailable(f"ComfyUI broke the connection at {self.base}.") from error
            reply = await self._again(path, **kwargs)  # a kept connection that the server closed meanwhile
        except httpx.TransportError as error:
            raise Unavailable(f"ComfyUI does not answer at {self.base}.") from error
        _raise_for(reply, self.base)
        return reply

    async def _again(self, path: str, **kwargs: Any) -> httpx.Response:
        try:
            return await self.client.get(path, **kwargs)
        except httpx.TransportError as error:
            raise Unavailable(f"ComfyUI does not answer at {self.base}.") from error


def _raise_for(reply: httpx.Response, base: str) -> None:
    if reply.status_code in (401, 403):
        raise Unauthorised(f"ComfyUI at {base} asks for a login. Set COMFYUI_AUTH to its Authorization header.")
    if reply.status_code == 413:
        raise Refused("ComfyUI refuses the file as too large (100 MB unless it was started with --max-upload-size).")
    if reply.status_code >= 500:
        raise Unavailable(f"ComfyUI reports an internal fault ({reply.status_code}).", code=str(reply.status_code))
    if reply.status_code >= 400:
        raise Refused(f"ComfyUI refused the call ({reply.status_code}).", code=str(reply.status_code))


def _json(reply: httpx.Response) -> JSON:
    try:
        body = reply.json()
    except ValueError as error:
        raise Unavailable(
            "ComfyUI gave an answer that is not JSON; is there another service at this address?"
        ) from error
    if not isinstance(body, dict):
        raise Unavailable("ComfyUI gave an answer of an unknown shape.")
    return body


def _refusal(reply: httpx.Response) -> str:
    body = _json(reply)
    if body.get("node_errors"):
        return _node_faults(body["node_errors"])
    error = body.get("error") or {}
    if error.get("type") == "missing_node_type":
        missing = (error.get("extra_info") or {}).get("class_type") or error.get("details", "")
        return f"This ComfyUI has no node {missing}. Update ComfyUI or install the custom nodes the workflow needs."
    return f"ComfyUI refused the graph: {error.get('message', 'no reason given')}."


def _node_faults(faults: JSON) -> str:
    """The first faults in a sentence; file lists and server paths are left out."""
    said = []
    for fault in faults.values():
        for error in fault.get("errors", []):
            field = (error.get("extra_info") or {}).get("input_name", "")
            got = (error.get("extra_info") or {}).get("received_value")
            what = f"{field} is {got!r}" if got is not None else f"{field} {error.get('message', '')}".strip()
            said.append(f"{fault.get('class_type')}: {what} ({error.get('type')})")
    return "ComfyUI refused the graph: " + "; ".join(said[:3]) + "."
