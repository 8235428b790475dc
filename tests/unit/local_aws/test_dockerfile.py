"""What is read of a Dockerfile: the image that it builds on, and the pip packages that it adds."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_aws.sagemaker.software.dockerfile import Recipe, read_dockerfile


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements.txt").write_text(
        "# what the handler needs\nscipy==1.2  # pinned\n-r requirements/more.txt\n-e .\n"
    )
    (tmp_path / "requirements" / "more.txt").write_text(
        "pandas[parquet]>=2,<3; python_version > '3'\n--extra-index-url https://index.example/simple\n"
    )
    return tmp_path


def read(context: Path, *lines: str, **arguments: str) -> Recipe:
    (context / "Dockerfile").write_text("\n".join(lines) + "\n")
    return read_dockerfile(context / "Dockerfile", context, arguments)


ALL = (
    "scipy==1.2",
    "pandas[parquet]>=2,<3; python_version > '3'",
    "--extra-index-url https://index.example/simple",
)


@pytest.mark.parametrize(
    "lines",
    [
        ("COPY requirements.txt /tmp/", "RUN pip install --no-cache-dir -r /tmp/requirements.txt"),
        ("COPY requirements.txt /tmp/all.txt", "RUN python3.12 -m pip install --requirement=/tmp/all.txt"),
        (
            "WORKDIR /srv",
            "COPY . .",
            "RUN apt-get update && \\",
            "    # why",
            "    pip3 install -rrequirements.txt",
        ),
        ("ADD --chown=1:1 *.txt /a/", 'RUN ["pip", "install", "-r", "/a/requirements.txt"]'),
        (
            "WORKDIR /srv",
            "WORKDIR app",
            'COPY ["requirements.txt", "./"]',
            "RUN uv pip install -r ./requirements.txt",
        ),
        (
            "COPY requirements.txt /",
            "RUN <<EOF",
            "set -e",
            "pip install -r /requirements.txt",
            "EOF",
            "EXPOSE 8080",
        ),
        ("ENV AT=/opt", "COPY . $AT/", "RUN --mount=type=cache,target=/c pip install -r ${AT}/requirements.txt"),
    ],
)
def test_a_requirements_file_is_found_where_it_was_copied(context: Path, lines: tuple[str, ...]) -> None:
    recipe = read(context, "FROM python:3.12-slim", *lines)
    assert recipe == Recipe("python:3.12-slim", ALL, ("-e .",))


@pytest.mark.parametrize(
    ("command", "requirements", "left_out"),
    [
        ("pip install 'scipy>=1,<2' polars", ("scipy>=1,<2", "polars"), ()),
        ("PIP_NO_INPUT=1 pip install -U --timeout 9 polars; true", ("polars",), ()),
        (
            "pip install -i https://i.example/s --no-index polars",
            ("--index-url https://i.example/s", "--no-index", "polars"),
            (),
        ),
        ("pip install -f /wheels polars", ("polars",), ("--find-links /wheels",)),
        ("pip install . ./a.whl git+https://g.example/r", (), (".", "./a.whl", "git+https://g.example/r")),
        ("pip install -r /nowhere.txt", (), ("-r /nowhere.txt",)),
        ("pip download polars && pip --version", (), ()),
        ("apt-get install -y python3-pip", (), ()),
        ("echo 'it is", (), ()),
    ],
)
def test_packages_on_the_command_line(
    context: Path, command: str, requirements: tuple[str, ...], left_out: tuple[str, ...]
) -> None:
    recipe = read(context, "FROM python", f"RUN {command}")
    assert (recipe.requirements, recipe.left_out) == (requirements, left_out)


def test_only_the_last_stage_and_those_it_builds_on_count(context: Path) -> None:
    recipe = read(
        context,
        "ARG TAG=3.11",
        "FROM node:24 AS page",
        "RUN pip install unused",
        "FROM --platform=linux/amd64 python:${TAG} AS Base",
        "RUN pip install scipy==1.2",
        "FROM base",
        "COPY --from=page /requirements.txt /other.txt",
        "RUN pip install polars -r /other.txt",
        TAG="3.12",
    )
    assert recipe == Recipe("python:3.12", ("scipy==1.2", "polars"), ("-r /other.txt",))


def test_a_dockerfile_without_pip(context: Path) -> None:
    assert read(context, "# syntax=docker/dockerfile:1", "FROM nvidia/cuda:12.9.0-base", "CMD serve") == Recipe(
        "nvidia/cuda:12.9.0-base"
    )


def test_a_requirements_file_that_includes_itself_ends(context: Path) -> None:
    (context / "requirements.txt").write_text("scipy\n-r requirements.txt\n")
    recipe = read(context, "FROM python", "COPY requirements.txt /", "RUN pip install -r /requirements.txt")
    assert recipe.requirements == ("scipy",)
