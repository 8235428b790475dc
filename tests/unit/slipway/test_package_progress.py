"""What is seen of packaging: bars on a terminal, lines elsewhere; and how it is stopped."""

import io
import sys
import time

import pytest

from assets.progress import Progress, as_progress
from slipway.package_progress import package_progress

GIB = 2**30


class _Clock:
    """A clock that a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def test_lines_tell_how_far_a_long_step_is_and_how_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    lines: list[str] = []
    with Progress(lines.append).moving("packing m", 4 * GIB) as moved:
        for _ in range(8):
            clock.now += 0.75
            moved(GIB // 2)
    assert lines == [
        "packing m: 1.5 of 4.0 GiB, 716 MB/s",
        "packing m: 3.0 of 4.0 GiB, 716 MB/s",
    ]


def test_a_short_step_says_nothing_however_slow_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    lines: list[str] = []
    with Progress(lines.append).moving("packing m", 1000) as moved:
        clock.now += 100
        moved(1000)
    assert lines == []


def test_waiting_is_said_once() -> None:
    lines: list[str] = []
    wait = as_progress(lines.append).waiting("waiting for another one")
    wait()
    wait()
    assert lines == ["waiting for another one"]


def test_without_a_listener_nothing_is_said() -> None:
    progress = as_progress(None)
    progress("step")
    assert as_progress(progress) is progress


def test_what_was_stopped_ends_at_the_next_part() -> None:
    with package_progress() as progress:
        progress.check()
        with progress.moving("packing m", 10) as moved:
            moved(1)
            progress.stop()
            with pytest.raises(KeyboardInterrupt):
                moved(1)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_with_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with package_progress() as progress:
        progress("packing [m]")
        with progress.moving("packing [m]", 4 * GIB) as moved:
            moved(GIB)
            moved(GIB)
            assert progress._bars is not None
            progress._bars.refresh()
            progress.stop()
            with pytest.raises(KeyboardInterrupt):
                moved(1)
    shown = terminal.getvalue()
    assert "packing [m]" in shown
    assert "2.1/4.3 GB" in shown
    assert "B/s" in shown
