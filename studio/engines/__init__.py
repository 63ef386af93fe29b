"""The registry: one line per engine. Modules are imported when an engine is first built, not before.

A name maps to "module:Class"; the class is called with the Settings and gives an engine of base.Engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.engines.base import Engine
    from studio.settings import Settings

REGISTRY: dict[str, str] = {
    "draft": "studio.engines.draft:DraftEngine",
    "comfyui": "studio.engines.comfyui:ComfyEngine",
    "local": "studio.engines.local:LocalEngine",
    "alibaba": "studio.engines.alibaba:AlibabaEngine",
}


def build(name: str, settings: Settings) -> Engine:
    """The engine of this provider, made from the settings."""
    module, _, cls = REGISTRY[name].partition(":")
    return getattr(import_module(module), cls)(settings)
