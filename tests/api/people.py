"""Everybody who may call the service, each with a way to sign in; shared by the tests of its doors.

A `Doors` is a service on one database with a clock that a test can turn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from api.accounts import add_credential
from api.app import create_app
from api.settings import Settings
from api.tables import Account
from gis.db import make_engine, transaction

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PASSWORD = "tall-poplars-by-the-road"  # of people who do not exist
GANZHOU, GAOTAI, CITY = "620702", "620724", "6207"

# Each kind of caller of the table of rights: role, regions, and what befell the account.
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "clerk": ("clerk", ("620702101",)),
    "contractor": ("contractor", (GANZHOU,)),
    "inspector": ("inspector", (GANZHOU,)),
    "inspector_elsewhere": ("inspector", (GAOTAI,)),
    "reviewer": ("reviewer", (CITY,)),
    "housing": ("housing", (GANZHOU,)),
    "planner": ("planner", (CITY,)),
    "auditor": ("auditor", (CITY,)),
    "admin": ("admin", (CITY,)),
    "expired": ("admin", (CITY,)),
    "revoked": ("admin", (CITY,)),
}
OVER = ("expired", "revoked")
KEY = bytes(range(32)).hex()
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
_HASH = QUICK.hash(PASSWORD)


@dataclass
class Clock:
    """A clock that stands until it is turned."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Doors:
    """A running service, its clock, and a client for each kind of caller."""

    settings: Settings
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.app = create_app(self.settings, now=self.clock)
        self.engine = make_engine(self.settings.database_url)
        with transaction(self.engine) as session:
            for kind, (role, regions) in KINDS.items():
                session.add(account_row(kind, role, regions))

    def close(self) -> None:
        self.engine.dispose()
        self.app.state.engine.dispose()

    def token(self, kind: str, credential: str = "token") -> str:
        """A fresh token of an account (`token`, `device` or `session`)."""
        with transaction(self.engine) as session:
            account = session.query(Account).filter_by(name=kind).one()
            return add_credential(session, account, credential, "of a test", self.clock.at)[0]

    def client(self, kind: str | None = None, **options: Any) -> TestClient:
        """A client with a token of that kind of caller; nobody's without."""
        headers = {"Authorization": f"Bearer {self.token(kind)}"} if kind else {}
        return TestClient(
            self.app, base_url="https://testserver", headers=headers, raise_server_exceptions=False, **options
        )

    def browser(self, **options: Any) -> TestClient:
        """A client that sends what a browser sends from a page of the service; nobody is signed in."""
        client = self.client(**options)
        client.headers["Sec-Fetch-Site"] = "same-origin"
        return client


def account_row(name: str, role: str, regions: tuple[str, ...]) -> Account:
    """An account of the test's own, without hashing a password for each."""
    return Account(
        uid=f"{hash_of(name)}", name=name, password=_HASH, role=role, regions=list(regions),
        unit="恒通建筑" if role == "contractor" else None, must_change=False, created_at=START,
        valid_until=START - timedelta(days=1) if name == "expired" else None,
        revoked_at=START if name == "revoked" else None,
    )  # fmt: skip


def hash_of(name: str) -> str:
    """A public id that a test can foretell."""
    return name.encode().hex()[:32].ljust(32, "0")
