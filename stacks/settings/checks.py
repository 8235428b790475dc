"""What two or more settings together make impossible.

These checks read the settings as YAML has them rather than the parsed ones, and pass over what is missing or of
another type: so they report together with the mistakes that pydantic finds, however many there are.
"""

import contextlib
from collections.abc import Iterator, Mapping

from assets.mistakes import Mistake
from stacks.container_fit import ami_problem
from stacks.containers import default_container
from stacks.hosting import way_of
from stacks.instance_types import has_gpu, known_instance_types
from stacks.settings.container import Container, parse_container
from stacks.settings.feature_checks import feature_mistakes
from stacks.settings.github import github_mistakes
from stacks.settings.name_checks import name_mistakes
from stacks.settings.rollout import METRICS
from stacks.settings.rollout_checks import rollout_mistakes
from stacks.settings.variant_checks import variant_mistakes
from stacks.settings_common.raw import Raw, mapping, mappings, text


def cross_checks(name: str, document: Mapping[object, object]) -> Iterator[Mistake]:
    """Yield the mistakes in an environment's settings that no single value shows.

    Parameters
    ----------
    name
        Of the environment.
    document
        The settings as YAML has them.
    """
    region = text(document, "region")
    for endpoint, settings in mappings(document.get("endpoints")):
        key = f"endpoints.{endpoint}"
        if isinstance(settings.get("hosting"), Mapping):
            yield from _containers(key, settings, region)
            if way := way_of(text(mapping(settings, "hosting"), "type")):
                yield from way.mistakes(f"{key}.hosting", settings, region)
            yield from variant_mistakes(key, settings)
            yield from rollout_mistakes(key, settings)
            yield from _unpublished(key, settings)
        yield from _execution_role(key, settings, account=text(document, "account"))
    yield from feature_mistakes(document)
    yield from github_mistakes(document)
    yield from name_mistakes(name, document)


def _containers(key: str, settings: Raw, region: str) -> Iterator[Mistake]:
    """Yield the containers that cannot run where a variant is, and machine images for GPUs that are not there."""
    hosting = mapping(settings, "hosting")
    hosting_type = text(hosting, "type")
    way = way_of(hosting_type)
    if way is None:
        return
    own = {f"{key}.variants.{name}": variant for name, variant in mappings(settings.get("variants"))}
    if shadow := mapping(settings, "shadow"):
        own[f"{key}.shadow"] = shadow
    variants = own if mapping(settings, "variants") else {key: settings, **own}
    for place, variant in variants.items():
        instance_type = None
        if way.has_instances:
            instance_type = text(variant, "instance_type") or text(hosting, "instance_type")
            if instance_type not in known_instance_types():
                continue
        given = variant.get("container") or settings.get("container", default_container(instance_type))
        container = None
        with contextlib.suppress(ValueError):  # what is wrong with the container itself is reported by pydantic
            container = parse_container(given)
        if container and (problem := container.problem(instance_type, region)):
            yield Mistake(f"{place}.container", problem)
        ami = text(hosting, "inference_ami_version")
        if instance_type and ami and (problem := _ami_problem(ami, instance_type, container)):
            yield Mistake(f"{key}.hosting.inference_ami_version", problem)


def _ami_problem(ami: str, instance_type: str, container: Container | None) -> str | None:
    if not has_gpu(instance_type):
        return f"{instance_type} has no NVIDIA GPU, and these images are for those; leave the key out"
    return ami_problem(ami, container.cuda_on(instance_type)) if container else None


def _unpublished(key: str, settings: Raw) -> Iterator[Mistake]:
    """Yield thresholds for metrics that the endpoint does not publish."""
    hosting_type = text(mapping(settings, "hosting"), "type")
    way = way_of(hosting_type)
    alarms = mapping(mapping(settings, "rollout"), "alarms")
    for threshold, metric in METRICS.items():
        if way and metric in way.unpublished and alarms.get(threshold) is not None:
            problem = f"{hosting_type} endpoints do not publish {metric}; remove it"
            yield Mistake(f"{key}.rollout.alarms.{threshold}", problem)


def _execution_role(key: str, settings: Raw, account: str) -> Iterator[Mistake]:
    arn = text(settings, "execution_role_arn").split(":")
    if len(arn) > 4 and account and arn[4].isdigit() and arn[4] != account:  # noqa: PLR2004 (the account in an ARN)
        problem = (
            f"the role is in account {arn[4]}; SageMaker takes roles of the endpoint's own account, {account}"
        )
        yield Mistake(f"{key}.execution_role_arn", problem)
