"""The ComfyUI engine: requests to graphs, graphs to a server of the user's own, and what came of them.

Our run's id gives the prompt id, so a submit whose answer was lost can be looked up in queue and history. The server
keeps both in memory only: after its restart a run is unknown, and is queued again, for it costs nothing but time.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

from studio.catalogue import AccountLimits, Model
from studio.domain import JSON, Asset, Kind, Output, Progress, Request, Status
from studio.engines import gpu_cost
from studio.engines.base import EngineInfo, Job, Variable, required
from studio.engines.comfyui import build, model_files
from studio.engines.comfyui.inspect import history_entry
from studio.engines.comfyui.model_choices import ModelChoices
from studio.engines.comfyui.server import UNKNOWN_SHAPE, Server
from studio.engines.comfyui.websocket import Listener
from studio.engines.strict_json import rows, table
from studio.errors import CapabilityError, Refused, Unavailable, UnknownHandle
from studio.messages import Message
from studio.settings import Settings

KINDS = {
    **dict.fromkeys(("png", "jpg", "jpeg", "webp", "bmp", "tiff", "avif"), Kind.IMAGE),
    **dict.fromkeys(("mp4", "webm", "mkv", "mov", "gif"), Kind.VIDEO),
    **dict.fromkeys(("wav", "mp3", "flac", "opus", "ogg", "m4a"), Kind.AUDIO),
}


class ComfyEngine:
    """One ComfyUI server, named by COMFYUI_URL."""

    environment: ClassVar = {
        "COMFYUI_URL": Variable(required=True, address=True, own_server=True),
        "COMFYUI_AUTH": Variable(secret=True),
        **gpu_cost.ENVIRONMENT,
    }
    info = EngineInfo(
        name="comfyui",
        label="ComfyUI",
        needs=required(environment),
        limits=AccountLimits(submits_per_s=10, concurrent=8, polls_per_s=20),
        repeatable=True,
        by_time=True,
    )

    def __init__(self, settings: Settings) -> None:
        base = settings.option("COMFYUI_URL")
        auth = settings.secret("COMFYUI_AUTH")
        headers = {"Authorization": auth} if auth else {}
        self._base = base
        self.info = replace(ComfyEngine.info, base_url=base)  # so that results may come from a private address
        self._server = Server(base, headers)
        # stable for a data folder: after a restart of the studio, events of runs in flight still come to us
        client_id = uuid.uuid5(uuid.NAMESPACE_URL, str(settings.data.resolve())).hex
        self._on_change: Callable[[str], None] = lambda _: None
        self._listener = Listener(base, client_id, headers, lambda handle: self._on_change(handle))
        self._client_id = client_id
        self._cancelled: set[str] = set()
        self._previews = settings.data / "cache" / "previews"
        self._choices = ModelChoices(settings.data)
        self._rate = gpu_cost.usd_per_s(settings)
        self._times = gpu_cost.RunTimes(settings.data / "cache" / "comfyui" / "times.json")

    def missing(self) -> str | None:
        """What to set, or None."""
        if not self._base:
            return Message("comfyui.set_url")
        if not re.match(r"https?://[^/]+", self._base):
            return Message("comfyui.bad_url", url=f"{self._base!r}")
        return None

    async def check_key(self) -> None:
        """See engines.base.KeyCheck. Reads the queue, which shows that a ComfyUI is there and lets the studio in."""
        await self._server.queued()

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """Time on the card, priced, from earlier runs of the model at this size; 0 where the user named no price."""
        return gpu_cost.usd(self._times.median_s(gpu_cost.run_kind(request, model)), self._rate)

    def problems(self, request: Request, model: Model, assets: Mapping[str, Asset]) -> list[CapabilityError]:
        """A LoRA line that cannot be read; whether the files are there is seen when the run is sent."""
        try:
            build.user_loras(request, model)
        except CapabilityError as error:
            return [error]
        return []

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Upload every input under a name made of its hash: the same file twice is one file on the server."""
        uploads = {}
        for asset_id, source in job.inputs.items():
            name = f"studio_{source.asset.sha256[:16] or asset_id}{source.path.suffix.lower()}"
            uploads[asset_id] = await self._server.upload(source.path, name)
        return uploads

    async def submit(self, job: Job) -> str:
        """Build the graph, check it against the server's nodes and files, queue it. The handle is the prompt id.

        A run that the server has already, because the answer to its first submit was lost, is not queued again.
        """
        prompt_id = _prompt_id(job.run_id)
        if await self._is_known(prompt_id):
            self._listener.track(prompt_id, 0)
            return prompt_id
        try:
            graph = self._graph(job, await self._server.nodes())
        except (Refused, CapabilityError):
            graph = self._graph(job, await self._server.nodes(refresh=True))
        self._listener.track(prompt_id, len(graph))
        kind = gpu_cost.run_kind(job.request, job.model)
        try:
            await self._server.post(graph, prompt_id=prompt_id, client_id=self._client_id, kind=kind)
        except Refused:
            self._listener.forget(prompt_id)
            self._graph(job, await self._server.nodes(refresh=True))  # a file that has just gone is named by this
            raise
        return prompt_id

    def _graph(self, job: Job, nodes: JSON) -> JSON:
        return model_files.complete(build.graph(job, nodes, self._choices.of(job.model.id)), nodes)

    async def _is_known(self, prompt_id: str) -> bool:
        """Whether the server waits for, runs or has done this; a run that failed there may be sent again."""
        (running, waiting), done = await asyncio.gather(self._server.queued(), self._server.history(prompt_id))
        if prompt_id in (*running, *waiting):
            return True
        return done is not None and table(done.get("status")).get("status_str") == "success"

    async def poll(self, handle: str) -> Progress:
        """Look at history first, then at the queue; the websocket adds the share done and a preview."""
        if entry := await self._server.history(handle):
            self._listener.forget(handle)
            return self._finished(handle, entry)
        running, waiting = await self._server.queued()
        if handle in waiting:
            return Progress(status=Status.QUEUED, word="pending", position=len(running) + waiting.index(handle) + 1)
        if handle in running:
            return await self._running(handle)
        if entry := await self._server.history(handle):  # it ended between the two looks
            return self._finished(handle, entry)
        if handle in self._cancelled:  # taken off the queue, a run leaves no trace there
            self._listener.forget(handle)
            return Progress(status=Status.CANCELLED, word="deleted")
        raise UnknownHandle(Message("comfyui.run_unknown"))

    async def _running(self, handle: str) -> Progress:
        self._listener.track(handle, 0)
        seen = self._listener.progress_of(handle)
        preview = None
        if seen and seen.preview:
            preview = self._previews / f"{handle}.jpg"
            if seen.written is not seen.preview:
                seen.written = seen.preview
                await asyncio.to_thread(_write, preview, seen.preview)
        word = seen.word if seen and seen.word != "queued" else "running"
        return Progress(status=Status.RUNNING, word=word, fraction=seen.fraction if seen else None, preview=preview)

    def _finished(self, handle: str, entry: JSON) -> Progress:
        work = history_entry(entry)
        if "execution_interrupted" in work.messages:
            return Progress(status=Status.CANCELLED, word="interrupted")
        if work.failed or "execution_error" in work.messages:
            raise _failure(work.messages.get("execution_error") or {})
        if not isinstance(saved := entry.get("outputs", {}), dict):
            raise Unavailable(UNKNOWN_SHAPE)
        outputs = tuple(self._outputs(saved))
        if not outputs:
            raise Refused(Message("comfyui.no_file"))
        usage: JSON = {}
        if work.seconds is not None:
            usage = {"seconds": work.seconds}
            if work.kind and not work.spared:
                self._times.add(work.kind, handle, work.seconds)
        cost = gpu_cost.usd(work.seconds, self._rate)
        return Progress(
            status=Status.SUCCEEDED, word="success", fraction=1.0, outputs=outputs, usage=usage, cost_usd=cost
        )

    def _outputs(self, by_node: JSON) -> list[Output]:
        """Every saved file, whatever list it stands in: videos come under `images` too, older nodes use `gifs`."""
        found = []
        for file in (f for lists in by_node.values() for items in table(lists).values() for f in rows(items)):
            place = {k: file.get(k, "") for k in ("filename", "subfolder", "type")}
            if not all(isinstance(part, str) for part in place.values()) or place["type"] == "temp":
                continue
            kind = KINDS.get(Path(place["filename"]).suffix.lower().lstrip("."))
            if kind is None:
                continue
            query = urlencode(place)
            url = f"{self._server.base}/view?{query}"
            found.append(Output(kind=kind, url=url, headers=self._server.headers))
        return found

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """The websocket says when a run has moved or ended, so that nobody waits for the next look."""
        self._on_change = callback

    async def cancel(self, handle: str) -> bool:
        """Take it off the queue or interrupt it."""
        stopped = await self._server.cancel(handle)
        if stopped:
            self._cancelled.add(handle)
        return stopped

    async def find(
        self, job: Job, *, submitted_after: float, submitted_before: float, known: Collection[str] = ()
    ) -> list[str]:
        """Our own prompt id, if queue or history has it. Times are not needed: the id is the run's own."""
        handle = _prompt_id(job.run_id)
        running, waiting = await self._server.queued()
        there = handle in (*running, *waiting) or await self._server.history(handle) is not None
        return [handle] if there and handle not in known else []

    async def close(self) -> None:
        """Close the websocket and the client."""
        await self._listener.close()
        await self._server.close()


def _prompt_id(run_id: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, run_id))


def _failure(error: JSON) -> Refused | Unavailable:
    """What a node raised, in a sentence. Tracebacks hold server paths and are not shown."""
    kind, node = str(error.get("exception_type", ""))[:100], str(error.get("node_type", "?"))[:100]
    if "OutOfMemory" in kind:
        return Refused(Message("comfyui.out_of_memory"))
    lines = str(error.get("exception_message", ""))[:2000].strip().splitlines()
    reason = (
        re.sub(r"(?:[A-Za-z]:)?[/\\][\w./\\ -]+[/\\]", "", lines[0])[:300] if lines else Message("engine.no_reason")
    )
    return Refused(Message("comfyui.node_failed", node=node, reason=reason), code=kind)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)  # who reads it meanwhile gets a whole picture
