"""Which numbers of a public table stay unsaid, so that no few people can be counted out of it.

A number from 1 to 4 is withheld (k = 5), and then enough others that no withheld one follows from the
totals. In a table with totals the withheld cells are edges between rows and columns; a value follows
exactly where its edge is a bridge, so cells are added until there is none (Gusfield 1988, "A graph
theoretic approach to statistical data security").
"""

import numpy as np
from numpy.typing import NDArray

K = 5


def withheld(
    counts: NDArray[np.int64], *, hidden_totals: NDArray[np.bool_] | None = None, k: int = K
) -> NDArray[np.bool_]:
    """Return which cells of a table and of its totals to withhold.

    Parameters
    ----------
    counts
        Rows by columns, without totals, 0 or more.
    hidden_totals
        Which totals of the columns, and last the grand total, are withheld already in the table
        above; the others are published there and cannot be withheld here. Length columns + 1.

    Returns
    -------
    ndarray of bool
        Shape (rows + 1, columns + 1): the last column holds the totals of the rows, the last row
        those of the columns.
    """
    table = np.pad(counts, ((0, 1), (0, 1)))
    table[:-1, -1] = counts.sum(axis=1)
    table[-1, :] = table[:-1, :].sum(axis=0)
    mask = (table > 0) & (table < k)
    free = np.ones_like(mask)
    if hidden_totals is not None:
        mask[-1, :] = hidden_totals
        free[-1, :] = False
    while (bridge := _bridge(mask)) is not None:
        added = _partner(table, mask, free, bridge)
        if added is None:
            break
        mask[added] = True
    return mask


def _bridge(mask: NDArray[np.bool_]) -> tuple[int, int] | None:
    """Return a withheld cell whose value follows from the others, or None."""
    edges = list(zip(*np.nonzero(mask), strict=True))
    for skipped, (row, column) in enumerate(edges):
        if not _joined(edges, skipped, len(mask)):
            return int(row), int(column)
    return None


def _joined(edges: list[tuple[int, int]], skipped: int, rows: int) -> bool:
    """Tell whether the two ends of an edge are joined by other edges."""
    row, column = edges[skipped]
    reached, found = {row}, True
    while found:
        found = False
        for number, (first, second) in enumerate(edges):
            ends = (first, rows + second)
            if number != skipped and (ends[0] in reached) != (ends[1] in reached):
                reached.update(ends)
                found = True
    return rows + column in reached


def _partner(
    table: NDArray[np.int64], mask: NDArray[np.bool_], free: NDArray[np.bool_], bridge: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the smallest cell of the bridge's row or column that can be withheld too, zeros last."""
    row, column = bridge
    cells = [(row, other) for other in range(table.shape[1])] + [
        (other, column) for other in range(len(table))
    ]
    open_cells = [cell for cell in cells if not mask[cell] and free[cell]]
    if not open_cells:
        open_cells = [(int(r), int(c)) for r, c in zip(*np.nonzero(~mask & free), strict=True)]
    return min(open_cells, key=lambda cell: (table[cell] == 0, table[cell], cell), default=None)
