"""The order of references, where a provider numbers them otherwise than they are given."""

from __future__ import annotations

from collections.abc import Mapping

from studio.catalogue import Model
from studio.domain import Asset, Kind, Request
from studio.errors import CapabilityError
from studio.messages import Message, term


def out_of_order(request: Request, model: Model, assets: Mapping[str, Asset]) -> list[CapabilityError]:
    """A refusal where the row (`clips_first`) numbers clips before pictures, and a picture comes before a clip: the
    names in the prompt would mean other files. For RequestChecks.problems."""
    kinds = [assets[i].kind for i in request.references if i in assets]
    if not model.engine.get("clips_first") or kinds == sorted(kinds, key=lambda kind: kind != Kind.VIDEO):
        return []
    return [CapabilityError(Message("engine.clips_first", model=term(model.label)), field="references")]
