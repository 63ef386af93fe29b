"""What a worker process is asked to make, as plain values that travel as JSON. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from studio.domain import Kind, Task


@dataclass(frozen=True)
class InputFile:
    """An input file. duration_s and fps are None for pictures."""

    path: str
    kind: str
    name: str
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None


@dataclass(frozen=True)
class Order:
    """One thing to make. folder: where the file goes. sound: whether a clip gets a sound track.

    settings: the request with its seed, for the file's metadata.
    """

    task: str
    prompt: str
    seed: int
    width: int
    height: int
    duration_s: float
    fps: int
    sound: bool
    folder: str
    params: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, list[InputFile]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """Number of pictures in the clip, at least one."""
        return max(1, round(self.duration_s * self.fps))

    def first(self, name: str) -> InputFile | None:
        """The first file of an input, or None."""
        return next(iter(self.inputs.get(name, [])), None)

    def to_json(self) -> dict[str, Any]:
        """The order as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Order:
        """The order that `to_json` wrote."""
        inputs = {name: [InputFile(**s) for s in files] for name, files in body["inputs"].items()}
        return cls(**{**body, "inputs": inputs})


def kind_of(order: Order) -> Kind:
    """The kind of file the order makes."""
    return Task(order.task).makes


def output_path(order: Order) -> Path:
    """Where the finished file goes."""
    return Path(order.folder) / ("draft.png" if kind_of(order) is Kind.IMAGE else "draft.mp4")
