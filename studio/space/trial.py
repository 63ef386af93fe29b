"""A Space's folder, really started: with the Hub's environment, in a scratch home, asked as a visitor asks.

The check stands where the Hub's proxy stands: it gives the Space's name as host and says that the visitor uses HTTPS.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from studio.settings import without_secrets
from studio.space import dockerfile
from studio.space.findings import Finding, found
from studio.space.front_matter import FrontMatter
from studio.space_settings import HUB, PROXIES, SPACE_SITES

SPACE_HOST = "someone-wan-studio.hf.space"
START_TIMEOUT_S, STOP_TIMEOUT_S, DRAFT_TIMEOUT_S = 90.0, 15.0, 120.0
USER_ID = 1000
HOME = "/home/user"
ENVIRONMENT = {
    "SYSTEM": "spaces",
    "SPACE_ID": "someone/wan-studio",
    "SPACE_HOST": SPACE_HOST,
    "SPACE_AUTHOR_NAME": "someone",
    "SPACE_REPO_NAME": "wan-studio",
    "SPACE_TITLE": "Wan Studio",
    "SPACE_CREATOR_USER_ID": "0123456789abcdef01234567",
    "CPU_CORES": "2",
    "MEMORY": "16Gi",
    "ACCELERATOR": "none",
    "OAUTH_CLIENT_ID": "check-of-a-folder",
    "OAUTH_CLIENT_SECRET": "check-of-a-folder",
    "OAUTH_SCOPES": "openid profile inference-api",
    "OPENID_PROVIDER_URL": HUB,
}
"""Source: hub-docs, spaces-overview.md, "Built-in environment variables". The client is not one that exists."""
GRADIO_ENVIRONMENT = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_ALLOW_FLAGGING": "never", "GRADIO_NUM_PORTS": "1"}  # noqa: S104


@dataclass(frozen=True)
class Started:
    """How the Space is started: command, where, with which environment; home is the scratch home."""

    command: list[str]
    folder: Path
    environ: dict[str, str]
    home: Path


def laid_out(folder: Path, values: FrontMatter, scratch: Path, port: int) -> Started:
    """The folder where the container would have it, in a scratch home."""
    home = scratch / "home" / "user"
    work = home / "app"
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "PYTHONPYCACHEPREFIX") if name in os.environ}
    environ = without_secrets(keep) | ENVIRONMENT
    command = [sys.executable, str(values.get("app_file") or "app.py")]
    if values.get("sdk") == "docker":
        text = (folder / "Dockerfile").read_text("utf-8")
        image = dockerfile.image(dockerfile.instructions(text))
        work = scratch / image.workdir.strip("/")
        for sources, target in image.copies:
            for path in (path for source in sources for path in dockerfile.sources_in(folder, source)):
                _copy(path, scratch / target.strip("/"), into=target.endswith("/"))
        environ |= {n: v.replace(HOME, str(home)) for n, v in image.env.items() if n != "PATH"}
        program, *arguments = image.command
        command = [sys.executable if program in ("python", "python3") else program, *arguments]
    else:
        _copy(folder, work)
        environ |= GRADIO_ENVIRONMENT
    environ |= {
        "HOME": str(home),
        "STUDIO_PORT": str(port),
        "STUDIO_TRUSTED_PROXIES": f"{PROXIES},127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }
    return Started(command, work, environ, home)


def _copy(source: Path, target: Path, *, into: bool = False) -> None:
    """As COPY does: the contents of a folder; a file under its own name where the target is a folder."""
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
        return
    place = target / source.name if into or target.is_dir() else target
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, place)


def why_not_user() -> str:
    """Why this process cannot start programs as the user of a Space, "" where it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root can start it as another"
    with suppress(OSError, subprocess.SubprocessError):
        command = [sys.executable, "-c", "import gradio_client"]
        done = subprocess.run(command, user=USER_ID, group=USER_ID, extra_groups=[], capture_output=True, timeout=60)
        if done.returncode == 0:
            return ""
    return f"user {USER_ID} may not read {sys.executable}"


