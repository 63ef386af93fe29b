"""A Space's Dockerfile: its instructions, and the Hub's rules for them.

The container runs with user id 1000. Source: hub-docs, docs/hub/spaces-sdks-docker.md, "Permissions".
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT_ONLY = re.compile(r"(?<![\w.-])/(root|etc|usr|var|opt|sys|proc)(/|\b)")
USER_ID = 1000


@dataclass(frozen=True)
class Instruction:
    """One instruction; name in capitals."""

    name: str
    value: str

    @property
    def words(self) -> list[str]:
        """Its value in words, from either form."""
        if self.value.startswith("["):
            return [str(word) for word in json.loads(self.value)]
        return shlex.split(self.value)


def instructions(text: str) -> list[Instruction]:
    """The file's instructions in order, continued lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    parted = [line.strip().partition(" ") for line in joined.splitlines() if line.strip()]
    return [Instruction(name.upper(), value.strip()) for name, _, value in parted]


@dataclass(frozen=True)
class Image:
    """What the file makes: environment, working folder, user, command, copies (what, where; a folder ends with /)."""

    env: dict[str, str]
    workdir: str
    user: str
    command: list[str]
    copies: list[tuple[list[str], str]]
    exposed: tuple[int, ...]


def image(listed: list[Instruction]) -> Image:
    """The last stage of the file, as it would start."""
    env: dict[str, str] = {}
    workdir, user, command = "/", "root", list[str]()
    copies: list[tuple[list[str], str]] = []
    exposed: tuple[int, ...] = ()
    for one in listed:
        if one.name == "ENV":
            env |= dict(word.split("=", 1) for word in one.words)
        elif one.name == "WORKDIR":
            workdir = _expanded(one.value, env)
        elif one.name == "USER":
            user = one.value.partition(":")[0]
        elif one.name in ("COPY", "ADD"):
            *sources, target = [word for word in one.words if not word.startswith("--")]
            ending = "/" if target.endswith(("/", ".")) else ""
            copies.append((sources, f"{Path(workdir) / _expanded(target, env)}{ending}"))
        elif one.name in ("CMD", "ENTRYPOINT"):
            command = one.words
        elif one.name == "EXPOSE":
            exposed = tuple(int(word.partition("/")[0]) for word in one.words)
    return Image({name: _expanded(v, env) for name, v in env.items()}, workdir, user, command, copies, exposed)


def _expanded(value: str, env: dict[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda m: env.get(m[1], ""), value)


def problems(listed: list[Instruction], folder: Path, port: int) -> Iterator[str]:
    """A sentence for each rule that the file breaks. port: the front matter's app_port."""
    made = image(listed)
    if not any(one.name == "FROM" for one in listed):
        yield "The Dockerfile has no FROM."
    if not any(one.name == "RUN" and re.search(rf"(-u|--uid)[ =]{USER_ID}\b", one.value) for one in listed):
        yield f"No RUN makes a user with id {USER_ID}: useradd -m -u {USER_ID} user."
    names = re.findall(rf"useradd\b[^&;|]*?{USER_ID}\s+([a-z]\w*)", " ".join(o.value for o in listed))
    if made.user not in {str(USER_ID), *names}:
        yield f"The container starts as {made.user}; end with USER {names[0] if names else USER_ID}."
    if made.exposed and port not in made.exposed:
        yield f"EXPOSE names {made.exposed}, but the Hub asks port {port} (app_port)."
    if (own := made.env.get("STUDIO_PORT", str(port))) != str(port):
        yield f"STUDIO_PORT is {own}, but the Hub asks port {port} (app_port)."
    if not made.command:
        yield "The Dockerfile has no CMD."
    yield from _file_problems(listed, folder)
    yield from (
        f"{name} is {value}, which user {USER_ID} cannot write."
        for name, value in made.env.items()
        if name != "PATH" and ROOT_ONLY.match(value)
    )


def sources_in(folder: Path, pattern: str) -> list[Path]:
    """What a COPY of this pattern takes."""
    return [folder] if pattern in (".", "./") else sorted(folder.glob(pattern))


def _file_problems(listed: list[Instruction], folder: Path) -> Iterator[str]:
    for one in listed:
        if one.name == "VOLUME":
            yield "VOLUME has no effect on a Space; attach a Storage Bucket instead."
        if one.name not in ("COPY", "ADD"):
            continue
        if "--chown" not in one.value:
            yield f"{one.name} {one.value} leaves the files to root; add --chown=user."
        *sources, target = [word for word in one.words if not word.startswith("--")]
        if ROOT_ONLY.match(target):
            yield f"{one.name} {one.value} goes to a folder that only root can write."
        for source in sources:
            if not sources_in(folder, source):
                yield f"{one.name} needs {source}, which is not in the folder."
