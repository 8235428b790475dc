"""Everything in a template that rules look at."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from stacks.rules.rollouts import Rollout
from stacks.rules.scaling import TARGET, ScalableTarget
from stacks.rules.template import Template
from stacks.rules.views import CONFIG, ENDPOINT, MODEL, Container, Endpoint, EndpointConfig, Model, Variant


class EndpointUpdate:
    """An endpoint, and the deployed one that becomes it without being replaced."""

    def __init__(self, old: Endpoint, new: Endpoint) -> None:
        self.old = old
        self.new = new


def subjects(template: Template, deployed: Sequence[Template] = ()) -> Mapping[type, Sequence[object]]:
    """Return what the rules look at, by class.

    Parameters
    ----------
    template
        The one to judge.
    deployed
        What is deployed now; the one of the same file name is compared with.
    """
    configs = [EndpointConfig(resource) for resource in template.of_type(CONFIG)]
    endpoints = [Endpoint(resource) for resource in template.of_type(ENDPOINT)]
    models = [Model(resource) for resource in template.of_type(MODEL)]
    return {
        Model: models,
        Container: [container for model in models for container in model.containers or ()],
        EndpointConfig: configs,
        Variant: [variant for config in configs for variant in config.all_variants],
        Endpoint: endpoints,
        Rollout: [Rollout(endpoint) for endpoint in endpoints if endpoint.at("DeploymentConfig").present],
        ScalableTarget: [ScalableTarget(resource) for resource in template.of_type(TARGET)],
        EndpointUpdate: list(_updates(endpoints, template, deployed)),
    }


def _updates(
    endpoints: Sequence[Endpoint], template: Template, deployed: Sequence[Template]
) -> list[EndpointUpdate]:
    name = PurePath(template.path).name
    before = [each for each in deployed if PurePath(each.path).name == name]
    old = {resource.logical_id: Endpoint(resource) for each in before for resource in each.of_type(ENDPOINT)}
    return [
        EndpointUpdate(old[endpoint.resource.logical_id], endpoint)
        for endpoint in endpoints
        if endpoint.resource.logical_id in old and not _is_replaced(old[endpoint.resource.logical_id], endpoint)
    ]


def _is_replaced(old: Endpoint, new: Endpoint) -> bool:
    """Whether CloudFormation makes a new endpoint: the name is the one property that it cannot change."""
    names = old.at("EndpointName"), new.at("EndpointName")
    return bool(names[0].value != names[1].value)
