"""The REST API under /api/v1: the verbs over plain HTTP, an OpenAPI document of them, and a page that shows it.

Errors are {"error": sentence, "error_id", "error_values", "field"} with a fitting status. Paths stay as they are within
a version: what is added is optional, and nothing is taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from studio.web.errors import SentenceRoute
from studio.web.rest import batches, document, files, reports, submits
from studio.web.rest.operations import OPERATIONS, add

if TYPE_CHECKING:
    from studio.studio import Studio

PREFIX = "/api/v1"


def router(studio: Studio) -> APIRouter:
    """Every route of the API, the document and its page."""
    api = APIRouter(prefix=PREFIX, route_class=SentenceRoute)
    for operation in OPERATIONS:
        add(api, studio, operation)
    for part in (submits, files, batches, reports):
        part.add(api, studio)
    document.add(api)
    return api
