"""The workflows of .github/: sound, with the least rights, and without a way in for a fork's pull request."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.checkout import ROOT
from stacks.settings import ENVIRONMENTS

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
SHA = "0123456789abcdef0123456789abcdef01234567"

# Stands in for GitHub's command line: notes each call, and answers from a folder.
GH = """\
#!{python}
import json, os, pathlib, shutil, sys
folder, arguments = pathlib.Path({folder!r}), sys.argv[1:]
body = next((one.removeprefix("body=@") for one in arguments if one.startswith("body=@")), None)
call = {{"arguments": arguments, "body": pathlib.Path(body).read_text() if body else None}}
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps(call) + "\\n")
if arguments[:2] == ["run", "download"]:
    if not (folder / "review.md").exists():
        sys.exit("no artifact matches any of the names or patterns provided")
    os.mkdir("artifact")
    shutil.copy(folder / "review.md", "artifact/review.md")
elif "GET" in arguments:
    print((folder / "pull").read_text())
elif "--paginate" in arguments:
    print((folder / "comments").read_text(), end="")
"""


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
    return content


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in load(path.name)["jobs"].items():
            yield f"{path.name}: {name}", job


def script(name: str, job: str, step: str) -> str:
    """What a step runs, found by its name."""
    (found,) = [one["run"] for one in load(name)["jobs"][job]["steps"] if one.get("name") == step]
    return str(found)


def run(text: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step's script as GitHub does: `shell: bash`."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", **variables}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_zizmor_finds_nothing() -> None:
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", "--quiet", *WORKFLOWS]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    assert [one for one in used if not PINNED.fullmatch(one)] == []


def test_an_action_is_the_same_commit_everywhere() -> None:
    used = {one for path in WORKFLOWS for one in re.findall(r"uses: (.*)", path.read_text())}
    actions = [one.partition("@")[0] for one in used]
    assert sorted(actions) == sorted(set(actions))


def test_every_job_names_its_rights_and_how_long_it_may_take() -> None:
    assert {path.name for path in WORKFLOWS if load(path.name)["permissions"] != {}} == set()
    for name, job in jobs():
        assert job["permissions"] is not None, name
        assert job["timeout-minutes"] <= 90, name


def test_what_a_workflow_looks_at_changes_of_is_there() -> None:
    triggers = [one or {} for path in WORKFLOWS for one in load(path.name)[True].values()]
    looked_at = [pattern for one in triggers if isinstance(one, dict) for pattern in one.get("paths", [])]
    assert looked_at
    assert [pattern for pattern in looked_at if not list(ROOT.glob(pattern))] == []


def test_only_jobs_behind_an_environments_rules_get_a_token_for_aws() -> None:
    with_token = {name: job for name, job in jobs() if "id-token" in job["permissions"]}
    assert list(with_token) == ["deploy.yml: deploy", "destroy.yml: destroy"]
    for name, job in with_token.items():
        assert job["environment"], name
        assert job["concurrency"] == {
            "group": f"environment-{job['environment']}",
            "cancel-in-progress": False,
        }, name


def test_code_of_a_pull_request_runs_without_rights_to_write() -> None:
    triggers = {path.name: set(load(path.name)[True]) for path in WORKFLOWS}  # YAML reads `on` as true
    assert not any("pull_request_target" in found for found in triggers.values())
    for name, found in triggers.items():
        for job in load(name)["jobs"].values():
            if "pull_request" in found:
                assert set(job["permissions"].values()) <= {"read"}
            if "workflow_run" in found:
                assert not any("uses" in step for step in job["steps"])


def test_every_environment_of_the_checkout_can_be_chosen() -> None:
    """Their names are GitHub's environments, so that no list has to follow environments/."""
    assert (ENVIRONMENTS / "prod.yaml").is_file()
    for name in ("deploy.yml", "destroy.yml"):
        assert load(name)[True]["workflow_dispatch"]["inputs"]["environment"]["type"] == "environment"


@pytest.mark.parametrize(("typed", "is_confirmed"), [("prod", True), ("Prod", False), ("", False), ("dev", False)])
def test_an_environment_is_destroyed_when_its_name_is_typed(
    tmp_path: Path, typed: str, *, is_confirmed: bool
) -> None:
    text = script("destroy.yml", "confirm", "Compare the names")
    assert (run(text, tmp_path, CHOSEN="prod", TYPED=typed).returncode == 0) == is_confirmed
    assert load("destroy.yml")["jobs"]["destroy"]["needs"] == "confirm"


def test_the_stack_of_the_deploy_role_is_not_destroyed_by_itself(tmp_path: Path) -> None:
    stacks = ["Slipway-prod-artifacts", "Slipway-prod-github", "Slipway-prod-my-github", "Slipway-prod-linear"]
    cdk = tmp_path / ".venv" / "bin" / "cdk"
    cdk.parent.mkdir(parents=True)
    cdk.write_text(f"#!/bin/sh\nif [ $1 = list ]; then printf '%s\\n' {' '.join(stacks)}; else echo $@; fi\n")
    cdk.chmod(0o755)
    text = script("destroy.yml", "destroy", "Find the stacks, before there are credentials")
    assert run(text, tmp_path, ENVIRONMENT="prod").returncode == 0
    destroyed = run(script("destroy.yml", "destroy", "Destroy"), tmp_path, ENVIRONMENT="prod")
    assert destroyed.stdout.split()[-3:] == [stacks[0], stacks[2], stacks[3]]


