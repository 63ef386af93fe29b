"""A local ComfyUI: real sockets, the recorded shapes of a real 0.33.0 server, and no models.

It validates graphs against its node list like the real one, runs them on a clock, saves real PNG and MP4 files, sends
the websocket events in the recorded order, and can be restarted (queue and history are lost, files stay).
"""

from __future__ import annotations

import asyncio
import json
import struct
import time
import uuid
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from studio import catalogue
from tests.support import samples

FLOAT, INT, STRING = ["FLOAT", {"default": 1.0}], ["INT", {"default": 1}], ["STRING", {}]


def node(output: bool = False, /, **required: Any) -> dict[str, Any]:
    """A node definition as /object_info gives it."""
    return {"input": {"required": required, "optional": {}}, "output_node": output}


def link(kind: str) -> list[Any]:
    return [kind, {}]


def dynamic(*keys: str) -> list[Any]:
    """A choice of which each brings inputs of its own, as 0.33.0 defines them."""
    return ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": key, "inputs": {"required": {}}} for key in keys]}]


def _now_ms() -> int:
    return int(time.time() * 1000)


def official_files() -> dict[str, list[str]]:
    """Every model file that a row of the catalogue names, by folder: a server that has them all."""
    found: dict[str, list[str]] = {folder: [] for folder in ("text_encoders", "vae", "diffusion_models", "loras")}
    for row in catalogue.load():
        for spec in row.engine.get("files", {}).values() if row.provider == "comfyui" else ():
            found.setdefault(spec["folder"], []).append(spec["file"])
    return found


def definitions(models: dict[str, list[str]]) -> dict[str, Any]:
    """The nodes our tests use, with the model files that this server has, by folder."""
    sampler = {
        "seed": INT,
        "steps": INT,
        "cfg": FLOAT,
        "sampler_name": [["euler", "uni_pc"]],
        "scheduler": [["simple"]],
    }
    ends = {"positive": link("CONDITIONING"), "negative": link("CONDITIONING"), "latent_image": link("LATENT")}
    size = {"width": INT, "height": INT, "batch_size": INT}
    clip_shape = size | {"length": INT}
    framed = {"positive": link("CONDITIONING"), "negative": link("CONDITIONING"), "vae": link("VAE"), **clip_shape}
    return {
        "CLIPLoader": node(clip_name=[models["text_encoders"]], type=[["wan", "qwen_image", "flux2"]]),
        "VAELoader": node(vae_name=["COMBO", {"options": models["vae"]}]),
        "UNETLoader": node(unet_name=[models["diffusion_models"]], weight_dtype=[["default"]]),
        "LoraLoaderModelOnly": node(model=link("MODEL"), lora_name=[models["loras"]], strength_model=FLOAT),
        "ModelSamplingSD3": node(model=link("MODEL"), shift=FLOAT),
        "ModelSamplingAuraFlow": node(model=link("MODEL"), shift=FLOAT),
        "CLIPTextEncode": node(text=STRING, clip=link("CLIP")),
        "EmptyHunyuanLatentVideo": node(**clip_shape),
        "EmptySD3LatentImage": node(**size),
        "EmptyImage": node(**size, color=["INT", {"default": 0}]),
        "WanImageToVideo": node(**framed),
        "WanFirstLastFrameToVideo": node(**framed),
        "LoadImage": node(image=[["example.png"]]),
        "KSampler": node(model=link("MODEL"), denoise=FLOAT, **sampler, **ends),
        "KSamplerAdvanced": node(
            model=link("MODEL"), add_noise=[["enable", "disable"]], noise_seed=INT, start_at_step=INT, end_at_step=INT,
            return_with_leftover_noise=[["enable", "disable"]], **ends,
            **{k: v for k, v in sampler.items() if k != "seed"},
        ),
        "VAEDecode": node(samples=link("LATENT"), vae=link("VAE")),
        "CreateVideo": node(images=link("IMAGE"), fps=FLOAT),
        "SaveVideo": node(True, video=link("VIDEO"), filename_prefix=STRING, format=dynamic("auto", "mp4")),
        "SaveImage": node(True, images=link("IMAGE"), filename_prefix=STRING),
    }  # fmt: skip


@dataclass
class Entry:
    """One queued graph."""

    number: int
    id: str
    graph: dict[str, Any]
    client: str
    extra: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False


