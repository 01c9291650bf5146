"""Signing in and out, one's own password, and the tokens of one's own phones."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api import accounts, store
from api.auth import COOKIE, Caller
from api.deeds import done
from api.deps import CallerDep, NowDep, ReadDep, SessionDep
from api.schemas import NO_NUL
from api.throttle import LOGINS, PASSWORDS
from gis.db import transaction
from gis.errors import ForbiddenError, LoginRequiredError, NotFoundError

router = APIRouter(prefix="/api/v1", tags=["login"])

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]


class LoginIn(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid")
    name: Text
    password: Text


class PasswordIn(BaseModel):
    """The present password and the new one."""

    model_config = ConfigDict(extra="forbid")
    old: Text
    new: Text


class DeviceIn(BaseModel):
    """What the phone is called in one's list of phones."""

    model_config = ConfigDict(extra="forbid")
    label: Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL)]


class MeOut(BaseModel):
    """Who is asking."""

    role: str
    name: str
    unit: str
    regions: list[str]
    must_change: bool


class DeviceOut(BaseModel):
    """One phone that may send and fetch for its owner."""

    uid: str
    label: str
    created_at: str
    seen_at: str
    expires_at: str
    revoked: bool


@router.post("/login")
def sign_in(asked: LoginIn, request: Request, caller: CallerDep, now: NowDep, response: Response) -> MeOut:
    """Sign in with name and password; the session is a new one, whatever was there before.

    Raises
    ------
    LoginRequiredError
        Name and password do not fit; says no more.
    """
    state = request.app.state
    state.throttle.hit(LOGINS, "address", request.client.host if request.client else "")
    found = accounts.sign_in(state.engine, asked.name, asked.password, now)
    if found is None:
        raise LoginRequiredError("Name and password do not fit.")
    secret, account = found
    if caller.kind == "session" and caller.user_id is not None:
        with transaction(state.engine) as session:
            store.revoke_one(session, caller.credential_id, now)
    _set_cookie(response, secret, accounts.SESSION_HOURS * 3600)
    return MeOut(
        role=account.role, name=account.name, unit=account.unit or "", regions=account.regions,
        must_change=account.must_change,
    )  # fmt: skip


@router.post("/logout", status_code=204)
def sign_out(caller: CallerDep, session: SessionDep, now: NowDep, response: Response) -> None:
    """End the session or token that asks."""
    store.revoke_one(session, caller.credential_id, now)
    _set_cookie(response, "", 0)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


@router.get("/me")
def me(caller: CallerDep) -> MeOut:
    """Tell who is asking; `anonymous` where nobody is signed in."""
    return _told(caller)


@router.post("/password", status_code=204)
def change_password(
    asked: PasswordIn, request: Request, caller: CallerDep, session: SessionDep, now: NowDep
) -> None:
    """Change one's own password; everything else that is signed in with it ends."""
    request.app.state.throttle.hit(PASSWORDS, "password", caller.uid)
    account = store.account_of(session, _user(caller))
    accounts.change_password(account, asked.old, asked.new)
    store.revoke(session, account.id, now, but=caller.credential_id)
    done(session, caller, now, "password_changed", f"account:{account.uid}")


@router.get("/devices")
def devices(caller: CallerDep, session: ReadDep) -> list[DeviceOut]:
    """List one's own phones."""
    rows = store.credentials(session, _user(caller), ("device",))
    return [
        DeviceOut(
            uid=row.uid, label=row.label, created_at=row.created_at.isoformat(),
            seen_at=row.seen_at.isoformat(), expires_at=row.expires_at.isoformat(),
            revoked=row.revoked_at is not None,
        )
        for row in rows
    ]  # fmt: skip


@router.post("/devices", status_code=201)
def add_device(asked: DeviceIn, caller: CallerDep, session: SessionDep, now: NowDep) -> dict[str, Any]:
    """Let a phone send for its owner for 30 days; the token is told once and never again.

    Raises
    ------
    ForbiddenError
        A phone or a machine asks, which could so outlive its own token.
    """
    account = store.account_of(session, _user(caller))
    if caller.kind != "session":
        raise ForbiddenError("A phone is let in by somebody who signed in with a password.")
    secret, row = accounts.add_credential(session, account, "device", asked.label, now)
    done(session, caller, now, "token_made", f"account:{account.uid}", token=row.uid)
    return {"uid": row.uid, "token": secret, "expires_at": row.expires_at.isoformat()}


@router.delete("/devices/{uid}", status_code=204)
def revoke_device(uid: str, caller: CallerDep, session: SessionDep, now: NowDep) -> None:
    """Take a phone's token back at once, for instance of one that was lost.

    Raises
    ------
    NotFoundError
        One has no such phone.
    """
    if not store.revoke(session, _user(caller), now, uid=uid):
        raise NotFoundError("device", uid[:40])
    done(session, caller, now, "token_revoked", f"account:{caller.uid}", token=uid[:32])


def _user(caller: Caller) -> int:
    if caller.user_id is None:
        raise LoginRequiredError("Sign in first.")
    return caller.user_id


def _told(caller: Caller) -> MeOut:
    return MeOut(
        role=caller.role, name=caller.name, unit=caller.unit, regions=list(caller.regions),
        must_change=caller.must_change,
    )  # fmt: skip


def _set_cookie(response: Response, secret: str, seconds: int) -> None:
    response.set_cookie(COOKIE, secret, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")
