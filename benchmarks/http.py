"""The OGC API beside tipg 1.6 on the same PostGIS table of 100,000 points, over HTTP, in one run.

Each server is one process with its own pool on a throw-away cluster; requests come over four kept
connections and differ from one to the next, so that nobody answers from memory. tipg stands in an environment
of its own (`.peers/`, made on the first run), is asked for the same properties, and has the same edge
around its tiles. CPU is what the server and its database spent together, a request.
"""

import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import make_url, text

from api.app import create_app
from api.database import initialise
from api.settings import Settings
from benchmarks.layers import postgis
from gis.db import make_engine, transaction
from gis.frames import write_frame
from gis.tables import WGS84, Toilet
from maps.tiles import BUFFER, Tile

POINTS = 100_000
CONNECTIONS = 4
WARM_UP, SECONDS, ROUNDS = 30, 2.0, 3
TIPG = "tipg==1.6.1"
PEERS = Path(__file__).parent.parent / ".peers"
SHOWN = "uid,name,category,wheelchair,rooms,free,built_on,region_code"
TILED = "uid,name,category,wheelchair"
ZOOM = 11
WEST, SOUTH, EAST, NORTH = 98.0, 38.0, 101.0, 39.6

Address = Callable[[random.Random], str]


@dataclass(frozen=True)
class Job:
    """A kind of request: how many times tipg's rate it should reach, and its address at either server."""

    name: str
    target: float
    ours: Address
    theirs: Address


@dataclass
class Tally:
    """Times of the requests of one server at one job, in seconds, and what they cost in CPU."""

    times: list[float] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.times) / self.wall_s

    @property
    def said(self) -> str:
        """Rate, 99th percentile and CPU, as they are printed."""
        p99 = 1000 * sorted(self.times)[int(len(self.times) * 0.99)]
        return f"{self.rate:.0f}/s, p99 {p99:.1f} ms, {1000 * self.cpu_s / len(self.times):.2f} ms CPU"


@dataclass(frozen=True)
class Server:
    """A server that runs, and the processes whose time counts: its own and those of the database."""

    url: str
    pid: int
    database: str


def rows() -> list[dict[str, Any]]:
    """Return one row a job: seconds a request of ours and of tipg, their ratio, and whether they agree."""
    with postgis() as url:
        if url is None:
            return [_absent("PostgreSQL with PostGIS is not installed")]
        _fill(url)
        with _ours(url) as ours, _tipg(url) as theirs:
            if theirs is None:
                return [_absent(f"{TIPG} could not be installed into {PEERS.name}/")]
            return [_measured(job, ours, theirs) for job in JOBS]


def _measured(job: Job, ours: Server, theirs: Server) -> dict[str, Any]:
    equal = _equal(job, ours, theirs)
    tallies = Tally(), Tally()
    for number in range(ROUNDS):
        for server, address, tally in zip((ours, theirs), (job.ours, job.theirs), tallies, strict=True):
            _load(server, address, tally, seed=number)
    mine, peer = tallies
    ratio = mine.rate / peer.rate
    verdict = "met" if ratio >= job.target else "missed"
    return {
        "job": job.name,
        "ours_s": round(1 / mine.rate, 5),
        "peer": TIPG,
        "peer_s": round(1 / peer.rate, 5),
        "ratio": round(ratio, 2),
        "equal": equal,
        "note": f"target {job.target:g}x {verdict}; ours {mine.said}; tipg {peer.said}",
    }


