"""The only module that touches ministack's internals.

None of what is used here is a documented interface of ministack, so its version is pinned exactly in
requirements.txt, and tests/unit/local_aws/test_ministack_seam.py says first what a new version moved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from types import ModuleType
from typing import Any, Protocol, TypeVar, cast

from ministack import app as _app
from ministack.core import concurrency, hypercorn_compat, persistence, responses, router
from ministack.services import cloudformation, cloudwatch, ecr, s3
from ministack.services.cloudformation import changesets, handlers, provisioners, stacks

Attributes = dict[str, Any]
Properties = dict[str, Any]
Result = TypeVar("Result")


class Service(Protocol):
    """What ministack asks of a service module."""

    async def handle_request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query_params: Mapping[str, list[str]],
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer one request."""

    def get_state(self) -> dict[str, Any]:
        """Return what has to survive a restart."""

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        """Take back what ``get_state`` returned before the restart."""

    def reset(self) -> None:
        """Forget everything."""


@dataclass(frozen=True)
class ResourceType:
    """A CloudFormation resource type.

    Parameters
    ----------
    name
        The type's name, such as ``AWS::SageMaker::Model``.
    create
        Takes logical id, properties and stack name; returns the physical id and the attributes for ``GetAtt``.
    update
        Takes physical id, old properties, new properties; returns as ``create``.
    delete
        Takes the physical id and the properties.
    replacing
        The properties whose change makes a new resource ("Update requires: Replacement").
    """

    name: str
    create: Callable[[str, Properties, str], tuple[str, Attributes]]
    update: Callable[[str, Properties, Properties], tuple[str, Attributes]]
    delete: Callable[[str, Properties], None]
    replacing: tuple[str, ...]


def asgi_app() -> Callable[..., Any]:
    """Return ministack's ASGI application."""
    hypercorn_compat.install()
    return cast(Callable[..., Any], _app.app)


def scoped_store() -> MutableMapping[str, Any]:
    """Return a dict that keeps accounts and regions apart, by the account and region of the request."""
    return cast(MutableMapping[str, Any], responses.AccountRegionScopedDict())


def every_item(store: MutableMapping[str, Any]) -> list[tuple[str, str, str, Any]]:
    """Return account, region, key and value of everything in a scoped store."""
    return [(*key, value) for key, value in cast(Any, store).all_items()]


def account() -> str:
    """Return the account of the request that is being answered."""
    return str(responses.get_account_id())


def region() -> str:
    """Return the region of the request that is being answered."""
    return str(responses.get_region())


@contextmanager
def request_scope(account_id: str, region_name: str) -> Iterator[None]:
    """Act in an account and region outside a request."""
    with responses.request_scope(account_id, region_name):
        yield


def enter_request_scope(headers: Mapping[str, str]) -> None:
    """Take account and region of a request from its signature, as ministack does for its own services."""
    access_key = router.extract_access_key_id(headers, {})
    if access_key:
        responses.set_request_account_id(access_key)
    responses.set_request_region(router.extract_region(headers, {}))


async def run_reentrant(function: Callable[..., Result], *arguments: Any) -> Result:
    """Run blocking work that may call this server, on a thread of its own, in the scope of the request."""
    return cast(Result, await concurrency.run_reentrant(function, *arguments))


def register_service(name: str, service: Service, target_prefix: str) -> None:
    """Add a service that speaks the JSON protocol, or take the place of ministack's own.

    Parameters
    ----------
    name
        The name in the signature's credential scope, which is the state file's name as well.
    target_prefix
        What ``X-Amz-Target`` starts with.
    """
    module = f"slipway_{name.replace('-', '_')}"
    _app.SERVICE_REGISTRY[name] = {"module": module}
    _app.SERVICE_HANDLERS[name] = service.handle_request
    _app._loaded_modules[module] = service
    _app._state_map[module] = module
    router.SERVICE_PATTERNS[name] = {"target_prefixes": [f"{target_prefix}."], "credential_scope": name}


def register_resource_type(resource: ResourceType) -> None:
    """Add a CloudFormation resource type. Its handlers run on a thread of their own and may block."""
    provisioners._RESOURCE_HANDLERS[resource.name] = {
        "create": resource.create,
        "update": lambda physical_id, old, new, _stack: resource.update(physical_id, old, new),
        "delete": resource.delete,
    }
    provisioners._REPLACING_PROPERTIES[resource.name] = resource.replacing
    provisioners._STACK_TAG_PROPERTY[resource.name] = ("Tags", "list")
    run_on_worker_thread(resource.name)


