"""What one can ask of the register of assets: who has what the plan asks, bays short, findings by area.

Apart from `audits.service`, which knows inspections: a register is told by owners, and an inspection
overrules it.
"""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from audits import equipment, rules, standards, store
from audits.grades import latest_verdicts
from audits.service import open_findings, verdicts, visit_days
from gis.catalogue import codelist


def equipped(session: Session, *, on: date) -> pd.DataFrame:
    """Return of every registered asset whether it has what the plan asks (see `audits.equipment.states`)."""
    assets = store.assets(session)
    found = latest_verdicts(verdicts(session, "assets", on=on), visit_days(session, "assets"))
    kinds = {code: known.facts for code, known in codelist("asset_kind").codes.items()}
    return equipment.states(pd.DataFrame(assets), found, kinds)


def car_parks(session: Session, *, on: date) -> pd.DataFrame:
    """Return how many accessible bays each registered car park lacks by the rules of a day."""
    assets = pd.DataFrame(store.assets(session))
    counts = equipment.bay_readings(assets)
    facts = assets.assign(place_layer="assets", place_uid=assets["uid"])[
        ["place_layer", "place_uid", "built_on"]
    ]
    return equipment.bays_short(assets, rules.judge(counts, standards.load(), on=on, places=facts))


def renewal_areas(session: Session) -> pd.DataFrame:
    """Return the open findings of each renewal area, to be mended with its works."""
    return equipment.bundles(store.assets(session), open_findings(session))