def _load(server: Server, address: Address, tally: Tally, *, seed: int) -> None:
    """Ask over several connections for some seconds."""
    _asked(server, address, seed, None)
    before, started = _cpu_s(server), time.perf_counter()
    found: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    threads = [
        threading.Thread(target=_asked, args=(server, address, 100 * seed + number, found[number]))
        for number in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.wall_s += time.perf_counter() - started
    tally.cpu_s += _cpu_s(server) - before
    tally.times += [one for times in found for one in times]


def _asked(server: Server, address: Address, seed: int, times: list[float] | None) -> None:
    """Ask one connection's requests: a few to warm up (`times` is None), or for the whole time."""
    choose = random.Random(seed)
    with _Line(server.url) as line:
        until = time.perf_counter() + SECONDS
        count = 0
        while count < WARM_UP if times is None else time.perf_counter() < until:
            request = address(choose)
            started = time.perf_counter()
            line.ask(request)
            count += 1
            if times is not None:
                times.append(time.perf_counter() - started)


class _Line:
    """A kept connection that does not look into what it reads: the client must cost next to nothing."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._path, self._host = place.path, f"{place.hostname}:{place.port}"
        self._socket = socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, address: str) -> bytes:
        """Send a request and return the body of its answer."""
        head = f"GET {self._path}{address} HTTP/1.1\r\nHost: {self._host}\r\nAccept: */*\r\n\r\n"
        self._socket.sendall(head.encode())
        found = b""
        while b"\r\n\r\n" not in found:
            found += self._more()
        told, _, body = found.partition(b"\r\n\r\n")
        if told[9:12] not in {b"200", b"204"}:
            raise RuntimeError(f"{self._host}{address}: {told[:200]!r} {body[:300]!r}")
        length = _LENGTH.search(told)
        parts, missing = [body], int(length[1]) - len(body) if length else 0
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        return b"".join(parts)

    def _more(self) -> bytes:
        part = self._socket.recv(1 << 16)
        if not part:
            raise RuntimeError(f"{self._host} has hung up")
        return part


def _equal(job: Job, ours: Server, theirs: Server) -> bool:
    """Tell whether both answer the same features, or tiles of nearly the same size."""
    for seed in range(5):
        mine, peer = (
            _body(server, address(random.Random(seed)))
            for server, address in ((ours, job.ours), (theirs, job.theirs))
        )
        if "tile" in job.name:
            if not 0.8 < len(mine) / max(len(peer), 1) < 1.25:
                return False
        elif not _same_places(_places(mine), _places(peer)):
            return False
    return True


def _same_places(mine: dict[str, list[float]], peer: dict[str, list[float]]) -> bool:
    # Ours are written to a centimetre.
    return list(mine) == list(peer) and all(
        abs(a - b) < 1e-7 for uid in mine for a, b in zip(mine[uid], peer[uid], strict=True)
    )


def _places(body: bytes) -> dict[str, list[float]]:
    told = json.loads(body)
    features = told.get("features", [told])
    return {one["properties"]["uid"]: one["geometry"]["coordinates"] for one in features}


def _body(server: Server, address: str) -> bytes:
    with _Line(server.url) as line:
        return line.ask(address)


def _fill(url: str) -> None:
    chance = np.random.default_rng(1)
    points = gpd.GeoDataFrame(
        {
            "uid": [f"t{number:06d}" for number in range(POINTS)],
            "region_code": chance.choice(["620702101001", "620723004002", "620724009003"], POINTS),
            "name": [f"公厕 {number}" for number in range(POINTS)],
            "category": chance.choice(["standalone", "attached", "mobile"], POINTS),
            "wheelchair": chance.choice(["yes", "limited", "no"], POINTS),
            "rooms": pd.array(chance.integers(1, 41, POINTS), dtype="Int64"),
            "free": pd.array(chance.random(POINTS) < 0.9, dtype="boolean"),
            "built_on": [date(2000 + int(year), 1, 1) for year in chance.integers(0, 25, POINTS)],
        },
        geometry=shapely.points(chance.uniform(WEST, EAST, POINTS), chance.uniform(SOUTH, NORTH, POINTS)),
        crs=WGS84,
    )
    engine = make_engine(url)
    initialise(engine)
    with transaction(engine) as session:
        write_frame(session, Toilet, points)
        # What is equal for both: the column that is asked has its index, the planner its figures.
        session.execute(text("CREATE INDEX bench_rooms ON toilet (rooms)"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE toilet"))
    engine.dispose()


@contextmanager
def _ours(url: str) -> Iterator[Server]:
    program = (
        "import uvicorn; from benchmarks.http import served;"
        f" uvicorn.run(served({url!r}), port=%d, log_level='warning')"
    )
    with _running([sys.executable, "-c", program], {}, "/ogc", url) as server:
        yield server


def served(url: str) -> Any:
    """Return the service on a database, its toilets with the properties that are compared."""
    app = create_app(Settings(database_url=url))
    toilets = app.state.collections["toilets"]
    shown = tuple(one for one in toilets.fields if one.name in SHOWN.split(","))
    app.state.collections = {"toilets": replace(toilets, fields=shown, tile_fields=tuple(TILED.split(",")))}
    return app


@contextmanager
def _tipg(url: str) -> Iterator[Server | None]:
    python = _peer()
    if python is None:
        yield None
        return
    place = make_url(url)
    settings = {
        "DATABASE_URL": f"postgresql://{place.username}@{place.host}:{place.port}/{place.database}",
        "TIPG_DB_TABLES": '["public.toilet"]',
        "TIPG_CATALOG_TTL": "36000",
        "TIPG_TILE_BUFFER": str(BUFFER),
        "TIPG_MAX_FEATURES_PER_TILE": str(POINTS),
    }
    program = "import uvicorn; from tipg.main import app; uvicorn.run(app, port=%d, log_level='warning')"
    with _running([str(python), "-c", program], settings, "", url) as server:
        yield server


def _peer() -> Path | None:
    """Return the Python of tipg's own environment, made where there is none; None where that fails."""
    folder = PEERS / TIPG.replace("==", "-")
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        venv.create(folder, with_pip=True, clear=True)
        wanted = [TIPG, "uvicorn", "uvloop", "httptools"]  # as ours has them
        done = subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=False)  # noqa: S603  fixed program
        if done.returncode:
            return None
        (folder / "made").touch()
    return python