class ComfyServer:
    """The server's state. step_s: seconds a node takes. fail: message with which the last node fails, or None.

    posts: how many graphs were accepted, by prompt id. looked: how often its node definitions were read. lose_answer:
    take the next graph, then drop the connection. faults: node errors told of a graph that is queued nevertheless,
    because other outputs of it are good.
    """

    def __init__(self, folder: Path, models: dict[str, list[str]] | None = None) -> None:
        self.folder, self.step_s = folder, 0.02
        self.fail: str | None = None
        self.models = {k: [] for k in ("text_encoders", "vae", "diffusion_models", "loras")} | (models or {})
        self.posts: dict[str, int] = {}
        self.graphs: list[dict[str, Any]] = []
        self.lose_answer = False
        self.looked = 0
        self.faults: dict[str, Any] = {}
        self.sockets: dict[str, WebSocket] = {}
        self.forget()

    def forget(self) -> None:
        """What a restart does: queue, history and numbers are gone, files stay."""
        self.waiting: list[Entry] = []
        self.running: Entry | None = None
        self.history: dict[str, Any] = {}
        self.number = 0
        self._work: asyncio.Task[None] | None = None

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/object_info", self._object_info),
                Route("/upload/image", self._upload, methods=["POST"]),
                Route("/prompt", self._prompt, methods=["POST"]),
                Route("/queue", self._queue, methods=["GET", "POST"]),
                Route("/interrupt", self._interrupt, methods=["POST"]),
                Route("/history/{id}", self._history),
                Route("/view", self._view),
                WebSocketRoute("/ws", self._ws),
            ]
        )

    async def _object_info(self, _: Request) -> Response:
        self.looked += 1
        return JSONResponse(definitions(self.models))

    async def _upload(self, request: Request) -> Response:
        form = await request.form()
        file: Any = form["image"]
        content = await file.read()
        name, number = Path(file.filename).name, 0
        target = self.folder / "input" / name
        while target.exists() and target.read_bytes() != content:
            number += 1
            target = target.with_name(f"{Path(name).stem} ({number}){Path(name).suffix}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return JSONResponse({"name": target.name, "subfolder": "", "type": "input"})

    async def _prompt(self, request: Request) -> Response:
        body = await request.json()
        graph, prompt_id = body["prompt"], body["prompt_id"]
        if str(uuid.UUID(prompt_id)) != prompt_id:
            return JSONResponse({"error": {"type": "invalid_prompt_id", "message": "bad id"}}, 400)
        if refusal := self._refusal(graph):
            return JSONResponse(refusal, 400)
        self.posts[prompt_id] = self.posts.get(prompt_id, 0) + 1
        self.graphs.append(graph)
        extra = body.get("extra_data", {}) | {"client_id": body["client_id"]}
        entry = Entry(self.number, prompt_id, graph, body["client_id"], extra)
        self.number += 1
        self.waiting.append(entry)
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._run())
        if self.lose_answer:
            self.lose_answer = False
            raise ConnectionResetError("the answer is lost on purpose")
        return JSONResponse({"prompt_id": prompt_id, "number": entry.number, "node_errors": self.faults})

    def _refusal(self, graph: dict[str, Any]) -> dict[str, Any] | None:
        known = definitions(self.models)
        errors: dict[str, Any] = {}
        for node_id, one in graph.items():
            if one["class_type"] not in known:
                facts = {"node_id": node_id, "class_type": one["class_type"]}
                return {"error": {"type": "missing_node_type", "message": "?", "extra_info": facts}, "node_errors": {}}
            for name, spec in known[one["class_type"]]["input"]["required"].items():
                offered = spec[0] if isinstance(spec[0], list) else (spec[1] or {}).get("options")
                if offered and isinstance(offered[0], dict):
                    offered = [option["key"] for option in offered]
                value, fault = one["inputs"].get(name), None
                if value is None:
                    fault = "required_input_missing"
                elif offered is not None and one["class_type"] != "LoadImage" and value not in offered:
                    fault = "value_not_in_list"
                if fault:
                    detail = {
                        "type": fault,
                        "message": "?",
                        "extra_info": {"input_name": name, "received_value": value},
                    }
                    errors.setdefault(node_id, {"class_type": one["class_type"], "errors": []})["errors"].append(detail)
        if errors:
            top = {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"}
            return {"error": top, "node_errors": errors}
        return None

    async def _run(self) -> None:
        while self.waiting:
            entry = self.running = self.waiting.pop(0)
            status, messages = await self._execute(entry)
            if self.running is not entry:  # restarted meanwhile
                return
            facts = {"status_str": status, "completed": status == "success", "messages": messages}
            asked = [entry.number, entry.id, entry.graph, entry.extra, list(entry.outputs)]
            self.history[entry.id] = {"prompt": asked, "outputs": entry.outputs, "status": facts, "meta": {}}
            await self._tell(entry, "executing", {"node": None})
            self.running = None

    async def _execute(self, entry: Entry) -> tuple[str, list[Any]]:
        started = {"prompt_id": entry.id, "timestamp": _now_ms()}
        await self._tell(entry, "execution_start", started)
        states: dict[str, Any] = {}
        for node_id, one in entry.graph.items():
            states[node_id] = {"value": 0.0, "max": 1.0, "state": "running"}
            await self._tell(entry, "progress_state", {"nodes": states})
            await self._tell(entry, "executing", {"node": node_id})
            if one["class_type"].startswith("KSampler"):
                await self._sample(entry, node_id)
            await asyncio.sleep(self.step_s)
            if entry.interrupted:
                return "error", [["execution_start", started], ["execution_interrupted", {"node_id": node_id}]]
            if self.fail and definitions(self.models)[one["class_type"]]["output_node"]:
                said = {
                    "exception_type": "RuntimeError",
                    "exception_message": self.fail,
                    "node_type": one["class_type"],
                }
                return "error", [["execution_start", started], ["execution_error", said]]
            if definitions(self.models)[one["class_type"]]["output_node"]:
                entry.outputs[node_id] = await asyncio.to_thread(self._save, one, entry.number)
                await self._tell(entry, "executed", {"node": node_id, "output": entry.outputs[node_id]})
            states[node_id] = {"value": 1.0, "max": 1.0, "state": "finished"}
        ended = {"prompt_id": entry.id, "timestamp": _now_ms()}
        await self._tell(entry, "execution_success", ended)
        await asyncio.sleep(self.step_s)  # the history entry comes after this event
        return "success", [["execution_start", started], ["execution_success", ended]]

    async def _sample(self, entry: Entry, node_id: str) -> None:
        picture = BytesIO()
        Image.new("RGB", (64, 36), "teal").save(picture, "JPEG")
        for step in range(1, 5):
            await asyncio.sleep(self.step_s)
            await self._tell(entry, "progress", {"value": step, "max": 4, "node": node_id})
            facts = json.dumps({"node_id": node_id, "prompt_id": entry.id, "image_type": "image/jpeg"}).encode()
            head = struct.pack(">II", 4, len(facts))
            if socket := self.sockets.get(entry.client):
                await socket.send_bytes(head + facts + picture.getvalue())

    def _save(self, one: dict[str, Any], number: int) -> dict[str, Any]:
        prefix = Path(one["inputs"]["filename_prefix"])
        folder = self.folder / "output" / prefix.parent
        folder.mkdir(parents=True, exist_ok=True)
        video = one["class_type"] == "SaveVideo"
        name = f"{prefix.name}_{number + 1:05d}_.{'mp4' if video else 'png'}"
        if video:
            samples.clip(folder / name, width=96, height=64, fps=16, seconds=1, tone_hz=None)
        else:
            Image.new("RGB", (96, 64), "teal").save(folder / name)
        file = {"filename": name, "subfolder": str(prefix.parent), "type": "output"}
        return {"images": [file]} | ({"animated": [True]} if video else {})

    async def _tell(self, entry: Entry, kind: str, data: dict[str, Any]) -> None:
        if socket := self.sockets.get(entry.client):
            await socket.send_text(json.dumps({"type": kind, "data": data | {"prompt_id": entry.id}}))

    async def _queue(self, request: Request) -> Response:
        if request.method == "POST":
            gone = set((await request.json()).get("delete", []))
            self.waiting = [e for e in self.waiting if e.id not in gone]
            return Response()
        running = [[self.running.number, self.running.id, {}, {}, []]] if self.running else []
        pending = [[e.number, e.id, {}, {}, []] for e in reversed(self.waiting)]
        return JSONResponse({"queue_running": running, "queue_pending": pending})

    async def _interrupt(self, request: Request) -> Response:
        if self.running and (await request.json()).get("prompt_id") == self.running.id:
            self.running.interrupted = True
        return Response()

    async def _history(self, request: Request) -> Response:
        entry = self.history.get(request.path_params["id"])
        return JSONResponse({request.path_params["id"]: entry} if entry else {})

    async def _view(self, request: Request) -> Response:
        query = request.query_params
        path = (self.folder / query["type"] / query["subfolder"] / query["filename"]).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            return Response(status_code=400)
        return FileResponse(path) if path.is_file() else Response(status_code=404)

    async def _ws(self, socket: WebSocket) -> None:
        await socket.accept()
        client = socket.query_params["clientId"]
        self.sockets[client] = socket
        waiting = {"exec_info": {"queue_remaining": len(self.waiting)}}
        await socket.send_text(json.dumps({"type": "status", "data": {"status": waiting, "sid": client}}))
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            self.sockets.pop(client, None)
