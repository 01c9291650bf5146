"""All SQL of accounts, of what they sign in with, and of failed attempts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, or_, select, text, update
from sqlalchemy.orm import Session

from api.tables import Account, Credential, LoginFailure
from gis.tables import Moment


def accounts(session: Session) -> Sequence[Account]:
    """Return every account by name."""
    return session.scalars(select(Account).order_by(Account.name)).all()


def account(session: Session, *, name: str | None = None, uid: str | None = None) -> Account | None:
    """Return the account of a name or a public id."""
    asked = Account.name == name if name is not None else Account.uid == uid
    return session.scalars(select(Account).where(asked)).one_or_none()


def account_of(session: Session, account_id: int) -> Account:
    """Return an account that a credential or a caller stands for."""
    return session.get_one(Account, account_id)


def credential(session: Session, digest: str) -> tuple[Credential, Account] | None:
    """Return what a secret stands for."""
    query = select(Credential, Account).join(Account).where(Credential.digest == digest)
    row = session.execute(query).one_or_none()
    return (row[0], row[1]) if row else None


def credentials(session: Session, account_id: int, kinds: Sequence[str]) -> Sequence[Credential]:
    """Return what an account signs in with, newest first."""
    query = select(Credential).where(Credential.account_id == account_id, Credential.kind.in_(kinds))
    return session.scalars(query.order_by(Credential.id.desc())).all()


def touch(session: Session, credential_id: int, now: datetime) -> None:
    """Note that a credential was used."""
    session.execute(update(Credential).where(Credential.id == credential_id).values(seen_at=now))


def revoke(
    session: Session, account_id: int, now: datetime, *, uid: str | None = None, but: int | None = None
) -> int:
    """Revoke the standing credentials of an account (one, or all but one); return how many there were."""
    query = update(Credential).where(Credential.account_id == account_id, Credential.revoked_at.is_(None))
    if uid is not None:
        query = query.where(Credential.uid == uid)
    if but is not None:
        query = query.where(Credential.id != but)
    return len(session.scalars(query.values(revoked_at=now).returning(Credential.id)).all())


def revoke_one(session: Session, credential_id: int | None, now: datetime) -> None:
    """Revoke one session or token, where there is one."""
    session.execute(update(Credential).where(Credential.id == credential_id).values(revoked_at=now))


def failure(session: Session, name_digest: str, now: datetime) -> LoginFailure:
    """Return the failed attempts on a name; nobody else counts them until the transaction ends."""
    session.execute(
        text(
            "INSERT INTO login_failure (name_digest, failures, failed_at) VALUES (:digest, 0, :now)"
            " ON CONFLICT DO NOTHING"
        ).bindparams(bindparam("digest", name_digest), bindparam("now", now, type_=Moment))
    )
    query = select(LoginFailure).where(LoginFailure.name_digest == name_digest)
    return session.scalars(query.with_for_update()).one()


def forget_failures(session: Session, name_digest: str) -> None:
    """Forget the failed attempts on a name."""
    session.execute(delete(LoginFailure).where(LoginFailure.name_digest == name_digest))


def purge(session: Session, *, ended: datetime, failed: datetime) -> dict[str, int]:
    """Delete credentials that ended, and attempts that failed, before a moment; return how many."""
    over = or_(Credential.expires_at < ended, Credential.revoked_at < ended)
    gone = session.scalars(delete(Credential).where(over).returning(Credential.id)).all()
    failures = delete(LoginFailure).where(LoginFailure.failed_at < failed).returning(LoginFailure.name_digest)
    return {"credentials": len(gone), "login_failures": len(session.scalars(failures).all())}
