"""The ways to host: what stands in the endpoint config, and what the role and callers may do for it."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest

from .examples import EXAMPLES

Synthesize = Callable[..., Any]
CONFIG, ENDPOINT, MODEL = "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint", "AWS::SageMaker::Model"
MADE = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    hosting: {hosting}
"""


def made(hosting: str, more: str = "") -> str:
    return MADE.replace("{hosting}", hosting) + more


def in_variants(variants: str, hosting: str = "{type: real-time, instance_type: ml.c7i.large}") -> str:
    return made(hosting, f"    variants: {variants}\n").replace("    model: linear\n", "", 1)


def callable_names(template: Any) -> list[str]:
    """Which endpoints the callers may call, as patterns."""
    arns = statements(template, "AWS::IAM::ManagedPolicy")["InvokeEndpoint"]["Resource"]
    return [arn.rpartition(":endpoint/")[2] for arn in arns]


def logging_names(template: Any) -> list[str]:
    """Which endpoints' log groups the role may write to, as patterns."""
    arns = statements(template)["WriteLogs"]["Resource"]
    return [arn.rpartition("/")[2].removesuffix(":*") for arn in arns]


def example(synthesize: Synthesize, name: str, endpoint: str) -> Any:
    return synthesize(name, (EXAMPLES / f"{name}.yaml").read_text()).endpoint(endpoint)


def statements(template: Any, resource_type: str = "AWS::IAM::Policy") -> dict[str, dict[str, Any]]:
    return {one["Sid"]: one for one in template.only(resource_type)["PolicyDocument"]["Statement"]}


class TestRealTime:
    def test_time_outs_volume_and_routing_stand_in_the_variant(self, synthesize: Synthesize) -> None:
        hosting = (
            "{type: real-time, instance_type: ml.c7i.large, volume_size_in_gb: 50, routing_strategy: RANDOM, "
            "container_startup_health_check_timeout_in_seconds: 61, model_data_download_timeout_in_seconds: 62, "
            "variant_instance_provision_timeout_in_seconds: 301}"
        )
        (variant,) = synthesize(text=made(hosting)).endpoint().only(CONFIG)["ProductionVariants"]
        assert variant["VolumeSizeInGB"] == 50
        assert variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 61
        assert variant["ModelDataDownloadTimeoutInSeconds"] == 62
        assert variant["VariantInstanceProvisionTimeoutInSeconds"] == 301
        assert variant["RoutingConfig"] == {"RoutingStrategy": "RANDOM"}

    @pytest.mark.parametrize(
        ("instance_type", "image"),
        [("ml.g4dn.xlarge", "al2-ami-sagemaker-inference-gpu-3-1"), ("ml.c7i.large", None)],
    )
    def test_the_machine_image_is_that_of_the_containers_cuda(
        self, synthesize: Synthesize, instance_type: str, image: str | None
    ) -> None:
        hosting = f"{{type: real-time, instance_type: {instance_type}}}"
        text = made(hosting, "    container: ray-serve\n")
        (variant,) = synthesize(text=text).endpoint().only(CONFIG)["ProductionVariants"]
        assert variant.get("InferenceAmiVersion") == image


