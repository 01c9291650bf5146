"""Several layers in one GeoPackage, the format in which offices carry maps on."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd

from gis.errors import FileFormatError

ENDING = ".gpkg"


def write_layers(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write layers into one GeoPackage; a file of that name is replaced when all is written.

    Parameters
    ----------
    layers
        Layers by name, in any CRS, written in EPSG:4326; one without rows is written empty.

    Raises
    ------
    FileFormatError
        The file does not end in `.gpkg`.
    """
    if path.suffix.lower() != ENDING:
        raise FileFormatError(path.name, "several layers go into a GeoPackage", f"let it end in {ENDING}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        complete = Path(folder) / path.name
        for name, layer in layers.items():
            layer.to_crs(4326).to_file(complete, engine="pyogrio", layer=name, index=False)
        complete.replace(path)