_BLOCKING_TYPES: set[str] = set()
_ministack_runs_on_worker_thread = stacks._runs_on_worker_thread


def run_on_worker_thread(resource_type: str) -> None:
    """Let a resource type's handlers run beside the event loop, so that they may call this server."""
    _BLOCKING_TYPES.add(resource_type)
    stacks._runs_on_worker_thread = _runs_on_worker_thread


def _runs_on_worker_thread(resource_type: str) -> bool:
    return resource_type in _BLOCKING_TYPES or bool(_ministack_runs_on_worker_thread(resource_type))


def wrap_resource_type(
    name: str, wrap: Callable[[Mapping[str, Callable[..., Any]]], dict[str, Callable[..., Any]]]
) -> None:
    """Replace handlers of one of ministack's resource types by ones made from them."""
    provisioners._RESOURCE_HANDLERS[name].update(wrap(dict(provisioners._RESOURCE_HANDLERS[name])))
    run_on_worker_thread(name)


def generated_name(stack_name: str, logical_id: str, max_length: int) -> str:
    """Return a name as CloudFormation makes them up: stack, logical id and a suffix, new for a replacement."""
    return str(provisioners._physical_name(stack_name, logical_id, max_len=max_length))


Operation = Callable[..., Coroutine[Any, Any, None]]


def wrap_stack_operations(
    deploy: Callable[[Operation], Operation], delete: Callable[[Operation], Operation]
) -> None:
    """Replace the coroutines that create or update a stack, and that delete one, by ones made from them.

    Both are called with the stack's name and id first; ``deploy`` with the template, the parameters and the tags
    as well, and, for an update, with ``is_update`` and ``previous_stack``.
    """
    deploying, deleting = deploy(stacks._deploy_stack_async), delete(stacks._delete_stack_async)
    for module in (stacks, handlers, changesets):
        module._deploy_stack_async = deploying
    for module in (stacks, handlers):
        module._delete_stack_async = deleting


def stack(name: str) -> dict[str, Any] | None:
    """Return the record of a stack in the request's account and region."""
    return cast(dict[str, Any] | None, cloudformation._stacks.get(name))


def every_stack() -> list[tuple[str, str, dict[str, Any]]]:
    """Return account, region and record of every stack."""
    return [
        (account_id, region_name, value)
        for account_id, region_name, _, value in every_item(cloudformation._stacks)
    ]


async def delete_stack(name: str, stack_id: str) -> None:
    """Delete a stack with its resources."""
    await stacks._delete_stack_async(name, stack_id)


async def roll_back_stack(name: str, stack_id: str, operation: Mapping[str, Any]) -> None:
    """Undo what an operation on a stack did so far.

    Parameters
    ----------
    operation
        ``previous`` is the stack's record from before an update, None for a creation; ``template``, ``parameters``
        and ``tags`` are what the operation was called with.
    """
    record = cloudformation._stacks[name]
    previous = operation["previous"]
    before = (previous or {}).get("_resources", {})
    now = record.get("_resources", {})
    touched = [logical_id for logical_id, resource in now.items() if resource != before.get(logical_id)]
    replaced = [i for i in touched if i in before and not _same_physical_id(before[i], now[i])]
    failed = stacks._failed_operation(
        previous is not None,
        previous,
        touched,
        None,
        None,
        replaced,
        True,
        operation["template"],
        operation["parameters"],
        False,
        operation["tags"],
        (previous or {}).get("Tags") or [],
    )
    await stacks._roll_back_operation(name, stack_id, record, failed, "The local AWS ended during the operation.")


def _same_physical_id(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one.get("PhysicalResourceId") == other.get("PhysicalResourceId"))


def refuse_missing_image_tags() -> None:
    """Let ECR's DescribeImages raise ImageNotFoundException for a tag that is not there, as AWS does.

    ministack answers an empty list, whereupon the CDK CLI takes every image for pushed already.
    """
    original = ecr._describe_images

    def describe_images(data: dict[str, Any]) -> Any:
        name = data.get("repositoryName", "")
        if name in ecr._repositories:
            for image_id in data.get("imageIds") or []:
                if not ecr._find_image(name, image_id):
                    return responses.error_response_json(
                        "ImageNotFoundException",
                        f"The image with imageId {{imageDigest:'{image_id.get('imageDigest', 'null')}', "
                        f"imageTag:'{image_id.get('imageTag', 'null')}'}} does not exist within the repository "
                        f"with name '{name}' in the registry with id '{account()}'",
                    )
        return original(data)

    ecr._describe_images = describe_images


