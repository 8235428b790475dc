"""A client that sends and receives NumPy arrays: ``Predictor("linear", env="local").predict(rows)``."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slipway.clients import clients_of
from slipway.environments import LOCAL_ENVIRONMENT, find_endpoint
from slipway.errors import CommandError
from slipway.invocation import DeployedEndpoint, Request, Response
from slipway.sending import ASYNC_SECONDS, send

if TYPE_CHECKING:
    import boto3

_NPY = "application/x-npy"
_NUMBERS = "biuf"  # NumPy's kinds: bool, signed, unsigned, float


class Predictor:
    """Sends arrays to an endpoint, on the local AWS and on AWS alike.

    The endpoint's name is read from its SSM parameter with the first prediction, and again only when there is no
    endpoint of that name any more. Threads may share a predictor.

    Parameters
    ----------
    endpoint
        The endpoint's name in the environment's file.
    env
        The environment.
    variant
        The production variant that is to answer; by default their weights decide.
    timeout
        How long to wait for the answer of an asynchronous endpoint, in seconds.
    session
        A boto3 session with the credentials to use; by default those that boto3 finds, else those in `.env`. The
        environment `local` needs none.

    Raises
    ------
    SettingsError
        When there is no such environment, or its file is wrong.
    CommandError
        When the environment has no such endpoint.
    LocalAwsError
        When the environment is the local one and the local AWS does not run.

    Examples
    --------
    >>> import numpy as np
    >>> from slipway import Predictor
    >>> Predictor("linear").predict(np.zeros((3, 10))).shape  # doctest: +SKIP
    (3, 2)
    """

    def __init__(
        self,
        endpoint: str,
        env: str = LOCAL_ENVIRONMENT,
        *,
        variant: str | None = None,
        timeout: float = ASYNC_SECONDS,
        session: boto3.Session | None = None,
    ) -> None:
        settings, _ = find_endpoint(env, endpoint)
        self._deployed = DeployedEndpoint(clients_of(settings, session), settings, endpoint)
        self._variant = variant
        self._timeout = timeout

    def predict(self, data: ArrayLike) -> NDArray[Any]:
        """Send an array, or lists of numbers, as NPY and return the answer, which is asked for as NPY.

        Parameters
        ----------
        data
            Numbers; the server casts them to the model's dtype.

        Raises
        ------
        TypeError
            When `data` holds something other than numbers, or lists of different lengths.
        PredictionError
            When the container refuses the request, or its model fails.
        CommandError
            When the endpoint is not deployed, or what it answers is no array.
        """
        request = Request(_npy(data), _NPY, _NPY, self._variant)
        return _array(send(self._deployed, request, timeout=self._timeout))


def _npy(data: ArrayLike) -> bytes:
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise TypeError(f"predict takes one array of numbers: {error}") from error
    if array.dtype.kind not in _NUMBERS:
        raise TypeError(f"predict takes one array of numbers, not of {array.dtype}")
    body = io.BytesIO()
    np.save(body, array, allow_pickle=False)
    return body.getvalue()


def _array(response: Response) -> NDArray[Any]:
    content_type = response.content_type.partition(";")[0].strip().lower()
    if content_type != _NPY:
        raise CommandError(
            f"{response.endpoint_name} answered {response.content_type}, not {_NPY}: let the model's output_fn"
            " write what the request accepts, or leave it out"
        )
    try:
        array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(response.body), allow_pickle=False)
    except Exception as error:  # a damaged header can make NumPy's parser raise anything
        raise CommandError(f"{response.endpoint_name} answered what is no NPY array: {error}") from error
    return array
