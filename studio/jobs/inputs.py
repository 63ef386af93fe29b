"""Input files as a model can use them: HDR clips in ordinary colours, pictures of phones (HEIC, AVIF) as PNG.

No model here knows HDR, and the Pillow behind ComfyUI or in the GPU worker may not read what phones take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from studio.domain import Kind
from studio.engines.base import Input
from studio.media.files import Cancelled

NOT_READ_EVERYWHERE = ("image/heic", "image/avif")


def in_common_forms(inputs: Mapping[str, Input], cache: Path, cancelled: Cancelled) -> dict[str, Input]:
    """The same inputs, HDR clips and phones' pictures replaced by copies kept in `cache` by content.

    Slow where a clip is encoded: call it outside the event loop. Raises MediaError for a file that cannot be read.
    """
    return {asset_id: _common(one, cache, cancelled) for asset_id, one in inputs.items()}


def _common(one: Input, cache: Path, cancelled: Cancelled) -> Input:
    if one.asset.kind is Kind.VIDEO:
        return _mapped(one, cache, cancelled)
    return _as_png(one, cache) if one.asset.mime in NOT_READ_EVERYWHERE else one


def _as_png(one: Input, cache: Path) -> Input:
    from studio.media import intake

    out = cache / f"{one.asset.sha256 or one.asset.id}.png"
    if not out.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        intake.as_png(one.path, out)
    return _instead(one, out)


def _mapped(one: Input, cache: Path, cancelled: Cancelled) -> Input:
    from studio.media import av_io, hdr

    transfer = av_io.transfer_of(one.path)
    if not hdr.is_hdr(transfer):
        return one
    out = cache / f"{one.asset.sha256 or one.asset.id}.mp4"
    if not out.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        hdr.as_sdr(one.path, out, transfer, cancelled=cancelled)
    return _instead(one, out)


def _instead(one: Input, out: Path) -> Input:
    from studio.media.probe import probe

    facts = probe(out)
    changed = {"mime": facts.mime, "bytes": facts.bytes, "name": f"{Path(one.asset.name).stem}{facts.suffix}"}
    return replace(one, path=out, asset=one.asset.model_copy(update=changed))
