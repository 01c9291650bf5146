"""The layers that can be imported and exported: each with its specification, its table and its writer.

`gis` runs any specification and knows only its own five; here the packages to the right are handed over.
"""

from collections.abc import Callable
from dataclasses import dataclass

from geopandas import GeoDataFrame
from sqlalchemy.orm import Session

from audits.assets import ASSETS
from audits.layer import AUDITS
from audits.service import write_audits
from audits.store import BATCH_TABLES as AUDIT_TABLES
from audits.tables import Asset
from gis.errors import NotFoundError
from gis.schema import LAYERS
from gis.specs import LayerSpec
from gis.store import LAYER_TABLES, ApplyCounts, apply_rows
from gis.tables import Base
from planner.home_visits import HOME_VISITS
from planner.people import PEOPLE
from planner.register_service import write_home_visits
from planner.register_tables import HomeVisit
from planner.secrecy import Cipher
from planner.service import write_people
from planner.tables import Person

Writer = Callable[[Session, GeoDataFrame, int], ApplyCounts]

# What an undo takes back beside the five layers of gis.
BATCH_TABLES: tuple[type[Base], ...] = (Person, HomeVisit, *AUDIT_TABLES)


@dataclass(frozen=True)
class Layer:
    """A layer as the doors know it; `needs_key` where its rows are encrypted."""

    spec: LayerSpec
    needs_key: bool = False


REGISTRY: dict[str, Layer] = {
    **{name: Layer(spec) for name, spec in LAYERS.items()},
    "people": Layer(PEOPLE, needs_key=True),
    "homevisits": Layer(HOME_VISITS, needs_key=True),
    "audits": Layer(AUDITS),
    "assets": Layer(ASSETS),
}


def layer(name: str) -> Layer:
    """Return a layer by its name.

    Raises
    ------
    NotFoundError
        There is no such layer; the message lists them.
    """
    if name not in REGISTRY:
        raise NotFoundError("layer", name, f"there are {', '.join(REGISTRY)}")
    return REGISTRY[name]


def writer(name: str, cipher: Cipher | None) -> Writer:
    """Return what writes accepted rows of a layer; people need the cipher."""
    if name == "people" and cipher is not None:
        return lambda session, rows, batch: write_people(session, rows, batch, cipher)
    if name == "homevisits" and cipher is not None:
        return lambda session, rows, batch: write_home_visits(session, rows, batch, cipher)
    if name == "audits":
        return write_audits
    table = Asset if name == "assets" else LAYER_TABLES[name]
    return lambda session, rows, batch: apply_rows(session, table, rows, batch)
