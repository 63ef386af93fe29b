"""The registry: one line per engine. Modules are imported when an engine is first built, not before.

A name maps to "module:Class"; the class is called with the Settings and gives an engine of base.Engine. It declares
the environment names that it reads as `environment`; nothing else lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from studio.engines.base import Engine, Variable
    from studio.settings import Settings

REGISTRY: dict[str, str] = {
    "draft": "studio.engines.draft:DraftEngine",
    "comfyui": "studio.engines.comfyui:ComfyEngine",
    "local": "studio.engines.local:LocalEngine",
    "fal": "studio.engines.fal:FalEngine",
    "wavespeed": "studio.engines.wavespeed:WaveSpeedEngine",
    "replicate": "studio.engines.replicate:ReplicateEngine",
    "alibaba": "studio.engines.alibaba:AlibabaEngine",
    "kie": "studio.engines.kie:KieEngine",
    "runware": "studio.engines.runware:RunwareEngine",
    "apimart": "studio.engines.apimart:ApimartEngine",
    "atlascloud": "studio.engines.atlascloud:AtlascloudEngine",
    "vtrix": "studio.engines.vtrix:VtrixEngine",
    "mindstudio": "studio.engines.mindstudio:MindstudioEngine",
    "generic": "studio.engines.generic:WanRestEngine",
}


def load(name: str) -> type[Engine]:
    """The class of this engine; its module is imported now."""
    module, _, cls = REGISTRY[name].partition(":")
    return getattr(import_module(module), cls)


def environment(name: str) -> Mapping[str, Variable]:
    """The environment values that this engine reads, as its class declares them."""
    return getattr(load(name), "environment", {})


def build(name: str, settings: Settings) -> Engine:
    """The engine of this provider, made from the settings."""
    return cast("Callable[[Settings], Engine]", load(name))(settings)
