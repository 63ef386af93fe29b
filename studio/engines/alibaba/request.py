"""A run as the body of one call, which the row's [model.request] table describes, and where the call goes.

Everything that the provider would choose by itself (n, watermark, duration, size, prompt_extend) is written out.
"""

from __future__ import annotations

from collections.abc import Mapping

from studio.catalogue import Model
from studio.domain import JSON, Kind
from studio.engines import mapping
from studio.engines.base import Job

PATHS = {
    "video": "/services/aigc/video-generation/video-synthesis",
    "image2video": "/services/aigc/image2video/video-synthesis",
    "image": "/services/aigc/image-generation/generation",
    "text2image": "/services/aigc/text2image/image-synthesis",
    "image2image": "/services/aigc/image2image/image-synthesis",
}
DIRECT_PATH = "/services/aigc/multimodal-generation/generation"
FACE_PATH = "/services/aigc/image2video/face-detect"
INLINE_BYTES = 3_000_000
"""Pictures up to this size travel inside the body where the model allows it; larger ones are uploaded."""


def model_name(model: Model, region: str) -> str:
    """The provider's name of the model in this region."""
    named: Mapping[str, str] = model.engine.get("models", {})
    return named.get(region) or model.engine.get("model") or next(iter(named.values()))


def inlined_assets(job: Job, *, any_size: bool = False) -> set[str]:
    """Asset ids that travel as data URIs."""
    allowed = job.model.engine.get("inline", [])
    ids = {i for name, group in job.request.media().items() if name in allowed for i in group}
    fits = {i for i in ids if any_size or job.inputs[i].asset.bytes <= INLINE_BYTES}
    return {i for i in fits if job.inputs[i].asset.kind == Kind.IMAGE}


def build(job: Job, *, region: str, stream: bool = False) -> JSON:
    """The body of the submit call. Reads inlined pictures from disk: call it outside the event loop."""
    made = mapping.body(job, model=model_name(job.model, region))
    if stream:
        made["parameters"]["stream"] = True
    return made
