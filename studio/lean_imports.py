"""Other people's modules, imported without what serves nobody here: half of what an import of Gradio takes.

- `gradio.component_meta` parses the source of each component and brings the .pyi file beside it up to date, and
  `gradio.events` renders a help text for each component's events: both for editors.
- `gradio.mcp` imports `mcp` for a server of Gradio's own, which the studio does not start. It does without where there
  is none.
- `gradio.caching` imports pandas for values that are tables: it gets it once it touches one.
- `sqlite_utils.db` knows the column types of pandas and NumPy where they are there: we store none of theirs.

Where a version of them has other names, it is imported as it is. Source: gradio 6.31, sqlite-utils 4.2.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

modules: dict[str, Any] = sys.modules


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Inside the block there are no modules of these names, but for what has been imported already."""
    hidden = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(hidden))  # None is how Python remembers that there is no such module
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]


_loaded_on_use: set[str] = set()


@contextmanager
def _on_first_use(name: str) -> Iterator[None]:
    """What is first imported under this name inside the block is loaded when something of it is used."""
    _loaded_on_use.add(name)
    try:
        yield
    finally:
        _loaded_on_use.discard(name)


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


def _unchanged(_: Any) -> None:
    """Leave the module as it is."""


def _without_stub_files(module: Any) -> None:
    if hasattr(module, "create_or_modify_pyi"):
        module.create_or_modify_pyi = lambda *_: None


def _without_help_texts(module: Any) -> None:
    if hasattr(getattr(module, "EventListener", None), "set_doc"):
        module.EventListener.set_doc = lambda *_, **__: None


LEANER: dict[str, tuple[Callable[[], AbstractContextManager[None]], Callable[[Any], None]]] = {
    "gradio.caching": (lambda: _on_first_use("pandas"), _unchanged),
    "gradio.component_meta": (_as_it_is, _without_stub_files),
    "gradio.events": (_as_it_is, _without_help_texts),
    "gradio.mcp": (lambda: _without("mcp"), _unchanged),
    "sqlite_utils.db": (lambda: _without("pandas", "numpy"), _unchanged),
}
"""Module -> what surrounds its import, and what changes it before others take names from it."""


class _LeanFinder:
    """Finds the modules of LEANER where Python does. For sys.meta_path."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As Python's own finder; None for every other module."""
        if name not in LEANER and name not in _loaded_on_use:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        if name in _loaded_on_use:
            spec.loader = LazyLoader(spec.loader)
            return spec
        surrounded, change = LEANER[name]
        run = spec.loader.exec_module

        def run_leaner(module: ModuleType) -> None:
            with surrounded():
                run(module)
            change(module)

        spec.loader.exec_module = run_leaner
        return spec


def install() -> None:
    """From now on the modules of LEANER are imported so, by whoever imports them."""
    if _LeanFinder not in sys.meta_path:
        sys.meta_path.insert(0, _LeanFinder)
