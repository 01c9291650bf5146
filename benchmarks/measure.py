"""Seconds and memory of one job, in a process of its own that begins with everything that is loaded.

The memory is what the job needs beyond that, at its highest; what a peer prints is dropped, so that the
answer of `tantu bench --json` stays one object.
"""

import os
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Measured:
    """Shortest seconds of several runs, what the job returned, and the memory it took at most."""

    seconds: float
    answer: Any
    memory_mb: float


def measured(work: Callable[[], Any], times: int = 1) -> Measured:
    """Return what a job took.

    Raises
    ------
    RuntimeError
        The job failed; its own error is on standard error.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(work, times, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        raise RuntimeError("the job of the benchmark failed; see standard error")
    seconds, answer, memory_mb = pickle.loads(told)  # noqa: S301 - from our own process
    return Measured(seconds, answer, memory_mb)


def peak_mb() -> float:
    """Return the most memory that this process has held so far."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _answer(work: Callable[[], Any], times: int, writer: int) -> None:
    """Do the job in the child, write what came of it, and end the process."""
    code = 1
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        before, seconds, answer = _resident_mb(), np.inf, None
        for _ in range(times):
            began = time.perf_counter()
            answer = work()
            seconds = min(seconds, time.perf_counter() - began)
        peak = getrusage(RUSAGE_SELF).ru_maxrss / 1024
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump((float(seconds), answer, max(peak - before, 0.0)), pipe, 5)
        code = 0
    finally:
        os._exit(code)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
