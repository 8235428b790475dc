"""Whose request it is: account and region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, cast

from ministack import app as _app
from ministack.core import responses, router


def scoped_store() -> MutableMapping[str, Any]:
    """Return a dict that keeps accounts and regions apart, by the account and region of the request."""
    return cast(MutableMapping[str, Any], responses.AccountRegionScopedDict())


def every_item(store: MutableMapping[str, Any]) -> list[tuple[str, str, str, Any]]:
    """Return account, region, key and value of everything in a scoped store."""
    return [(*key, value) for key, value in cast(Any, store).all_items()]


def account() -> str:
    """Return the account of the request that is being answered."""
    return str(responses.get_account_id())


def region() -> str:
    """Return the region of the request that is being answered."""
    return str(responses.get_region())


@contextmanager
def request_scope(account_id: str, region_name: str) -> Iterator[None]:
    """Act in an account and region outside a request."""
    with responses.request_scope(account_id, region_name):
        yield


def enter_request_scope(headers: Mapping[str, str]) -> None:
    """Take account and region of a request from its signature, as ministack does for its own services."""
    access_key = router.extract_access_key_id(headers, {})
    if access_key:
        # An IAM user's key names no account by itself, and only where IAM is enforced ministack looks it up.
        responses.set_request_account_id(_app._request_account_scope(access_key) if _app.AUTH else access_key)
    responses.set_request_region(router.extract_region(headers, {}))
