"""What the asset step is told of where a package is to run."""

from pathlib import Path

import pytest

from assets.inspection.target import Target
from stacks.settings import load_environment
from stacks.targets import endpoint_target

MADE = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear: {{model: linear, container: slim, hosting: {hosting}, network: {network}}}
"""
CPU = "{type: real-time, instance_type: ml.c7i.large, model_data_download_timeout_in_seconds: 1200}"


def target(folder: Path, hosting: str, network: str = "{}") -> Target:
    (folder / "made.yaml").write_text(MADE.format(hosting=hosting, network=network))
    endpoint = load_environment("made", folder).endpoints["linear"]
    (variant,) = endpoint.all_variants
    return endpoint_target(endpoint, variant)


def test_serverless_has_its_memory_and_no_time_for_the_download(tmp_path: Path) -> None:
    found = target(tmp_path, "{type: serverless, memory_size_in_mb: 3072}")
    assert (found.container, found.hosting, found.memory_size_in_mb) == ("slim", "serverless", 3072)
    assert found.download_timeout_in_seconds is None


@pytest.mark.parametrize("way", ["real-time", "async"])
def test_instances_have_the_time_that_the_download_may_take(tmp_path: Path, way: str) -> None:
    found = target(tmp_path, CPU.replace("real-time", way))
    assert (found.hosting, found.memory_size_in_mb, found.download_timeout_in_seconds) == (way, None, 1200)


@pytest.mark.parametrize(("network", "isolated"), [("{}", False), ("{isolation: true}", True)])
def test_isolation_is_known(tmp_path: Path, network: str, *, isolated: bool) -> None:
    assert target(tmp_path, CPU, network).network_isolation is isolated
