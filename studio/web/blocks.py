"""Gradio's blocks with the studio's failures: every event and API call ends in an answer or in one sentence.

All calls pass through `process_api`, whatever their route, so what goes wrong there is worded in one place. Gradio
itself would answer `null` and print a traceback.
"""

from __future__ import annotations

import inspect
from typing import Any

import gradio as gr
from gradio.components.api_component import Api
from gradio.exceptions import InvalidPathError

from studio.errors import NotAllowed
from studio.field_errors import require_whole
from studio.web.errors import refusal


class StudioBlocks(gr.Blocks):
    """Blocks whose calls are checked for text that cannot be stored, and whose errors are sentences."""

    async def process_api(self, *given: Any, **named: Any) -> dict[str, Any]:
        """As Gradio's, with missing trailing values of API functions left to their defaults."""
        call = inspect.signature(gr.Blocks.process_api).bind(self, *given, **named).arguments
        function, event = call["block_fn"], call.get("event_data")
        function = self.fns[function] if isinstance(function, int) else function
        try:
            values = call["inputs"] = list(call["inputs"] or [])
            require_whole(values)
            require_whole(getattr(event, "_data", None))
            if all(isinstance(block, Api) for block in function.inputs):
                values += [None] * (len(function.inputs) - len(values))
            del call["self"]
            return await super().process_api(**call)
        except gr.Error as error:
            error.print_exception = False
            raise
        except InvalidPathError:
            raise _shown(NotAllowed("That is not a file you uploaded."), function) from None
        except Exception as error:  # the top of a call: whatever failed becomes its answer
            raise _shown(error, function) from None


def _shown(error: Exception, function: Any) -> gr.Error:
    """The error as Gradio sends it to pages and clients."""
    return gr.Error(refusal(error, f"call of {function.api_name or function.name}")[1], print_exception=False)
