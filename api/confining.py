"""Runs a parser of somebody else's bytes in a process that can neither eat the machine nor outlive us.

The limits are those of an upload: 1 GB of memory beyond what the program itself takes, 60 seconds of CPU, a
folder of its own that is gone afterwards, and no network where the kernel lets an ordinary user give it up.
What may be questioned: the answer comes back pickled, so the parent trusts the child's Python, and not the
bytes that it was given.
"""

import ctypes
import multiprocessing
import os
import pickle
import resource
import signal
import tempfile
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from gis.errors import FileFormatError, TantuError

MEMORY_BYTES = 1_000_000_000
CPU_S = 60
WALL_S = 300.0
PR_SET_PDEATHSIG = 1
CLONE_NEWUSER, CLONE_NEWNET = 0x1000_0000, 0x4000_0000
PAGE = resource.getpagesize()

Made = TypeVar("Made")


def confined(
    make: Callable[[Path], Made], name: str, *, memory_bytes: int = MEMORY_BYTES, cpu_s: int = CPU_S
) -> Made:
    """Return what `make(folder)` returns in a limited process of its own.

    Parameters
    ----------
    make
        Is given an empty folder that is deleted afterwards; returns something that can be pickled.
    name
        What messages call the file.

    Raises
    ------
    FileFormatError
        The process died, or passed a limit.
    TantuError
        Whatever `make` refuses.
    """
    fork = multiprocessing.get_context("fork")
    receiving, sending = fork.Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="tantu-parse-") as folder:
        child = fork.Process(target=_run, args=(make, Path(folder), sending, (memory_bytes, cpu_s)))
        child.start()
        sending.close()
        answer = b""
        with suppress(EOFError):
            answer = receiving.recv_bytes() if receiving.poll(WALL_S) else b""
        child.kill()  # it has answered, died or slept too long
        child.join()
        code = child.exitcode
        child.close()
    if not answer:
        why = f"could not be read within {memory_bytes // 10**6:,} MB and {cpu_s} s of CPU (ended by {code})"
        raise FileFormatError(name, why, "split the file, or save it again from the program it came from")
    refusal, made = pickle.loads(answer)  # noqa: S301  our own child wrote it
    if refusal is not None:
        raise _refusal(*refusal)
    found: Made = made
    return found


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent dies, on Linux."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _run(make: Callable[[Path], Any], folder: Path, sending: Connection, limits: tuple[int, int]) -> None:
    die_with_parent()
    memory_bytes, cpu_s = limits
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * PAGE
    resource.setrlimit(resource.RLIMIT_AS, (taken + memory_bytes, taken + memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _leave_network()
    os.chdir(folder)
    tempfile.tempdir = str(folder)
    try:
        answer: tuple[tuple[type[TantuError], str] | None, Any] = (None, make(folder))
    except TantuError as refusal:
        answer = ((type(refusal), str(refusal)), None)
    except MemoryError:
        return  # said by an answer that does not come
    sending.send_bytes(pickle.dumps(answer))
    sending.close()


def _refusal(kind: type[TantuError], message: str) -> TantuError:
    # An error that writes its own message cannot be made from it again.
    refusal = kind.__new__(kind)
    Exception.__init__(refusal, message)
    return refusal


def _leave_network() -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER | CLONE_NEWNET)
