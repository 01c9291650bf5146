"""Encrypts the personal columns: AES-256-GCM of `cryptography`, bound to table, column and row.

The decision a reader would question: the nonce is no random number but the first 12 bytes of
HMAC-SHA256(nonce key, place || text). The same text at the same place gives the same bytes, so an
import that changes nothing is seen to change nothing, and no randomness is needed here. Since the place
(table, column, uid) is unique to a row, equal bytes can only tell that one value of one person did not
change between two versions; two people with the same name have unrelated bytes. Different texts
share a nonce only by a collision of 96 bits, as with random nonces.

A stored value is one byte that names the key, 12 bytes of nonce, the ciphertext and its 16-byte tag. A
certificate number is found again by its mark, a keyed digest under a third key. The three keys are drawn
from the one that is handed in (HKDF-SHA256). Neither `repr` nor any message holds a key or a value.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gis.errors import KeyMissingError

KEY_BYTES = 32
NONCE_BYTES = 12


class Cipher:
    """Encrypts and decrypts columns with one key.

    Parameters
    ----------
    key
        32 secret bytes.

    Raises
    ------
    KeyMissingError
        The key has another length.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise KeyMissingError(f"The key of the personal columns has {len(key)} bytes, not {KEY_BYTES}")
        self._aead = AESGCM(_derived(key, b"tantu encrypt"))
        self._nonce_key = _derived(key, b"tantu nonce")
        self._mark_key = _derived(key, b"tantu mark")
        self.key_id = _derived(key, b"tantu key id")[0]

    def __repr__(self) -> str:
        return f"Cipher(key {self.key_id})"

    @classmethod
    def from_text(cls, text: str) -> "Cipher":
        """Return the cipher of a key written in base64 or as 64 hexadecimal digits.

        Raises
        ------
        KeyMissingError
            The text is empty or is no 32 bytes.
        """
        return cls(key_from_text(text))

    def encrypt(
        self, values: Sequence[str | None], table: str, column: str, uids: Sequence[str]
    ) -> list[bytes | None]:
        """Return one column encrypted; missing values stay missing.

        Parameters
        ----------
        values
            Texts or None, shape (n,).
        table, column, uids
            Where each value is stored; it cannot be read from anywhere else.
        """
        place = f"{table}\0{column}\0".encode()
        head, seal, nonce_key = bytes([self.key_id]), self._aead.encrypt, self._nonce_key
        sealed: list[bytes | None] = []
        for value, uid in zip(values, uids, strict=True):
            if value is None:
                sealed.append(None)
                continue
            text, where = value.encode(), place + uid.encode()
            nonce = hmac.digest(nonce_key, where + b"\0" + text, "sha256")[:NONCE_BYTES]
            sealed.append(head + nonce + seal(nonce, text, where))
        return sealed

    def decrypt(
        self, values: Sequence[bytes | None], table: str, column: str, uids: Sequence[str]
    ) -> list[str | None]:
        """Return one column in clear; missing values stay missing.

        Raises
        ------
        KeyMissingError
            A value was encrypted with another key, moved from another row, or changed.
        """
        place = f"{table}\0{column}\0".encode()
        unseal, key_id = self._aead.decrypt, self.key_id
        clear: list[str | None] = []
        for value, uid in zip(values, uids, strict=True):
            if value is None:
                clear.append(None)
                continue
            sealed = bytes(value)
            if sealed[0] != key_id:
                raise KeyMissingError(
                    f"The personal columns were encrypted with key {sealed[0]}, this one is {key_id}"
                )
            try:
                text = unseal(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], place + uid.encode())
            except InvalidTag as error:
                raise KeyMissingError(
                    f"A personal value of {table}.{column} does not fit this key or its row"
                ) from error
            clear.append(text.decode())
        return clear

    def marks(self, values: Sequence[str | None]) -> list[bytes | None]:
        """Return the keyed digest (32 bytes) by which each text is found again without being stored."""
        return [
            None if value is None else hmac.digest(self._mark_key, value.encode(), sha256) for value in values
        ]


class CountingCipher(Cipher):
    """A cipher that remembers whose columns it decrypted, for the log of access.

    Parameters
    ----------
    cipher
        Whose key it uses.
    """

    def __init__(self, cipher: Cipher) -> None:
        self.__dict__.update(cipher.__dict__)
        self._read: dict[str, set[str]] = {}

    def decrypt(
        self, values: Sequence[bytes | None], table: str, column: str, uids: Sequence[str]
    ) -> list[str | None]:
        """Return one column in clear; missing values stay missing.

        Raises
        ------
        KeyMissingError
            A value was encrypted with another key, moved from another row, or changed.
        """
        clear = super().decrypt(values, table, column, uids)
        known = {uid for uid, value in zip(uids, clear, strict=True) if value is not None}
        self._read.setdefault(f"{table}.{column}", set()).update(known)
        return clear

    def counts(self) -> dict[str, int]:
        """Return how many people's values of each column were decrypted so far."""
        return {column: len(uids) for column, uids in sorted(self._read.items())}


def rotate(
    values: Sequence[bytes | None], table: str, column: str, uids: Sequence[str], *, old: Cipher, new: Cipher
) -> list[bytes | None]:
    """Return one column, encrypted with `old`, encrypted with `new` instead.

    Raises
    ------
    KeyMissingError
        `old` is not the key of these values.
    """
    return new.encrypt(old.decrypt(values, table, column, uids), table, column, uids)


def key_from_text(text: str) -> bytes:
    """Return the 32 bytes of a key written in base64 (either alphabet) or as 64 hexadecimal digits.

    Raises
    ------
    KeyMissingError
        The text is empty or is no 32 bytes.
    """
    stripped = text.strip()
    if not stripped:
        raise KeyMissingError("The key of the personal columns is not set")
    try:
        if len(stripped) == 2 * KEY_BYTES:
            return bytes.fromhex(stripped)
        key = base64.b64decode(stripped.replace("-", "+").replace("_", "/"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise KeyMissingError("The key of the personal columns is neither base64 nor hexadecimal") from error
    if len(key) != KEY_BYTES:
        raise KeyMissingError(f"The key of the personal columns has {len(key)} bytes, not {KEY_BYTES}")
    return key


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(key)
