"""A studio on a folder of its own, with a scripted engine. Everything else in it is real: database, files, runner."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from studio.catalogue import Catalogue, load
from studio.domain import Run
from studio.engines.fake import FakeEngine, FakeProvider, FindingFake
from studio.jobs.pace import Timing
from studio.settings import Settings
from studio.studio import Studio

QUICK = Timing(
    local_look=0.02, least_look=0.02, image_look=0.02, video_look=0.02, backoff=0.02, backoff_most=0.1, close_for=1.0
)
"""Waiting times for tests."""


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """Two free models and one that costs $0.10 a run."""
    return load(Path(__file__).parent / "catalogue")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A fresh data folder."""
    return Settings(data=tmp_path / "data")


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    """Free of charge; runs of it may be repeated."""
    return FakeEngine(provider=FakeProvider(tmp_path / "provider-fake"), repeatable=True)


@pytest.fixture
def paid(tmp_path: Path) -> FindingFake:
    """Bills each accepted submit, and can look up lost ones."""
    return FindingFake(name="paid", provider=FakeProvider(tmp_path / "provider-paid"))


@pytest.fixture
def studio(settings: Settings, catalogue: Catalogue, engine: FakeEngine, paid: FindingFake) -> Iterator[Studio]:
    """An open studio with both engines."""
    engines = {"fake": engine, "paid": paid}
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK) as opened:
        yield opened


def image(prompt: str = "a red coat", **more: object) -> dict[str, object]:
    """The flat JSON of a free picture."""
    return {"task": "text-to-image", "model": "fake/image", "prompt": prompt} | more


def paid_image(prompt: str = "a red coat", **more: object) -> dict[str, object]:
    """The flat JSON of a picture that costs $0.10."""
    return {"task": "text-to-image", "model": "paid/image", "prompt": prompt} | more


def finish(studio: Studio, body: dict[str, object], timeout_s: float = 10) -> Run:
    """Submit one run and wait until it has ended."""
    [run] = studio.submit(body)
    return studio.wait([run.id], timeout_s=timeout_s)[0]
