"""The HTTP side of one ComfyUI server: what it knows, uploads, the queue, results. Each call looks or acts once.

Source: the server's routes as recorded on a real ComfyUI 0.33.0. `/api/jobs` is newer than 0.24; older servers answer
404 there, so queue and history, which all versions have, are what we read. Any service may stand at the address, so an
answer is read to a limit and of a known shape, or it is a passing fault; of a submit it is an unknown outcome.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from studio.domain import JSON
from studio.engines import strict_json
from studio.engines.addresses import ssl_context
from studio.engines.comfyui.inspect import KIND, MAX_ANSWER_BYTES, known_nodes
from studio.engines.comfyui.refusals import check_status, node_faults, sentence
from studio.engines.http import NEVER_SENT, redacted
from studio.errors import EngineError, Refused, Unavailable, UnknownOutcome
from studio.messages import Message, of_error

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
NODES_TTL_S = 10.0
"""How long node definitions are taken as known; whatever they lack is asked for anew before a run is refused."""
MAX_INLINE_PARSE_BYTES = 200_000
"""An answer of more is parsed outside the event loop."""
NO_JSON = "comfyui.not_json"
UNKNOWN_SHAPE = "comfyui.unknown_shape"


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
            self._client = httpx.AsyncClient(
                verify=ssl_context(), base_url=self.base, headers=self.headers, timeout=TIMEOUT
            )
        return self._client

    async def nodes(self, *, refresh: bool = False) -> JSON:
        """Definitions of all node classes, with the model files the server sees; at most NODES_TTL_S old.

        They are some 700 kB, for which a real server stops everything else for 0.1 s and more.
        """
        if refresh or self._nodes is None or time.monotonic() - self._nodes[0] > NODES_TTL_S:
            self._nodes = (time.monotonic(), known_nodes(await self._json("GET", "/object_info")))
        return self._nodes[1]

    async def upload(self, path: Path, name: str) -> str:
        """Store an input file on the server; the name to use in a node (the server may choose another than ours)."""
        content = await asyncio.to_thread(path.read_bytes)
        body = await self._json("POST", "/upload/image", files={"image": (name, content)}, data={"type": "input"})
        kept, folder = body.get("name"), body.get("subfolder") or ""
        if not isinstance(kept, str) or not kept or not isinstance(folder, str):
            raise Unavailable(Message(UNKNOWN_SHAPE))
        return f"{folder}/{kept}" if folder else kept

    async def post(self, graph: JSON, *, prompt_id: str, client_id: str, kind: tuple[str, str]) -> None:
        """Queue a graph under our own id. Raises Refused with the nodes at fault, UnknownOutcome for an answer that was
        lost or cannot be read.

        kind: of the run, for its time; it comes back with the history, whoever asks for that.
        """
        body = {
            "prompt": graph,
            "prompt_id": prompt_id,
            "client_id": client_id,
            "extra_data": {"preview_method": "auto", KIND: list(kind)},
        }
        try:
            status, content = await self._exchange("POST", "/prompt", json=body)
        except NEVER_SENT as error:
            raise Unavailable(Message("comfyui.no_answer", url=self.base)) from error
        except httpx.RequestError as error:
            raise UnknownOutcome(Message("comfyui.broke_before_confirm")) from error
        except Unavailable as error:
            raise UnknownOutcome(of_error(error)) from error
        if status == 400:
            raise Refused(sentence(await _refusal(content)))
        if status >= 500:  # it may have been queued before the fault
            raise UnknownOutcome(Message("comfyui.failed_taking", status=status))
        check_status(status, self.base)
        try:
            answer = await _object(content)
        except Unavailable as error:
            raise UnknownOutcome(of_error(error)) from error
        await self._check_queued(answer, prompt_id)

    async def _check_queued(self, answer: JSON, prompt_id: str) -> None:
        """Whether the graph is in the queue, whole and under our id."""
        if faults := answer.get("node_errors"):  # queued nevertheless, without the outputs that are at fault
            await self._cancel_queued(prompt_id)
            raise Refused(node_faults(faults))
        given = answer.get("prompt_id")
        if not isinstance(given, str):
            raise UnknownOutcome(Message(UNKNOWN_SHAPE))
        if given != prompt_id:
            await self._cancel_queued(given)
            said = Message("comfyui.other_ids")
            raise Refused(said)

    async def _cancel_queued(self, prompt_id: str) -> None:
        with suppress(EngineError):
            await self.cancel(prompt_id)

    async def queued(self) -> tuple[list[str], list[str]]:
        """Ids of what runs, and of what waits, next first."""
        body = await self._json("GET", "/queue")
        running, waiting = _entries(body.get("queue_running")), _entries(body.get("queue_pending"))
        return [e[1] for e in running], [e[1] for e in sorted(waiting, key=lambda entry: entry[0])]

    async def history(self, prompt_id: str) -> JSON | None:
        """The finished run's entry, good or bad; None while it has none."""
        entry = (await self._json("GET", f"/history/{prompt_id}")).get(prompt_id)
        if entry is not None and not isinstance(entry, dict):
            raise Unavailable(Message(UNKNOWN_SHAPE))
        return entry or None

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
        return await _object(await self._call(method, path, **kwargs))

    async def _call(self, method: str, path: str, **kwargs: Any) -> bytes:
        """The body of a good answer. Raises Unavailable where there is none."""
        looks = method == "GET"
        try:
            try:
                status, content = await self._exchange(method, path, **kwargs)
            except (httpx.RemoteProtocolError, httpx.ReadError):
                if not looks:
                    raise
                status, content = await self._exchange(method, path)  # the server closed a kept connection meanwhile
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.DecodingError) as error:
            raise Unavailable(Message("comfyui.connection_broke", url=self.base)) from error
        except httpx.RequestError as error:
            raise Unavailable(Message("comfyui.no_answer", url=self.base)) from error
        check_status(status, self.base, looks=looks)
        return content

    async def _exchange(self, method: str, path: str, **kwargs: Any) -> tuple[int, bytes]:
        """Status and body of one call, read to a limit."""
        async with self.client.stream(method, path, **kwargs) as reply:
            content = bytearray()
            async for piece in reply.aiter_bytes():
                content += piece
                if len(content) > MAX_ANSWER_BYTES:
                    raise Unavailable(Message("comfyui.answer_too_long", most=MAX_ANSWER_BYTES // 2**20))
            return reply.status_code, redacted(bytes(content), self.headers)


async def _object(content: bytes) -> JSON:
    try:
        long = len(content) > MAX_INLINE_PARSE_BYTES
        body = await asyncio.to_thread(strict_json.read, content) if long else strict_json.read(content)
    except ValueError as error:
        raise Unavailable(Message(NO_JSON)) from error
    if not isinstance(body, dict):
        raise Unavailable(Message(UNKNOWN_SHAPE))
    return body


async def _refusal(content: bytes) -> JSON:
    """The reasons for a refusal; nothing where they cannot be read."""
    with suppress(Unavailable):
        return await _object(content)
    return {}


def _entries(listed: Any) -> list[tuple[float, str]]:
    """(number, id) of a part of the queue. Guessing at another shape would take a run that waits for a lost one."""
    if not isinstance(listed, list):
        raise Unavailable(Message(UNKNOWN_SHAPE))
    found = []
    for entry in listed:
        match entry:
            case [int() | float() as number, str() as prompt_id, *_]:
                found.append((number, prompt_id))
            case _:
                raise Unavailable(Message(UNKNOWN_SHAPE))
    return found
