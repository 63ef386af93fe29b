"""Gradio's blocks with the studio's failures: every API call ends in an answer or in one sentence.

All calls pass through `process_api`, whatever their route, so what goes wrong there is worded in one place. Gradio
itself would answer `null` and print a traceback. Pages have no events of Gradio's; they use our routes.
"""

from __future__ import annotations

import inspect
from typing import Any

import gradio as gr
from gradio.exceptions import InvalidPathError

from studio.errors import NotAllowed
from studio.field_errors import require_whole
from studio.messages import ENGLISH, Message, worded
from studio.services.call_origin import CALL_ORIGIN
from studio.web.errors import status_and_message
from studio.web.middleware.call_origins import origin_of


class StudioBlocks(gr.Blocks):
    """Blocks whose calls are checked for text that cannot be stored, and whose errors are sentences."""

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As Gradio's, with missing trailing values left to their defaults."""
        call = inspect.signature(gr.Blocks.process_api).bind(self, *args, **kwargs).arguments
        function = call["block_fn"]
        function = self.fns[function] if isinstance(function, int) else function
        request = call.get("request")
        request = request[0] if isinstance(request, list) else request
        CALL_ORIGIN.set(origin_of(getattr(getattr(request, "request", None), "scope", {})))
        try:
            values = call["inputs"] = list(call["inputs"] or [])
            require_whole(values)
            values += [None] * (len(function.inputs) - len(values))
            del call["self"]
            return await super().process_api(**call)
        except gr.Error as error:
            error.print_exception = False
            raise
        except InvalidPathError:
            raise _gradio_error(NotAllowed(Message("upload.not_yours")), function) from None
        except Exception as error:  # the top of a call: whatever failed becomes its answer
            raise _gradio_error(error, function) from None


def _gradio_error(error: Exception, function: Any) -> gr.Error:
    """The error as Gradio sends it to clients."""
    sentence = status_and_message(error, f"call of {function.api_name or function.name}")[1]
    return gr.Error(worded(sentence, ENGLISH), print_exception=False)
