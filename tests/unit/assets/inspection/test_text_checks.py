import io
import pickle
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_KEY_ID = "AKIA" + "QWERTYUIOP234567"
_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYqwertyKEY1"


def _ids(findings: Any) -> list[str]:
    return [finding.id for finding in findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"key = '{_KEY_ID}'\n", "aws-access-key-id"),
        (f"ASIA{_KEY_ID[4:]}", "aws-access-key-id"),
        (f"aws_secret_access_key = {_SECRET}\n", "aws-secret-key"),
        (f'{{"SecretAccessKey": "{_SECRET}"}}', "aws-secret-key"),
        (f"AWS_KEY={_SECRET}", "aws-secret-key"),
    ],
)
@pytest.mark.parametrize("name", ["code/settings.ini", "labels.txt"])
def test_keys_are_found_and_never_shown(inspect: Any, name: str, text: str, expected: str) -> None:
    (finding,) = inspect({name: f"one\n{text}".encode()})
    assert (finding.id, finding.severity, finding.where) == (expected, "error", f"{name}, line 2")
    assert _KEY_ID[4:] not in finding.what
    assert _SECRET[4:] not in finding.what


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        f"x{_KEY_ID}",
        f"{_KEY_ID}9",
        "secret sha1: da39a3ee5e6b4b0d3255bfef95601890afd80709",
        f"digest: {_SECRET}",
        f"secret = {_SECRET}{_SECRET}",
    ],
)
def test_what_only_resembles_a_key(inspect: Any, text: str) -> None:
    assert inspect({"notes.txt": text.encode()}) == []


def test_vendored_packages_are_not_judged(inspect: Any) -> None:
    assert inspect({"code/lib/x.py": f"print {_KEY_ID}".encode(), "code/lib/x.pkl": pickle.dumps([1, 2, 3])}) == []


@pytest.mark.parametrize("source", [b"def f(:\n", b"\0", b"x = 1\n\0", b"return 1\n", b"\xff = 1\n", b"(" * 5000])
def test_what_is_no_python(inspect: Any, source: bytes) -> None:
    (finding,) = inspect({"code/helper.py": source})
    assert finding.id == "syntax-error"
    assert finding.where.startswith("code/helper.py")


def test_a_line_of_old_python_is_named(inspect: Any) -> None:
    (finding,) = inspect({"code/helper.py": b"x = 1\nprint 'x'\n"})
    assert finding.where == "code/helper.py, line 2"


def test_syntax_newer_than_the_container(inspect: Any) -> None:
    files = {"code/helper.py": b"match 1:\n    case _:\n        pass\n"}
    assert inspect(files) == []
    assert _ids(inspect(files, python=(3, 9))) == ["syntax-error"]


def test_syntax_that_the_running_python_cannot_judge(inspect: Any) -> None:
    newer = (sys.version_info[0], sys.version_info[1] + 1)
    files = {"code/helper.py": b"class Pair[T, ??]: ...\n"}
    (finding,) = inspect(files, python=newer)
    assert (finding.id, finding.severity) == ("syntax-undecided", "warning")
    (finding,) = inspect(files, python=sys.version_info[:2])
    assert (finding.id, finding.severity) == ("syntax-error", "error")
    (finding,) = inspect({"code/helper.py": b"print 'x'\n"}, python=newer)
    assert (finding.id, finding.severity) == ("syntax-error", "error")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_by_its_suffix_and_content(inspect: Any, protocol: int) -> None:
    content = pickle.dumps({"labels": ["cat", "dog"], "size": 3}, protocol=protocol)
    assert _ids(inspect({"labels.pkl": content})) == ["pickle"]
    assert _ids(inspect({"labels": content})) == (["pickle"] if protocol >= 2 else [])


def test_other_binary_files_are_no_pickles(inspect: Any) -> None:
    array = io.BytesIO()
    np.save(array, np.arange(3))
    files = {
        "a.npy": array.getvalue(),
        "b.pkl": b"PK\3\4",
        "c.bin": b"\x80\x02 and anything else",
        "d.pkl": b"",
        "e.pkl": b"not a pickle",
        "f": b"\x80",
    }
    assert inspect(files) == []


@settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.binary(max_size=300), st.sampled_from(["code/x.py", "x.pkl", "x.txt", "code/inference.py", "serving.json"])
)
def test_no_bytes_break_the_inspection(inspect: Any, content: bytes, name: str) -> None:
    assert isinstance(inspect({name: content}), list)


def test_a_flood_of_keys_is_cut_short(inspect: Any) -> None:
    found = inspect({"keys.txt": f"{_KEY_ID}\n".encode() * 20_000})
    assert len(found) == 100
    assert found[0].where.startswith("keys.txt, line ")


def test_a_file_beyond_the_limit_is_not_judged_by_its_beginning(inspect: Any) -> None:
    source = b"x = [\n" + b"    1,\n" * 700_000 + b"]\n"
    assert inspect({"code/table.py": source}) == []
    assert _ids(inspect({"code/table.py": source[: 1024**2 - 1]})) == ["syntax-error"]
