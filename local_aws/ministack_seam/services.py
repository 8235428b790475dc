"""Services beside, or in the place of, ministack's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

from ministack import app as _app
from ministack.core import concurrency, hypercorn_compat, router

Result = TypeVar("Result")


class Service(Protocol):
    """What ministack asks of a service module."""

    async def handle_request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query_params: Mapping[str, list[str]],
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer one request."""

    def get_state(self) -> dict[str, Any]:
        """Return what has to survive a restart."""

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        """Take back what ``get_state`` returned before the restart."""

    def reset(self) -> None:
        """Forget everything."""


def asgi_app() -> Callable[..., Any]:
    """Return ministack's ASGI application."""
    hypercorn_compat.install()
    return cast(Callable[..., Any], _app.app)


async def run_reentrant(function: Callable[..., Result], *arguments: Any) -> Result:
    """Run blocking work that may call this server, on a thread of its own, in the scope of the request."""
    return cast(Result, await concurrency.run_reentrant(function, *arguments))


def register_service(name: str, service: Service, target_prefix: str) -> None:
    """Add a service that speaks the JSON protocol, or take the place of ministack's own.

    Parameters
    ----------
    name
        The name in the signature's credential scope, which is the state file's name as well.
    target_prefix
        What ``X-Amz-Target`` starts with.
    """
    module = f"slipway_{name.replace('-', '_')}"
    _app.SERVICE_REGISTRY[name] = {"module": module}
    _app.SERVICE_HANDLERS[name] = service.handle_request
    _app._loaded_modules[module] = service
    _app._state_map[module] = module
    router.SERVICE_PATTERNS[name] = {"target_prefixes": [f"{target_prefix}."], "credential_scope": name}
