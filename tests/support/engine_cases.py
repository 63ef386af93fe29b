"""Engines that can run here, for the conformance suite: one line each in CASES, and a function that sets it up.

A case yields an Engine Case while its surroundings (a local server, a folder) are up. To add an engine, write a context
manager like the ones below and name it in CASES.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from studio.catalogue import Catalogue, load
from studio.domain import JSON
from studio.engines.base import Engine
from studio.settings import Settings
from tests.support.provider_cases import PROVIDERS

FAKE_ROWS = Path(__file__).parents[1] / "catalogue"


@dataclass(frozen=True)
class Case:
    """build: a new engine, as after a restart. body: a request that succeeds quickly. slow: one that can be cancelled.

    outlives: whether a handle means something to an engine built later.
    """

    name: str
    build: Callable[[], Engine]
    catalogue: Catalogue
    settings: Settings
    body: JSON
    slow: JSON
    outlives: bool = True


@contextmanager
def fake(folder: Path) -> Iterator[Case]:
    """The scripted engine itself."""
    from studio.engines.fake import FakeEngine, FakeProvider, FakeScript

    def build() -> Engine:
        return FakeEngine(provider=FakeProvider(folder / "provider"), scripts={"slow": FakeScript(wait_s=60)})

    body = {"task": "text-to-image", "model": "fake/image", "prompt": "quick"}
    yield Case("fake", build, load(FAKE_ROWS), Settings(data=folder / "data"), body, body | {"prompt": "slow"})


@contextmanager
def draft(folder: Path) -> Iterator[Case]:
    """Worker processes on this machine; what they do ends with the studio."""
    from studio.engines.draft import DraftEngine

    settings = Settings(data=folder / "data", workers=1)
    body = {"task": "text-to-image", "model": "draft/animatic", "prompt": "a red coat", "width": 320, "height": 180}
    slow = {"task": "text-to-video", "model": "draft/animatic", "prompt": "slow pan over a city", "duration_s": 15}
    yield Case("draft", lambda: DraftEngine(settings), load(), settings, body, slow, outlives=False)


@contextmanager
def alibaba(folder: Path) -> Iterator[Case]:
    """Against the local server that the provider's own SDK has proved."""
    from studio.engines.alibaba import AlibabaEngine
    from tests.providers.alibaba import AlibabaServer

    with AlibabaServer() as server:
        settings = Settings(
            data=folder / "data", secrets={"DASHSCOPE_API_KEY": SecretStr("sk-test")},
            options={"ALIBABA_BASE_URL": server.url},
        )  # fmt: skip
        body = {"task": "text-to-video", "model": "alibaba/wan2.6-t2v", "prompt": "a red coat", "duration_s": 5}
        yield Case("alibaba", lambda: AlibabaEngine(settings), load(), settings, body, body | {"prompt": "slow"})


@contextmanager
def comfyui(folder: Path) -> Iterator[Case]:
    """Against a local server of the shapes recorded from a real one."""
    from studio.engines.comfyui import ComfyEngine
    from tests.providers.comfyui import ComfyServer, official_files
    from tests.providers.serving import served

    server = ComfyServer(folder / "comfy", official_files())
    server.step_s = 0.05
    with served(server.app()) as url:
        settings = Settings(data=folder / "data", options={"COMFYUI_URL": url})
        body = {"task": "text-to-image", "model": "comfyui/qwen-image", "prompt": "a cat", "width": 256, "height": 256}
        slow = {"task": "text-to-video", "model": "comfyui/wan2.2-t2v-a14b", "prompt": "slow", "duration_s": 5}
        yield Case("comfyui", lambda: ComfyEngine(settings), load(), settings, body, slow)


@cache
def tiny_model() -> TemporaryDirectory[str]:
    """One open model with random weights, built once; removed when the tests end."""
    from tests.engines.local.bench import build_tiny

    folder = TemporaryDirectory(prefix="tiny-model-")
    build_tiny(Path(folder.name), "Tongyi-MAI/Z-Image-Turbo")
    return folder


@contextmanager
def local(folder: Path) -> Iterator[Case]:
    """A worker process with a tiny model on the processor; what it does ends with the studio."""
    from studio.engines.local import LocalEngine
    from tests.engines.local.bench import need_torch

    need_torch()
    settings = Settings(data=folder / "data", options={"STUDIO_GPU": "cpu", "STUDIO_MODELS": tiny_model().name})
    body = {"task": "text-to-image", "model": "local/z-image-turbo", "prompt": "a kite", "width": 256, "height": 256}
    quick, slow = body | {"steps": 2}, body | {"steps": 50}
    yield Case("local", lambda: LocalEngine(settings), load(), settings, quick, slow, outlives=False)


@contextmanager
def provider(name: str, folder: Path) -> Iterator[Case]:
    """A paid provider of the suite that all of them pass, against its local server."""
    with PROVIDERS[name](folder) as one:
        yield Case(name, one.build, one.catalogue, one.settings, one.body, one.body | {"prompt": "slow"})


CASES: dict[str, Callable[[Path], AbstractContextManager[Case]]] = {
    "fake": fake,
    "draft": draft,
    "alibaba": alibaba,
    "comfyui": comfyui,
    "local": local,
    **{name: partial(provider, name) for name in PROVIDERS},
}
