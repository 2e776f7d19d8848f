"""HTTP listeners: one per gateway, each of which also serves ``/_lab/``."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from urllib.parse import parse_qs, unquote

from aiohttp import web

from ..core.gateway import Gateway
from ..core.routing import Call
from .control import Control

log = logging.getLogger(__name__)


def bind(host: str, port: int = 0) -> socket.socket:
    """A listening socket, so that its port is known before the server starts; port 0 takes a free
    one. Raises ``OSError`` if the port is in use."""
    listener = socket.create_server((host, port), backlog=512)
    listener.setblocking(False)
    return listener


async def listen(gateway: Gateway, control: Control, listener: socket.socket) -> web.ServerRunner:
    """Serve ``gateway`` and ``control`` on ``listener``; the caller must clean up the runner."""
    runner = web.ServerRunner(web.Server(_handler(gateway, control)))
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner


def _handler(gateway: Gateway, control: Control):
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        path = request.raw_path.split("?", 1)[0]
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            return web.json_response({"error": {"code": "json_error", "message": "invalid JSON"}}, status=400)
        try:
            if path.startswith("/_lab"):
                status, answer = control.handle(request.method, path.removeprefix("/_lab").rstrip("/"), body)
                return web.json_response(answer, status=status)
            return await _answer(gateway, request, path, raw, body)
        except Exception:
            log.exception("bug of the lab in %s %s", request.method, path)
            return web.json_response({"error": {"code": "lab_bug", "message": "see the lab's log"}}, status=500)

    return handle


async def _answer(gateway: Gateway, request: web.BaseRequest, path: str, raw: bytes, body) -> web.StreamResponse:
    prefix = gateway.cloud.prefix
    call = Call(
        method=request.method,
        path=unquote(path[len(prefix) :]) if path.startswith(prefix + "/") else "/-",
        query=parse_qs(request.query_string, keep_blank_values=True),
        body=body,
        headers={key.lower(): value for key, value in request.headers.items()},
        raw_path=path,
        raw_body=raw,
    )
    answer = gateway.handle(call)
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
