from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_FILE = "code/requirements.txt"


def _ids(findings: Any) -> list[str]:
    return [finding.id for finding in findings]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n\n",
        "\ufeffeinops==0.8.1\n",
        "einops==0.8.1  # why\ntorchvision===0.25.0\n",
        "einops[extra]==0.8.1 ; python_version < '3.14'\n",
        "einops==0.8.1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n",
        "--require-hashes\n--only-binary :all:\n--no-index\n--find-links wheels\neinops==0.8.1\n",
        "./wheels/mine-1.0-py3-none-any.whl\n",
        "-r more.txt\n--requirement=more.txt\n-c limits.txt\neinops==0.8.1\n",
    ],
)
def test_requirements_that_the_container_can_install(inspect: Any, text: str) -> None:
    files = {
        _FILE: text.encode(),
        "code/wheels/mine-1.0-py3-none-any.whl": b"PK\3\4",
        "code/more.txt": b"orjson==3.13.0\n-r requirements.txt\n",
        "code/limits.txt": b"numpy<3\n",
    }
    assert inspect(files) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("einops", "requirements-unpinned"),
        ("einops>=0.8", "requirements-unpinned"),
        ("einops==0.8.*", "requirements-unpinned"),
        ("einops = 0.8.1", "requirements-unreadable"),
        ("!!", "requirements-unreadable"),
        ("--no-such-option", "requirements-unreadable"),
        ("--target /tmp", "requirements-unreadable"),
        ("einops @ https://example.com/einops-0.8.1.tar.gz", "requirements-outside"),
        ("git+https://example.com/einops.git@main#egg=einops", "requirements-outside"),
        ("https://example.com/einops-0.8.1-py3-none-any.whl", "requirements-outside"),
        ("../einops", "requirements-outside"),
        ("/opt/wheels/einops.whl", "requirements-outside"),
        ("./wheels/missing-1.0-py3-none-any.whl", "requirements-outside"),
        ("-e .hidden", "requirements-outside"),
        ("--editable=git+https://example.com/einops.git", "requirements-outside"),
        ("-r other.txt", "requirements-outside"),
        ("-rother.txt", "requirements-outside"),
        ("-c https://example.com/limits.txt", "requirements-outside"),
        ("--find-links https://example.com/wheels", "requirements-outside"),
        ("--index-url https://example.com/simple", "requirements-index"),
        ("--extra-index-url=https://example.com/simple", "requirements-index"),
    ],
)
def test_each_broken_line_is_found(inspect: Any, line: str, expected: str) -> None:
    (finding,) = inspect({_FILE: f"# one\norjson==3.13.0\n{line}\n".encode()})
    assert finding.id == expected
    assert finding.where == f"{_FILE}, line 3"


def test_lines_are_counted_through_continued_ones(inspect: Any) -> None:
    (finding,) = inspect({_FILE: b"orjson==3.13.0 \\\n  --hash=sha256:00\r\neinops\n"})
    assert finding.where == f"{_FILE}, line 3"


def test_an_included_file_is_judged_too(inspect: Any) -> None:
    (finding,) = inspect({_FILE: b"-r lists/more.txt\n", "code/lists/more.txt": b"# one\neinops\n"})
    assert (finding.id, finding.where) == ("requirements-unpinned", "code/lists/more.txt, line 2")


def test_a_password_in_a_url_is_not_shown(inspect: Any) -> None:
    for line in ("--index-url https://me:s3cret@example.com/", "x @ https://me:s3cret@example.com/x.whl"):
        (finding,) = inspect({_FILE: line.encode()})
        assert "s3cret" not in f"{finding.where}{finding.what}{finding.mend}"


def test_network_isolation(inspect: Any) -> None:
    files = {_FILE: b"einops==0.8.1\n"}
    assert inspect(files, network_isolation=False) == []
    assert _ids(inspect(files, network_isolation=True)) == ["requirements-isolated"]
    assert inspect({_FILE: b"# nothing\n"}, network_isolation=True) == []
    assert inspect({}, network_isolation=True) == []


def test_a_binary_file(inspect: Any) -> None:
    assert _ids(inspect({_FILE: b"\0\1"})) == ["requirements-unreadable"]


@settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(codec="utf-8")) | st.text("-rce =\\\n.#/@[]<>!;"))
def test_no_text_breaks_the_inspection(inspect: Any, text: str) -> None:
    assert all(one.where.startswith(_FILE) for one in inspect({_FILE: text.encode()}))


def test_a_flood_of_mistakes_is_cut_short(inspect: Any) -> None:
    assert len(inspect({_FILE: b"einops\n" * 5000})) == 100
