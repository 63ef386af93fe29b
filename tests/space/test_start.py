"""The Space as the Hub starts it: both kinds are built, checked and really started, and a visitor makes a draft."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.space.__main__ import main
from studio.space.folder import build
from studio.space.trial import free_port

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("sdk", ["docker", "gradio"])
def test_a_space_starts_and_gives_a_visitor_a_draft(
    sdk: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(build(tmp_path / "space", sdk=sdk))
    code = main(["check", folder, "--offline", "--port", str(free_port(0))])
    table = capsys.readouterr().out
    assert code == 0, table
    for step in ("/healthz", "page framed by the Hub only", "a visitor's draft", "stops"):
        assert f"start: {step}" in table


def test_a_space_that_does_not_start_fails_the_check_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = build(tmp_path / "space", sdk="gradio")
    (folder / "app.py").write_text("raise SystemExit('the app is broken')\n")
    assert main(["check", str(folder), "--offline", "--port", str(free_port(0))]) == 1
    assert "the app is broken" in capsys.readouterr().out
