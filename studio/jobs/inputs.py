"""Input files as a model can use them: HDR clips are handed over in ordinary colours, for no model here knows HDR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from studio.domain import Kind
from studio.engines.base import Input
from studio.media.files import Cancelled


def in_ordinary_colours(inputs: Mapping[str, Input], cache: Path, cancelled: Cancelled) -> dict[str, Input]:
    """The same inputs, HDR clips replaced by BT.709 copies kept in `cache` by content.

    Slow where a clip is encoded: call it outside the event loop. Raises MediaError for a file that cannot be read.
    """
    return {
        asset_id: _mapped(one, cache, cancelled) if one.asset.kind is Kind.VIDEO else one
        for asset_id, one in inputs.items()
    }


def _mapped(one: Input, cache: Path, cancelled: Cancelled) -> Input:
    from studio.media import hdr
    from studio.media.probe import probe

    transfer = hdr.transfer_of(one.path)
    if not hdr.is_hdr(transfer):
        return one
    out = cache / f"{one.asset.sha256 or one.asset.id}.mp4"
    if not out.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        hdr.as_sdr(one.path, out, transfer, cancelled=cancelled)
    facts = probe(out)
    changed = {"mime": facts.mime, "bytes": facts.bytes, "name": f"{Path(one.asset.name).stem}{facts.suffix}"}
    return replace(one, path=out, asset=one.asset.model_copy(update=changed))
