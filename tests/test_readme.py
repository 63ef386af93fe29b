"""The README names every setting and every engine, and its two commands are the ones CI runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import engines, settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
NAMES = [*settings.OPTION_NAMES, *settings.SECRET_NAMES, *settings.ENGINE_OPTIONS]


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", sorted(engines.REGISTRY))
def test_every_engine_is_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("program", ["-m pytest", "python app.py"])
def test_ci_runs_the_readmes_commands_to_the_letter(program: str) -> None:
    command = next(line for line in README.splitlines() if line.startswith("python3 -m venv") and program in line)
    assert command in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