class TestAsync:
    def test_places_topics_and_concurrency_stand_in_the_config(self, synthesize: Synthesize) -> None:
        template = example(synthesize, "async", "queued")
        config = template.only(CONFIG)["AsyncInferenceConfig"]
        place = "s3://slipway-async-artifacts-000000000000-us-east-1/async/queued"
        assert config["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 4}
        assert config["OutputConfig"]["S3OutputPath"] == f"{place}/output"
        assert config["OutputConfig"]["S3FailurePath"] == f"{place}/failure"
        topics = config["OutputConfig"]["NotificationConfig"]
        assert {topics["SuccessTopic"]["Ref"], topics["ErrorTopic"]["Ref"]} == set(
            template.of_type("AWS::SNS::Topic")
        )
        assert "IncludeInferenceResponseIn" not in topics

    def test_prefixes_and_topics_of_the_settings_are_taken(self, synthesize: Synthesize) -> None:
        topic = "arn:aws:sns:eu-central-1:123456789012:ours"
        hosting = (
            "{type: async, instance_type: ml.c7i.large, input_prefix: in/, output_prefix: out, "
            "failure_prefix: bad/x, "
            f"success_topic: {topic}, include_inference_response_in: [SUCCESS_NOTIFICATION_TOPIC]}}"
        )
        template = synthesize(text=made(hosting)).endpoint()
        output = template.only(CONFIG)["AsyncInferenceConfig"]["OutputConfig"]
        bucket = "slipway-made-artifacts-123456789012-eu-central-1"
        assert (output["S3OutputPath"], output["S3FailurePath"]) == (f"s3://{bucket}/out", f"s3://{bucket}/bad/x")
        assert output["NotificationConfig"] == {
            "SuccessTopic": topic,
            "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"],
        }
        role = statements(template)
        assert role["ReadAsyncInput"]["Resource"] == f"arn:aws:s3:::{bucket}/in/*"
        assert role["WriteAsyncOutput"]["Resource"] == [
            f"arn:aws:s3:::{bucket}/{key}/*" for key in ("out", "bad/x")
        ]
        assert role["NotifyOfAsync"]["Resource"] == topic

    def test_without_topics_the_role_publishes_nowhere(self, synthesize: Synthesize) -> None:
        template = synthesize(text=made("{type: async, instance_type: ml.c7i.large}")).endpoint()
        assert "NotificationConfig" not in template.only(CONFIG)["AsyncInferenceConfig"]["OutputConfig"]
        assert "NotifyOfAsync" not in statements(template)
        assert "AsyncInferenceConfig" not in synthesize("dev").endpoint().only(CONFIG)

    def test_callers_write_requests_and_read_answers_and_nothing_else(self, synthesize: Synthesize) -> None:
        template = synthesize(text=made("{type: async, instance_type: ml.c7i.large}")).endpoint()
        callers = statements(template, "AWS::IAM::ManagedPolicy")
        place = "arn:aws:s3:::slipway-made-artifacts-123456789012-eu-central-1/async/linear"
        assert callers["InvokeEndpoint"]["Action"] == ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync"]
        written, read = callers["WriteAsyncInput"], callers["ReadAsyncOutput"]
        assert (written["Action"], written["Resource"]) == ("s3:PutObject", f"{place}/input/*")
        assert (read["Action"], read["Resource"]) == ("s3:GetObject", [f"{place}/output/*", f"{place}/failure/*"])

    def test_it_is_an_endpoint_of_its_own(self, synthesize: Synthesize) -> None:
        template = synthesize(text=made("{type: async, instance_type: ml.c7i.large}")).endpoint()
        assert set(template.of_type(ENDPOINT)) == {"AsyncEndpoint"}
        assert template.only(ENDPOINT)["EndpointName"] == "slipway-made-linear-async"


