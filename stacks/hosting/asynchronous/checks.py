"""What the keys of asynchronous hosting together make impossible, as far as YAML shows it."""

from collections.abc import Iterator

from assets.mistakes import Mistake
from stacks.settings_common.made import MADE
from stacks.settings_common.raw import Raw, mapping, production_variants, text

TOPICS = {"success_topic": "SUCCESS_NOTIFICATION_TOPIC", "error_topic": "ERROR_NOTIFICATION_TOPIC"}
"""The keys that name topics, each with what `include_inference_response_in` calls it."""

_REGION_OF_ARN = 3


def async_mistakes(key: str, settings: Raw, region: str) -> Iterator[Mistake]:
    """Yield variants that would scale against each other, topics of another region, and topics that are not there.

    Parameters as of `HostingWay.mistakes`.

    Notes
    -----
    Sources: SageMaker API, AsyncInferenceConfig; Amazon SageMaker AI Developer Guide, "Autoscale an asynchronous
    endpoint".
    """
    hosting = mapping(settings, "hosting")
    if mapping(hosting, "autoscaling") and len(production_variants(settings)) > 1:
        problem = "the backlog is the endpoint's, not a variant's, so that variants would scale against each other"
        yield Mistake(f"{key}.autoscaling", f"{problem}; keep one variant, or remove the key")
    for name in TOPICS:
        topic = text(hosting, name).split(":")
        if len(topic) > _REGION_OF_ARN and region and topic[_REGION_OF_ARN] != region:
            problem = f"the topic is in {topic[_REGION_OF_ARN]}, the endpoint in {region}; name one of that region"
            yield Mistake(f"{key}.{name}", problem)
    included = hosting.get("include_inference_response_in")
    for name, value in TOPICS.items():
        if isinstance(included, list) and value in included and not hosting.get(name):
            problem = f"names {value}, and there is no {name}; add `{name}: {MADE}`, or remove it"
            yield Mistake(f"{key}.include_inference_response_in", problem)
