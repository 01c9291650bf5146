"""Published coverage gives no number of few people away, not even by subtraction."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.publishing import K, public_reach

TREE = pd.DataFrame(
    [("A", None), ("B", None), ("C", None)] + [(f"{up}{n}", up) for up in "ABC" for n in range(3)],
    columns=["code", "parent_code"],
)


def reach(below, service=None):
    """Return coverage of the tree from (people, reached) of its nine lowest regions."""
    rows = dict(zip(TREE["code"][3:], below, strict=True))
    for up in "ABC":
        rows[up] = tuple(sum(rows[f"{up}{n}"][k] for n in range(3)) for k in (0, 1))
    table = pd.DataFrame(
        [(code, *rows[code]) for code in TREE["code"]], columns=["code", "people", "reached"]
    )
    return table if service is None else table.assign(service=service)


def determined(values, parents):
    """Return which withheld numbers follow from the published ones and the sums: by linear algebra."""
    codes = list(values.index)
    equations, known = [], []
    for up in [None, *sorted(set(parents.dropna()))]:
        row, total = np.zeros(len(codes)), 0.0
        children = [code for code in codes if (parents[code] == up if up else pd.isna(parents[code]))]
        for code in children:
            row[codes.index(code)] = 1
        if up is not None:
            row[codes.index(up)] = -1
        equations.append(row)
        known.append(total)
    hidden = [k for k, code in enumerate(codes) if pd.isna(values[code])]
    matrix = np.array(equations)[:, hidden]
    rank = np.linalg.matrix_rank(matrix) if hidden else 0
    found = []
    for k, column in enumerate(hidden):
        unit = np.zeros((1, len(hidden)))
        unit[0, k] = 1
        if np.linalg.matrix_rank(np.vstack([matrix, unit])) == rank:
            found.append(codes[column])
    return found


def test_a_number_of_few_is_withheld_with_a_second_one_beside_it():
    below = [(100, 97), (50, 40), (60, 30)] + [(100, 50)] * 6
    told = public_reach(reach(below), TREE).set_index("code")
    assert told["reached"][["A0", "A1", "A2"]].isna().tolist() == [
        True,
        False,
        True,
    ]  # 3 missed; then the least
    assert told["people"].notna().all()
    assert told["reached"][["A", "B", "C"]].tolist() == [167, 150, 150]


def test_where_nothing_is_small_everything_is_shown():
    told = public_reach(reach([(100, 50)] * 9), TREE)
    assert told["reached"].notna().all()
    assert len(told) == 12


def test_people_are_withheld_alike_for_every_service():
    below = [(3, 3), (50, 40), (60, 30)] + [(100, 50)] * 6
    other = [(3, 0), (50, 10), (60, 20)] + [(100, 100)] * 6
    told = public_reach(pd.concat([reach(below, "care"), reach(other, "medical")]), TREE)
    masks = told.groupby("service")["people"].apply(lambda people: people.isna().tolist())
    assert masks["care"] == masks["medical"]
    assert sum(masks["care"]) == 2


def test_regions_that_are_not_published_are_dropped():
    told = public_reach(reach([(100, 50)] * 9), TREE[TREE["code"].isin(["A", "B", "C"])])
    assert told["code"].tolist() == ["A", "B", "C"]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda p: (max(p), min(p))),
        min_size=9,
        max_size=9,
    )
)
def test_no_withheld_number_follows_from_the_published_ones(below):
    table = reach(below)
    told = public_reach(table, TREE).set_index("code")
    parents = TREE.set_index("code")["parent_code"]
    true = table.set_index("code")
    for column in ("people", "reached"):
        shown = told[column]
        small = (true[column] > 0) & (true[column] < K)
        assert shown[small].isna().all()
        assert determined(shown.astype(object).where(shown.notna(), None), parents) == []
    missed = true["people"] - true["reached"]
    few = (missed > 0) & (missed < K)
    assert (told["reached"][few].isna() | told["people"][few].isna()).all()