Judge = Callable[[Mapping[str, Any], list[float | None], float | None], tuple[str, str] | None]


def evaluate_alarms_with(judge: Judge, beyond: int) -> None:
    """Take the place of ministack's evaluation of metric alarms.

    Parameters
    ----------
    judge
        Takes the alarm, the statistic of each period that is over (the newest first; None without data) and that
        of the period that goes on; returns state and reason, or None for the state that the alarm has.
    beyond
        How many periods ``judge`` gets in addition to the alarm's EvaluationPeriods.
    """

    def evaluate(alarm: dict[str, Any]) -> None:
        if not alarm.get("MetricName"):  # a metric math alarm, which ministack does not keep
            return
        newest_first = _statistics(alarm, beyond)
        verdict = judge(alarm, newest_first[1:], newest_first[0])
        if verdict is not None and verdict[0] != alarm["StateValue"]:
            request = {"AlarmName": alarm["AlarmName"], "StateValue": verdict[0], "StateReason": verdict[1]}
            cloudwatch._set_alarm_state({}, request, False, is_json=True)

    cloudwatch._evaluate_alarm = evaluate


def _statistics(alarm: Mapping[str, Any], beyond: int) -> list[float | None]:
    """Return an alarm's statistic for the period that goes on and those before it, the newest first."""
    period = int(alarm.get("Period") or 60)
    current = int(time.time() // period)
    count = 1 + int(alarm.get("EvaluationPeriods") or 1) + beyond
    groups: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    for point in cloudwatch._metrics.get((alarm.get("Namespace"), alarm["MetricName"], dimensions)) or []:
        age = current - int(point["Timestamp"] // period)
        if 0 <= age < count and alarm.get("Unit") in {None, "", point["Unit"]}:
            groups[age].append(point)
    name = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    return [cloudwatch._stat_value(cloudwatch._calc_stats(g), name, g) if g else None for g in groups]


def evaluate_every_alarm() -> None:
    """Evaluate the metric alarms of every account and region."""
    for account_id, region_name in {item[:2] for item in every_item(cloudwatch._alarms)}:
        with request_scope(account_id, region_name):
            cloudwatch._evaluate_all_alarms()


def merge_metric_values(namespace: str) -> None:
    """Keep equal values of a metric in a minute as one with their count, where ``Values`` are put in a namespace.

    ministack keeps every value of every request for two weeks.
    """
    original = cloudwatch._store_datum

    def store(
        into: str,
        name: str,
        dimensions: dict[str, str],
        timestamp: float,
        unit: str,
        *given: Any,
    ) -> None:
        _, values, counts, _ = given
        if into != namespace or values is None:
            original(into, name, dimensions, timestamp, unit, *given)
            return
        points = cloudwatch._metric_bucket((into, name, cloudwatch._dims_key(dimensions)))
        minute = timestamp // 60
        recent = takewhile(lambda point: point["Timestamp"] // 60 >= minute, reversed(points))
        same = {p["Value"]: p for p in recent if p["Timestamp"] // 60 == minute and "Count" in p}
        for number, count in zip(values, counts or [1.0] * len(values), strict=True):
            if number in same:
                same[number]["Count"] += count
                same[number]["Timestamp"] = max(timestamp, same[number]["Timestamp"])
            else:
                original(into, name, dimensions, timestamp, unit, None, [number], [count], None)

    cloudwatch._store_datum = store


def save_state() -> None:
    """Write the state of every service to the state folder, each file beside and then renamed."""
    persistence.save_all(_app._build_persistence_save_dict())


def unsaved_buckets() -> list[tuple[str, str]]:
    """Return account and name of buckets that are on disk and were not there at the last save.

    ministack writes objects at once and everything else at a save, so a kill in between leaves buckets that no
    stack knows of. To be asked before the first save after a start.
    """
    saved = (persistence.load_state("s3") or {}).get("buckets_meta", {})
    return sorted(set(s3._buckets.to_dict()) - set(saved.to_dict() if saved else {}))


def loaded_service_modules() -> tuple[ModuleType, ...]:
    """Return ministack's modules that this seam relies on, for its contract test."""
    return (
        _app,
        router,
        responses,
        persistence,
        ecr,
        s3,
        cloudformation,
        cloudwatch,
        changesets,
        handlers,
        provisioners,
        stacks,
    )
