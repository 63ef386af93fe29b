"""Input files in formats that models read: HDR clips tone-mapped to SDR, pictures of phones (HEIC, AVIF) as PNG.

No model here knows HDR, and the Pillow behind ComfyUI or in the GPU worker may not read HEIC and AVIF.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from studio.domain import Kind
from studio.engines.base import Input
from studio.media.files import Cancelled

CONVERTED_TO_PNG = ("image/heic", "image/avif")


def converted(inputs: Mapping[str, Input], cache: Path, cancelled: Cancelled) -> dict[str, Input]:
    """The same inputs, HDR clips and phones' pictures replaced by converted copies in `cache`, named by content.

    Slow where a clip is encoded: call it outside the event loop. Raises MediaError for a file that cannot be read.
    """
    return {asset_id: _converted(source, cache, cancelled) for asset_id, source in inputs.items()}


def _converted(source: Input, cache: Path, cancelled: Cancelled) -> Input:
    if source.asset.kind is Kind.VIDEO:
        return _tone_mapped(source, cache, cancelled)
    return _as_png(source, cache) if source.asset.mime in CONVERTED_TO_PNG else source


def _as_png(source: Input, cache: Path) -> Input:
    from studio.media import intake

    target = cache / f"{source.asset.sha256 or source.asset.id}.png"
    if not target.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        intake.as_png(source.path, target)
    return _replaced(source, target)


def _tone_mapped(source: Input, cache: Path, cancelled: Cancelled) -> Input:
    from studio.media import av_io, hdr

    transfer = av_io.transfer_of(source.path)
    if not hdr.is_hdr(transfer):
        return source
    target = cache / f"{source.asset.sha256 or source.asset.id}.mp4"
    if not target.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        hdr.as_sdr(source.path, target, transfer, cancelled=cancelled)
    return _replaced(source, target)


def _replaced(source: Input, target: Path) -> Input:
    from studio.media.probe import probe

    facts = probe(target)
    changed = {"mime": facts.mime, "bytes": facts.bytes, "name": f"{Path(source.asset.name).stem}{facts.suffix}"}
    return replace(source, path=target, asset=source.asset.model_copy(update=changed))
