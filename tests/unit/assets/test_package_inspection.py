"""A package is inspected before it counts as done, and again only where something changed."""

from dataclasses import replace
from pathlib import Path

import pytest

from assets import checkout
from assets.checked_package import CheckedPackage, checked_package
from assets.inspection import target_of
from assets.model_folder import find_model
from assets.package_inspection import InspectionError


def check(name: str, container: str = "slim", output_dir: Path | None = None) -> tuple[CheckedPackage, list[str]]:
    steps: list[str] = []
    done = checked_package(
        find_model(name),
        [target_of(container)],
        output_dir=output_dir,
        progress=steps.append,
        with_preflight=False,
    )
    return done, steps


def test_an_image_of_ones_own_is_inspected_and_not_tried(toy: Path) -> None:
    steps: list[str] = []
    target = replace(target_of("slim"), is_own_image=True)
    done = checked_package(find_model("toy"), [target], progress=steps.append)
    assert (done.package.model, done.reports) == ("toy", ())
    assert any(step.startswith("not trying toy") for step in steps)
    (toy / "inference.py").write_text("def input_fn():\n    return 1\n")
    with pytest.raises(InspectionError, match="handler-signature"):
        checked_package(find_model("toy"), [target])


def test_an_error_stops_the_package_and_nothing_is_handed_out(toy: Path, tmp_path: Path) -> None:
    (toy / "inference.py").write_text("def input_fn():\n    return 1\n")
    with pytest.raises(InspectionError, match=r"^model_code/toy: error handler-signature: code/inference\.py"):
        check("toy", output_dir=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_error_of_a_package_that_is_there_already_stops_it_again(toy: Path) -> None:
    (toy / "inference.py").write_text("def input_fn():\n    return 1\n")
    for _ in range(2):
        with pytest.raises(InspectionError, match="handler-signature"):
            check("toy")


def test_an_error_with_a_reason_does_not(toy: Path) -> None:
    (toy / "inference.py").write_text("def input_fn():\n    return 1\n")
    (toy / "model.yaml").write_text("acknowledge: {handler-signature: never called}\n")
    done, _ = check("toy")
    assert [(finding.id, reason) for finding, reason in done.reviewed.acknowledged] == [
        ("handler-signature", "never called")
    ]


def test_a_warning_is_said_once_and_kept(toy: Path) -> None:
    (toy / "requirements.txt").write_text("six\n")
    first, said = check("toy")
    second, silence = check("toy")
    assert [line for line in said if "warning requirements-unpinned" in line]
    assert silence == []
    assert first.reviewed == second.reviewed
    assert [finding.id for finding in second.reviewed.findings] == ["requirements-unpinned"]


def test_another_container_is_another_inspection(toy: Path) -> None:
    first, _ = check("toy")
    second, _ = check("toy", "ray-serve")
    assert first.package == second.package
    assert [finding.id for finding in first.reviewed.findings] == []
    assert [finding.id for finding in second.reviewed.findings] == ["exporter-newer"]


def test_the_inspection_of_another_package_is_no_inspection_of_this_one(toy: Path) -> None:
    check("toy")
    (toy / "inference.py").write_text("KEY = 'AKIAQ3EGZ7WXN2PLK5TD'\n")
    with pytest.raises(InspectionError, match="aws-access-key-id"):
        check("toy")
    assert len(list((checkout.STATE / "inspections").glob("*/*/findings.json"))) == 2
