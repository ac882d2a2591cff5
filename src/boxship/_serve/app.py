"""The same routes as an ASGI application: for what the hot path leaves, and to mount elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from boxship._serve.message import Call, Headers, Reply
from boxship._serve.problem import status_of, too_large
from boxship._serve.route import Routes
from boxship._serve.service import Service, Visit
from boxship.errors import BoxshipError, UsageError

Message = MutableMapping[str, Any]  # as ASGI defines its events
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class App:
    """One small application. `other` answers what is not ours: an ASGI application of the user's."""

    def __init__(self, service: Service, routes: Routes, other: "App | None" = None) -> None:
        self._service = service
        self._routes = routes
        self._other = other

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")).encode()
        methods = self._routes.methods(path)
        if not methods and self._other is not None:
            await self._other(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, path, methods, receive, send)

    async def _answer(
        self, scope: Message, path: bytes, methods: tuple[str, ...], receive: Receive, send: Send
    ) -> None:
        method = scope["method"]
        try:
            if method not in methods:
                raise _not_here(path, method, methods)
            body = await _body(receive, self._service.most_bytes)
        except BoxshipError as error:
            await _send(send, method, self._routes.refuse(path, status_of(error), error), ())
            return
        request_id = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        call = Call(method.encode(), path, scope["query_string"], scope["headers"], body, request_id)
        if method == "POST":
            answered: asyncio.Future[tuple[Visit, Reply]] = asyncio.get_running_loop().create_future()
            self._service.take(call, self._routes.asked[path], lambda *found: _set(answered, found))
            visit, reply = await answered
            await _send(send, method, reply, visit.headers)
        else:
            await _send(send, method, self._routes.told[path](), ())


def _set(future: "asyncio.Future[tuple[Visit, Reply]]", found: tuple[Visit, Reply]) -> None:
    if not future.done():  # the caller may be gone
        future.set_result(found)


async def _body(receive: Receive, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"].endswith("disconnect"):
            raise UsageError(
                "http.gone", "the caller went away before the request was whole", "nothing is to be done here"
            )
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise too_large(most)
        if not event.get("more_body", False):
            return b"".join(parts)


async def _send(send: Send, method: str, reply: Reply, more: Headers) -> None:
    headers = [
        (b"content-type", reply.media),
        (b"content-length", b"%d" % len(reply.body)),
        *reply.headers,
        *more,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else reply.body})


async def _live(receive: Receive, send: Send) -> None:
    """Nothing is to be started or ended here: whoever serves us does that."""
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


def _not_here(path: bytes, method: str, methods: tuple[str, ...]) -> UsageError:
    if methods:
        message = f"{path.decode()} is not asked by {method}"
        return UsageError(
            "http.method", message, f"use {' or '.join(methods)}", {"allow": ", ".join(methods)}
        )
    return UsageError(
        "http.no_route", "there is nothing at this path", "POST /predict; GET /openapi.json names all"
    )
