"""Gradio's blocks with the studio's failures: every event and API call ends in an answer or in one sentence.

All calls pass through `process_api`, whatever their route, so what goes wrong there is worded in one place. Gradio
itself would answer `null` and print a traceback.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components.api_component import Api
from gradio.exceptions import InvalidPathError

from studio.errors import NotAllowed
from studio.field_errors import require_whole
from studio.messages import ENGLISH, Message, worded
from studio.services.call_origin import CALL_ORIGIN
from studio.web.errors import status_and_message
from studio.web.language import language_of
from studio.web.middleware.call_origins import origin_of


class StudioBlocks(gr.Blocks):
    """Blocks whose calls are checked for text that cannot be stored, and whose errors are sentences."""

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As Gradio's, with missing trailing values of API functions left to their defaults."""
        call = inspect.signature(gr.Blocks.process_api).bind(self, *args, **kwargs).arguments
        function, event = call["block_fn"], call.get("event_data")
        function = self.fns[function] if isinstance(function, int) else function
        api = all(isinstance(block, Api) for block in function.inputs)
        request = call.get("request")
        request = request[0] if isinstance(request, list) else request
        language = ENGLISH if api else language_of(request)
        CALL_ORIGIN.set(origin_of(getattr(getattr(request, "request", None), "scope", {})))
        try:
            values = call["inputs"] = list(call["inputs"] or [])
            require_whole(values)
            require_whole(getattr(event, "_data", None))
            if api:
                values += [None] * (len(function.inputs) - len(values))
            del call["self"]
            answer = await super().process_api(**call)
            return answer if api else answer | {"data": worded(answer["data"], language)}
        except gr.Error as error:
            error.print_exception = False
            raise
        except InvalidPathError:
            raise _gradio_error(NotAllowed(Message("upload.not_yours")), function, language) from None
        except Exception as error:  # the top of a call: whatever failed becomes its answer
            raise _gradio_error(error, function, language) from None

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """As Gradio's, for the components that an event changes. It would build every other output anew as well: a
        page's load, with 300 of them, cost 0.3 s."""
        outputs = list(block_fn.outputs)
        changed = [block for block in outputs if isinstance(predictions, dict) and block in predictions]
        if not changed or len(changed) < len(predictions) or len(set(outputs)) < len(outputs):
            return await super().postprocess_data(block_fn, predictions, state)
        part = copy.copy(block_fn)
        part.outputs = changed
        values = await super().postprocess_data(
            part, predictions if len(changed) > 1 else predictions[changed[0]], state
        )
        by_block: dict[Block, Any] = dict(zip(changed, values, strict=True))
        return [by_block.get(block, gr.skip()) for block in outputs]


def _gradio_error(error: Exception, function: Any, language: str) -> gr.Error:
    """The error as Gradio sends it to pages and clients."""
    sentence = status_and_message(error, f"call of {function.api_name or function.name}")[1]
    return gr.Error(worded(sentence, language), print_exception=False)