class TestVariants:
    def test_each_has_its_own_model_weight_and_instances(self, synthesize: Synthesize) -> None:
        template = example(synthesize, "variants", "compared")
        champion, challenger = template.only(CONFIG)["ProductionVariants"]
        models = template.of_type(MODEL)
        assert (champion["VariantName"], champion["InitialVariantWeight"]) == ("champion", 9)
        assert (challenger["VariantName"], challenger["InitialVariantWeight"]) == ("challenger", 1)
        assert (champion["InstanceType"], challenger["InstanceType"]) == ("ml.c7i.large", "ml.c7i.xlarge")
        named = {variant["ModelName"]["Fn::GetAtt"][0] for variant in (champion, challenger)}
        assert named == set(models)
        assert "ShadowProductionVariants" not in template.only(CONFIG)
        # As docs/hosting.md has it: another digest would replace the endpoints of everybody.
        assert template.only(ENDPOINT)["EndpointName"] == "slipway-variants-compared-real-time-7196ff9f"

    def test_both_are_published_once_and_read_by_one_role(self, synthesize: Synthesize) -> None:
        text = (EXAMPLES / "variants.yaml").read_text()
        assembly = synthesize("variants", text)
        files = assembly.assets("compared")["files"].values()
        assert [file["source"]["path"] for file in files].count(str(assembly.package.path)) == 1
        assert len(assembly.endpoint("compared").of_type("AWS::IAM::Role")) == 1

    def test_a_variants_container_wins_over_the_endpoints(self, synthesize: Synthesize) -> None:
        variants = "{a: {model: linear}, b: {model: linear, container: ray-serve}}"
        template = synthesize(text=f"{in_variants(variants)}    container: slim\n").endpoint()
        images = [model["Properties"]["PrimaryContainer"]["Image"] for model in template.of_type(MODEL).values()]
        ours, theirs = (image if isinstance(image, str) else str(image) for image in images)
        assert "slipway-made" in ours
        assert "ray:serve-ml-sagemaker-cpu" in theirs
        pulled = statements(template)["PullImage"]["Resource"]
        assert len(pulled) == 2

    def test_a_shadow_variant_gets_its_share_of_copies(self, synthesize: Synthesize) -> None:
        template = example(synthesize, "shadow", "shadowed")
        config = template.only(CONFIG)
        (production,), (shadow,) = config["ProductionVariants"], config["ShadowProductionVariants"]
        assert (production["VariantName"], production["InitialVariantWeight"]) == ("AllTraffic", 1)
        assert (shadow["VariantName"], shadow["InitialVariantWeight"]) == ("Shadow", 0.5)
        assert shadow["ModelName"] != production["ModelName"]
        assert set(template.of_type(MODEL)) > {"Model"}

    def test_another_set_of_variants_is_another_endpoint_whose_callers_stay_the_same(
        self, synthesize: Synthesize
    ) -> None:
        before = synthesize(text=in_variants("{champion: {model: linear}}")).endpoint()
        after = synthesize(text=in_variants("{champion: {model: linear}, challenger: {model: linear}}")).endpoint()
        old, new = (template.only(ENDPOINT)["EndpointName"] for template in (before, after))
        assert old != new
        for resource_type in (ENDPOINT, "AWS::Logs::LogGroup", "AWS::CloudWatch::Alarm"):
            assert before.of_type(resource_type)
            assert not set(before.of_type(resource_type)) & set(after.of_type(resource_type))
        (parameter,) = after.of_type("AWS::SSM::Parameter").values()
        assert parameter["Properties"]["Value"] == new
        assert set(after.of_type(ENDPOINT)) <= set(parameter["DependsOn"])
        policy = "AWS::IAM::ManagedPolicy"
        assert set(before.of_type(policy)) == set(after.of_type(policy))
        assert before.only(policy) == after.only(policy)
        for name in (old, new):
            assert any(fnmatchcase(name, pattern) for pattern in callable_names(after))
            assert any(fnmatchcase(name, pattern) for pattern in logging_names(after))

    def test_what_else_changes_of_a_variant_is_an_update(self, synthesize: Synthesize) -> None:
        names = [
            (list(template.of_type(ENDPOINT)), template.only(ENDPOINT)["EndpointName"])
            for variants in (
                "{a: {model: linear}, b: {model: linear}}",
                "{b: {model: linear, initial_variant_weight: 3}, a: {model: linear, instance_type: ml.m5.large}}",
            )
            if (template := synthesize(text=in_variants(variants)).endpoint())
        ]
        assert names[0] == names[1]

    def test_a_shadow_variant_comes_and_goes_by_an_update(self, synthesize: Synthesize) -> None:
        hosting = "{type: real-time, instance_type: ml.c7i.large}"
        alone = synthesize(text=made(hosting)).endpoint()
        shadowed = synthesize(text=made(hosting, "    shadow: {model: linear}\n")).endpoint()
        assert alone.of_type(ENDPOINT) == shadowed.of_type(ENDPOINT)
        assert alone.only(ENDPOINT)["EndpointName"] == "slipway-made-linear-real-time"

    def test_synth_says_that_other_variants_replace_the_endpoint(self, synthesize: Synthesize) -> None:
        says = "has the variants a, b: adding, removing or renaming one makes a new endpoint under a new name"
        assert says in synthesize(text=in_variants("{a: {model: linear}, b: {model: linear}}")).annotations()
        hosting = "{type: real-time, instance_type: ml.c7i.large}"
        assert "makes a new endpoint" not in synthesize(text=made(hosting)).annotations()

    def test_a_serverless_variant_changes_its_name_by_an_update(self, synthesize: Synthesize) -> None:
        text = in_variants("{only: {model: linear}}", "{type: serverless}")
        assert synthesize(text=text).endpoint().only(ENDPOINT)["EndpointName"] == "slipway-made-linear-serverless"
