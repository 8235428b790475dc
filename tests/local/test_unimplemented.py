"""No request is answered by a stub: every operation that the local AWS does not implement says so by its name."""

from __future__ import annotations

import json
import re

import botocore.session
import pytest
import urllib3
from botocore.model import ServiceModel

IMPLEMENTED = {
    "sagemaker": {
        *("AddTags", "CreateEndpoint", "CreateEndpointConfig", "CreateModel", "DeleteEndpoint"),
        *("DeleteEndpointConfig", "DeleteModel", "DeleteTags", "DescribeEndpoint", "DescribeEndpointConfig"),
        *("DescribeModel", "ListEndpointConfigs", "ListEndpoints", "ListModels", "ListTags", "UpdateEndpoint"),
        "UpdateEndpointWeightsAndCapacities",
    },
    "application-autoscaling": {
        *("DeleteScalingPolicy", "DeregisterScalableTarget", "DescribeScalableTargets"),
        *("DescribeScalingActivities", "DescribeScalingPolicies", "PutScalingPolicy", "RegisterScalableTarget"),
    },
    "sagemaker-runtime": {"InvokeEndpoint", "InvokeEndpointAsync"},
}
# SageMaker's other services, which sign as SageMaker does. The local AWS has none of them.
SIBLINGS = [
    *("sagemaker-a2i-runtime", "sagemaker-edge", "sagemaker-featurestore-runtime"),
    *("sagemaker-geospatial", "sagemaker-metrics"),
]


def send(machine, model: ServiceModel, operation: str) -> urllib3.BaseHTTPResponse:
    """Send an operation with no members, as far as the protocol of its service lets one."""
    http = model.operation_model(operation).http
    signer = model.metadata.get("signingName", model.metadata["endpointPrefix"])
    credential = f"Credential=000000000000/20260101/us-east-1/{signer}/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"}
    if prefix := model.metadata.get("targetPrefix"):
        headers |= {"X-Amz-Target": f"{prefix}.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    path = re.sub(r"{[^}]*}", "absent", http["requestUri"])
    url = f"http://127.0.0.1:{machine.port}{path}"
    return urllib3.request(http["method"], url, headers=headers, body=b"{}", retries=False, timeout=30)


@pytest.mark.parametrize("service", IMPLEMENTED)
def test_an_operation_works_or_says_by_name_that_it_is_not_implemented(machine, service):
    model = botocore.session.get_session().get_service_model(service)
    assert set(model.operation_names) > IMPLEMENTED[service]
    for operation in model.operation_names:
        answer = send(machine, model, operation)
        said = json.loads(answer.data)
        refused = f"does not implement {service}:{operation}" in str(said.get("message", said.get("Message")))
        assert refused == (operation not in IMPLEMENTED[service]), (operation, said)
        assert 400 <= answer.status < 500 or (answer.status == 200 and not refused), (operation, answer.status)


@pytest.mark.parametrize("service", SIBLINGS)
def test_sagemakers_other_services_answer_nothing_but_refusals(machine, service):
    model = botocore.session.get_session().get_service_model(service)
    for operation in model.operation_names:
        answer = send(machine, model, operation)
        assert 400 <= answer.status < 500, (operation, answer.data)