def free_port(preferred: int) -> int:
    """The preferred port, or one that the system gives where it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("0.0.0.0", port))  # noqa: S104 - as the Space will
            return probe.getsockname()[1]
    return preferred


class Visitor:
    """A browser that shows the Space inside the Hub's page: cookies, and the headers that the proxy adds."""

    def __init__(self, port: int) -> None:
        self.cookies: dict[str, str] = {}
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)
        self._headers = {
            "host": SPACE_HOST,
            "x-forwarded-proto": "https",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-host": SPACE_HOST,
            "user-agent": "Mozilla/5.0",
        }

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **content: Any) -> httpx.Response:
        """The answer; cookies that came before go along, Secure ones too, for the browser speaks HTTPS."""
        sent = self._headers | (headers or {})
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._client.request(method, path, headers=sent, **content)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")  # http.cookies does not know Partitioned
            self.cookies[name.strip()] = value.strip()
        return answer

    def call(self, name: str, *values: Any) -> Any:
        """The result of a function of the studio's API. Raises RuntimeError with its sentence."""
        own = {"origin": f"https://{SPACE_HOST}", "sec-fetch-site": "same-origin"}
        event = self.ask("POST", f"/gradio_api/call/{name}", headers=own, json={"data": list(values)})
        if event.status_code != 200:
            raise RuntimeError(f"/{name} answered {event.status_code}: {event.text[:200]}")
        answer = self.ask("GET", f"/gradio_api/call/{name}/{event.json()['event_id']}", headers=own)
        kind, data = _last_event(answer.text)
        if kind != "complete":
            raise RuntimeError(f"/{name}: {data}")
        return data[0]

    def close(self) -> None:
        """End the connections."""
        self._client.close()


def _last_event(text: str) -> tuple[str, Any]:
    lines = [line for line in text.splitlines() if line]
    kind = next((line[7:] for line in reversed(lines) if line.startswith("event: ")), "")
    data = next((line[6:] for line in reversed(lines) if line.startswith("data: ")), "null")
    return kind, json.loads(data)


def findings(folder: Path, values: FrontMatter, port: int) -> Iterator[Finding]:
    """What came of starting the folder. A step that fails ends the trial."""
    with tempfile.TemporaryDirectory(prefix="space-check-", ignore_cleanup_errors=True) as scratch_name:
        scratch = Path(scratch_name)
        started = laid_out(folder, values, scratch, port)
        why_not = why_not_user()
        as_user = not why_not
        if as_user:
            _give_to_user(scratch)
        log = scratch / "log.txt"
        begun = time.monotonic()
        with _running(started, log, as_user=as_user) as process:
            ready = _wait_until_ready(process, port)
            who = f"user {USER_ID}" if as_user else f"this user ({why_not})"
            detail = f"after {time.monotonic() - begun:.1f} s as {who}, port {port}"
            yield found("start: /healthz", [] if ready else [f"No answer. {_last_lines(log)}"], detail)
            if not ready:
                return
            yield from _visit(port)
            yield found("start: data on local disk", _data_problems(started))
            stopped_s = _stop(process)
        code = process.returncode
        detail = f"code 0 after {stopped_s:.1f} s"
        yield found("start: stops", [] if code == 0 else [f"It ended with code {code}. {_last_lines(log)}"], detail)
        yield found("start: log without secrets", _log_problems(log))


def _visit(port: int) -> Iterator[Finding]:
    visitor = Visitor(port)
    try:
        for check, step in STEPS.items():
            try:
                yield Finding(check, "ok", step(visitor))
            except (RuntimeError, httpx.HTTPError, KeyError) as error:
                yield Finding(check, "failed", f"{error}")
                return
    finally:
        visitor.close()


