"""What git knows: the commit that a branch is compared with, and its files."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from slipway.errors import CommandError

_ENDS_OPTIONS = "--end-of-options"


@dataclass(frozen=True)
class Revisions:
    """The two states that are compared.

    Parameters
    ----------
    base_ref
        As the user named it.
    base
        The commit that is compared with, in full: where the branch left `base_ref`.
    base_is_behind
        Whether `base_ref` has commits since then; what they change is not in the comparison.
    head
        The commit that is checked out, in full.
    dirty
        Whether the working tree, which is what is compared, differs from that commit.
    has_common_commit
        Whether git knows where the branch left `base_ref`; else `base` is the newest commit there, and what went
        on there counts as this branch's.
    """

    base_ref: str
    base: str
    base_is_behind: bool
    head: str
    dirty: bool
    has_common_commit: bool = True


def revisions(root: Path, base_ref: str) -> Revisions:
    """Find the commits to compare.

    Parameters
    ----------
    root
        The checkout.
    base_ref
        A branch, tag or commit; a branch that only the remote `origin` has is found there.

    Raises
    ------
    CommandError
        It is no git checkout, or there is no such commit.
    """
    head = _commit(root, "HEAD")
    if head is None:
        raise CommandError(f"{root} is no git checkout with a commit: {_why(root)}")
    if _git(root, "rev-parse", "--verify", "--quiet", "HEAD:./").returncode:
        raise CommandError(
            f"{root} is no git checkout with a commit: its files are in no commit of the one around it"
        )
    tip = _commit(root, base_ref) or _commit(root, f"origin/{base_ref}")
    if tip is None:
        raise CommandError(
            f"--base: git knows no commit {base_ref!r}. Name a branch, a tag or a commit; in a shallow clone, "
            "fetch it first (git fetch origin BRANCH; actions/checkout: fetch-depth: 0)."
        )
    # Without a common commit, as in a shallow clone, the tip itself is the best there is.
    forked = _git(root, "merge-base", tip, head).stdout.strip()
    base = forked or tip
    status = _git(root, "status", "--porcelain", "--untracked-files=normal", ".")
    return Revisions(base_ref, base, base != tip, head, bool(status.stdout.strip()), bool(forked))


def write_files(root: Path, commit: str, folder: Path, index: Path) -> Path:
    """Write the files of a commit into a new folder, as a checkout of it has them.

    Unlike `git worktree add`, it leaves nothing behind in the repository, runs no hooks and needs no clean-up but
    of the folder.

    Parameters
    ----------
    root
        The checkout.
    commit
        Whose files.
    folder
        Where they go; it is made.
    index
        A file that git may use meanwhile, in the place of the checkout's own index.

    Returns
    -------
    Path
        Where the checkout's own files are: the folder, or one in it where the checkout is a part of a repository.

    Raises
    ------
    CommandError
        git refuses.
    """
    folder.mkdir(parents=True)
    done = _git(
        root,
        f"--work-tree={folder}",
        "read-tree",
        "--reset",
        "-u",
        commit,
        variables={"GIT_INDEX_FILE": str(index)},
    )
    if done.returncode:
        raise CommandError(f"git could not write the files of {commit[:12]}: {_last_line(done.stderr)}")
    own = folder / _git(root, "rev-parse", "--show-prefix").stdout.rstrip("\n")
    own.mkdir(parents=True, exist_ok=True)
    return own


def _commit(root: Path, ref: str) -> str | None:
    done = _git(root, "rev-parse", "--verify", "--quiet", _ENDS_OPTIONS, f"{ref}^{{commit}}")
    # What rev-parse prints of its own options stands before the commit.
    return done.stdout.split()[-1] if done.returncode == 0 and done.stdout.strip() else None


def _why(root: Path) -> str:
    return _last_line(_git(root, "log", "-1", "--format=%H").stderr) or "git gave no reason"


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else ""


def _git(root: Path, *arguments: str, variables: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    # A hook's or an alias's variables would lead git elsewhere.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment = {**inherited, **(variables or {}), "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise CommandError("git is not installed, and the base of the review comes from it.") from None


def share_state(state: Path, tree: Path) -> None:
    """Let the base find what is packed already, and keep what it packs: content names every record there.

    Parameters
    ----------
    state
        The generated files of this checkout.
    tree
        The files of the base.
    """
    state.mkdir(exist_ok=True)
    own = tree / state.name
    if not own.exists():
        own.symlink_to(state, target_is_directory=True)
