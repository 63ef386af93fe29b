"""Temporary uploads: ask for a policy, post the file to the provider's file host, name it oss:// in the job.

A file lives 48 h there and is bound to the model it was uploaded for. The job that names it must carry RESOLVE. The
file host never sees the key. Source: the provider's page get-temporary-file-url (2026-10-27).
"""

from __future__ import annotations

import uuid
from pathlib import Path

from studio.domain import Asset
from studio.engines import errors_http
from studio.engines.alibaba import errors
from studio.engines.alibaba.regions import UPLOADS, Endpoint
from studio.engines.http import ApiClient
from studio.errors import EngineError, Refused, Unavailable
from studio.messages import Message

RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}
FIELDS = {
    "OSSAccessKeyId": "oss_access_key_id",
    "Signature": "signature",
    "policy": "policy",
    "x-oss-object-acl": "x_oss_object_acl",
    "x-oss-forbid-overwrite": "x_oss_forbid_overwrite",
}
UPLOAD_S = 600.0


async def upload(api: ApiClient, endpoint: Endpoint, model: str, path: Path, asset: Asset) -> str:
    """Bring one file to the provider; its oss:// address. Free, and may be repeated."""
    policy = await _policy(api, endpoint, model)
    most = float(policy.get("max_file_size_mb") or 1000)
    if path.stat().st_size > most * 1_000_000:
        raise Refused(
            Message("file.larger_than_model", name=asset.name or asset.id, most=f"{most:g}", model=model),
            code="too large",
        )
    key = f"{policy['upload_dir']}/{uuid.uuid4().hex}{path.suffix.lower()}"
    data = {theirs: str(policy[name]) for theirs, name in FIELDS.items()}
    data |= {"key": key, "success_action_status": "200", "x-oss-content-type": asset.mime}
    with path.open("rb") as file:
        reply = await api.post_form(
            policy["upload_host"], data=data, files={"file": (path.name, file, asset.mime)}, total_s=UPLOAD_S
        )
    errors_http.check_upload(reply)
    return f"oss://{key}"


async def _policy(api: ApiClient, endpoint: Endpoint, model: str) -> dict[str, str]:
    reply = await api.call("GET", "/uploads", params={"action": "getPolicy", "model": model})
    if reply.status != 200 or errors.error_code(reply.body)[0]:
        error = errors.reply_error(reply, endpoint, model)
        if isinstance(error, Refused) and endpoint.region not in UPLOADS:
            raise _no_upload_error(endpoint) from None
        raise error
    policy = reply.body.get("data")
    if not isinstance(policy, dict) or not {*FIELDS.values(), "upload_dir", "upload_host"} <= set(policy):
        raise Unavailable(Message("engine.upload_permission"), code="policy")
    return policy


def _no_upload_error(endpoint: Endpoint) -> EngineError:
    said = Message("alibaba.no_upload", region=endpoint.name)
    return Refused(said, code="upload")
