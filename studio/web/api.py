"""The verbs as functions for gradio_client: the only public endpoints of the blocks; the pages' own events are private.

Rights and limits are the Studio's; a refusal reaches the caller as its sentence. Only `wait` waits, without a thread,
and by Gradio's queue; the others may be called by POST gradio_api/run/NAME as well.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, get_type_hints

import gradio as gr
from gradio import events

from studio.errors import CapabilityError
from studio.messages import Message
from studio.web import verbs
from studio.web.forms import files as form_files

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_CONCURRENT_CALLS = 32
"""Of one function by Gradio's queue; see studio.web.direct_calls for gradio_client."""
REQUEST = "gradio_request"
"""The parameter in which Gradio gives a function who asks."""


def actor_of(request: gr.Request | None) -> str:
    """The key of the actor on whose behalf a call runs; "" is the local user of a studio without accounts."""
    return (request and request.username) or ""


def connect(studio: Studio) -> None:
    """Register the functions on the blocks under construction."""
    for function in (*(_function(studio, name) for name in verbs.VERBS), _upload(studio)):
        waits = inspect.iscoroutinefunction(function)
        events.api(function, api_name=function.__name__, queue=waits, concurrency_limit=MAX_CONCURRENT_CALLS)


def _function(studio: Studio, name: str) -> Callable[..., Any]:
    """The verb with one parameter more, and without its own object: what Gradio reads names, types and words from.

    Errors are raised as the studio has them; StudioBlocks makes them the caller's answer.
    """
    verb, own = verbs.VERBS[name], verbs.parameters(name)
    request = inspect.Parameter(REQUEST, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
    required = [p for p in own if p.default is inspect.Parameter.empty]
    optional = [p for p in own if p not in required]
    signature = inspect.Signature(
        [*required, request, *optional], return_annotation=inspect.signature(verb).return_annotation
    )

    def answer(*args: Any, **kwargs: Any) -> Any:
        values = signature.bind(*args, **kwargs).arguments
        return verbs.call(studio, actor_of(values.pop(REQUEST)), name, values)

    async def answer_later(*args: Any, **kwargs: Any) -> Any:
        return await (await asyncio.to_thread(answer, *args, **kwargs))

    call = answer_later if inspect.iscoroutinefunction(verb) else answer
    call.__name__, call.__doc__ = name, verb.__doc__
    call.__signature__ = signature  # pyright: ignore[reportFunctionMemberAccess]
    call.__annotations__ = get_type_hints(verb, include_extras=True) | {REQUEST: gr.Request}
    return call


def _upload(studio: Studio) -> Callable[..., Any]:
    def upload(file: gr.FileData, gradio_request: gr.Request) -> dict[str, Any]:
        """Take a picture, clip, sound or document into the library; its `id` goes into requests.

        Args:
            file: A file, passed with gradio_client.handle_file.
        """
        file_data = file.model_dump() if hasattr(file, "model_dump") else file
        if not isinstance(file_data, dict):
            raise CapabilityError(Message("request.handle_file"), field="file")
        path = form_files.upload_path(studio, file_data.get("path"))
        name = str(file_data.get("orig_name") or path.name)
        return verbs.add_file(studio, actor_of(gradio_request), path, name)

    return upload
