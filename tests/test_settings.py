"""Settings come from the command line over the environment; a wrong one is one sentence and exit code 2."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
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
        ("STUDIO_ORIGINS", "https://studio.example/path"),
        ("STUDIO_ACCESS", "everyone"),
        ("STUDIO_TRUSTED_PROXIES", "proxy.example"),
        ("STUDIO_FRAME_ANCESTORS", "https://a.example; script-src *"),
        ("STUDIO_PUBLIC_URL", "http://studio.example"),
        ("STUDIO_PUBLIC_URL", "https://192.168.1.4"),
        ("STUDIO_PUBLIC_URL", "https://localhost"),
        ("STUDIO_PUBLIC_URL", "https://a:b@studio.example"),
        ("STUDIO_PUBLIC_URL", "https://studio.example/?x=1"),
    ],
)
def test_a_wrong_value_names_the_setting_and_what_was_given(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        settings.read({}, {name: value})
    assert name in str(error.value)
    assert value in str(error.value)


def start(*arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "app.py", *arguments]
    env = os.environ | (environ or {})
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


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


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"STUDIO_HOST": "0.0.0.0"}, "STUDIO_PASSWORD"),
        ({"STUDIO_HOST": "::"}, "STUDIO_ACCESS=open"),
        ({"STUDIO_HOST": "192.168.1.20"}, "--host 127.0.0.1"),
        ({"STUDIO_ACCESS": "solo", "STUDIO_HOST": "0.0.0.0"}, "STUDIO_ACCESS=password"),
        ({"STUDIO_ACCESS": "open", "STUDIO_PASSWORD": "long enough"}, "Remove one"),
        ({"STUDIO_PASSWORD": "short-1"}, "at least 8"),
        ({"STUDIO_PASSWORD": "x" * 2000}, "at most"),
    ],
)
def test_a_studio_on_a_network_needs_a_decision_who_may_enter(
    tmp_path: Path, environ: dict[str, str], said: str
) -> None:
    """One sentence that says what to set, before anything is opened; the password is not in it."""
    done = start("--data", str(tmp_path / "data"), environ=environ)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert said in done.stderr
    assert environ.get("STUDIO_PASSWORD", "no password") not in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "environ",
    [
        {"STUDIO_HOST": "localhost"},
        {"STUDIO_HOST": "127.0.0.2"},
        {"STUDIO_HOST": "::1"},
        {"STUDIO_HOST": "0.0.0.0", "STUDIO_ACCESS": "open"},
        {"STUDIO_HOST": "0.0.0.0", "STUDIO_PASSWORD": "long enough"},
    ],
)
def test_these_may_start(environ: dict[str, str]) -> None:
    settings.read({}, environ).check_access()


def test_the_password_is_kept_as_a_hash_only() -> None:
    read = settings.read({}, {"STUDIO_PASSWORD": "long enough"})
    assert read.password_hash.startswith("$argon2id$")
    assert "long enough" not in repr(vars(read))
    assert "argon2" not in repr(read) + read.model_dump_json()
