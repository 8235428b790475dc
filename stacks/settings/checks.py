"""What two or more settings together make impossible.

These checks read the settings as YAML has them rather than the parsed ones, and pass over what is missing or of
another type: so they report together with the mistakes that pydantic finds, however many there are.
"""

from collections.abc import Iterator, Mapping

from assets.mistakes import Mistake
from stacks.containers import CONTAINER_NAMES, container_problem, default_container
from stacks.instance_types import has_gpu, known_instance_types
from stacks.names import Names, is_part
from stacks.settings.models import hosting_types


def cross_checks(name: str, document: Mapping[object, object]) -> Iterator[Mistake]:
    """Yield the mistakes in an environment's settings that no single value shows.

    Parameters
    ----------
    name
        Of the environment.
    document
        The settings as YAML has them.
    """
    for endpoint, settings in _mappings(document.get("endpoints")):
        key = f"endpoints.{endpoint}"
        hosting = settings.get("hosting")
        if isinstance(hosting, Mapping):
            yield from _container(key, settings, hosting)
        yield from _execution_role(key, settings, account=_text(document, "account"))
    yield from _names(name, document)


def _container(key: str, settings: Mapping[object, object], hosting: Mapping[object, object]) -> Iterator[Mistake]:
    hosting_type = _text(hosting, "type")
    instance_type = _text(hosting, "instance_type") if hosting_type != "serverless" else None
    if hosting_type not in hosting_types() or (
        instance_type is not None and instance_type not in known_instance_types()
    ):
        return
    container = settings.get("container", default_container(instance_type))
    if isinstance(container, str) and container in CONTAINER_NAMES:
        problem = container_problem(container, instance_type=instance_type)
        if problem:
            yield Mistake(f"{key}.container", problem)
    if instance_type and _text(hosting, "inference_ami_version") and not has_gpu(instance_type):
        problem = f"{instance_type} has no NVIDIA GPU, and these images are for those; leave the key out"
        yield Mistake(f"{key}.hosting.inference_ami_version", problem)


def _execution_role(key: str, settings: Mapping[object, object], account: str) -> Iterator[Mistake]:
    arn = _text(settings, "execution_role_arn").split(":")
    if len(arn) > 4 and account and arn[4].isdigit() and arn[4] != account:  # noqa: PLR2004 (the account in an ARN)
        problem = (
            f"the role is in account {arn[4]}; SageMaker takes roles of the endpoint's own account, {account}"
        )
        yield Mistake(f"{key}.execution_role_arn", problem)


def _names(name: str, document: Mapping[object, object]) -> Iterator[Mistake]:
    project = _text(document, "project") or "slipway"
    names = Names(project, name, _text(document, "account") or "0" * 12, _text(document, "region"))
    hosting = {
        endpoint: _text(way, "type")
        for endpoint, settings in _mappings(document.get("endpoints"))
        if is_part(endpoint) and isinstance(way := settings.get("hosting"), Mapping)
    }
    for limited in names.limited(hosting):
        excess = len(limited.value) - limited.limit
        if excess > 0:
            part = "the endpoint's name" if limited.endpoint else "project, or the environment's name,"
            key = f"endpoints.{limited.endpoint}" if limited.endpoint else "project"
            yield Mistake(
                key,
                f"the {limited.what}'s name {limited.value} has {len(limited.value)} characters, AWS allows "
                f"{limited.limit}; make {part} shorter by {excess}",
            )


def _mappings(value: object) -> Iterator[tuple[str, Mapping[object, object]]]:
    for key, item in value.items() if isinstance(value, Mapping) else ():
        if isinstance(key, str) and isinstance(item, Mapping):
            yield key, item


def _text(mapping: Mapping[object, object], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""
