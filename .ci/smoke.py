"""Start the studio by the README's command in this folder, wait until it answers, let it make a draft, stop it.

`smoke.py SCRIPT`: SCRIPT holds the command, which makes .venv here. Standard library only: the client program below
runs in that environment. Exit 1, with the studio's output, when anything fails.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

INSTALL_S = 420.0
STOP_S = 30.0
CLIENT = """
import sys
import httpx
from gradio_client import Client

studio = Client(sys.argv[1], verbose=False)
request = {"task": "text-to-image", "model": "draft/animatic", "prompt": "a lighthouse", "width": 640, "height": 360}
(run,) = studio.predict(request, api_name="/submit")
(run,) = studio.predict([run["id"]], 60, api_name="/wait")
assert run["status"] == "succeeded", run
(asset,) = run["assets"]
file = httpx.get(httpx.URL(sys.argv[1]).join(asset["url"])).raise_for_status()
assert (asset["width"], asset["height"], len(file.content)) == (640, 360, asset["bytes"]), asset
print(f"made {asset['kind']} {asset['width']}x{asset['height']}, {asset['bytes']} bytes")
"""


def main(script: str) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as log:
        studio = subprocess.Popen(
            ["bash", script],
            env=os.environ | {"STUDIO_PORT": str(port)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            took = _wait_until_ready(studio, url)
            print(f"installed and ready after {took:.0f} s")
            subprocess.run([".venv/bin/python", "-c", CLIENT, url], check=True, timeout=120)
            fault = ""
        except (RuntimeError, subprocess.SubprocessError) as error:
            fault = str(error)
        stopped = _stop(studio)
        log.seek(0)
        output = log.read()
    if not fault and not stopped:
        fault = "the studio did not stop when asked"
    if not fault and "Traceback" in output:
        fault = "the studio's output holds a traceback"
    if fault:
        print(f"{fault}\n--- the studio's output\n{output}", file=sys.stderr)
    return 1 if fault else 0


def _wait_until_ready(studio: subprocess.Popen[bytes], url: str) -> float:
    """Seconds until /healthz answered 200. Raises RuntimeError when the command ends or takes too long."""
    began = time.monotonic()
    while time.monotonic() - began < INSTALL_S:
        if studio.poll() is not None:
            raise RuntimeError(f"the start command ended with {studio.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:  # noqa: S310 - our own
                if answer.status == 200:
                    return time.monotonic() - began
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError(f"no answer from {url}/healthz after {INSTALL_S:.0f} s")


def _stop(studio: subprocess.Popen[bytes]) -> bool:
    """Whether the studio and its processes ended on SIGTERM."""
    if studio.poll() is not None:
        return False
    os.killpg(studio.pid, signal.SIGTERM)
    try:
        studio.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(studio.pid, signal.SIGKILL)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(str(Path(sys.argv[1]).resolve())))
