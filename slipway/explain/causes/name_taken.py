"""Something of the name is there already."""

from __future__ import annotations

import re

from slipway.explain.causes.matching import first_match
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding
from slipway.explain.where import aws_command, deploy_command

# Sources: CloudFormation User Guide, "Troubleshooting CloudFormation"; SageMaker API, CreateEndpoint.
_TAKEN = re.compile(r"already exists|Cannot create already existing|AlreadyExists")
_LOG_GROUP = re.compile(r"/aws/sagemaker/Endpoints/[\w./#-]+")


def name_taken(evidence: Evidence) -> Finding | None:
    """Find a resource that is in the way, such as a log group that SageMaker wrote again after a destroy."""
    match = first_match(evidence.said, _TAKEN)
    if match is None:
        return None
    subject, group = evidence.subject, _LOG_GROUP.search(match.quote.text)
    remove = (
        "Delete the log group, whose lines then go: "
        + aws_command(subject, "logs", "delete-log-group", "--log-group-name", group[0])
        if group
        else "See whose it is, and delete it, or choose another project or endpoint name"
    )
    return Finding(
        "name-taken",
        "A resource of the same name is there already, outside of the stack",
        (match.quote,),
        f"{remove}; then {deploy_command(subject)}",
    )
