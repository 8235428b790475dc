"""The commit that is compared with, and its files."""

import os
import subprocess
from pathlib import Path

import pytest

from slipway.errors import CommandError
from slipway.review.git import revisions, write_files


def git(folder: Path, *arguments: str) -> str:
    names = {f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    variables = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=variables, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, name: str, content: str) -> str:
    (folder / name).write_text(content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", name)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "a", "base")
    return folder


def test_the_base_is_where_the_branch_left_it(repository: Path) -> None:
    forked = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "-b", "feature")
    head = commit(repository, "b", "feature")
    git(repository, "checkout", "--quiet", "main")
    commit(repository, "c", "later")
    git(repository, "checkout", "--quiet", "feature")
    found = revisions(repository, "main")
    assert (found.base, found.base_is_behind, found.head, found.dirty) == (forked, True, head, False)
    (repository / "b").write_text("edited")
    assert revisions(repository, "main").dirty


def test_a_branch_that_only_the_remote_has_is_found(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    git(clone, "checkout", "--quiet", "-b", "feature")
    git(clone, "branch", "--quiet", "--delete", "main")
    assert revisions(clone, "main").base == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize("ref", ["nothing", "--help", "", "main..feature", "@{upstream}"])
def test_an_unknown_base_is_refused(repository: Path, ref: str) -> None:
    with pytest.raises(CommandError, match="git knows no commit"):
        revisions(repository, ref)


def test_a_base_without_a_common_commit_is_compared_as_it_is_and_said(repository: Path) -> None:
    tip = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "--orphan", "other")
    commit(repository, "b", "another beginning")
    found = revisions(repository, "main")
    assert (found.base, found.base_is_behind, found.has_common_commit) == (tip, False, False)
    assert revisions(repository, "other").has_common_commit


def test_a_checkout_that_is_a_folder_of_a_repository_is_compared_with_that_folder(
    repository: Path, tmp_path: Path
) -> None:
    before = commit(repository, "c", "before there was a folder")
    folder = repository / "one" / "ünd two"
    folder.mkdir(parents=True)
    first = commit(folder, "a", "in the folder")
    commit(folder, "a", "changed")
    assert revisions(folder, first).base == first
    written = write_files(folder, first, tmp_path / "new" / "tree", tmp_path / "index")
    assert [path.name for path in written.iterdir()] == ["a"]
    assert (written / "a").read_text() == "in the folder"
    none = write_files(folder, before, tmp_path / "new" / "other", tmp_path / "index-of-another")
    assert list(none.iterdir()) == []


def test_a_folder_whose_files_are_in_no_commit_is_refused(repository: Path) -> None:
    folder = repository / "unpacked"
    folder.mkdir()
    (folder / "a").touch()
    with pytest.raises(CommandError, match="its files are in no commit"):
        revisions(folder, "main")


def test_what_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no git checkout"):
        revisions(tmp_path, "main")


def test_the_files_of_a_commit_are_written_and_the_repository_stays_as_it_is(
    repository: Path, tmp_path: Path
) -> None:
    commit(repository, ".gitattributes", "kept export-ignore\n*.crlf text eol=crlf\n")
    (repository / "kept").write_text("kept")
    first = commit(repository, "x.crlf", "one\ntwo\n")
    commit(repository, "a", "changed")
    (repository / "a").write_text("edited")
    before = git(repository, "status", "--porcelain")
    tree = tmp_path / "scratch" / "tree"
    write_files(repository, first, tree, tmp_path / "index")
    assert (tree / "a").read_text() == "base"
    assert (tree / "kept").read_text() == "kept"
    assert (tree / "x.crlf").read_bytes() == b"one\r\ntwo\r\n"
    assert git(repository, "status", "--porcelain") == before
    assert git(repository, "worktree", "list").count("\n") == 0


def test_git_says_why_it_cannot_write(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="git could not write the files"):
        write_files(repository, "0" * 40, tmp_path / "tree", tmp_path / "index")
