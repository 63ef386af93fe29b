"""Writing files so that a half-written one is never seen, and running ffmpeg.

Every result is made under a temporary name in the folder of its target, synced, and renamed. ffmpeg is run as a
program (its binary is GPL), never through a shell, and may only read files: no network protocol is allowed to it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from studio.errors import MediaError
from studio.messages import Message

OnProgress = Callable[[float], None]
"""Called with the fraction done, 0..1, rising."""
Cancelled = Callable[[], bool]
"""Asked now and then; True stops the work."""

_chosen = ""


class Stopped(MediaError):
    """The work was cancelled on the user's wish; nothing was left behind."""

    def __init__(self) -> None:
        super().__init__("Cancelled.")


class Killed(MediaError):
    """ffmpeg was ended from outside, as the system does where memory runs out; the same work may succeed later."""

    def __init__(self, signal: int) -> None:
        super().__init__(Message("ffmpeg.killed", signal=signal))


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary path beside `target`, with its suffix, that becomes `target` when the block ends without error.

    The file is synced before the rename, so after a power cut there is the old file or the new, never a mixture.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.stem[:80]}.{secrets.token_hex(4)}.part{target.suffix}")
    try:
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(target)
        _sync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def atomic_write(target: Path, content: bytes) -> None:
    """Write `content` so that readers see the old file or the whole new one."""
    with replacing(target) as draft:
        draft.write_bytes(content)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sha256(path: Path) -> str:
    """The file's SHA-256 as lower-case hex, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def use_ffmpeg(program: str) -> None:
    """Use this ffmpeg instead of the one that came with the packages ('' goes back to that).

    Raises MediaError when there is no such program.
    """
    global _chosen
    if program and not shutil.which(program):
        raise MediaError(Message("ffmpeg.not_at", program=f"{program!r}"))
    _chosen = program


def ffmpeg() -> str:
    """The ffmpeg to run: the operator's choice, else the packages' own (its version is known), else the system's."""
    if _chosen:
        return _chosen
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        pass
    if found := shutil.which("ffmpeg"):
        return found
    raise MediaError(Message("ffmpeg.not_found"))


def run_ffmpeg(
    args: Sequence[str],
    out: Path,
    *,
    duration_s: float | None = None,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
    limit_s: float = 3600,
    folder: Path | None = None,
    feed: Iterable[bytes] | None = None,
) -> None:
    """Run `ffmpeg ... args out` and give `out` its name only when all went well.

    args: inputs and options without the output; duration_s: length of the result, for progress. folder: where file
    names inside filters are looked up; a filter's own quoting of paths is best avoided. feed: what is written to its
    standard input (input pipe:0), piece by piece, as it takes it.
    Raises what `feed` raises, Stopped when cancelled, OSError (ENOSPC) when the disk is full, MediaError with ffmpeg's
    last words when it failed otherwise or took longer than limit_s, Killed when it was ended from outside.
    """
    with replacing(out) as draft:
        command = [*args, "-y", str(draft.resolve())]
        _call(command, duration_s, on_progress, cancelled, limit_s, folder=folder, feed=feed)


def measure_ffmpeg(
    args: Sequence[str],
    *,
    duration_s: float | None = None,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
    limit_s: float = 3600,
) -> str:
    """Run ffmpeg for what it prints (measuring filters, output to null) and return that text.

    duration_s: length of what is read, for progress. Raises as run_ffmpeg.
    """
    return _call([*args, "-f", "null", "-"], duration_s, on_progress, cancelled, limit_s, level="info")


def _call(
    args: Sequence[str],
    duration_s: float | None,
    on_progress: OnProgress | None,
    cancelled: Cancelled | None,
    limit_s: float,
    *,
    level: str = "error",
    folder: Path | None = None,
    feed: Iterable[bytes] | None = None,
) -> str:
    fixed = ["-nostdin", "-hide_banner", "-v", level, "-protocol_whitelist", "file,pipe", "-nostats"]
    command = [ffmpeg(), *fixed, "-progress", "pipe:1", "-stats_period", "0.25", *args]
    with tempfile.TemporaryFile() as words:
        source = subprocess.PIPE if feed is not None else subprocess.DEVNULL
        with subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=words, cwd=folder) as process:
            reader = threading.Thread(target=_follow, args=(process.stdout, duration_s, on_progress), daemon=True)
            reader.start()
            feeder = _Feeder(feed, process) if feed is not None else None
            try:
                _attend(process, cancelled, time.monotonic() + limit_s)
            except BaseException:
                process.kill()
                raise
            finally:
                process.wait()
                reader.join(timeout=5)
                if feeder:
                    feeder.join()
        if feeder and feeder.error:
            raise feeder.error
        words.seek(0)
        said = words.read().decode(errors="replace")
    if process.returncode and "No space left on device" in said:
        raise OSError(errno.ENOSPC, "No space left on device")
    if process.returncode < 0:
        raise Killed(-process.returncode)
    if process.returncode:
        raise MediaError(Message("ffmpeg.failed", why=_last_words(said)))
    return said


def _attend(process: subprocess.Popen[bytes], cancelled: Cancelled | None, deadline: float) -> None:
    while True:
        try:
            process.wait(timeout=0.1)
            return
        except subprocess.TimeoutExpired:
            if cancelled and cancelled():
                raise Stopped from None
            if time.monotonic() > deadline:
                raise MediaError(Message("ffmpeg.too_long")) from None


class _Feeder(threading.Thread):
    """Writes to a program's standard input. An error of the source ends the program and is kept in `error`."""

    def __init__(self, source: Iterable[bytes], process: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self.source, self.process, self.error = source, process, None
        self.start()

    def run(self) -> None:
        """Write until the source ends or the program stops reading."""
        assert self.process.stdin is not None  # noqa: S101 - for the type checker
        try:
            with contextlib.suppress(BrokenPipeError), self.process.stdin as pipe:
                for piece in self.source:
                    pipe.write(piece)
        except Exception as error:  # carried to the thread that waits for the program
            self.error = error
            self.process.kill()
        finally:
            if isinstance(self.source, Generator):
                self.source.close()


def _follow(lines: IO[bytes] | None, duration_s: float | None, on_progress: OnProgress | None) -> None:
    """Turn ffmpeg's key=value blocks into fractions; keeps reading so that the pipe never fills."""
    for line in lines or ():
        key, _, value = line.decode(errors="replace").partition("=")
        if on_progress and duration_s and key == "out_time_us" and value.strip().lstrip("-").isdigit():
            on_progress(min(max(int(value) / 1e6 / duration_s, 0.0), 1.0))


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " / ".join(lines[-3:])[:400] or Message("ffmpeg.no_reason")
