"""Routes that are asked often: rights, query and answer in one go on one thread.

The framework would hand every dependency of a route to a thread of its own and wait for it, which costs
more than most of these answers. A direct route is called with the request alone; the guard runs before it
like before every other route, and refusals are answered in the same way.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from api.auth import Caller, guard


class DirectRoute(APIRoute):
    """A route whose function takes the request and returns the response."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what the framework awaits."""
        answered: Callable[[Request], Response] = self.endpoint

        def guarded(request: Request) -> Response:
            guard(request)
            return answered(request)

        async def handled(request: Request) -> Response:
            return await run_in_threadpool(guarded, request)

        return handled


def caller_of(request: Request) -> Caller:
    """Return who asks, as the guard found out."""
    caller: Caller = request.state.caller
    return caller
