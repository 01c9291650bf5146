"""The three layers of the official CQL2 tests as tables of a database, with a collection for each."""

import shapely
from geoalchemy2 import Geometry
from pyogrio import read_arrow
from sqlalchemy import Boolean, Column, Date, Double, Engine, Integer, MetaData, String, Table, insert, text

from api.ogc.model import Collection, Field
from gis.db import is_spatialite, migrating
from gis.tables import Moment

FILE = "data/ogc_cql2/ne110m4cql2.gpkg"
LAYERS = {
    "ne_110m_admin_0_countries": "MultiPolygon",
    "ne_110m_populated_places_simple": "Point",
    "ne_110m_rivers_lake_centerlines": "LineString",
}
_TYPES = {
    "date": Date, "start": Moment, "end": Moment, "boolean": Boolean,
    "POP_EST": Double, "pop_max": Integer, "pop_min": Integer, "pop_other": Integer,
}  # fmt: skip
_KINDS = {Date: "date", Moment: "moment", Boolean: "bool", Double: "float", Integer: "int", String: "text"}


def load(engine: Engine, shared) -> dict[str, Collection]:
    """Write the three layers into tables of their own and return their collections."""
    collections = {}
    with migrating(engine) as connection:
        for name, shape in LAYERS.items():
            _, features = read_arrow(shared / FILE, layer=name)
            rows = features.to_pylist()
            names = [key for key in features.column_names if key not in {"fid", "geom"}]
            metadata = MetaData()
            table = Table(
                name,
                metadata,
                Column("id", Integer, primary_key=True),
                *(Column(key, _TYPES.get(key, String)()) for key in names),
            )
            metadata.create_all(connection)
            _add_geometry(connection, name, shape.upper(), lite=is_spatialite(engine))
            table.append_column(Column("geom", Geometry(shape.upper(), srid=4326)))
            connection.execute(
                insert(table),
                [
                    {
                        "id": number,
                        "geom": f"SRID=4326;{shapely.from_wkb(row['geom']).wkt}",
                        **{key: _zoned(row[key]) for key in names},
                    }
                    for number, row in enumerate(rows, 1)
                ],
            )
            fields = tuple(Field(key, _KINDS[_TYPES.get(key, String)]) for key in names)
            collections[name] = Collection(name, table, shape, fields, key="id")
    return collections


def _zoned(value):
    from datetime import UTC, datetime

    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _add_geometry(connection, table, kind, *, lite):
    if lite:
        made = connection.execute(text(f"SELECT AddGeometryColumn('{table}', 'geom', 4326, '{kind}', 'XY')"))
        assert made.scalar() == 1
        assert connection.execute(text(f"SELECT CreateSpatialIndex('{table}', 'geom')")).scalar() == 1
        return
    connection.execute(text(f'ALTER TABLE "{table}" ADD COLUMN geom geometry({kind}, 4326)'))
    connection.execute(text(f'CREATE INDEX "idx_{table}_geom" ON "{table}" USING gist (geom)'))
