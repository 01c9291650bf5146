"""Passwords: what is accepted, how they are kept (argon2id), and checking one without giving anything away.

What may be questioned: at most two are hashed at a time. Each takes 64 MiB, and a flood of attempts to
sign in must not take the machine's memory. A name without an account is checked against a hash of nothing,
so that it takes as long.
"""

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gis.errors import InputError

SHORTEST, LONGEST = 12, 128
DISTINCT = 5  # characters; "aaaaaaaaaaaa" is as easy to guess as "a"
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread on paper

_hasher = PasswordHasher()  # RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes
_turns = threading.BoundedSemaphore(2)


def check_strength(password: str, name: str) -> None:
    """Accept a new password.

    Raises
    ------
    InputError
        It is too short, too long, too simple, or holds the name of the account.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"A password has {SHORTEST} to {LONGEST} characters.")
    if len(set(password)) < DISTINCT:
        raise InputError(f"A password has at least {DISTINCT} different characters.")
    if name.lower() in password.lower():
        raise InputError("A password does not hold the name of its account.")


def hashed(password: str) -> str:
    """Return a password as it is kept."""
    with _turns:
        return _hasher.hash(password)


def fits(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one that is kept; None takes as long and never fits."""
    with _turns:
        try:
            _hasher.verify(kept or nobody(), password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Tell whether a kept password should be hashed anew, since the parameters have changed."""
    return _hasher.check_needs_rehash(kept)


def invented() -> str:
    """Return a new random password of four groups, about 79 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


@cache
def nobody() -> str:
    """Return the hash of a password that nobody has; made when the service starts."""
    return _hasher.hash(secrets.token_urlsafe(32))
