"""A studio on a folder of its own, with a scripted engine. Everything else in it is real: database, files, runner."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
# Test processes that run side by side look for a free port in ranges of their own.
os.environ["GRADIO_SERVER_PORT"] = str(
    7860 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
)

import pytest
from anyio import open_file  # noqa: F401 - loaded now: pytest's rewriting of it in a server's thread trips over ast in 3.11

from studio.catalogue import Catalogue, load
from studio.engines.fake import FakeEngine, FakeProvider, FindingFake
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import QUICK


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


SLOW = {
    "cli/test_run.py",
    "jobs/test_recovery.py",
    "jobs/test_workers.py",
    "services/test_exports.py",
    "services/test_exports_resume.py",
    "store/test_full_disk.py",
    "test_kill_app.py",
    "test_storm.py",
}
"""Files that take longer than about ten seconds; of the folders that have no conftest of their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first, so that none is left over at the end while the other process has nothing to do. Browser tests
    last: Playwright keeps an event loop running in this thread, and asyncio.run refuses then. Of them, files with many
    tests first, for the same reason."""
    tests_in = Counter(item.path for item in items)
    for item in items:
        place = item.path.relative_to(Path(__file__).parent).as_posix()
        if place in SLOW:
            item.add_marker(pytest.mark.slow)
        if place.startswith("browser/"):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=2))  # pages on two busy cores; each rerun is listed
        if place.startswith("engines/local/"):
            item.add_marker(pytest.mark.gpu)

    def order(item: pytest.Item) -> tuple[bool, bool, int]:
        is_browser = "browser" in item.keywords
        return is_browser, "slow" not in item.keywords, -tests_in[item.path] if is_browser else 0

    items.sort(key=order)


def pytest_sessionfinish() -> None:
    """No collector while pytest's plugins load their last modules: objects finalised while Python 3.11 builds a syntax
    tree break its count of the depth (SystemError: AST constructor recursion depth mismatch)."""
    gc.disable()