@contextmanager
def _running(command: list[str], settings: dict[str, str], path: str, database: str) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command[-1] = command[-1] % port
    paths = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": "/tmp"}  # noqa: S108  pip and psycopg look for one
    # Their logs cost what they cost, but are not kept.
    process = subprocess.Popen(  # noqa: S603  fixed programs
        command, env=paths | settings, cwd=Path(__file__).parent.parent, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Server(f"http://127.0.0.1:{port}{path}", process.pid, database)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _cpu_s(server: Server) -> float:
    """Return the seconds of CPU that a server and its connections to the database have spent."""
    engine = make_engine(server.database)
    with engine.connect() as connection:
        asked = text(
            "SELECT pid FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        backends = connection.execute(asked).scalars().all()
    engine.dispose()
    return sum(_spent_s(pid) for pid in (server.pid, *backends))


def _spent_s(pid: int) -> float:
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _absent(why: str) -> dict[str, Any]:
    return {
        "job": "http",
        "ours_s": None,
        "peer": TIPG,
        "peer_s": None,
        "ratio": None,
        "equal": None,
        "note": why,
    }


def _box(choose: random.Random) -> str:
    # About 200 points: more than the 100 that are asked for.
    west, south = choose.uniform(WEST, EAST - 0.1), choose.uniform(SOUTH, NORTH - 0.1)
    return f"{west:.5f},{south:.5f},{west + 0.1:.5f},{south + 0.1:.5f}"


def _tile(choose: random.Random) -> tuple[int, int]:
    return choose.randint(*_COLUMNS), choose.randint(*_ROWS)


def _ours_tile(choose: random.Random) -> str:
    column, row = _tile(choose)
    return f"/collections/toilets/tiles/WebMercatorQuad/{ZOOM}/{row}/{column}"


def _tipg_tile(choose: random.Random) -> str:
    column, row = _tile(choose)
    return f"{_THEIRS}/tiles/WebMercatorQuad/{ZOOM}/{column}/{row}?properties={TILED}"


def _wanted(choose: random.Random) -> str:
    # What people ask: few of all by three properties, many of all, and one property inside a window.
    kind = choose.randrange(3)
    if kind == 0:
        return quote(
            f"rooms = {choose.randint(1, 40)} AND wheelchair = 'yes'"
            f" AND name LIKE '公厕 {choose.randint(1, 9)}%'"
        )
    if kind == 1:
        return quote(f"wheelchair = 'yes' AND rooms > {choose.randint(1, 30)}")
    return quote("wheelchair <> 'no'") + f"&bbox={_box(choose)}"


_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
# Tiles that lie wholly among the points.
_COLUMNS = tuple(int((lon + 180) / 360 * (1 << ZOOM)) + step for lon, step in ((WEST, 1), (EAST, -1)))
_ROWS = tuple(
    next(row for row in range(1 << ZOOM) if Tile(ZOOM, 0, row).bounds[1] < lat) + step
    for lat, step in ((NORTH, 1), (SOUTH, -1))
)
_THEIRS = "/collections/public.toilet"
_ITEMS, _THEIR_ITEMS = "/collections/toilets/items", f"{_THEIRS}/items"
JOBS = (
    Job(
        "items of 10",
        4,
        lambda _: f"{_ITEMS}?limit=10",
        lambda _: f"{_THEIR_ITEMS}?limit=10&properties={SHOWN}",
    ),
    Job(
        "items of 1,000",
        8,
        lambda _: f"{_ITEMS}?limit=1000",
        lambda _: f"{_THEIR_ITEMS}?limit=1000&properties={SHOWN}",
    ),
    Job(
        "bbox of 100",
        4,
        lambda choose: f"{_ITEMS}?limit=100&bbox={_box(choose)}",
        lambda choose: f"{_THEIR_ITEMS}?limit=100&properties={SHOWN}&bbox={_box(choose)}",
    ),
    Job(
        "one item",
        2.5,
        lambda choose: f"{_ITEMS}/t{choose.randrange(POINTS):06d}",
        lambda choose: f"{_THEIR_ITEMS}/{choose.randrange(POINTS) + 1}?properties={SHOWN}",
    ),
    Job("uncached tile", 1.8, _ours_tile, _tipg_tile),
    Job(
        "filter",
        2.5,
        lambda choose: f"{_ITEMS}?limit=100&filter={_wanted(choose)}",
        lambda choose: (
            f"{_THEIR_ITEMS}?limit=100&properties={SHOWN}&filter-lang=cql2-text&filter={_wanted(choose)}"
        ),
    ),
)
