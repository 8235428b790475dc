"""Sends arrays to a Slipway endpoint through the whole SageMaker Python SDK, which the extra `sdk` installs.

    python docs/examples/sagemaker_sdk_arrays.py /slipway/dev/sdk-defaults/endpoint-name '[[0.9, 0.2, 0.1]]'

`SchemaBuilder` of `sagemaker.serve` chooses what turns samples of request and answer into bytes and back; for
arrays that is NPY.
"""

import json
import sys

import boto3
import numpy as np
from sagemaker.core.resources import Endpoint
from sagemaker.serve.builder.schema_builder import SchemaBuilder


def main(parameter: str, rows: str) -> None:
    """Print the answer's shape and content.

    Parameters
    ----------
    parameter
        The SSM parameter with the endpoint's current name, an output of its stack.
    rows
        The request, JSON.
    """
    array = np.array(json.loads(rows), dtype=np.float32)
    schema = SchemaBuilder(sample_input=array, sample_output=array)
    name = boto3.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
    endpoint = Endpoint.get(name)
    endpoint.serializer = schema.input_serializer
    endpoint.deserializer = schema.output_deserializer
    answer = endpoint.invoke(
        body=array, content_type=schema.input_serializer.CONTENT_TYPE, accept=schema.output_deserializer.ACCEPT
    )
    print(*answer.body.shape)
    print(json.dumps(answer.body.tolist()))


if __name__ == "__main__":
    main(*sys.argv[1:])
