"""The models page's knowledge: what each model needs, whether a card can run it, what is here, what is on its way."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import studio
from studio.catalogue import Model
from studio.domain import JSON
from studio.engines.local import plan, weights
from studio.engines.local.cards import Gpu
from studio.errors import Conflict, NotFound, StudioError
from studio.messages import Message, term, unpacked
from studio.settings import Settings, without_secrets

HUB_TOKENS = ("HF_TOKEN",)
"""Keys that a download may need."""


@dataclass
class Download:
    """One download. state: running, ended, failed or stopped. bytes of all, None until the hub said; done so far."""

    repo: str
    state: str = "running"
    bytes: int | None = None
    done: int = 0
    message: str = ""
    process: subprocess.Popen[str] | None = None


class ModelLibrary:
    """Files of open models on this machine; safe from any thread."""

    def __init__(self, settings: Settings, cards: Sequence[Gpu]) -> None:
        self._settings, self._cards = settings, cards
        self._lock = threading.Lock()
        self._downloads: dict[str, Download] = {}

    def about(self, model: Model) -> JSON:
        """One row of the page.

        Keys: id, label, tasks, licence, source, repo, bytes (to fetch), present, missing, on_disk (bytes), folder,
        extras (LoRA repositories of the draft mode, with present), fits (card, rung or None, word,
        sentence), downloads.
        """
        engine, found = model.engine, weights.inspect(model.engine["repo"], self._settings)
        extras = [{"repo": r, "files": f, "present": self._has(r, f)} for r, f in draft_files(model).items()]
        return {
            "id": model.id,
            "label": model.label,
            "tasks": [t.value for t in model.tasks],
            "licence": engine["licence"],
            "source": model.source,
            "repo": engine["repo"],
            "bytes": weights.download_bytes(engine),
            "present": found.complete,
            "missing": list(found.missing),
            "on_disk": found.bytes,
            "folder": str(found.folder) if found.folder else None,
            "extras": extras,
            "fits": [self._fit_message(model, card) for card in self._cards],
            "downloads": [self._state(r) for r in (engine["repo"], *draft_files(model)) if r in self._downloads],
        }

    def _has(self, repo: str, files: Sequence[str]) -> bool:
        return all(weights.find_file(repo, f, self._settings) for f in files)

    def _fit_message(self, model: Model, card: Gpu) -> JSON:
        """Whether the model's default size and length run on the card, and how."""
        engine = model.engine
        width, height = model.default_size or (1024, 1024)
        seconds = (model.durations and (model.durations.default or model.durations.max)) or 0
        frames = round(seconds * (model.default_fps or 0)) + 1
        part = plan.parts(engine["bytes"], engine)
        rung = plan.fitting(plan.RUNGS, part, width, height, frames, engine, card.memory)
        words, word = (plan.RUNG_LABELS[rung], rung) if rung else ("does not fit", "none")
        if card.memory is None:
            rung, words, word = None, "memory use is unknown until the first run", "unknown"
        return {"card": card.name, "rung": rung, "word": word, "sentence": f"{card.name}: {words}"}

    def place(self) -> JSON:
        """Where models are fetched to: folder, free_bytes of its disk."""
        folder = weights.models_folder(self._settings).absolute()
        return {"folder": str(folder), "free_bytes": shutil.disk_usage(_nearest(folder)).free}

    def _state(self, repo: str) -> JSON:
        with self._lock:
            d = self._downloads[repo]
            return {"repo": repo, "state": d.state, "bytes": d.bytes, "done": d.done, "message": d.message}

    # ----------------------------------------------------------------------------------------------- fetch, remove

    def fetch(self, model: Model, *, extras: bool = False) -> None:
        """Begin the model's download, or with extras that of its draft mode's LoRA files; goes on where it stopped.

        Raises StudioError when the disk has no room.
        """
        if extras:
            for repo, files in draft_files(model).items():
                self._begin(repo, files, 3 * plan.GB)
        else:
            self._begin(model.engine["repo"], [], weights.download_bytes(model.engine))

    def _begin(self, repo: str, files: Sequence[str], size: int) -> None:
        own = weights.models_folder(self._settings)
        self._check_room(own, size - weights.inspect(repo, self._settings).bytes)
        with self._lock:
            if repo in self._downloads and self._downloads[repo].state == "running":
                return
            command = [sys.executable, "-m", "studio.engines.local.fetch"]
            job = json.dumps({"repo": repo, "into": str(own / repo), "files": list(files)})
            environ = without_secrets(os.environ, keep=HUB_TOKENS)
            environ["PYTHONPATH"] = str(Path(studio.__file__).parents[1])
            process = subprocess.Popen([*command, job], stdout=subprocess.PIPE, text=True, env=environ)
            self._downloads[repo] = Download(repo, process=process)
        threading.Thread(target=self._listen, args=(repo,), daemon=True).start()

    def _check_room(self, place: Path, size: int) -> None:
        place = _nearest(place.absolute())
        free = shutil.disk_usage(place).free
        if size > free:
            raise StudioError(
                Message("hub.room", size=f"{size / plan.GB:.0f}", place=place, left=f"{free / plan.GB:.0f}")
            )

    def _listen(self, repo: str) -> None:
        download = self._downloads[repo]
        process = download.process
        for line in (process and process.stdout) or ():
            news = unpacked(json.loads(line))
            with self._lock:
                if news["say"] == "plan":
                    download.bytes = news["bytes"]
                elif news["say"] == "failed":
                    download.state, download.message = "failed", news["message"]
                elif download.state == "running":
                    download.done = news["bytes"]
                    download.state = "ended" if news["say"] == "ended" else "running"
        code = process.wait() if process else 0
        with self._lock:
            if download.state == "running":
                download.state, download.message = "failed", Message("hub.ended_early", code=code)

    def stop(self, model: Model) -> None:
        """Stop the model's downloads; what has arrived stays, for a later one to go on from."""
        for repo in (model.engine["repo"], *draft_files(model)):
            with self._lock:
                download = self._downloads.get(repo)
                if download and download.state == "running" and download.process:
                    download.state, download.message = "stopped", Message("hub.stopped")
                    download.process.kill()

    def remove(self, model: Model) -> int:
        """Delete the model's files; gives the bytes freed. Raises NotFound, or Conflict while it is being fetched."""
        repo = model.engine["repo"]
        with self._lock:
            if repo in self._downloads and self._downloads[repo].state == "running":
                raise Conflict(Message("hub.busy", model=term(model.label)))
            self._downloads.pop(repo, None)
        found = weights.inspect(repo, self._settings)
        if found.folder is None:
            raise NotFound(Message("hub.none", model=term(model.label)))
        cached = weights.hub_cache() / f"models--{repo.replace('/', '--')}"
        folder = cached if cached in found.folder.parents else found.folder
        size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
        shutil.rmtree(folder)
        return size

    def close(self) -> None:
        """End all downloads."""
        with self._lock:
            running = [d.process for d in self._downloads.values() if d.process and d.process.poll() is None]
        for process in running:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that exists."""
    while not folder.exists():
        folder = folder.parent
    return folder


def draft_files(model: Model) -> dict[str, list[str]]:
    """LoRA files that the draft mode needs, by repository."""
    found: dict[str, list[str]] = {}
    for mode in model.engine["modes"].values():
        for one in mode.get("loras", ()):
            found.setdefault(one["repo"], []).append(one["file"])
    return found
