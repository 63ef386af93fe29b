"""One set of tiny models and one engine for all tests of the local engine: importing torch takes seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.engines.base import Input
from tests.engines.local.bench import Bench, build_tiny, need_torch
from tests.engines.local.inputs import make_files


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny repositories of all models."""
    need_torch()
    return build_tiny(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def bench(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One engine for all tests that need none of their own."""
    made = Bench(tmp_path_factory.mktemp("data"), tiny_models)
    yield made
    made.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Input]:
    """Two pictures and two clips of nine frames, by asset id."""
    return make_files(tmp_path_factory.mktemp("inputs"))
