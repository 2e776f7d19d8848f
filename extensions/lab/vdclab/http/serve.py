"""One HTTP listener for one gateway."""

from __future__ import annotations

import asyncio
import json
import logging
from urllib.parse import parse_qs, unquote

from aiohttp import web

from ..core.gateway import Gateway
from ..core.routing import Call

log = logging.getLogger(__name__)


async def listen(gateway: Gateway, host: str, port: int) -> web.ServerRunner:
    """Serve ``gateway`` on ``host:port``; the caller cleans the runner up."""
    runner = web.ServerRunner(web.Server(_handler(gateway)))
    await runner.setup()
    await web.TCPSite(runner, host, port, reuse_address=True).start()
    return runner


def _handler(gateway: Gateway):
    prefix = gateway.cloud.prefix

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        path = request.raw_path.split("?", 1)[0]
        inner = path[len(prefix) :] if path.startswith(prefix + "/") else "/-"
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            return web.json_response({"error": {"code": "json_error", "message": "invalid JSON"}}, status=400)
        call = Call(
            method=request.method,
            path=unquote(inner),
            query=parse_qs(request.query_string, keep_blank_values=True),
            body=body,
            headers={k.lower(): v for k, v in request.headers.items()},
            raw_path=path,
            raw_body=raw,
        )
        try:
            answer = gateway.handle(call)
        except Exception:
            log.exception("bug of the lab in %s %s", request.method, path)
            return web.json_response({"error": {"code": "lab_bug", "message": "see the lab's log"}}, status=500)
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.drop:
            if request.transport:
                request.transport.abort()
            return web.Response()
        reply = answer.reply
        if reply.body is None:
            return web.Response(status=reply.status, headers=reply.headers)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)

    return handle
