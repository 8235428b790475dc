"""How an endpoint is hosted, in the word that its name ends with."""

import hashlib
from collections.abc import Mapping

from stacks.hosting import hosting_ways
from stacks.settings.variants import VARIANT_NAME


def endpoint_mode(hosting_type: str, instance_types: Mapping[str, str], *, is_autoscaled: bool) -> str:
    """Return what tells the endpoints apart that UpdateEndpoint cannot make of one another.

    That is the hosting type; the names of the production variants, which an update by deployment guardrails must
    leave as they are; and with autoscaling the instance types as well, because UpdateEndpoint refuses another one
    while the variant is registered as a scalable target. Shadow variants come and go by an update. Names that the
    settings choose stand there as a digest: joined by hyphens, different ones could read the same.

    Parameters
    ----------
    hosting_type
        `hosting.type`.
    instance_types
        Of the production variants by their names, `VARIANT_NAME` for an only one; none for serverless, which has
        no guardrails.
    is_autoscaled
        Whether the number of instances follows the load.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "Exclusions" of deployment guardrails, "Update endpoints that use
    auto scaling", and "Create a shadow test", which takes an existing endpoint.
    """
    if not instance_types:
        return hosting_type
    if instance_types.keys() == {VARIANT_NAME}:
        only = instance_types[VARIANT_NAME].removeprefix("ml.").replace(".", "-")
        return f"{hosting_type}-{only}" if is_autoscaled else hosting_type
    told = [f"{name} {type_}" if is_autoscaled else name for name, type_ in sorted(instance_types.items())]
    return f"{hosting_type}-{hashlib.sha256(' '.join(told).encode()).hexdigest()[:8]}"


def mode_patterns(*, with_queue: bool = False) -> list[str]:
    """List what `endpoint_mode` can return, with `*` for an instance type or a digest.

    Parameters
    ----------
    with_queue
        Only for endpoints that have a queue.
    """
    return [
        pattern
        for hosting_type, way in hosting_ways().items()
        if way.has_queue or not with_queue
        for pattern in ((hosting_type, f"{hosting_type}-*") if way.has_instances else (hosting_type,))
    ]
