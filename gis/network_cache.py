"""Networks kept on disk, found again by what they were built from.

The key is a digest of the mode, of every column and shape of the roads, of the data of `travel.toml` and
`road_class.toml`, and of the modules that build: a network is never stale, and an old one is only a file
that nobody asks for. The cache holds no barriers, so that a change of findings uses the same file. A file
that cannot be read is built again; two processes may write the same one, since it appears whole.
"""

import hashlib
import os
import zipfile
from pathlib import Path
from tempfile import NamedTemporaryFile

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis import modes, network, noding, segments
from gis.catalogue import codelist, table
from gis.modes import Mode
from gis.network import Barriers, Network, build
from gis.segments import Segments

ARRAYS = ("xy", "start", "end", "road", "length", "ahead", "back", "reason")
SHAPES = ("xy", "first", "findable")
KEPT = 24  # files; the oldest go first
READ = (modes, network, noding, segments)  # modules on which the arrays depend


def cached_network(roads: gpd.GeoDataFrame, *, mode: Mode, folder: Path | None) -> Network:
    """Return the network of a mode, from the cache where these very roads were built before.

    Parameters
    ----------
    roads
        As for `gis.network.build`.
    folder
        Where networks are kept; made when it is missing. None keeps nothing.

    Raises
    ------
    CrsError, EmptyLayerError, SchemaError, CodeError
        As `gis.network.build`.
    """
    if folder is None:
        return build(roads, mode=mode)
    file = folder / f"network-{mode}-{content_key(roads, mode)}.npz"
    kept = _read(file, mode)
    if kept is not None:
        return kept
    made = build(roads, mode=mode)
    _write(made, file)
    return made


def content_key(roads: gpd.GeoDataFrame, mode: Mode) -> str:
    """Return 32 hexadecimal digits that change when anything does that the network is built from."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{mode} {roads.crs} {table('catalogue/travel.toml')} {codelist('road_class')}".encode())
    for module in READ:
        digest.update(Path(str(module.__file__)).read_bytes())
    columns = [name for name in sorted(roads.columns) if name != roads.geometry.name]
    for name in columns:
        digest.update(name.encode())
        digest.update(pd.util.hash_pandas_object(roads[name], index=False).to_numpy().tobytes())
    digest.update(shapely.get_coordinates(roads.geometry.array).tobytes())
    digest.update(shapely.get_num_coordinates(roads.geometry.array).tobytes())
    return digest.hexdigest()


def _read(file: Path, mode: Mode) -> Network | None:
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            named = {name: kept[name] for name in ARRAYS}
            shapes = Segments(*(kept[f"shape_{name}"] for name in SHAPES))
            uids = kept["uid"].astype(object)
            repairs = pd.DataFrame(
                {
                    name.removeprefix("repair_"): _objects(kept[name])
                    for name in kept.files
                    if name.startswith("repair_")
                }
            )
            epsg = int(kept["epsg"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return Network(
        mode=mode, epsg=epsg, uid=uids, segments=shapes, barriers=Barriers(), repairs=repairs, **named
    )


def _objects(values: "np.ndarray") -> "np.ndarray":
    return values.astype(object) if values.dtype.kind == "U" else values


def _write(made: Network, file: Path) -> None:
    arrays = {name: getattr(made, name) for name in ARRAYS}
    arrays |= {f"shape_{name}": getattr(made.segments, name) for name in SHAPES}
    arrays |= {"uid": made.uid.astype(str), "epsg": np.array(made.epsg)}
    for name, column in made.repairs.items():
        values = column.to_numpy()
        arrays[f"repair_{name}"] = values.astype(str) if values.dtype.kind == "O" else values
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part:
        np.savez(part, **arrays)
    Path(part.name).replace(file)
    _forget_old(file.parent)


def _forget_old(folder: Path) -> None:
    files = sorted(folder.glob("network-*.npz"), key=os.path.getmtime, reverse=True)
    for old in files[KEPT:]:
        old.unlink(missing_ok=True)
