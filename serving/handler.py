"""The handler: the user's functions where there are any, the defaults where not, around one model."""

from collections.abc import Callable
from typing import Any

import torch

from serving import defaults
from serving.answer import to_answer
from serving.codecs import ENCODED_TYPES
from serving.errors import BadRequest, ModelError, RequestError, StartError
from serving.media_types import TEXT_TYPES, decode_text, media_type, negotiate, preferred
from serving.messages import Answer, Context, Request
from serving.model_input import model_input
from serving.settings import Settings
from serving.user_code import UserFunction, user_functions


class Handler:
    """Answers requests with one model; not for more than one thread at a time.

    Loading happens here: the handler is imported, and its `model_fn` called, once.

    Parameters
    ----------
    settings
        What to serve.

    Raises
    ------
    StartError
        The handler cannot be imported or the model not be loaded; the cause is the user's exception.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._device = defaults.default_device()
        self._system_properties = {
            "model_dir": str(settings.model_dir),
            "gpu_id": 0 if self._device.type == "cuda" else None,
            "batch_size": 1,
        }
        self._user = user_functions(settings.entry_point, settings.model_dir / "code")
        self._model = self._load()
        self._takes = model_input(self._model, self._device)

    def invoke(self, request: Request) -> Answer:
        """Answer one request.

        Raises
        ------
        RequestError
            4xx for the client's fault, 500 for the model's, whose cause is the exception of the user's code.
        """
        context = Context(self._system_properties, request.headers)
        if transform := self._user.get("transform_fn"):
            accept = self._preferred(request)
            arguments = (self._model, _text_or_bytes(request), media_type(request.content_type), accept)
            return self._answer(_run(transform, *arguments, context=context), request)
        output = self._user.get("output_fn")
        # with the default output_fn, an Accept that cannot be met is refused before the model works in vain
        accept = self._preferred(request) if output else self._negotiated(request)
        prediction = self._predict(self._input(request, context), context)
        if output is None:
            answer: Answer = _run_default(defaults.output_fn, prediction, accept)
            return answer
        return self._answer(_run(output, prediction, accept, context=context), request)

    def _load(self) -> Any:
        function = self._user.get("model_fn")
        if function is None:
            return self._placed(defaults.model_fn(self._settings.model_dir, self._device))
        try:
            model = function(str(self._settings.model_dir), context=Context(self._system_properties))
        except (Exception, SystemExit) as error:
            raise StartError(
                f"model_fn of {self._settings.entry_point} raised {_described(error)}; the model is not loaded"
            ) from error
        return self._placed(model)

    def _placed(self, model: Any) -> Any:
        """Put the model on the device and into evaluation mode, once, where the default `predict_fn` calls it."""
        is_ours_to_call = not self._user.keys() & {"predict_fn", "transform_fn"}
        return model.to(self._device).eval() if is_ours_to_call and isinstance(model, torch.nn.Module) else model

    def _input(self, request: Request, context: Context) -> Any:
        function = self._user.get("input_fn")
        if function is None:
            return _run_default(defaults.input_fn, request.body, request.content_type, self._takes)
        body = _text_or_bytes(request)
        try:
            return function(body, media_type(request.content_type), context=context)
        except RequestError:
            raise
        except ValueError as error:
            # what json, numpy and handlers raise when they cannot read what the client wrote
            raise BadRequest(f"the handler's input_fn refuses the body: {defaults.error_line(error)}") from error
        except (Exception, SystemExit) as error:
            raise _model_error(function, error) from error

    def _predict(self, data: Any, context: Context) -> Any:
        function = self._user.get("predict_fn")
        if function is None:
            return _run_default(defaults.predict_fn, data, self._model, self._device)
        return _run(function, data, self._model, context=context)

    def _answer(self, returned: Any, request: Request) -> Answer:
        return to_answer(
            returned, preferred=self._preferred(request), negotiated=lambda: self._negotiated(request)
        )

    def _preferred(self, request: Request) -> str:
        return preferred(request.accept, self._settings.default_accept, ENCODED_TYPES)

    def _negotiated(self, request: Request) -> str:
        return negotiate(request.accept, self._settings.default_accept, ENCODED_TYPES)


def _text_or_bytes(request: Request) -> str | bytes:
    if media_type(request.content_type) in TEXT_TYPES:
        return decode_text(request.body, request.content_type)
    return request.body


def _run(function: UserFunction, *arguments: Any, context: Context) -> Any:
    """Call a function of the user's; whatever it raises but a RequestError is the model's fault."""
    try:
        return function(*arguments, context=context)
    except RequestError:
        raise
    except (Exception, SystemExit) as error:
        raise _model_error(function, error) from error


def _run_default(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a default function; whatever it raises but a RequestError is the model's fault."""
    try:
        return function(*arguments)
    except RequestError:
        raise
    except Exception as error:
        raise ModelError(f"the model raised {_described(error)}") from error


def _model_error(function: UserFunction, error: BaseException) -> ModelError:
    return ModelError(f"{function.name} raised {_described(error)}")


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {defaults.error_line(error)}"
