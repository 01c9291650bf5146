"""Nothing that a few people could be counted out of is published, not even by subtraction."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from maps.disclosure import withheld

TABLES = arrays(
    np.int64,
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    elements=st.sampled_from([0, 1, 3, 5, 7, 20, 90]),
)


def whole(counts):
    table = np.pad(counts, ((0, 1), (0, 1)))
    table[:-1, -1] = counts.sum(axis=1)
    table[-1, :] = table[:-1, :].sum(axis=0)
    return table


def follows(table, mask):
    """Cells that the published ones determine: those no solution of the sums can change."""
    rows, columns = table.shape
    cells = list(zip(*np.nonzero(mask), strict=True))
    signs = np.zeros((rows + columns, len(cells)))
    for number, (row, column) in enumerate(cells):
        signs[row, number] = 1 if column < columns - 1 else -1
        signs[rows + column, number] = 1 if row < rows - 1 else -1
    if not cells:
        return []
    _, sizes, basis = np.linalg.svd(signs)
    null = basis[np.sum(sizes > 1e-9) :]
    return [cell for number, cell in enumerate(cells) if not np.any(np.abs(null[:, number]) > 1e-9)]


def test_a_table_of_large_numbers_and_zeros_is_published_whole():
    assert not withheld(np.array([[5, 0], [7, 90]])).any()


def test_one_small_number_takes_three_others_with_it():
    # 3 alone would follow from its row and from its column.
    mask = withheld(np.array([[3, 20], [20, 90]]))
    assert mask.tolist() == [[True, True, False], [True, True, False], [False, False, False]]


def test_totals_published_above_are_never_withheld_below():
    hidden = np.array([False, False, False])
    mask = withheld(np.array([[3, 20], [20, 90]]), hidden_totals=hidden)
    assert not mask[-1].any()


@given(TABLES)
def test_no_small_number_is_published(counts):
    table, mask = whole(counts), withheld(counts)
    assert not ((table > 0) & (table < 5) & ~mask).any()


@given(TABLES)
def test_no_withheld_number_follows_from_the_published_ones(counts):
    assert follows(whole(counts), withheld(counts)) == []
