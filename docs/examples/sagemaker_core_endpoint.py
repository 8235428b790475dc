"""Asks a Slipway endpoint through the SageMaker Python SDK.

    python docs/examples/sagemaker_core_endpoint.py /slipway/dev/sdk-defaults/endpoint-name '[[0.9, 0.2, 0.1]]'

`sagemaker.core` is in sagemaker-core, which Slipway installs, and in the whole `sagemaker` alike.
"""

import sys

import boto3
from sagemaker.core.resources import Endpoint


def main(parameter: str, rows: str) -> None:
    """Print the endpoint's status and its answer.

    Parameters
    ----------
    parameter
        The SSM parameter with the endpoint's current name, an output of its stack.
    rows
        The request, JSON.
    """
    name = boto3.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
    endpoint = Endpoint.get(name)
    answer = endpoint.invoke(body=rows, content_type="application/json", accept="application/json")
    print(endpoint.endpoint_status)
    print(answer.body.read().decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
