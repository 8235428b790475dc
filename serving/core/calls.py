"""Calls of the user's and of the default functions, and whose fault an exception is."""

from collections.abc import Callable
from typing import Any

from .context import Context
from .errors import BadRequest, ModelError, RequestError, described, error_line
from .media_types import TEXT_TYPES, decode_text, media_type
from .messages import Request
from .user_code import UserFunction


def text_or_bytes(request: Request) -> str | bytes:
    """Return the body as a user's function gets it.

    Raises
    ------
    RequestError
        It is not the text that its content type says.
    """
    if media_type(request.content_type) in TEXT_TYPES:
        return decode_text(request.body, request.content_type)
    return request.body


def run_input(function: UserFunction, request: Request, context: Context) -> Any:
    """Call the user's `input_fn`.

    Raises
    ------
    RequestError
        400 for a ValueError, which json, numpy and handlers raise when they cannot read what the client wrote;
        500 for any other exception.
    """
    try:
        return function(text_or_bytes(request), media_type(request.content_type), context=context)
    except RequestError:
        raise
    except ValueError as error:
        raise BadRequest(f"the handler's input_fn refuses the body: {error_line(error)}") from error
    except (Exception, SystemExit) as error:
        raise _model_error(function, error) from error


def run(function: UserFunction, *arguments: Any, context: Context) -> Any:
    """Call a function of the user's; whatever it raises but a RequestError is the model's fault.

    Raises
    ------
    RequestError
        Its own, else 500.
    """
    try:
        return function(*arguments, context=context)
    except RequestError:
        raise
    except (Exception, SystemExit) as error:
        raise _model_error(function, error) from error


def run_default(function: Callable[[], Any]) -> Any:
    """Call a default function; whatever it raises but a RequestError is the model's fault.

    Raises
    ------
    RequestError
        Its own, else 500.
    """
    try:
        return function()
    except RequestError:
        raise
    except Exception as error:
        raise ModelError(f"the model raised {described(error)}") from error


def _model_error(function: UserFunction, error: BaseException) -> ModelError:
    return ModelError(f"{function.name} raised {described(error)}")
