"""The mapped tables of the people who use the service: accounts, what they sign in with, failed attempts.

What may be questioned: a browser session, a phone's device token and a machine's API token are one table,
since all three are a secret that stands for an account until a moment or until somebody revokes it. Only
the SHA-256 of a secret is kept; the secrets are random, so that no slow hash is needed. A failed attempt is
kept by a keyed digest of the name that was tried, so that a name without an account is treated alike.
"""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base, BigId


class Account(Base):
    """A person or machine that may sign in: one role, and the regions where it holds.

    `regions` are codes of the layer `regions`, each with everything below it; none is nowhere. `unit` is
    the company of a contractor. An account is never deleted, since the audit log names it.
    """

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("name = lower(name)", name="lower_name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    password: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    regions: Mapped[list[str]] = mapped_column(JSON)
    unit: Mapped[str | None] = mapped_column(String(120))
    must_change: Mapped[bool]
    created_at: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Credential(Base):
    """A session of a browser, a token of a phone or of a machine (`kind`), known by its digest."""

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class LoginFailure(Base):
    """Failed attempts on one name since the last that succeeded; the next is heard after `blocked_until`."""

    __tablename__ = "login_failure"

    name_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
