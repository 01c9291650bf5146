"""What a scheme costs: the middle of each item's price range, with the range kept beside it.

The programme holds a home's cost against the yearly budget as a *reserve*: the estimate rounded up to
a whole step (500 yuan, `reserve_step_yuan` of the city). Prices are ranges of about 40 % either way, so an
estimate to the yuan would pretend, and the rest of the step covers small overruns. It also lets the
programme be solved to the proved optimum in seconds, since homes become alike.
"""

import numpy as np
from pandas import DataFrame

from gis.catalogue import codelist
from gis.errors import DomainError


def item_costs(items: DataFrame) -> DataFrame:
    """Return the items of schemes with `unit`, `low_yuan`, `cost_yuan` and `high_yuan` beside them.

    Parameters
    ----------
    items
        Columns `item` and `quantity`.

    Raises
    ------
    CodeError
        An item is not in the catalogue.
    """
    catalogue = codelist("renovation_item")
    known = {item: catalogue[item].facts for item in items["item"].unique()}
    low = items["item"].map({item: float(facts["price_yuan"][0]) for item, facts in known.items()})
    high = items["item"].map({item: float(facts["price_yuan"][1]) for item, facts in known.items()})
    return items.assign(
        unit=items["item"].map({item: facts["unit"] for item, facts in known.items()}),
        low_yuan=low.astype(float) * items["quantity"],
        cost_yuan=(low + high).astype(float) / 2 * items["quantity"],
        high_yuan=high.astype(float) * items["quantity"],
    )


def home_costs(items: DataFrame, homes: DataFrame, *, step_yuan: float) -> DataFrame:
    """Return what each home costs.

    Parameters
    ----------
    items
        What `item_costs` returns.
    homes
        Index `household_uid`.
    step_yuan
        The reserve is the estimate rounded up to a multiple of this.

    Returns
    -------
    pandas.DataFrame
        Index of `homes`: `low_yuan`, `cost_yuan`, `high_yuan`, `reserve_yuan`, `works` (number of items that
        are works and no devices or services).

    Raises
    ------
    DomainError
        The step is not above zero.
    """
    if step_yuan <= 0:
        raise DomainError(f"reserve_step_yuan is {step_yuan}; it must be above zero.")
    catalogue = codelist("renovation_item").codes
    devices = {item for item, code in catalogue.items() if code.facts["location"] in {"device", "service"}}
    sums = (
        items.assign(works=~items["item"].isin(devices))
        .groupby("household_uid")[["low_yuan", "cost_yuan", "high_yuan", "works"]]
        .sum()
    )
    costs = sums.reindex(homes.index, fill_value=0)
    reserve = np.ceil(costs["cost_yuan"].to_numpy(dtype=float) / step_yuan - 1e-9) * step_yuan
    return costs.assign(reserve_yuan=reserve, works=costs["works"].astype("int64"))
