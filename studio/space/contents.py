"""The files of a Space's folder: no secret among them, none too large for git, none that is of no use there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

MAX_PLAIN_BYTES = 10 * 1024**2
"""Above it the Hub takes a file by LFS or Xet only. Source: hub-docs, spaces-github-actions.md."""

SECRETS = re.compile(
    rb"\b(hf_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{36}|AKIA[0-9A-Z]{16}|r8_[A-Za-z0-9]{30,}"
    rb"|xox[bap]-[A-Za-z0-9-]{20,})|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
"""Keys and tokens by the forms that their issuers give them."""
SECRET_FILES = (".env", "*.pem", "*.key", "id_rsa*", ".netrc", "studio.db*", "*.sqlite*")
USELESS = ("tests", "__pycache__", ".pytest_cache", ".ruff_cache", "node_modules", ".venv", "venv", "data")
BINARY_BYTES = 8192


def files(folder: Path) -> Iterator[Path]:
    """Every file of the folder but git's own."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".git" not in path.relative_to(folder).parts[:1]:
            yield path


def secret_problems(folder: Path) -> Iterator[str]:
    """A sentence for each file that holds what nobody but its owner may read; never the secret."""
    for path in files(folder):
        name = path.relative_to(folder)
        if any(fnmatch(path.name, pattern) for pattern in SECRET_FILES):
            yield f"{name} does not belong into a Space: everybody can read its files."
        elif SECRETS.search(path.read_bytes()):
            yield f"{name} holds something like a key or token; put it into the Space's secrets instead."


def size_problems(folder: Path) -> Iterator[str]:
    """A sentence for each file that a plain push would be refused for."""
    tracked = _large_file_patterns(folder)
    for path in files(folder):
        name, by_lfs = path.relative_to(folder), any(fnmatch(path.name, pattern) for pattern in tracked)
        if by_lfs:
            continue
        if path.stat().st_size > MAX_PLAIN_BYTES:
            yield f"{name} has more than 10 MB; track it with git-xet or git-lfs."
        elif _is_binary(path):
            yield f"{name} is binary; the Hub takes it by git-xet or git-lfs: name *{path.suffix} in .gitattributes."


def useless_problems(folder: Path) -> Iterator[str]:
    """A sentence for each folder that a Space has no use for."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and (path.name in USELESS[1:] or path == folder / USELESS[0]):
            yield f"{path.relative_to(folder)} has no place in a Space."


def total_bytes(folder: Path) -> int:
    """Of all files."""
    return sum(path.stat().st_size for path in files(folder))


def _large_file_patterns(folder: Path) -> list[str]:
    try:
        lines = (folder / ".gitattributes").read_text("utf-8").splitlines()
    except OSError:
        return []
    return [line.split()[0] for line in lines if "filter=lfs" in line]


def _is_binary(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\0" in file.read(BINARY_BYTES)
