from typing import Any

import pytest

from assets.inspection import FINDINGS, review
from assets.inspection.finding import error, warning

_FOUND = [
    error("pickle", "a.pkl", "w", "m"),
    error("pickle", "b.pkl", "w", "m"),
    warning("download-time", "c", "w", "m"),
]


def test_errors_come_first_and_each_once() -> None:
    reviewed = review([_FOUND[2], _FOUND[1], _FOUND[0], _FOUND[0]], {})
    assert reviewed.findings == _FOUND
    assert reviewed.acknowledged == []


def test_acknowledged_findings_are_set_aside_with_the_reason() -> None:
    reviewed = review(_FOUND, {"pickle": " read by our own loader "})
    assert reviewed.findings == [_FOUND[2]]
    assert reviewed.acknowledged == [(_FOUND[0], "read by our own loader"), (_FOUND[1], "read by our own loader")]


@pytest.mark.parametrize(
    ("acknowledge", "expected", "severity"),
    [
        ({"pickel": "why"}, "acknowledgement-unknown", "warning"),
        ({"special-file": "why"}, "acknowledgement-unused", "warning"),
        ({"pickle": "  "}, "acknowledgement-without-reason", "error"),
        ({"acknowledgement-unused": "why"}, "acknowledgement-unknown", "warning"),
    ],
)
def test_acknowledgements_that_are_mistakes(acknowledge: dict[str, str], expected: str, severity: str) -> None:
    reviewed = review(_FOUND, acknowledge)
    assert [(one.id, one.severity) for one in reviewed.findings if one not in _FOUND] == [(expected, severity)]
    assert set(_FOUND) < set(reviewed.findings)


def test_a_misspelt_id_is_mended() -> None:
    (finding,) = review([], {"pickel": "why"}).findings
    assert "did you mean pickle?" in finding.what


def test_the_inspection_itself_sets_them_aside(inspect: Any) -> None:
    files = {"labels.pkl": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00]\x94(K\x01K\x02K\x03e."}
    assert [finding.id for finding in inspect(files)] == ["pickle"]
    assert inspect(files, acknowledged={"pickle": "read by our own loader"}) == []


def test_only_known_ids_are_found() -> None:
    assert all(finding.id in FINDINGS for finding in _FOUND)
