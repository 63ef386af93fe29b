"""Whether a request may show or let hear a real person, and has not said so: what is asked before it is sent.

The studio cannot see whom a file shows. It asks where a model takes people (`people` in the row of an input) and such a
file is there, and takes No for an answer: `real_people` false. Otherwise whoever is shown must have agreed: `consent`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from studio.catalogue.schema import Model
from studio.domain import Asset, Kind, Request, Task
from studio.messages import Message

WORDS = {Kind.IMAGE: "picture", Kind.VIDEO: "clip", Kind.AUDIO: "voice"}


def inputs(model: Model, task: Task) -> tuple[str, ...]:
    """Names of the inputs that take people."""
    return tuple(name for name, spec in model.inputs_for(task).items() if spec.people)


def subject(kinds: Iterable[Kind | str]) -> str:
    """What is asked about: picture, clip or voice, files for several; "" for none."""
    words = {WORDS[Kind(kind)] for kind in kinds if kind in WORDS}
    return "files" if len(words) > 1 else next(iter(words), "")


def question(request: Request, model: Model, assets: Mapping[str, Asset]) -> Message | None:
    """What has to be answered before this request is sent; None where nothing has to."""
    if request.consent or request.real_people is False:
        return None
    media = request.media()
    files = [asset for name in inputs(model, request.task) for asset in media.get(name, ())]
    about = subject(assets[asset].kind for asset in files if asset in assets)
    if not about:
        return None
    return Message(f"consent.confirm_{about}" if request.real_people else f"consent.ask_{about}")
