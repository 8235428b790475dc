"""What the server is to serve: `serving.json` of the model directory and SageMaker's environment variables."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import StartError
from .media_types import JSON
from .messages import Request
from .options import Options, read_options

_DEFAULT_ENTRY_POINT = "inference.py"
_OPTION_OF = {
    "SAGEMAKER_MODEL_SERVER_WORKERS": "workers",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT": "request_timeout",
    "OMP_NUM_THREADS": "threads",
}
_DEFAULT_PORT = 8080  # "Custom Inference Code with Hosting Services", Amazon SageMaker AI Developer Guide


@dataclass(frozen=True)
class WarmUp:
    """A request that is answered before the server is ready.

    Parameters
    ----------
    name
        The body's file, for messages.
    body
        The request's body.
    content_type, accept
        Its headers.
    """

    name: str
    body: bytes
    content_type: str
    accept: str

    def request(self) -> Request:
        """Return the request."""
        return Request(self.body, {"content-type": self.content_type, "accept": self.accept})


@dataclass(frozen=True)
class Settings:
    """What the server is to serve.

    Parameters
    ----------
    model_dir
        The unpacked tarball.
    entry_point
        The handler's file in `code/`; None when there is none, so that every function is the default one.
    default_accept
        The content type of an answer when the request accepts anything.
    warm_up
        The request to answer before the server is ready.
    options
        How it is served.
    """

    model_dir: Path
    entry_point: Path | None = None
    default_accept: str = JSON
    warm_up: WarmUp | None = None
    options: Options = field(default_factory=Options)

    @property
    def requirements(self) -> Path:
        """What the handler needs installed; the file need not exist."""
        return self.model_dir / "code" / "requirements.txt"


def read_settings(model_dir: Path, environment: Mapping[str, str]) -> Settings:
    """Read the settings; the environment wins over `serving.json`.

    Parameters
    ----------
    model_dir
        The unpacked tarball.
    environment
        Read for `SAGEMAKER_PROGRAM`, `SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT`, `SAGEMAKER_MODEL_SERVER_WORKERS`
        and `SAGEMAKER_MODEL_SERVER_TIMEOUT` (SageMaker Inference Toolkit), and `OMP_NUM_THREADS` (OpenMP).

    Raises
    ------
    StartError
        The directory or a file that is named does not exist, or `serving.json` cannot be read.
    """
    if not model_dir.is_dir():
        raise StartError(f"the model directory {model_dir} does not exist; name it with --model-dir")
    file = model_dir / "serving.json"
    content = _read_json_object(file)
    program = environment.get("SAGEMAKER_PROGRAM")
    named_in = "SAGEMAKER_PROGRAM" if program else str(file)
    return Settings(
        model_dir=model_dir.resolve(),
        entry_point=_entry_point(model_dir.resolve(), program or _text(content, "entry_point", file), named_in),
        default_accept=environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "").strip().lower() or JSON,
        warm_up=_warm_up(model_dir, content, file),
        options=_options(content.get("serving"), file, environment),
    )


def listening_port(option: int | None, environment: Mapping[str, str]) -> int:
    """Return the port: the command line's, else `SAGEMAKER_BIND_TO_PORT`, else 8080.

    SageMaker sets the variable for every container of a multi-container endpoint ("Troubleshoot multi-container
    endpoints", Amazon SageMaker AI Developer Guide).

    Raises
    ------
    StartError
        The variable is no port.
    """
    if option is not None:
        return option
    value = environment.get("SAGEMAKER_BIND_TO_PORT", "").strip() or str(_DEFAULT_PORT)
    if not (value.isascii() and value.isdecimal() and 0 <= int(value) <= 0xFFFF):  # noqa: PLR2004 - the last port
        raise StartError(f"SAGEMAKER_BIND_TO_PORT is {value!r}; it has to be a port from 0 to 65535")
    return int(value)


def _options(section: object, file: Path, environment: Mapping[str, str]) -> Options:
    options = read_options(section, f"{file}: serving")
    for variable, key in _OPTION_OF.items():
        value = environment.get(variable, "").strip()
        if value:
            # "4" is what 4 is in serving.json, and what is no number is refused as it would be there
            number = int(value) if value.isascii() and value.isdecimal() else value
            read_options({key: number}, variable)
            options = dataclasses.replace(options, **{key: number})  # type: ignore[arg-type]  # checked above
    return options


def _read_json_object(file: Path) -> dict[str, Any]:
    """Return the object in `file`, empty when the file does not exist."""
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise StartError(f"{file} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise StartError(f"{file} has to hold a JSON object, not a {type(content).__name__}")
    return content


def _text(content: dict[str, Any], key: str, file: Path, default: str | None = None) -> str | None:
    value = content.get(key, default)
    if value is not None and not isinstance(value, str):
        raise StartError(f"{file}: {key} has to be a string, not {json.dumps(value)}")
    return value


def _entry_point(model_dir: Path, name: str | None, named_in: str) -> Path | None:
    code = model_dir / "code"
    file = (code / (name or _DEFAULT_ENTRY_POINT)).resolve()
    if file.is_file():
        if not file.is_relative_to(code.resolve()) or file.suffix != ".py":
            raise StartError(f"{named_in} names {name!r}; the handler has to be a .py file inside {code}")
        return file
    # the toolkit's default name, which a stack sets whether or not there is such a file
    if name is None or name == _DEFAULT_ENTRY_POINT:
        return None
    raise StartError(f"{named_in} names the handler {name!r}, but {file} does not exist")


def _warm_up(model_dir: Path, content: dict[str, Any], file: Path) -> WarmUp | None:
    section = content.get("warm_up")
    if section is None:
        return None
    if not isinstance(section, dict) or not (name := _text(section, "body", file)):
        raise StartError(f"{file}: warm_up has to be an object whose key body names a file")
    try:
        body = (model_dir / name).read_bytes()
    except OSError as error:
        raise StartError(f"{file}: the warm-up sample {name} cannot be read: {error}") from None
    content_type = _text(section, "content_type", file) or JSON
    accept = _text(section, "accept", file) or JSON
    return WarmUp(name=name, body=body, content_type=content_type, accept=accept)
