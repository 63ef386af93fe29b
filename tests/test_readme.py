"""The README names every setting and every engine, and its two commands are the ones CI runs."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from studio import engines, settings
from studio.catalogue import load
from studio.services import language_model

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
NOTIFY = (settings.NOTIFY_URL, settings.NOTIFY_SECRET, settings.NOTIFY_TARGETS)
DECLARED = [name for engine in engines.REGISTRY for name in engines.environment(engine)]
NAMES = [*settings.OPTION_NAMES, *settings.VISITOR_NAMES, settings.PASSWORD, *NOTIFY, *dict.fromkeys(DECLARED)]
NAMES += language_model.ENVIRONMENT


def test_every_setting_and_every_engine_is_in_the_readme() -> None:
    assert [name for name in (*NAMES, *sorted(engines.REGISTRY)) if f"`{name}`" not in README] == []


def test_every_folder_of_the_studio_is_in_the_readme_and_in_the_map() -> None:
    """README "How it is built" and CONTRIBUTING's map."""
    folders = [p.name for p in (ROOT / "studio").iterdir() if (p / "__init__.py").is_file()]
    built = README.split("## How it is built")[1].split("\n## ")[0]
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [f for f in sorted(folders) if f"`{f}`" not in built or f"`studio/{f}/`" not in guide] == []


def test_every_file_that_the_guide_names_is_there() -> None:
    """Paths in CONTRIBUTING.md, from the top of the repository or from studio/."""
    named = set(re.findall(r"`([\w/.-]+/[\w.-]+\.\w+)`", (ROOT / "CONTRIBUTING.md").read_text("utf-8")))
    assert len(named) > 10
    assert [name for name in sorted(named) if not ((ROOT / name).exists() or (ROOT / "studio" / name).exists())] == []


@pytest.mark.parametrize("program", ["-m pytest", "python app.py"])
def test_ci_runs_the_readmes_commands_to_the_letter(program: str) -> None:
    command = next(line for line in README.splitlines() if line.startswith("python3 -m venv") and program in line)
    assert command in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


def families_table() -> str:
    """Which provider serves which family, by the catalogue, as the README shows it."""
    rows = [m for m in load() if not m.of_user and m.provider not in ("draft", "generic", "mindstudio")]
    providers = [name for name in engines.REGISTRY if any(m.provider == name for m in rows)]
    count = Counter(m.family for m in rows)
    lines = [
        "| family | " + " | ".join(f"`{name}`" for name in providers) + " |",
        "| --- |" + " :-: |" * len(providers),
    ]
    for family in sorted(count, key=lambda name: (name != "Wan", -count[name], name)):
        serves = {m.provider for m in rows if m.family == family}
        lines.append(f"| {family} | " + " | ".join("●" if name in serves else "" for name in providers) + " |")
    return "\n".join(lines)


def test_the_table_of_families_is_that_of_the_catalogue() -> None:
    assert families_table() in README
