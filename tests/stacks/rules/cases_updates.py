"""Deployment guardrails and autoscaling."""

from .cases import Broken, Deployment
from .deployments import ASYNC, SERVERLESS, Endpoint, alarms, blue_green, capture, rolling, serverless, size

_HALF = size("CAPACITY_PERCENT", 50)
_PROVISIONED = "sagemaker:variant:DesiredProvisionedConcurrency"
_NO_ALARMS = Endpoint.AutoRollbackConfigProperty(alarms=[])
_MARKETPLACE = "arn:aws:sagemaker:eu-central-1:446921602837:model-package/large-model-1"


def _rollout(rollout: Endpoint.DeploymentConfigProperty, count: float = 4, **rest: object) -> Deployment:
    return {
        "variants": [{"initial_instance_count": count}],
        "endpoint": {"deployment_config": rollout},
        **rest,
    }


def _retain(*excluded: str) -> Deployment:
    names = [Endpoint.VariantPropertyProperty(variant_property_type=name) for name in excluded]
    return {
        "endpoint": {"retain_all_variant_properties": True, "exclude_retained_variant_properties": names or None}
    }


VALID: dict[str, dict[str, Deployment]] = {
    "rollout": {
        "all-at-once": _rollout(blue_green(), 1),
        "canary-of-one-in-two": _rollout(blue_green("CANARY", canary=size("INSTANCE_COUNT", 1)), 2),
        "canary-of-half": _rollout(blue_green("CANARY", canary=_HALF, termination=3600, longest=28800), 2),
        "canary-where-capacity-is-retained": {
            "endpoint": {
                "deployment_config": blue_green("CANARY", canary=_HALF),
                "retain_all_variant_properties": True,
            }
        },
        "canary-where-scaled": {
            "target": {"min_capacity": 1},
            "endpoint": {
                "deployment_config": blue_green("CANARY", canary=size("INSTANCE_COUNT", 1)),
                "retain_all_variant_properties": True,
            },
        },
        "linear-in-ten": _rollout(
            blue_green("LINEAR", step=size("CAPACITY_PERCENT", 10), wait=60, longest=600), 10
        ),
        "linear-by-one": _rollout(blue_green("LINEAR", step=size("INSTANCE_COUNT", 1)), 10),
        "rolling-by-5-percent": _rollout(rolling(size("CAPACITY_PERCENT", 5)), 20),
        "rolling-by-half": _rollout(rolling(size("INSTANCE_COUNT", 2), longest=600), 4),
        "ten-alarms": _rollout(blue_green(watched=alarms(10)), 1),
    },
    "rollout_exclusions": {
        "all-at-once-without-wait": _rollout(blue_green(wait=0, watched=_NO_ALARMS), 1),
        "rolling-async": _rollout(rolling(_HALF), config={"async_inference_config": ASYNC}),
        "canary-async": _rollout(blue_green("CANARY", canary=_HALF), config={"async_inference_config": ASYNC}),
        "blue-green-of-two-variants": {
            "variants": [{}, {"variant_name": "B"}],
            "endpoint": {"deployment_config": blue_green()},
        },
    },
    "autoscaling": {
        "scaled": {"target": {}, **_retain("DesiredWeight", "DataCaptureConfig")},
        "scaled-single-variant": {"target": {}, "policies": ["TargetTrackingScaling"], **_retain()},
        "scaled-async-to-zero": {
            "target": {"min_capacity": 0},
            "policies": ["TargetTrackingScaling", "StepScaling"],
            "config": {"async_inference_config": ASYNC},
            **_retain(),
        },
        "scaled-serverless": {
            "variants": [serverless(most=20, provisioned=2)],
            "target": {"scalable_dimension": _PROVISIONED, "max_capacity": 20},
        },
        "scaled-inference-components": {
            "variants": [{"model_name": None}],
            "target": {"min_capacity": 0},
            **_retain(),
        },
        "scaled-elsewhere": {"target": {"resource_id": "endpoint/somewhere-else/variant/AllTraffic"}},
        "scaled-something-else": {
            "target": {
                "resource_id": "table/orders",
                "service_namespace": "dynamodb",
                "scalable_dimension": "dynamodb:table:ReadCapacityUnits",
            }
        },
        "retained-with-capture": {"config": {"data_capture_config": capture()}, **_retain("DataCaptureConfig")},
    },
}

