"""A hundred thousand points in and out of both databases, against the ways that GeoAlchemy2 teaches.

The peers are, for reading, one mapped object a row and `to_shape` (GeoAlchemy2's documented way on either
database); for writing, mapped objects with `from_shape` on SpatiaLite and GeoPandas' `to_postgis` on
PostGIS. All read and write the same rows in the same tables with the same indexes, in one run, and what
comes back is compared.
"""

import gc
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geoalchemy2.shape import from_shape, to_shape
from sqlalchemy import Engine, delete, select

from api.database import initialise
from gis.db import is_spatialite, make_engine, transaction
from gis.frames import encoded, read_frame, write_frame
from gis.tables import WGS84, Household

POINTS = 100_000
RUNS = 3  # the best of them counts, ours and theirs
READ_TARGET_S, WRITE_TARGET_S = 0.5, 3.0


def rows() -> list[dict[str, Any]]:
    """Return one row a job: seconds of ours and of the peer, their ratio, and whether both agree."""
    homes = households(POINTS)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        found += _measured(make_engine(f"sqlite:///{folder}/bench.sqlite"), homes, "SpatiaLite")
    with postgis() as url:
        if url is None:
            return found
        found += _measured(make_engine(url), homes, "PostGIS")
    return found


def households(count: int) -> gpd.GeoDataFrame:
    """Return homes scattered over the box of Zhangye, with gaps in what is known of them."""
    random = np.random.default_rng(1)
    codes = random.choice(["flat", "courtyard", "detached"], count)
    return gpd.GeoDataFrame(
        {
            "uid": [f"h{number:06d}" for number in range(count)],
            "region_code": random.choice(["620702001", "620723004", "620724009"], count),
            "dwelling_kind": pd.Series(codes, dtype="str").where(random.random(count) < 0.9),
            "storey": pd.array(random.integers(1, 12, count), dtype="Int64"),
            "has_lift": pd.array(random.random(count) < 0.2, dtype="boolean"),
            "tenure": "own",
            "safety_grade": random.choice(["A", "B", "C"], count),
        },
        geometry=shapely.points(random.uniform(97.2, 102.2, count), random.uniform(37.5, 39.9, count)),
        crs=WGS84,
    )


def _measured(engine: Engine, homes: gpd.GeoDataFrame, name: str) -> list[dict[str, Any]]:
    initialise(engine)
    peer_write = _write_objects if is_spatialite(engine) else _write_geopandas
    theirs_write = _best(lambda: _cleared(engine), lambda _: peer_write(engine, homes))
    theirs_read, objects = _timed(lambda: _read_objects(engine))
    for _ in range(RUNS - 1):
        theirs_read = min(theirs_read, _timed(lambda: _read_objects(engine))[0])
    ours_write = _best(lambda: _cleared(engine), lambda _: _write(engine, homes))
    ours_read, back = _timed(lambda: _read(engine))
    for _ in range(RUNS - 1):
        ours_read = min(ours_read, _timed(lambda: _read(engine))[0])
    engine.dispose()
    stored = encoded(Household, back)["content_hash"]
    equal = [(uid, shape.wkb) for uid, shape in objects] == list(
        zip(back["uid"], back.geometry.to_wkb(), strict=True)
    )
    whole = stored == encoded(Household, homes)["content_hash"]
    writer = "mapped objects, from_shape" if is_spatialite(engine) else "GeoDataFrame.to_postgis"
    return [
        _row(
            f"{POINTS:,} points read, {name}",
            ours_read,
            ("mapped objects, to_shape", theirs_read),
            equal,
            READ_TARGET_S,
        ),
        _row(f"{POINTS:,} points written, {name}", ours_write, (writer, theirs_write), whole, WRITE_TARGET_S),
    ]


def _row(job: str, ours_s: float, peer: tuple[str, float], equal: bool, target_s: float) -> dict[str, Any]:
    return {
        "job": job,
        "ours_s": round(ours_s, 3),
        "peer": peer[0],
        "peer_s": round(peer[1], 3),
        "ratio": round(peer[1] / ours_s, 1),
        "equal": equal,
        "note": f"target {target_s} s {'met' if ours_s < target_s else 'missed'}; with all indexes",
    }


def _read(engine: Engine) -> gpd.GeoDataFrame:
    with transaction(engine, read_only=True) as session:
        return read_frame(session, Household)


def _write(engine: Engine, homes: gpd.GeoDataFrame) -> None:
    with transaction(engine) as session:
        write_frame(session, Household, homes)


def _read_objects(engine: Engine) -> list[tuple[str, Any]]:
    with transaction(engine, read_only=True) as session:
        homes = session.scalars(select(Household).order_by(Household.id))
        return [(home.uid, to_shape(home.geom)) for home in homes]


def _write_objects(engine: Engine, homes: gpd.GeoDataFrame) -> None:
    columns = homes.drop(columns="geometry").astype(object)
    records = columns.where(columns.notna(), None).to_dict("records")
    with transaction(engine) as session:
        session.add_all(
            Household(**record, content_hash="0" * 32, geom=from_shape(shape, WGS84))
            for record, shape in zip(records, homes.geometry, strict=True)
        )


def _write_geopandas(engine: Engine, homes: gpd.GeoDataFrame) -> None:
    renamed = homes.rename_geometry("geom").assign(content_hash="0" * 32)
    with engine.begin() as connection:
        renamed.to_postgis("household", connection, if_exists="append", index=False)


def _cleared(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(delete(Household))


def _best(prepare: Callable[[], None], job: Callable[[None], None]) -> float:
    seconds = []
    for _ in range(RUNS):
        prepare()
        seconds.append(_timed(lambda: job(None))[0])
    return min(seconds)


def _timed(job: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    start = time.perf_counter()
    result = job()
    return time.perf_counter() - start, result


@contextmanager
def postgis() -> Iterator[str | None]:
    """Run a throw-away PostGIS cluster; None where PostgreSQL is not installed."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
    if programs is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="tantu-bench-"))
    switch: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        switch = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [*switch, str(programs.parent / program), "-D", str(folder / "data"), *arguments]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=True, cwd="/", stdout=quiet, stderr=quiet)  # noqa: S603  fixed programs

    try:
        run("initdb", "-U", "tantu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        run("pg_ctl", "-w", "-o", f"-F -p {port} -k {folder} -c listen_addresses=127.0.0.1", "start")
        yield f"postgresql+psycopg://tantu@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    for row in rows():
        print(row)
