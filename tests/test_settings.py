"""Settings come from the command line over the environment; a wrong one is one sentence and exit code 2."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from studio import settings
from studio.errors import SettingsError

ROOT = Path(__file__).parents[1]


def test_the_command_line_beats_the_environment() -> None:
    read = settings.read({"port": "7000", "host": None}, {"STUDIO_PORT": "6000", "STUDIO_HOST": "0.0.0.0"})
    assert (read.port, read.host) == (7000, "0.0.0.0")


def test_a_key_is_never_shown() -> None:
    read = settings.read({}, {"DASHSCOPE_API_KEY": "sk-very-secret"})
    assert "sk-very-secret" not in repr(read) + str(read) + read.model_dump_json()
    assert read.secret("DASHSCOPE_API_KEY") == "sk-very-secret"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STUDIO_PORT", "seven"),
        ("STUDIO_PORT", "70000"),
        ("STUDIO_WORKERS", "-1"),
        ("STUDIO_LOG", "loud"),
        ("STUDIO_ORIGINS", "studio.example"),
    ],
)
def test_a_wrong_value_names_the_setting_and_what_was_given(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        settings.read({}, {name: value})
    assert name in str(error.value)
    assert value in str(error.value)


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "app.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_a_wrong_port_ends_with_code_2_and_one_sentence() -> None:
    done = start("--port", "seven")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "seven" in done.stderr


def test_a_taken_port_is_said_and_a_free_one_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = start("--port", str(port), "--data", str(tmp_path))
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr
    assert "is free: --port" in done.stderr
