"""What is done with accounts: made, changed, revoked; signing in and out; passwords and tokens.

What may be questioned: five failed attempts on a name make the next wait 30 s, then twice as long each
time up to 15 minutes, whether or not the name has an account; a device or an API token goes on working, so
that nobody locks an inspector out of the field by guessing. The answer to a wrong name, a wrong
password, an expired and a revoked account is the same, and takes the same time.
"""

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api import passwords, store
from api.rights import ANONYMOUS, ROLES
from api.tables import Account, Credential, LoginFailure
from audits import trail_store
from audits.trail import Deed
from gis.db import transaction
from gis.errors import CodeError, ConflictError, InputError, LoginRequiredError, NotFoundError, ThrottledError

Kind = Literal["session", "device", "token"]

SESSION_HOURS, SESSION_IDLE = 12, timedelta(minutes=30)
LIFETIMES: dict[Kind, timedelta] = {
    "session": timedelta(hours=SESSION_HOURS),
    "device": timedelta(days=30),
    "token": timedelta(days=365),
}
FREE_FAILURES, FIRST_WAIT, LONGEST_WAIT = 5, timedelta(seconds=30), timedelta(minutes=15)
ACCOUNT_NAME = re.compile(r"^[a-z0-9\u4e00-\u9fff][a-z0-9\u4e00-\u9fff._-]{1,39}$")
REGION_CODE = re.compile(r"^\d{2,12}$")


@dataclass(frozen=True)
class NewAccount:
    """What an administrator says of a new account; `regions` are codes of regions, each with all below."""

    name: str
    role: str
    regions: tuple[str, ...]
    unit: str | None = None
    valid_until: datetime | None = None


def add_account(session: Session, new: NewAccount, now: datetime, *, password: str | None = None) -> str:
    """Make an account and return its first password, which has to be changed on signing in.

    Raises
    ------
    InputError
        The name, a region code or the password is not acceptable.
    CodeError
        There is no such role.
    ConflictError
        The name is taken.
    """
    name = new.name.strip().lower()
    if not ACCOUNT_NAME.match(name):
        raise InputError(f"'{new.name[:80]}' is no account name: 2 to 40 letters, digits or characters.")
    check_scope(new.role, new.regions)
    if store.account(session, name=name) is not None:
        raise ConflictError(f"There is an account '{name}' already; choose another name.")
    first = passwords.invented() if password is None else password
    passwords.check_strength(first, name)
    session.add(
        Account(
            uid=uuid.uuid4().hex, name=name, password=passwords.hashed(first), role=new.role,
            regions=sorted(set(new.regions)), unit=new.unit, must_change=True, created_at=now,
            valid_until=new.valid_until, revoked_at=None,
        )
    )  # fmt: skip
    session.flush()
    return first


def check_scope(role: str, regions: Sequence[str]) -> None:
    """Accept a role and its regions.

    Raises
    ------
    CodeError
        There is no such role.
    InputError
        A code of a region is malformed.
    """
    if role not in ROLES:
        raise CodeError("role", role[:80], ROLES)
    for code in regions:
        if not REGION_CODE.match(code):
            raise InputError(f"'{code[:80]}' is no code of a region; 2 to 12 digits, such as 620702.")


def existing(session: Session, *, name: str | None = None, uid: str | None = None) -> Account:
    """Return an account.

    Raises
    ------
    NotFoundError
        There is none.
    """
    found = store.account(session, name=name.strip().lower() if name is not None else None, uid=uid)
    if found is None:
        raise NotFoundError("account", (name or uid or "")[:80])
    return found


def reset_password(session: Session, account: Account, now: datetime) -> str:
    """Give an account a new first password and end everything it is signed in with; return the password."""
    fresh = passwords.invented()
    account.password = passwords.hashed(fresh)
    account.must_change = True
    store.revoke(session, account.id, now)
    store.forget_failures(session, name_digest(account.name))
    return fresh


def revoke_account(session: Session, account: Account, now: datetime) -> None:
    """End an account and everything it is signed in with, at once."""
    account.revoked_at = now
    store.revoke(session, account.id, now)


def sign_in(engine: Engine, name: str, password: str, now: datetime) -> tuple[str, Account] | None:
    """Return the secret of a new session and its account; None where name and password do not fit.

    The attempt is counted as failed before the password is looked at, in a transaction of its own, and
    forgotten when it fits: many attempts at once get no more tries, and no transaction waits for the hash.

    Raises
    ------
    ThrottledError
        The name failed too often; nothing was checked.
    """
    digest = name_digest(name)
    with transaction(engine) as session:
        if _count_attempt(store.failure(session, digest, now), now) == FREE_FAILURES:
            blocked = Deed(now, ANONYMOUS, ANONYMOUS, "sign_in_blocked", f"name:{digest[:16]}")
            trail_store.record(session, blocked)
        found = store.account(session, name=name.strip().lower())
        kept = found.password if found else None
    if not passwords.fits(kept, password) or kept is None:
        return None
    with transaction(engine) as session:
        account = store.account(session, name=name.strip().lower())
        if account is None or account.password != kept or not stands(account, now):
            return None
        store.forget_failures(session, digest)
        if passwords.is_outdated(kept):
            account.password = passwords.hashed(password)
        secret, _row = add_credential(session, account, "session", "", now)
        trail_store.record(
            session, Deed(now, account.name, account.role, "signed_in", f"account:{account.uid}")
        )
        return secret, account


def stands(account: Account, now: datetime) -> bool:
    """Tell whether an account is neither revoked nor expired."""
    return account.revoked_at is None and (account.valid_until is None or account.valid_until > now)


def change_password(account: Account, old: str, new: str) -> None:
    """Change a password; whoever asks also ends what else is signed in with it.

    Raises
    ------
    LoginRequiredError
        The old password does not fit.
    InputError
        The new one is not acceptable or is the old one.
    """
    if not passwords.fits(account.password, old):
        raise LoginRequiredError("The present password does not fit.")
    passwords.check_strength(new, account.name)
    if hmac.compare_digest(old.encode(), new.encode()):
        raise InputError("The new password is the old one.")
    account.password = passwords.hashed(new)
    account.must_change = False


def add_credential(
    session: Session, account: Account, kind: Kind, label: str, now: datetime
) -> tuple[str, Credential]:
    """Make a session or a token; return its secret, which is nowhere kept, and its row."""
    secret = f"tantu_{kind}_{secrets.token_urlsafe(32)}"
    row = Credential(
        uid=uuid.uuid4().hex, digest=digest_of(secret), account_id=account.id, kind=kind, label=label,
        created_at=now, seen_at=now, expires_at=now + LIFETIMES[kind], revoked_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return secret, row


def digest_of(secret: str) -> str:
    """Return the digest by which a secret is found."""
    return hashlib.sha256(secret.encode()).hexdigest()


def name_digest(name: str) -> str:
    """Return the digest of a name that was tried: whatever was typed there, it is not kept in clear."""
    return hashlib.sha256(b"tantu login\0" + name.strip().lower().encode()).hexdigest()


def _count_attempt(failed: LoginFailure, now: datetime) -> int:
    if failed.blocked_until and failed.blocked_until > now:
        raise ThrottledError(int((failed.blocked_until - now).total_seconds()) + 1)
    failed.failures += 1
    failed.failed_at = now
    beyond = failed.failures - FREE_FAILURES
    if beyond >= 0:
        failed.blocked_until = now + min(FIRST_WAIT * 2 ** min(beyond, 10), LONGEST_WAIT)
    return failed.failures
