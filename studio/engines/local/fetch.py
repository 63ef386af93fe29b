"""A download as a process of its own, so that stopping it is certain: `python -m studio.engines.local.fetch JSON`.

The JSON has repo, into (a folder) and files (exact names; empty for every part that model_index.json names). Says JSON
lines: plan (files, bytes), done (bytes), ended (bytes), or failed (message). Only safetensors and plain data; no code.

Not through the hub's own client: since its version 2 it starts a file anew after a break, and files have gigabytes.
Here a file grows as name.part, goes on where it stopped, is checked by size and SHA-256, and then gets its name.
HF_ENDPOINT and HF_TOKEN are honoured. Source: the hub's documents, "Hub API Endpoints"; `blobs` adds sizes and hashes.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from studio.engines.local.weights import PATTERNS

TICK_S = 0.3
PIECE = 2**20
TRIES = 5


def say(what: str, **body: Any) -> None:
    """One line to the studio, whole, from any thread."""
    sys.stdout.write(json.dumps({"say": what, **body}) + "\n")
    sys.stdout.flush()


def wanted(names: list[str], index: dict[str, Any]) -> list[str]:
    """Files of a repository that its pipeline needs: the named parts' data files, without half-precision doubles."""
    parts = {k for k, v in index.items() if isinstance(v, list) and v[0]}
    kept = []
    for name in names:
        folder, _, file = name.rpartition("/")
        allowed = any(fnmatch.fnmatch(file, p) for p in PATTERNS) and ".fp16." not in file
        if allowed and (folder.partition("/")[0] in parts or (not folder and not file.endswith(".safetensors"))):
            kept.append(name)
    return kept


class Fetch:
    """One repository on its way into one folder."""

    def __init__(self, repo: str, into: Path) -> None:
        endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
        token = os.environ.get("HF_TOKEN", "").strip()
        self.repo, self.into = repo, into
        self.client = httpx.Client(
            base_url=endpoint,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            follow_redirects=True,  # the token stays behind when another host is named
            timeout=httpx.Timeout(30.0, read=60.0),
        )
        answer = self.client.get(f"/api/models/{repo}", params={"blobs": "true"})
        answer.raise_for_status()
        body = answer.json()
        self.commit = body["sha"]
        self.files = {f["rfilename"]: f for f in body["siblings"]}
        self.arrived = 0
        self._over = threading.Event()
        self._teller = threading.Thread(target=self._tell, daemon=True)
        self._teller.start()

    def text(self, name: str) -> str:
        """A small file's content."""
        answer = self.client.get(f"/{self.repo}/resolve/{self.commit}/{name}")
        answer.raise_for_status()
        return answer.text

    def take(self, name: str) -> None:
        """Fetch one file, or what lacks of it. Broken connections are taken up again a few times."""
        path = self.into / name
        size = self.files[name].get("size")
        if path.is_file() and size in (None, path.stat().st_size):
            self._add(path.stat().st_size)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        for tries_left in reversed(range(TRIES)):
            try:
                self._rest(name, part)
                break
            except httpx.TransportError:
                if not tries_left:
                    raise
                time.sleep(1.0)
        self._check(name, part)
        part.replace(path)

    def _rest(self, name: str, part: Path) -> None:
        have = part.stat().st_size if part.is_file() else 0
        if have and have == self.files[name].get("size"):
            self._add(have)
            return
        headers = {"Range": f"bytes={have}-"} if have else {}
        before = self.arrived
        with self.client.stream("GET", f"/{self.repo}/resolve/{self.commit}/{name}", headers=headers) as answer:
            answer.raise_for_status()
            again = have and answer.status_code == 206
            self._add(have if again else 0)
            try:
                with part.open("ab" if again else "wb") as file:
                    for piece in answer.iter_raw(PIECE):
                        file.write(piece)
                        self._add(len(piece))
            except httpx.TransportError:
                self.arrived = before
                raise

    def _check(self, name: str, part: Path) -> None:
        """Size and hash as the hub says; a file that is wrong is thrown away, to be fetched whole the next time."""
        size, wanted_hash = self.files[name].get("size"), (self.files[name].get("lfs") or {}).get("sha256")
        good = size is None or part.stat().st_size == size
        if good and wanted_hash:
            with part.open("rb") as file:
                good = hashlib.file_digest(file, "sha256").hexdigest() == wanted_hash
        if not good:
            part.unlink()
            raise ValueError(f"{name} was damaged in transit and deleted; download it again")

    def _add(self, count: int) -> None:
        self.arrived += count

    def end(self) -> None:
        """Say no more of what has arrived."""
        self._over.set()
        self._teller.join()

    def _tell(self) -> None:
        """Say how much has arrived; the last of it also while nothing more comes."""
        said = 0
        while not self._over.wait(TICK_S):
            if self.arrived != said:
                said = self.arrived
                say("done", bytes=said)


def main() -> int:
    """Fetch; 0 when everything is there."""
    job = json.loads(sys.argv[1])
    repo = job["repo"]
    try:
        fetch = Fetch(repo, Path(job["into"]))
        names = job["files"] or wanted(list(fetch.files), json.loads(fetch.text("model_index.json")))
        say("plan", files=len(names), bytes=sum(fetch.files[n].get("size") or 0 for n in names))
        try:
            for name in sorted(names, key=lambda n: fetch.files[n].get("size") or 0):
                fetch.take(name)
        finally:
            fetch.end()
        say("ended", bytes=fetch.arrived)
    except (httpx.HTTPError, OSError, ValueError, KeyError) as error:
        say("failed", message=_sentence(repo, error))
        return 1
    return 0


def _sentence(repo: str, error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError) and error.response.status_code in (401, 403, 404):
        return f"{repo} cannot be read. Accept its licence on its page, and set HF_TOKEN if it needs an account."
    if isinstance(error, httpx.TransportError):
        return f"The model hub cannot be reached. Downloaded parts of {repo} are kept. Try again later."
    if isinstance(error, OSError):
        return f"{repo} cannot be written: {error.strerror or error}."
    return f"{repo} could not be downloaded: {error}."


if __name__ == "__main__":
    sys.exit(main())
