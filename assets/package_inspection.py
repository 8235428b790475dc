"""The inspection of a package: beside its packing, and only where something changed."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from assets import checkout
from assets.checkout import shown
from assets.errors import AssetError
from assets.inspection import Finding, Reviewed, Target, review
from assets.model_folder import ModelFolder
from assets.package import Package
from assets.plan import Plan, plan_package
from assets.preflight.tree_digest import digest_of_own_files
from assets.progress import Progress
from assets.records import Facts, Records
from assets.source_digest import Digests, combine
from assets.tarball import Content

_RULES = (Path(__file__).with_name("inspection"), Path(__file__).with_name("torch_operators"))
"""What the findings depend on beside the package and its targets."""

_FINDINGS = "findings.json"
_KEEP = 16
"""Inspections that stay for each model: of a few packages, each for a few targets."""


class InspectionError(AssetError):
    """A package would fail where it is meant to run."""


class PackageInspection:
    """Inspects the package of a model for its targets.

    To be used as a context manager: at its end nothing is inspected any more.

    Parameters
    ----------
    model
        The model folder.
    targets
        Where the package is meant to run.
    progress
        Hears of each step that takes time.
    """

    def __init__(self, model: ModelFolder, targets: Sequence[Target], progress: Progress) -> None:
        self._model = model
        self._targets = targets
        self._progress = progress
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inspection")
        self._begun: Future[list[Finding]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def begin(self, plan: Plan, members: Mapping[str, Content]) -> None:
        """Inspect what is about to be packed, on another core than the one that packs."""
        self._begun = self._pool.submit(self._inspect, plan, members)

    def result(self, packed: Package) -> Reviewed:
        """Return what was found in the package, in the light of model.yaml.

        Raises
        ------
        InspectionError
            There is an error among it that model.yaml does not acknowledge; its text names all findings.
        AssetError
            The model could not be inspected.
        """
        records = Records(
            folder=checkout.STATE / "inspections" / self._model.state_name,
            file_name=_FINDINGS,
            facts_name="inspection.json",
            keep=_KEEP,
        )
        waiting = self._progress.waiting(f"waiting for another inspection of {self._model.name} to end")
        facts = records.find_or_make(self._key(packed), self._make, waiting)
        found = [Finding(**finding) for finding in facts["findings"]]
        reviewed = review(found, self._model.settings.acknowledge)
        if _errors(reviewed):
            raise InspectionError("\n".join(finding_lines(self._model, reviewed.findings)))
        return reviewed

    def _key(self, packed: Package) -> str:
        return combine(
            {
                "package": packed.digest,
                "targets": [asdict(target) for target in self._targets],
                "rules": [digest_of_own_files(folder) for folder in _RULES],
            }
        )

    def _make(self, folder: Path) -> Facts:
        if self._begun is None:
            container = self._targets[0].container
            plan = plan_package(self._model, Digests(self._model.state_name), self._progress, container=container)
            found = self._inspect(plan, plan.members(self._progress))
        else:
            found = self._begun.result()
        reviewed = review(found, self._model.settings.acknowledge)
        if not _errors(reviewed):
            # Said once: a warning that stands is no news on every synth. `slipway package --json` has them always.
            for line in finding_lines(self._model, reviewed.findings):
                self._progress(line)
        facts = [asdict(finding) for finding in found]
        (folder / _FINDINGS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        return {"findings": facts}

    def _inspect(self, plan: Plan, members: Mapping[str, Content]) -> list[Finding]:
        from assets.inspection.inspection import inspect_members  # noqa: PLC0415 (mostly, nothing changed)

        exported_by = plan.model_file.torch
        found = [
            finding
            for target in self._targets
            for finding in inspect_members(members, target, exported_by=exported_by, progress=self._progress)
        ]
        return review(found, {}).findings


def _errors(reviewed: Reviewed) -> bool:
    return any(finding.severity == "error" for finding in reviewed.findings)


def finding_lines(model: ModelFolder, findings: Sequence[Finding]) -> list[str]:
    """Return findings as text: two lines each."""
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{shown(model.path)}: {finding.severity} {finding.id}: {finding.where}: {finding.what}")
        lines.append(f"    {finding.mend}")
    return lines
