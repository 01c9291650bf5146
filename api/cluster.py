"""Parts of a province on Dask: on the cores of this machine, or on a cluster by its scheduler's address.

`gis.partition` says what a part is and why its answers are those of the whole. Here parts are handed out as
they are cut and answers come back as they are ready; nobody but the caller holds the whole.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from gis import partition
from gis.errors import SetupError
from gis.partition import Part, PartAnswer, Question, Whole

try:
    from distributed import Client, LocalCluster, as_completed

    THERE = True
except ImportError:  # the extra `dask` is not installed
    THERE = False


@contextmanager
def cluster(address: str | None = None, *, workers: int = 2, processes: bool = True) -> Iterator[Any]:
    """Give a client of a cluster: of the one at an address, or of one made of this machine's cores.

    Raises
    ------
    SetupError
        The extra `dask` is not installed.
    """
    if not THERE:
        raise SetupError("Parts on several cores need Dask; install it with: pip install 'tantu[dask]'")
    if address is not None:
        with Client(address) as client:  # type: ignore[no-untyped-call]  # Dask ships no types
            yield client
        return
    local = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers, threads_per_worker=1, processes=processes, dashboard_address=None, silence_logs=50
    )
    with local, Client(local) as client:  # type: ignore[no-untyped-call]
        yield client


def solve(
    client: Any,  # noqa: ANN401 - Dask ships no types of its clients
    whole: Whole,
    question: Question,
    *,
    halo_m: float,
    with_pairs: bool = False,
    advance: Callable[[float], None] = lambda _share: None,
) -> list[PartAnswer]:
    """Return answers about all homes; of several about a home the last is certain and counts.

    Parameters
    ----------
    halo_m
        Width of the first halo.
    with_pairs
        Also all pairs within the limit.
    advance
        Called with the share of homes that are certain.
    """
    answers: list[PartAnswer] = []
    certain = np.zeros(len(whole.homes), bool)
    while not certain.all():
        cut = partition.parts(whole, mode=question.mode, halo_m=halo_m, asked=~certain)
        answers += _asked(client, cut, question, with_pairs=with_pairs)
        certain = partition.together(answers, len(whole.homes))[2]
        advance(float(certain.mean()))
        halo_m = partition.wider(whole.roads, halo_m)
    return answers


def _asked(client: Any, cut: Iterator[Part], question: Question, *, with_pairs: bool) -> list[PartAnswer]:  # noqa: ANN401
    """Hand out parts and return their answers in the order of the parts."""
    futures = []
    for part in cut:
        (sent,) = client.scatter([part], hash=False)
        futures.append(client.submit(partition.answer, sent, question, with_pairs=with_pairs, pure=False))
    place = {future.key: number for number, future in enumerate(futures)}
    found: dict[int, PartAnswer] = {}
    for future, result in as_completed(futures, with_results=True):  # type: ignore[no-untyped-call]
        found[place[future.key]] = result
        future.release()
    return [found[number] for number in range(len(futures))]
