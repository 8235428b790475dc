"""Names, variants, volumes and containers."""

from .cases import Broken, Deployment
from .deployments import CUDA_12_AMI, CUDA_13_AMI, SERVERLESS, Config, model_data

_POOLS = [
    Config.InstancePoolProperty(instance_type="ml.g6e.xlarge", priority=1),
    Config.InstancePoolProperty(instance_type="ml.g5.xlarge", priority=2),
]
_NO_INSTANCES = {"instance_type": None, "initial_instance_count": None}
_EIGHT_GPUS = ("ml.p5.48xlarge", "ml.p5e.48xlarge", "ml.p5en.48xlarge")
_BLACKWELL = (
    "ml.p6-b200.48xlarge",
    "ml.p6-b300.48xlarge",
    "ml.g7e.2xlarge",
    "ml.g7.2xlarge",
    "ml.p6e-gb200.36xlarge",
)


def _on(instance_type: str, ami: str | None = None) -> Deployment:
    return {"variants": [{"instance_type": instance_type, "inference_ami_version": ami}]}


VALID: dict[str, dict[str, Deployment]] = {
    "containers": {
        "model-data-of-a-prefix": {"container": {"model_data_url": None, "model_data_source": model_data()}},
        "model-data-of-an-object": {
            "container": {
                "model_data_url": None,
                "model_data_source": model_data("s3://models/linear.tar.gz", kind="S3Object", compression="Gzip"),
            }
        },
        "containers-environment": {
            "container": {"environment": {f"KEY_{number}": "v" * 1024 for number in range(100)}}
        },
        "containers-fifteen": {"containers": 15, "container": {"model_data_url": None}},
        "containers-https": {
            "container": {"model_data_url": "https://s3.eu-central-1.amazonaws.com/models/linear.tar.gz"}
        },
    },
    "names": {
        "names-shortest": {"config": {"endpoint_config_name": "a"}, "endpoint": {"endpoint_name": "b"}},
        "names-longest": {"endpoint": {"endpoint_name": "a" * 63}, "variants": [{"variant_name": "b" * 63}]},
        "names-with-hyphens": {"model": {"model_name": "a--b-9"}, "endpoint": {"endpoint_name": "My-Endpoint--2"}},
    },
    "variants": {
        "variants-two": {"variants": [{}, {"variant_name": "B", "initial_variant_weight": 0}]},
        "variants-ten": {"variants": [{"variant_name": f"V{number}"} for number in range(10)]},
        "variants-pools": {
            "variants": [_NO_INSTANCES | {"instance_pools": _POOLS, "inference_ami_version": CUDA_12_AMI}]
        },
        "variants-managed-scaling": {
            "variants": [
                {
                    "initial_instance_count": None,
                    "managed_instance_scaling": Config.ManagedInstanceScalingProperty(
                        status="ENABLED", min_instance_count=0, max_instance_count=2
                    ),
                }
            ]
        },
        "variants-time-outs": {
            "variants": [
                {
                    "container_startup_health_check_timeout_in_seconds": 3600,
                    "model_data_download_timeout_in_seconds": 60,
                    "variant_instance_provision_timeout_in_seconds": 300,
                }
            ]
        },
    },
    "volumes": {
        "volumes-largest": {"variants": [{"volume_size_in_gb": 512}]},
        "volumes-smallest": {"variants": [{"volume_size_in_gb": 1, "instance_type": "ml.inf2.xlarge"}]},
        "volumes-key": {
            "config": {"kms_key_id": "alias/serving"},
            "variants": [{"instance_type": "ml.p3.2xlarge"}],
        },
    },
    "images": {
        "private-image-on-cpu": _on("ml.c7i.xlarge"),
        "private-image-on-graviton": _on("ml.c7g.xlarge"),
        "private-image-on-neuron": _on("ml.inf2.xlarge", "al2-ami-sagemaker-inference-neuron-2"),
        **{
            f"private-image-on-{kind}": _on(kind)
            for kind in (*_EIGHT_GPUS, *_BLACKWELL, "ml.g6e.12xlarge", "ml.g4dn.xlarge")
        },
    },
    "amis": {
        **{
            f"ami-12-on-{kind}": _on(kind, CUDA_12_AMI) for kind in (*_EIGHT_GPUS, "ml.g6e.xlarge", "ml.g5.xlarge")
        },
        **{
            f"ami-13-on-{kind}": _on(kind, CUDA_13_AMI)
            for kind in (*_BLACKWELL, "ml.p5en.48xlarge", "ml.g6.xlarge")
        },
    },
}

