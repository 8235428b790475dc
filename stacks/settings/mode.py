"""How an endpoint is hosted, in the word that its name ends with."""

import hashlib
from collections.abc import Sequence


def endpoint_mode(hosting_type: str, instance_types: Sequence[str], *, is_autoscaled: bool) -> str:
    """Return what tells the endpoints apart that UpdateEndpoint cannot make of one another.

    That is the hosting type; and with autoscaling the instance types as well, because UpdateEndpoint refuses
    another one while the variant is registered as a scalable target.

    Parameters
    ----------
    hosting_type
        `hosting.type`.
    instance_types
        Of the production variants, in their order; none for serverless.
    is_autoscaled
        Whether the number of instances follows the load.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "Update endpoints that use auto scaling".
    """
    if not is_autoscaled or not instance_types:
        return hosting_type
    if len(set(instance_types)) == 1:
        return f"{hosting_type}-{instance_types[0].removeprefix('ml.').replace('.', '-')}"
    return f"{hosting_type}-{hashlib.sha256(' '.join(instance_types).encode()).hexdigest()[:8]}"
