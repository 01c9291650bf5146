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
    while (found := _bridge(mask)) is not None:
        added = _partner(table, ~mask & free, *found)
        if added is None:
            break
        mask[added] = True
    return mask


def _bridge(mask: NDArray[np.bool_]) -> tuple[tuple[int, int], set[int], set[int]] | None:
    """Return a withheld cell that follows from the others, and what is joined to its row and its column.

    Nodes are the rows, then the columns; None where no withheld cell follows from the others.
    """
    rows = len(mask)
    edges = [(int(row), rows + int(column)) for row, column in zip(*np.nonzero(mask), strict=True)]
    for skipped, (row, column) in enumerate(edges):
        others = edges[:skipped] + edges[skipped + 1 :]
        near = _joined(others, row)
        if column not in near:
            return (row, column - rows), near, _joined(others, column)
    return None


def _joined(edges: list[tuple[int, int]], start: int) -> set[int]:
    """Return the nodes that edges join to a node, itself included."""
    reached, grown = {start}, True
    while grown:
        grown = False
        for ends in edges:
            if (ends[0] in reached) != (ends[1] in reached):
                reached.update(ends)
                grown = True
    return reached


def _partner(
    table: NDArray[np.int64],
    open_cells: NDArray[np.bool_],
    bridge: tuple[int, int],
    near: set[int],
    far: set[int],
) -> tuple[int, int] | None:
    """Return the cell to withhold beside a bridge, the smallest that is not 0 where there is a choice.

    Best is one that closes a circle through the bridge at once; else one of its row or column; else any.
    """
    rows = len(table)
    cells = [(int(row), int(column)) for row, column in zip(*np.nonzero(open_cells), strict=True)]
    closing = [
        (row, column)
        for row, column in cells
        if (row in near and rows + column in far) or (row in far and rows + column in near)
    ]
    beside = [cell for cell in cells if cell[0] == bridge[0] or cell[1] == bridge[1]]
    return min(
        closing or beside or cells, key=lambda cell: (table[cell] == 0, table[cell], cell), default=None
    )
