"""A request as the body of one call, driven by the row's [model.engine] table (explained at the top of alibaba.toml).

Everything that the provider would choose by itself (n, watermark, duration, size, prompt_extend) is written out.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.catalogue import Model
from studio.domain import JSON, Asset, Kind, Request
from studio.engines.base import Job

PATHS = {
    "video": "/services/aigc/video-generation/video-synthesis",
    "image2video": "/services/aigc/image2video/video-synthesis",
    "image": "/services/aigc/image-generation/generation",
}
DIRECT_PATH = "/services/aigc/multimodal-generation/generation"
FACE_PATH = "/services/aigc/image2video/face-detect"
INLINE_BYTES = 3_000_000
"""Pictures up to this size travel inside the body where the model allows it; larger ones are uploaded."""


def name_at(model: Model, region: str) -> str:
    """The provider's name of the model in this region."""
    named: Mapping[str, str] = model.engine.get("models", {})
    return named.get(region) or model.engine.get("model") or next(iter(named.values()))


def inlined(job: Job, *, any_size: bool = False) -> set[str]:
    """Asset ids that travel as data URIs."""
    allowed = job.model.engine.get("inline", [])
    ids = {i for name, group in job.request.media().items() if name in allowed for i in group}
    fits = {i for i in ids if any_size or job.inputs[i].asset.bytes <= INLINE_BYTES}
    return {i for i in fits if job.inputs[i].asset.kind == Kind.IMAGE}


def build(job: Job, *, region: str, stream: bool = False) -> JSON:
    """The body of the submit call. Reads inlined pictures from disk: call it outside the event loop."""
    row, request = job.model.engine, job.request
    given: JSON = dict(row.get("fixed_input", {}))
    params: JSON = dict(row.get("fixed", {}))
    if row["path"] == "image":
        given["messages"] = [{"role": "user", "content": _content(job)}]
    elif request.prompt:
        given["prompt"] = request.prompt
    _place(request.negative_prompt or None, "negative_prompt", row, "input", given, params)
    _media(job, given)
    _size(request, job.model, params)
    _time(request, job.model, params)
    if job.model.audio == "optional":
        params["audio"] = request.audio
    if job.model.seeds and job.seed is not None:
        params["seed"] = job.seed
    for name, value in request.params.items():
        spec = job.model.params.get(name)
        if spec is None or spec.send:
            _place(_sent(name, value, job), name, row, "parameters", given, params)
    _count(request, row, params)
    if stream:
        params["stream"] = True
    return {"model": name_at(job.model, region), "input": given, "parameters": params}


def _place(value: Any, name: str, row: Mapping[str, Any], usual: str, given: JSON, params: JSON) -> None:
    if value is not None:
        (given if row.get("place", {}).get(name, usual) == "input" else params)[name] = value


def _sent(name: str, value: Any, job: Job) -> Any:
    """A parameter in the provider's form: a number instead of a word, a list instead of words."""
    row = job.model.engine
    if name in row.get("numbers", []):
        return job.model.params[name].choices.index(value)
    if name == row.get("words"):
        return words(value) or ["obj"] * len(job.request.references)
    if isinstance(value, float) and value.is_integer() and job.model.params[name].type == "int":
        return int(value)
    return value


def words(text: str) -> list[str]:
    """The words of a list written by hand, separated by commas or spaces."""
    return text.replace(",", " ").split()


def _content(job: Job) -> list[JSON]:
    return [{"text": job.request.prompt}, *({"image": address(i, job)} for i in job.request.images)]


def _media(job: Job, given: JSON) -> None:
    row, media = job.model.engine, job.request.media()
    for name, theirs in row.get("input", {}).items():
        if ids := media.get(name):
            many = theirs.endswith("[]")
            urls = [address(i, job) for i in ids]
            given[theirs.removesuffix("[]")] = urls if many else urls[0]
    if kinds := row.get("media"):
        given["media"] = [
            _entry(name, i, kinds[name], job) for name, ids in media.items() if name in kinds for i in ids
        ]


def _entry(name: str, asset_id: str, kind: str | Mapping[str, str], job: Job) -> JSON:
    word = kind if isinstance(kind, str) else kind[job.inputs[asset_id].asset.kind]
    entry = {"type": word, "url": address(asset_id, job)}
    voice = job.request.reference_voices.get(asset_id) if name == "references" else None
    return entry | ({job.model.engine["voice"]: address(voice, job)} if voice else {})


def address(asset_id: str, job: Job) -> str:
    """How an input is named in the body: its upload, else its content as a data URI."""
    return job.uploads.get(asset_id) or data_uri(job.inputs[asset_id].path, job.inputs[asset_id].asset)


def data_uri(path: Path, asset: Asset) -> str:
    """The file's content, written out."""
    return f"data:{asset.mime};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _size(request: Request, model: Model, params: JSON) -> None:
    way = model.engine.get("size", "none")
    pixels = f"{request.width}*{request.height}" if request.width else None
    if way == "size":
        params["size"] = pixels
    elif way == "resolution" and request.tier:
        params["resolution"] = request.tier
    elif way == "ratio":
        params |= {"resolution": request.tier, "ratio": request.aspect}
    elif way == "min_len" and request.tier:
        params["min_len"] = int(request.tier.removesuffix("P"))
    elif way == "image":
        fallback = None if request.images else model.engine.get("default_size")
        if size := pixels or request.tier or fallback:
            params["size"] = size


def _time(request: Request, model: Model, params: JSON) -> None:
    if request.duration_s:
        params["duration"] = int(request.duration_s)
    elif "keep_duration" in model.engine:
        params["duration"] = model.engine["keep_duration"]


def _count(request: Request, row: Mapping[str, Any], params: JSON) -> None:
    if series := row.get("series"):
        params["n"] = request.params.get(series["length"]) if request.params.get(series["switch"]) else 1


def images_at_most(request: Request, model: Model) -> int:
    """How many pictures one run may bring, and cost."""
    if most := model.engine.get("most_images"):
        return int(request.params.get(most) or 1)
    series = model.engine.get("series")
    if series and request.params.get(series["switch"]):
        return int(request.params.get(series["length"]) or 1)
    return 1
