"""A package that was inspected and tried: what synth, deploy and `slipway package` ask for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assets.inspection import Reviewed, Target
from assets.model_folder import ModelFolder
from assets.package import Package, package
from assets.package_inspection import PackageInspection
from assets.preflight import DEFAULT_TIME_LIMIT, Report, preflight
from assets.progress import Progress, as_progress


@dataclass(frozen=True)
class CheckedPackage:
    """A package, what its inspection found, and what its trial measured.

    Parameters
    ----------
    package
        The package.
    reviewed
        The findings that are no errors, and those that model.yaml acknowledges.
    reports
        Of its trials, one for each target but images of the user's own; none where they were left out.
    """

    package: Package
    reviewed: Reviewed
    reports: tuple[Report, ...]


def checked_package(
    model: ModelFolder,
    targets: Sequence[Target],
    *,
    output_dir: Path | None = None,
    progress: Progress | Callable[[str], None] | None = None,
    with_preflight: bool = True,
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> CheckedPackage:
    """Package a model, inspect the package and try it, each only where something changed.

    Parameters
    ----------
    model
        The model folder.
    targets
        Where it is to run; of a model with vendored dependencies, all in the same container.
    output_dir
        A folder that gets a copy, `model.tar.gz`, as well, of a package that passed.
    progress
        As of `package`.
    with_preflight
        Whether the package is tried.
    time_limit
        Seconds for each trial.

    Raises
    ------
    AssetError
        The folder cannot become a package, the package would fail on a target, or it does not serve its samples.
    """
    steps = as_progress(progress)
    container = targets[0].container
    with PackageInspection(model, targets, steps) as inspection:
        packed = package(model, container=container, progress=steps, when_gathered=inspection.begin)
        reviewed = inspection.result(packed)
    tried = [target for target in targets if with_preflight and not target.is_own_image]
    if with_preflight and len(tried) < len(targets):
        steps(f"not trying {model.name} for an image of one's own, whose packages are not on this machine")
    reports = tuple(
        preflight(packed, model, target, progress=steps, linked=packed.linked, time_limit=time_limit)
        for target in tried
    )
    if output_dir is not None:
        package(model, container=container, output_dir=output_dir, progress=steps)
    return CheckedPackage(packed, reviewed, reports)