BROKEN: dict[str, Broken] = {
    "endpoint-name-long": Broken("endpoint-name", "1 to 63", {"endpoint": {"endpoint_name": "a" * 64}}),
    "endpoint-name-underscore": Broken(
        "endpoint-name", "my-endpoint", {"endpoint": {"endpoint_name": "my_endpoint"}}
    ),
    "config-name-dot": Broken("config-name", "a-b", {"config": {"endpoint_config_name": "a.b"}}),
    "variant-name-hyphen": Broken("variant-name", "example A", {"variants": [{"variant_name": "A-"}]}),
    "model-name-slash": Broken("model-name", "team-linear", {"model": {"model_name": "team/linear"}}),
    "variant-count-eleven": Broken(
        "variant-count", "Split", {"variants": [{"variant_name": f"V{number}"} for number in range(11)]}
    ),
    "variant-count-none": Broken("variant-count", "Split", {"variants": []}),
    "variant-names-unique": Broken("variant-names-unique", "of its own", {"variants": [{}, {}]}),
    "variant-capacity-nothing": Broken("variant-capacity", "InitialInstanceCount", {"variants": [_NO_INSTANCES]}),
    "variant-capacity-both": Broken(
        "variant-capacity", "or ServerlessConfig", {"variants": [SERVERLESS | {"instance_type": "ml.m5.large"}]}
    ),
    "variant-capacity-pools": Broken(
        "variant-capacity",
        "InstancePools",
        {"variants": [{"instance_pools": _POOLS[:1]}]},
    ),
    "variant-capacity-count": Broken(
        "variant-capacity", "ServerlessConfig", {"variants": [SERVERLESS | {"initial_instance_count": 1}]}
    ),
    "variant-capacity-no-count": Broken(
        "variant-capacity", "InitialInstanceCount", {"variants": [{"initial_instance_count": None}]}
    ),
    "instance-count-zero": Broken("instance-count", "1 or more", {"variants": [{"initial_instance_count": 0}]}),
    "instance-type-unknown": Broken(
        "instance-type", "ml.m5.xlarge", {"variants": [{"instance_type": "ml.m5.xxlarge"}]}
    ),
    "instance-type-of-ec2": Broken(
        "instance-type", "ml.g5.xlarge", {"variants": [{"instance_type": "g5.xlarge"}]}
    ),
    "variant-time-outs-start": Broken(
        "variant-time-outs",
        "60 to 3600",
        {"variants": [{"container_startup_health_check_timeout_in_seconds": 59}]},
    ),
    "variant-time-outs-download": Broken(
        "variant-time-outs", "60 to 3600", {"variants": [{"model_data_download_timeout_in_seconds": 3601}]}
    ),
    "variant-time-outs-provision": Broken(
        "variant-time-outs", "300 to 3600", {"variants": [{"variant_instance_provision_timeout_in_seconds": 60}]}
    ),
    "volume-size-large": Broken("volume-size", "1 to 512", {"variants": [{"volume_size_in_gb": 513}]}),
    "volume-size-none": Broken("volume-size", "1 to 512", {"variants": [{"volume_size_in_gb": 0}]}),
    "volume-on-g5": Broken(
        "volume-on-local-disks",
        "Leave",
        {"variants": [{"volume_size_in_gb": 100, "instance_type": "ml.g5.xlarge"}]},
    ),
    "volume-on-m5d": Broken(
        "volume-on-local-disks",
        "Leave",
        {"variants": [{"volume_size_in_gb": 100, "instance_type": "ml.m5d.large"}]},
    ),
    "key-on-p5": Broken(
        "key-on-local-disks",
        "KmsKeyId",
        {"config": {"kms_key_id": "alias/serving"}, "variants": [{"instance_type": "ml.p5.48xlarge"}]},
    ),
    "container-count": Broken("container-count", "one container", {"containers": 16}),
    "image-uri-long": Broken("image-uri", "255", {"container": {"image": "a" * 256}}),
    "image-uri-space": Broken("image-uri", "without spaces", {"container": {"image": "registry/serving: v1"}}),
    "model-data-prefix": Broken(
        "model-data-prefix",
        "slash",
        {"container": {"model_data_url": None, "model_data_source": model_data("s3://models/linear")}},
    ),
    "model-data-url-scheme": Broken(
        "model-data-url", "s3://bucket/key", {"container": {"model_data_url": "file:///model.tar.gz"}}
    ),
    "model-data-url-long": Broken(
        "model-data-url", "1024", {"container": {"model_data_url": "s3://models/" + "a" * 1024}}
    ),
    "environment-many": Broken(
        "environment", "Leave variables out", {"container": {"environment": {f"K{n}": "v" for n in range(101)}}}
    ),
    "environment-key": Broken(
        "environment", "letters, digits and underscores", {"container": {"environment": {"MY-KEY": "v"}}}
    ),
    "environment-value": Broken("environment", "1024", {"container": {"environment": {"KEY": "v" * 1025}}}),
}