@pytest.mark.parametrize(
    ("workflow", "command", "said"),
    [
        ("deploy", "Send the models' samples to the endpoints", "Say what the endpoints answered"),
        ("destroy", "See what is left", "Say what is left"),
    ],
)
def test_what_fails_is_in_the_summary(tmp_path: Path, workflow: str, command: str, said: str) -> None:
    slipway = tmp_path / ".venv" / "bin" / "slipway"
    slipway.parent.mkdir(parents=True)
    slipway.write_text("#!/bin/sh\necho wrong linear\nexit 1\n")
    slipway.chmod(0o755)
    summary = tmp_path / "summary"
    variables = {"ENVIRONMENT": "prod", "GITHUB_STEP_SUMMARY": str(summary)}
    assert run(script(f"{workflow}.yml", workflow, command), tmp_path, **variables).returncode == 1
    assert run(script(f"{workflow}.yml", workflow, said), tmp_path, **variables).returncode == 0
    assert "wrong linear" in summary.read_text()
    (step,) = [one for one in load(f"{workflow}.yml")["jobs"][workflow]["steps"] if one.get("name") == said]
    assert step["if"] == "always()"


@pytest.mark.parametrize(
    ("printed", "status", "is_good"),
    [
        (["ok       a/AllTraffic/row: 3.1 ms"], 0, True),
        (["Environment e has no endpoints"], 0, True),
        (["skipped  a/AllTraffic: no samples", "skipped  b/AllTraffic: no samples"], 1, True),
        (["skipped  a/AllTraffic: no samples", "differs  b/AllTraffic/row: 3.1 ms"], 1, False),
        ([], 1, False),
    ],
)
def test_a_deployment_whose_endpoints_have_no_samples_is_good(
    tmp_path: Path, printed: list[str], status: int, is_good: bool
) -> None:
    slipway = tmp_path / ".venv" / "bin" / "slipway"
    slipway.parent.mkdir(parents=True)
    (tmp_path / "printed").write_text("".join(f"{line}\n" for line in printed))
    slipway.write_text(f"#!/bin/sh\ncat printed\nexit {status}\n")
    slipway.chmod(0o755)
    done = run(
        script("deploy.yml", "deploy", "Send the models' samples to the endpoints"), tmp_path, ENVIRONMENT="e"
    )
    assert (done.returncode == 0) is is_good
    assert ("::notice::e is deployed" in done.stdout) is (is_good and status != 0)
    assert (tmp_path / "smoke.txt").read_text().splitlines() == printed


def test_what_is_left_is_looked_for_after_a_destruction_that_failed() -> None:
    """`cdk destroy` fails where a stack protects what is retained."""
    steps = load("destroy.yml")["jobs"]["destroy"]["steps"]
    after = steps[[step.get("name") for step in steps].index("Destroy") + 1 :]
    assert len(after) == 3
    assert all("!cancelled()" in step["if"] or step["if"] == "always()" for step in after)


class Comment:
    """The step that comments, with a stand-in for GitHub's command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers(pull="7", comments="")
        (folder / "gh").write_text(GH.format(python=sys.executable, folder=str(folder)))
        (folder / "gh").chmod(0o755)

    def answers(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.folder / name).write_text(text)

    def written(self) -> list[tuple[str, str, str]]:
        """Run it; return method, path and body of what it wrote."""
        text = script("review-comment.yml", "comment", "Write the comment, or rewrite the one that is there")
        variables = load("review-comment.yml")["jobs"]["comment"]["env"]
        known = {"GH_REPO": "octo-org/octo-repo", "RUN_ID": "1", "HEAD": "someone:branch", "HEAD_SHA": SHA}
        assert variables.keys() == {*known, "GH_TOKEN", "MARK"}
        done = run(text, self.folder, **known, MARK=variables["MARK"])
        assert done.returncode == 0, done.stderr
        calls = [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]
        return [
            (call["arguments"][2], call["arguments"][3], call["body"])
            for call in calls
            if {"POST", "PATCH"} & set(call["arguments"])
        ]


@pytest.fixture
def comment(tmp_path: Path) -> Comment:
    return Comment(tmp_path)


def test_a_review_becomes_a_comment(comment: Comment) -> None:
    comment.answers(**{"review.md": "nothing changes\n"})
    body = "<!-- slipway review -->\nnothing changes\n"
    assert comment.written() == [("POST", "repos/octo-org/octo-repo/issues/7/comments", body)]


def test_the_comment_that_is_there_is_rewritten(comment: Comment) -> None:
    comment.answers(**{"review.md": "one thing changes\n", "comments": "41\n42\n"})
    ((method, path, body),) = comment.written()
    assert (method, path) == ("PATCH", "repos/octo-org/octo-repo/issues/comments/41")
    assert body.endswith("one thing changes\n")


def test_a_long_review_still_is_a_comment(comment: Comment) -> None:
    comment.answers(**{"review.md": "x" * 100_000})
    ((_, _, body),) = comment.written()
    assert 65_000 <= len(body) <= 65_536


@pytest.mark.parametrize("pull", ["", "7\n8", "$(touch hostile)"], ids=["none", "two", "hostile"])
def test_nothing_is_written_where_the_pull_request_is_not_certain(comment: Comment, pull: str) -> None:
    comment.answers(**{"review.md": "one thing changes\n", "pull": pull})
    assert comment.written() == []
    assert not (comment.folder / "hostile").exists()


def test_nothing_is_written_where_there_was_no_review(comment: Comment) -> None:
    assert comment.written() == []
