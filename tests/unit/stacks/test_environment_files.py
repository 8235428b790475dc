"""Finding an environment, and whose account it is."""

from pathlib import Path

import pytest

from stacks.settings import (
    ENVIRONMENTS,
    RealTimeHosting,
    ServerlessHosting,
    SettingsError,
    check_account,
    environment_names,
    load_environment,
)

REAL = """
account: "111122223333"
region: eu-central-1
endpoints: {}
"""


def test_the_committed_environments_are_these() -> None:
    assert environment_names() == ["dev", "local", "prod", "staging"]


def test_dev_is_serverless_staging_one_gpu_and_prod_two() -> None:
    hosting = {name: load_environment(name).endpoints["linear"].hosting for name in environment_names()}
    assert isinstance(hosting["dev"], ServerlessHosting)
    assert isinstance(hosting["local"], ServerlessHosting)
    for name, count in (("staging", 1), ("prod", 2)):
        way = hosting[name]
        assert isinstance(way, RealTimeHosting)
        assert (way.instance_type, way.initial_instance_count) == ("ml.g5.xlarge", count)


def test_only_prod_retains() -> None:
    assert [name for name in environment_names() if load_environment(name).removal == "retain"] == ["prod"]


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_a_committed_file_says_that_its_account_is_made_up(name: str) -> None:
    assert len(set(load_environment(name).account)) == 1
    assert "# Edit account and region" in (ENVIRONMENTS / f"{name}.yaml").read_text()


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    endpoint = "one: {model: linear, hosting: {type: serverless}}"
    (tmp_path / "real.yaml").write_text(REAL.replace("{}", f"{{{endpoint}}}"))
    settings = load_environment("real", tmp_path)
    assert (settings.name, settings.project, settings.removal, settings.tags) == ("real", "slipway", "retain", {})
    hosting = settings.endpoints["one"].hosting
    assert isinstance(hosting, ServerlessHosting)
    assert (hosting.memory_size_in_mb, hosting.max_concurrency) == (2048, 5)
    assert settings.endpoints["one"].log_retention_in_days == 30


@pytest.mark.parametrize(("instance_type", "container"), [("ml.g5.xlarge", "ray-serve"), ("ml.c7i.large", "slim")])
def test_the_container_follows_the_instance_type(tmp_path: Path, instance_type: str, container: str) -> None:
    endpoint = f"one: {{model: linear, hosting: {{type: real-time, instance_type: {instance_type}}}}}"
    (tmp_path / "real.yaml").write_text(REAL.replace("{}", f"{{{endpoint}}}"))
    assert load_environment("real", tmp_path).endpoints["one"].container.software == container


def test_an_unknown_environment_is_answered_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match="allowed: dev, local, prod, staging; did you mean prod\\?"):
        load_environment("prd")


@pytest.mark.parametrize("name", ["../environments/dev", "", "dev.yaml"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(SettingsError, match="There is no environment"):
        load_environment(name)


def test_a_folder_without_environments_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"holds no \.yaml file"):
        load_environment("dev", tmp_path)


def test_a_file_whose_name_fits_no_resource_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Dev_1.yaml").write_text(REAL)
    with pytest.raises(SettingsError, match="rename the file"):
        load_environment("Dev_1", tmp_path)


@pytest.mark.parametrize("credentials", [None, "", "111122223333"])
def test_no_credentials_and_those_of_the_account_are_fine(tmp_path: Path, credentials: str | None) -> None:
    (tmp_path / "real.yaml").write_text(REAL)
    check_account(load_environment("real", tmp_path), credentials, tmp_path)


def test_credentials_of_another_account_are_refused_with_what_to_edit(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text(REAL)
    with pytest.raises(
        SettingsError, match=r"111122223333.*444455556666: edit `account` in .*real\.yaml"
    ) as error:
        check_account(load_environment("real", tmp_path), "444455556666", tmp_path)
    assert len(str(error.value).splitlines()) == 1


def test_real_credentials_for_the_local_environment_name_the_local_command() -> None:
    with pytest.raises(SettingsError, match="slipway local run --"):
        check_account(load_environment("local"), "444455556666")
