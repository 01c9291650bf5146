"""Figures of coverage that may be published: no few people can be counted out of them.

A number from 1 to 4 of people, of people reached or of people missed is withheld (k = 5), and then enough
others that none follows by subtraction: among the regions of one parent whose total is published, never a
single one is withheld; and where a parent is withheld, one below it is. Each withheld figure then stands in
a sum with another that is withheld, down to regions without any below, so that no equation has one unknown.
People are withheld alike for every service, since the same table is printed for each.
"""

import pandas as pd

K = 5
PUBLIC_LEVELS = ("county", "township")  # a village has few people


def public_reach(reach: pd.DataFrame, regions: pd.DataFrame, *, k: int = K) -> pd.DataFrame:
    """Return coverage by region with what must not be published taken out.

    Parameters
    ----------
    reach
        Columns `code`, `people`, `reached`, and `service` where there are several; a row a region. All
        services must be about the same people.
    regions
        `code` and `parent_code` of the regions that are published, at every level; others are dropped.

    Returns
    -------
    DataFrame
        The rows of published regions with `people` and `reached` as `Int64`, missing where withheld.
    """
    parent = regions.drop_duplicates("code").set_index("code")["parent_code"]
    kept = reach[reach["code"].isin(parent.index)].reset_index(drop=True)
    services = kept["service"] if "service" in kept else pd.Series("", index=kept.index)
    people = kept.drop_duplicates("code").set_index("code")["people"]
    no_people = _protected(people, _few(people, k), parent)
    told = kept.astype({"people": "Int64", "reached": "Int64"})
    for _, rows in kept.groupby(services):
        reached = rows.set_index("code")["reached"]
        missed = people.reindex(reached.index) - reached
        few = _few(reached, k) | _few(missed, k) | no_people.reindex(reached.index)
        hidden = _protected(reached, few, parent)
        told.loc[rows.index[hidden.to_numpy(bool)], "reached"] = pd.NA
    told.loc[told["code"].map(no_people).to_numpy(bool), "people"] = pd.NA
    return told


def _few(numbers: "pd.Series[int]", k: int) -> "pd.Series[bool]":
    return (numbers > 0) & (numbers < k)


def _protected(
    numbers: "pd.Series[int]", withheld: "pd.Series[bool]", parent: "pd.Series[str]"
) -> "pd.Series[bool]":
    """Return what is withheld so that no withheld number follows from the others of its parent."""
    hidden = withheld.copy()
    above = parent.reindex(hidden.index)
    depth = _depths(above)
    for level in sorted(depth.unique()):
        here = depth.index[depth == level]
        for code, group in above[here].groupby(above[here], dropna=False):
            children = group.index
            known_above = code in hidden.index and not hidden[code]
            top = code not in hidden.index  # the total of the uppermost level is always published
            count = int(hidden[children].sum())
            lacks = (count == 1) if known_above or top else (count == 0)
            rest = children[~hidden[children].to_numpy(bool)]
            if lacks and len(rest):
                # The smallest with people; an empty region would give its number away.
                hidden[min(rest, key=lambda one: (numbers[one] == 0, numbers[one], one))] = True
    return hidden


def _depths(above: "pd.Series[str]") -> "pd.Series[int]":
    """Return how many regions lie above each, among those of the index."""
    depth = pd.Series(0, index=above.index)
    up = above.copy()
    while up.isin(above.index).any():
        inside = up.isin(above.index)
        depth += inside.astype(int)
        up = up.where(inside).map(above)
    return depth