def _framed_page(visitor: Visitor) -> str:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "iframe", "sec-fetch-mode": "navigate"}
    answer = visitor.ask("GET", "/", headers=headers | {"referer": f"{HUB}/", "accept": "text/html"})
    if answer.status_code != 200 or b"gradio_config" not in answer.content:
        raise RuntimeError(f"The page inside a frame of {HUB} answered {answer.status_code}.")
    rules = [rule.strip() for rule in answer.headers.get("content-security-policy", "").split(";")]
    rule = next((one for one in rules if one.startswith("frame-ancestors")), "")
    if set(rule.split()[1:]) != {HUB, SPACE_SITES} or "x-frame-options" in answer.headers:
        raise RuntimeError(f"The page may be framed by {rule or 'everyone'}, not by {HUB} and {SPACE_SITES} alone.")
    return rule


def _foreign_page(visitor: Visitor) -> str:
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    answer = visitor.ask("POST", "/gradio_api/call/models", headers=headers, json={"data": []})
    if answer.status_code != 403:
        raise RuntimeError(f"A call from a page of another site was answered with {answer.status_code}.")
    return "403"


def _draft(visitor: Visitor) -> str:
    request = {
        "task": "text-to-image", "model": "draft/animatic", "prompt": "A red boat on a quiet lake at dawn",
        "width": 320, "height": 180, "seed": 1,
    }  # fmt: skip
    begun = time.monotonic()
    run = visitor.call("submit", request)[0]
    while run["status"] in ("queued", "running") and time.monotonic() - begun < DRAFT_TIMEOUT_S:
        run = visitor.call("wait", run["id"], 10)
        run = run[0] if isinstance(run, list) else run
    if run["status"] != "succeeded":
        raise RuntimeError(f"The draft is {run['status']}: {run.get('error') or run.get('held_reason')}.")
    media = visitor.ask("GET", f"/media/{run['assets'][0]['id']}", headers={"sec-fetch-site": "same-origin"})
    if media.status_code != 200 or not media.headers["content-type"].startswith("image/"):
        raise RuntimeError(f"The draft's picture answered {media.status_code}.")
    return f"{len(media.content):,} bytes {time.monotonic() - begun:.1f} s after the button"


STEPS: dict[str, Callable[[Visitor], str]] = {
    "start: page framed by the Hub only": _framed_page,
    "start: calls of other sites refused": _foreign_page,
    "start: a visitor's draft": _draft,
}


@contextmanager
def _running(started: Started, log: Path, *, as_user: bool) -> Iterator[subprocess.Popen[Any]]:
    identity: dict[str, Any] = {"user": USER_ID, "group": USER_ID, "extra_groups": []} if as_user else {}
    with log.open("wb") as output:
        process = subprocess.Popen(
            started.command,
            cwd=started.folder,
            env=started.environ,
            stdout=output,
            stderr=subprocess.STDOUT,
            **identity,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=10)


def _wait_until_ready(process: subprocess.Popen[Any], port: int) -> bool:
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2, trust_env=False).status_code == 200:
                return True
        time.sleep(0.25)
    return False


def _stop(process: subprocess.Popen[Any]) -> float:
    begun = time.monotonic()
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=STOP_TIMEOUT_S)
    return time.monotonic() - begun


def _give_to_user(scratch: Path) -> None:
    for path in (scratch, *scratch.rglob("*")):
        os.chown(path, USER_ID, USER_ID, follow_symlinks=False)


def _data_problems(started: Started) -> Iterator[str]:
    if not (started.home / "studio-data" / "studio.db").is_file():
        yield "The database is not in ~/studio-data, the folder for it on a Space."


def _log_problems(log: Path) -> Iterator[str]:
    if ENVIRONMENT["OAUTH_CLIENT_SECRET"] in log.read_text("utf-8", "replace"):
        yield "The OAuth client's secret is in the log."


def _last_lines(log: Path) -> str:
    return " / ".join(log.read_text("utf-8", "replace").strip().splitlines()[-3:])
