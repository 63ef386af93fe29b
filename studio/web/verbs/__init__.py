"""What a program may ask of the studio: typed functions with their words, which gradio_client, REST and MCP all serve.

`VERBS` lists them by name. `call` carries one out as a user. Nothing here knows how a request came in.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from studio.web.verbs.films import FilmVerbs
from studio.web.verbs.prompts import PromptVerbs
from studio.web.verbs.reviews import ReviewVerbs
from studio.web.verbs.runs import RunVerbs
from studio.web.verbs.values import checked
from studio.web.verbs.writing import WritingVerbs

if TYPE_CHECKING:
    from studio.studio import Studio

GROUPS = (RunVerbs, PromptVerbs, WritingVerbs, FilmVerbs, ReviewVerbs)
VERBS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {name: function for group in GROUPS for name, function in vars(group).items() if not name.startswith("_")}
)
"""Name -> function. Its first parameter is the group's object; the others, with their annotations, are the verb's."""


def call(studio: Studio, user: str, name: str, values: Mapping[str, Any]) -> Any:
    """What the verb answers this user, as JSON; of `wait` something to await.

    values: by parameter; null is a parameter's default where it has one.

    Raises StudioError; CapabilityError names the parameter that is wrong.
    """
    function = VERBS[name]
    [group] = [group for group in GROUPS if vars(group).get(name) is function]
    return function(group(studio, user), **checked(function, values))


def parameters(name: str) -> list[inspect.Parameter]:
    """The verb's own parameters, in order."""
    return list(inspect.signature(VERBS[name]).parameters.values())[1:]


def add_file(studio: Studio, user: str, path: Path, name: str) -> dict[str, Any]:
    """Take a picture, clip, sound or document into this user's library; the asset as JSON. Raises MediaError."""
    asset = studio.acting_for(user).assets.add(path, name=name, documents=True)
    return asset.model_dump(mode="json", exclude={"path", "owner", "trashed_at"}) | {"url": asset.url}
