"""What is so of processes that may end while they are asked; one that has ended has nothing."""

from __future__ import annotations

from typing import Any

import psutil


def lives(process: psutil.Process) -> bool:
    """Whether it has not ended; one that nobody has reaped yet has."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def name_of(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def listening(process: psutil.Process, kind: str = "inet") -> list[Any]:
    """Return the addresses where it listens, each with `ip` and `port`."""
    try:
        connections = process.net_connections(kind)
    except psutil.NoSuchProcess:
        return []
    return [connection.laddr for connection in connections if connection.status == psutil.CONN_LISTEN]