BROKEN: dict[str, Broken] = {
    "rollout-waits": Broken("rollout-waits", "0 to 3600", _rollout(blue_green(wait=3601))),
    "rollout-waits-termination": Broken("rollout-waits", "0 to 3600", _rollout(blue_green(termination=4000))),
    "rollout-waits-longest": Broken("rollout-waits", "600 to 28800", _rollout(blue_green(longest=599, wait=60))),
    "rollout-time": Broken(
        "rollout-time", "more than 1200", _rollout(blue_green(wait=600, termination=600, longest=1200))
    ),
    "rollout-time-of-steps": Broken(
        "rollout-time",
        "more than 2700",
        _rollout(blue_green("LINEAR", step=size("CAPACITY_PERCENT", 10), longest=1000), 10),
    ),
    "rollout-time-of-batches": Broken(
        "rollout-time", "more than 5700", _rollout(rolling(size("CAPACITY_PERCENT", 5), longest=3600), 20)
    ),
    "rollout-one-policy": Broken(
        "rollout-one-policy",
        "Keep",
        _rollout(
            Endpoint.DeploymentConfigProperty(
                auto_rollback_configuration=alarms(),
                blue_green_update_policy=Endpoint.BlueGreenUpdatePolicyProperty(
                    traffic_routing_configuration=Endpoint.TrafficRoutingConfigProperty(
                        type="ALL_AT_ONCE", wait_interval_in_seconds=60
                    )
                ),
                rolling_update_policy=Endpoint.RollingUpdatePolicyProperty(
                    maximum_batch_size=_HALF, wait_interval_in_seconds=60
                ),
            )
        ),
    ),
    "rollback-alarm-count": Broken("rollback-alarm-count", "composite", _rollout(blue_green(watched=alarms(11)))),
    "canary-without-size": Broken("canary-size", "CanarySize", _rollout(blue_green("CANARY"))),
    "canary-of-one": Broken("canary-size", "two instances", _rollout(blue_green("CANARY", canary=_HALF), 1)),
    "canary-of-60-percent": Broken(
        "canary-size", "1 to 50", _rollout(blue_green("CANARY", canary=size("CAPACITY_PERCENT", 60)))
    ),
    "canary-of-three-in-four": Broken(
        "canary-size", "at most 2", _rollout(blue_green("CANARY", canary=size("INSTANCE_COUNT", 3)))
    ),
    "linear-without-step": Broken("linear-step", "LinearStepSize", _rollout(blue_green("LINEAR"))),
    "linear-by-5-percent": Broken(
        "linear-step",
        "10 to 50",
        _rollout(blue_green("LINEAR", step=size("CAPACITY_PERCENT", 5))),
    ),
    "linear-by-one-in-twenty": Broken(
        "linear-step", "at least 2", _rollout(blue_green("LINEAR", step=size("INSTANCE_COUNT", 1)), 20)
    ),
    "rolling-by-60-percent": Broken("rolling-batch", "5 to 50", _rollout(rolling(size("CAPACITY_PERCENT", 60)))),
    "rolling-of-one": Broken("rolling-batch", "5 to 50", _rollout(rolling(_HALF), 1)),
    "rollout-serverless": Broken(
        "rollout-serverless",
        "Leave",
        {"variants": [SERVERLESS], "endpoint": {"deployment_config": blue_green()}},
    ),
    "rolling-serverless": Broken(
        "rollout-serverless",
        "Leave",
        {"variants": [SERVERLESS], "endpoint": {"deployment_config": rolling(_HALF)}},
    ),
    "rolling-two-variants": Broken(
        "rolling-one-variant",
        "blue/green",
        {
            "variants": [{"initial_instance_count": 2}, {"variant_name": "B", "initial_instance_count": 2}],
            "endpoint": {"deployment_config": rolling(_HALF)},
        },
    ),
    "rollout-inf1": Broken(
        "rollout-inf1",
        "Inf2",
        {"variants": [{"instance_type": "ml.inf1.xlarge"}], "endpoint": {"deployment_config": blue_green()}},
    ),
    "rollout-marketplace": Broken(
        "rollout-marketplace",
        "Leave",
        _rollout(
            blue_green(),
            container={"image": None, "model_data_url": None, "model_package_name": _MARKETPLACE},
        ),
    ),
    "baking-alarms": Broken("baking-alarms", "Invocation5XXErrors", _rollout(blue_green(watched=_NO_ALARMS))),
    "autoscaling-t2": Broken(
        "autoscaling-t2",
        "ml.m5.large",
        {"variants": [{"instance_type": "ml.t2.medium"}], "target": {}, **_retain()},
    ),
    "autoscaling-bounds": Broken(
        "autoscaling-bounds",
        "Swap",
        {"target": {"min_capacity": 4, "max_capacity": 1}, **_retain()},
        also=("autoscaling-initial",),
    ),
    "autoscaling-initial": Broken(
        "autoscaling-initial", "between", {"target": {"min_capacity": 2, "max_capacity": 4}, **_retain()}
    ),
    "autoscaling-dimension-serverless": Broken(
        "autoscaling-dimension",
        _PROVISIONED,
        {"variants": [serverless(most=5, provisioned=1)], "target": {}},
        also=("autoscaling-reset",),
    ),
    "autoscaling-dimension-instances": Broken(
        "autoscaling-dimension", "DesiredInstanceCount", {"target": {"scalable_dimension": _PROVISIONED}}
    ),
    "autoscaling-provisioned-none": Broken(
        "autoscaling-provisioned",
        "ProvisionedConcurrency",
        {"variants": [SERVERLESS], "target": {"scalable_dimension": _PROVISIONED}},
    ),
    "autoscaling-provisioned-most": Broken(
        "autoscaling-provisioned",
        "MaxConcurrency",
        {
            "variants": [serverless(most=5, provisioned=1)],
            "target": {"scalable_dimension": _PROVISIONED, "max_capacity": 6},
        },
    ),
    "autoscaling-zero": Broken("autoscaling-zero", "asynchronous", {"target": {"min_capacity": 0}, **_retain()}),
    "autoscaling-wake-up": Broken(
        "autoscaling-wake-up",
        "HasBacklogWithoutCapacity",
        {
            "target": {"min_capacity": 0},
            "policies": ["TargetTrackingScaling"],
            "config": {"async_inference_config": ASYNC},
            **_retain(),
        },
    ),
    "autoscaling-reset": Broken("autoscaling-reset", "RetainAllVariantProperties", {"target": {}}),
    "autoscaling-reset-excluded": Broken(
        "autoscaling-reset", "DesiredInstanceCount", {"target": {}, **_retain("DesiredInstanceCount")}
    ),
    "retained-weights": Broken(
        "retained-weight-and-capture", "DesiredWeight", {"variants": [{}, {"variant_name": "B"}], **_retain()}
    ),
    "retained-capture": Broken(
        "retained-weight-and-capture",
        "DataCaptureConfig",
        {"config": {"data_capture_config": capture()}, **_retain("DesiredWeight")},
    ),
}
