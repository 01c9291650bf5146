"""Keeps a worker running beside a service, so that a laptop needs one command.

It is a process and not a thread: a plan computed in the process of the pages would make them wait. When it
dies it is started again; when the service dies, however hard, it stops by itself (`--parent`).
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AGAIN_S = 1.0


@contextmanager
def worker_beside(*, wanted: bool) -> Iterator[None]:
    """Run `tantu worker` while the block runs."""
    if not wanted:
        yield
        return
    stopping = threading.Event()
    command = [sys.executable, "-m", "api.cli", "worker", "--parent", str(os.getpid())]
    running: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        while not stopping.is_set():
            worker = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603  our own
            running[:] = [worker]
            if stopping.is_set():
                worker.terminate()
            worker.wait()
            stopping.wait(AGAIN_S)

    keeper = threading.Thread(target=keep, name="worker", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        for worker in running:
            worker.terminate()
        keeper.join(timeout=10)
