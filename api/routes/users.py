"""Accounts: an administrator makes them, says role and regions, resets passwords, revokes, gives tokens.

What may be questioned: an administrator sees and makes only accounts all of whose regions lie in the
administrator's own, and never grants more than that; others answer as if they did not exist.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from api import accounts, store
from api.auth import Caller
from api.deeds import done
from api.deps import CallerDep, NowDep, ReadDep, SessionDep
from api.schemas import NO_NUL
from api.tables import Account
from gis.errors import ConflictError, ForbiddenError, NotFoundError

router = APIRouter(prefix="/api/v1/users", tags=["users"])

Regions = Annotated[list[Annotated[str, Field(pattern=r"^\d{2,12}$")]], Field(max_length=100)]
Role = Annotated[str, Field(max_length=20)]
Unit = Annotated[str, Field(max_length=120, pattern=NO_NUL)]


class UserIn(BaseModel):
    """A new account."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "li.inspector", "role": "inspector", "regions": ["620702"]}]
        },
    )
    name: Annotated[str, Field(min_length=2, max_length=40)]
    role: Role
    regions: Regions
    unit: Unit | None = None
    valid_until: AwareDatetime | None = None


class UserChange(BaseModel):
    """What of an account changes; what is absent stays."""

    model_config = ConfigDict(extra="forbid")
    role: Role | None = None
    regions: Regions | None = None
    unit: Unit | None = None
    valid_until: AwareDatetime | None = None


class UserOut(BaseModel):
    """An account; never a password or a secret."""

    uid: str
    name: str
    role: str
    regions: list[str]
    unit: str | None
    must_change: bool
    created_at: datetime
    valid_until: datetime | None
    revoked_at: datetime | None


class TokenIn(BaseModel):
    """What a machine is called."""

    model_config = ConfigDict(extra="forbid")
    label: Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL)]


@router.get("")
def users(caller: CallerDep, session: ReadDep) -> list[UserOut]:
    """List the accounts of one's regions."""
    return [_told(account) for account in store.accounts(session) if _is_theirs(account, caller)]


@router.post("", status_code=201)
def add_user(asked: UserIn, caller: CallerDep, session: SessionDep, now: NowDep) -> dict[str, Any]:
    """Make an account; the answer holds its first password, once."""
    _check_grant(asked.regions, caller)
    new = accounts.NewAccount(asked.name, asked.role, tuple(asked.regions), asked.unit, asked.valid_until)
    first = accounts.add_account(session, new, now)
    account = accounts.existing(session, name=asked.name)
    done(session, caller, now, "account_made", f"account:{account.uid}", role=new.role, regions=asked.regions)
    return {"user": _told(account).model_dump(), "first_password": first}


@router.get("/{uid}")
def user(uid: str, caller: CallerDep, session: ReadDep) -> UserOut:
    """Show one account."""
    return _told(_theirs(session, uid, caller))


@router.patch("/{uid}")
def change_user(uid: str, asked: UserChange, caller: CallerDep, session: SessionDep, now: NowDep) -> UserOut:
    """Change role, regions, company or last day of an account; its sessions end."""
    account = _theirs(session, uid, caller)
    changed = asked.model_dump(exclude_unset=True)
    for name in ("role", "regions"):
        if changed.get(name, ...) is None:
            del changed[name]
    accounts.check_scope(changed.get("role", account.role), changed.get("regions", account.regions))
    _check_grant(changed.get("regions", account.regions), caller)
    for name, value in changed.items():
        setattr(account, name, value)
    store.revoke(session, account.id, now, but=caller.credential_id)
    session.flush()
    done(
        session, caller, now, "account_changed", f"account:{account.uid}",
        role=account.role, regions=list(account.regions),
    )  # fmt: skip
    return _told(account)


@router.post("/{uid}/reset")
def reset(uid: str, caller: CallerDep, session: SessionDep, now: NowDep) -> dict[str, str]:
    """Give an account a new first password, told once; everything it is signed in with ends."""
    account = _theirs(session, uid, caller)
    fresh = accounts.reset_password(session, account, now)
    done(session, caller, now, "password_reset", f"account:{account.uid}")
    return {"first_password": fresh}


@router.post("/{uid}/revoke")
def revoke(uid: str, caller: CallerDep, session: SessionDep, now: NowDep) -> UserOut:
    """End an account and everything it is signed in with, at once.

    Raises
    ------
    ConflictError
        It is one's own.
    """
    account = _theirs(session, uid, caller)
    if account.id == caller.user_id:
        raise ConflictError("An administrator cannot revoke their own account; let another one do it.")
    accounts.revoke_account(session, account, now)
    done(session, caller, now, "account_revoked", f"account:{account.uid}")
    return _told(account)


@router.post("/{uid}/tokens", status_code=201)
def add_token(
    uid: str, asked: TokenIn, caller: CallerDep, session: SessionDep, now: NowDep
) -> dict[str, str]:
    """Give an account a token for a machine, told once, good for a year; it can do what the account can."""
    account = _theirs(session, uid, caller)
    secret, row = accounts.add_credential(session, account, "token", asked.label, now)
    done(session, caller, now, "token_made", f"account:{account.uid}", token=row.uid)
    return {"uid": row.uid, "token": secret, "expires_at": row.expires_at.isoformat()}


@router.delete("/{uid}/tokens/{token}", status_code=204)
def revoke_token(uid: str, token: str, caller: CallerDep, session: SessionDep, now: NowDep) -> None:
    """Take one token or session of an account back at once.

    Raises
    ------
    NotFoundError
        The account has no such token.
    """
    account = _theirs(session, uid, caller)
    if not store.revoke(session, account.id, now, uid=token):
        raise NotFoundError("token", token[:40])
    done(session, caller, now, "token_revoked", f"account:{account.uid}", token=token[:32])


def _is_theirs(account: Account, caller: Caller) -> bool:
    return all(caller.covers(code) for code in account.regions)


def _theirs(session: Session, uid: str, caller: Caller) -> Account:
    account = accounts.existing(session, uid=uid)
    if not _is_theirs(account, caller):
        raise NotFoundError("account", uid[:40])
    return account


def _check_grant(regions: list[str], caller: Caller) -> None:
    if not all(caller.covers(code) for code in regions):
        raise ForbiddenError("An administrator grants no region beyond their own.")


def _told(account: Account) -> UserOut:
    return UserOut.model_validate(account, from_attributes=True)
