from pathlib import Path
from typing import Any

import pytest

from assets.inspection.contents import Contents, ModelFile
from assets.inspection.sizes import size_findings
from assets.inspection.target import Target

_GIB = 1024**3
_MB = 1024**2


def _ids(size: int, tarball_size: int | None = None, **target: Any) -> list[str]:
    contents = Contents(Target("slim", (3, 12), "2.13", **target), tarball_size=tarball_size)
    contents.sizes = {"model.pt": size}
    contents.model_files = [ModelFile("model.pt", Path("model.pt"), size)]
    return [finding.id for finding in size_findings(contents, contents.target)]


def test_the_disk_of_serverless_holds_tarball_and_content() -> None:
    assert _ids(int(2.4 * _GIB), int(2.5 * _GIB), hosting="serverless") == []
    assert _ids(int(2.6 * _GIB), int(2.5 * _GIB), hosting="serverless") == ["serverless-disk"]
    assert _ids(int(2.6 * _GIB), int(2.5 * _GIB), hosting="real-time") == []
    assert _ids(6 * _GIB, hosting="serverless") == ["serverless-disk", "serverless-memory"]


@pytest.mark.parametrize("memory", [1024, 6144])
def test_the_memory_of_serverless_holds_model_and_server(memory: int) -> None:
    fits = (memory - 240) * _MB
    assert "serverless-memory" not in _ids(fits, hosting="serverless", memory_size_in_mb=memory)
    assert "serverless-memory" in _ids(fits + 1, hosting="serverless", memory_size_in_mb=memory)
    assert _ids(fits + 1, hosting="real-time") == []


def test_the_time_out_of_the_download() -> None:
    assert _ids(20 * _GIB, hosting="real-time", download_timeout_in_seconds=60) == ["download-time"]
    assert _ids(20 * _GIB, hosting="real-time", download_timeout_in_seconds=3600) == []
    assert _ids(20 * _GIB, hosting="real-time") == []
