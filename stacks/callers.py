"""What clients of an endpoint need: its current name, and the permission to call it."""

from collections.abc import Iterable, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.place import place_of


class Callers(Construct):
    """The SSM parameter with the endpoint's current name, and a managed policy for whoever calls the endpoint.

    Where a change of hosting changes what callers need, the policy follows when the new endpoint is in service,
    and only then the parameter sends them there.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    parameter_name
        Of the SSM parameter.
    endpoint
        The endpoint's resource: policy and parameter change once that is in service.
    endpoint_name
        The endpoint's current name.
    endpoint_names
        The endpoint's names under every mode, with `*` for the rest of a name: while a switch between them goes
        on, clients call the old one, then the new.
    invocations
        The actions by which callers reach it beside `sagemaker:InvokeEndpoint`.
    statements
        What its callers need beside that.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        parameter_name: str,
        endpoint: cdk.CfnResource,
        endpoint_name: str,
        endpoint_names: Sequence[str],
        invocations: Iterable[str] = (),
        statements: Sequence[iam.PolicyStatement] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        place = place_of(scope)
        self.parameter = ssm.CfnParameter(
            self,
            "EndpointName",
            type="String",
            name=parameter_name,
            value=endpoint_name,
            description="The current name of the endpoint; it changes with how it is hosted",
        )
        self.policy = iam.ManagedPolicy(
            self,
            "Policy",
            description=f"Calls the endpoint of {cdk.Stack.of(self).stack_name}",
            statements=[
                iam.PolicyStatement(
                    sid="InvokeEndpoint",
                    actions=["sagemaker:InvokeEndpoint", *invocations],
                    resources=[place.arn("sagemaker", f"endpoint/{name}") for name in endpoint_names],
                ),
                iam.PolicyStatement(
                    sid="FindEndpoint",
                    actions=["ssm:GetParameter"],
                    resources=[place.arn("ssm", f"parameter{parameter_name}")],
                ),
                *statements,
            ],
        )
        self.policy.node.add_dependency(endpoint)
        self.parameter.node.add_dependency(endpoint, self.policy)
