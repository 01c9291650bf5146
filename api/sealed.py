"""A file encrypted piece by piece (AES-256-GCM), so that a cut, a swap and a wrong key all show.

Layout: a line of JSON (format, id of the key, random salt), then pieces of at most 1 MiB, each with its
length. The key of the file is drawn from the key of the personal columns and the salt, so no two files share
one; the nonce of a piece is its number and whether it is the last (the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizar, 2015). A file without its last piece, or with anything after it, is refused.
"""

import base64
import json
import secrets
import struct
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gis.errors import FileFormatError, KeyMissingError
from planner.secrecy import KEY_BYTES

FORMAT = "tantu-sealed 1"
PIECE = 1 << 20
TAG = 16
HEAD_LONGEST = 500


class Sealer:
    """Writes a sealed file: `write` as often as needed, then `close`."""

    def __init__(self, out: IO[bytes], key: bytes) -> None:
        salt = secrets.token_bytes(16)
        facts = {"format": FORMAT, "key": key_name(key), "salt": base64.b64encode(salt).decode()}
        self._head = json.dumps(facts).encode() + b"\n"
        self._out, self._aead = out, AESGCM(_derived(key, salt))
        self._number, self._waiting = 0, bytearray()
        out.write(self._head)

    def write(self, content: bytes) -> int:
        """Take more of the content."""
        self._waiting += content
        while len(self._waiting) > PIECE:  # one piece always waits, since it may be the last
            self._seal(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(content)

    def close(self) -> None:
        """Write the last piece."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        sealed = self._aead.encrypt(_nonce(self._number, last=last), piece, self._head)
        self._out.write(struct.pack(">I", len(sealed)) + sealed)
        self._number += 1


class Opener:
    """Reads a sealed file from its beginning to its end, as a file that only reads.

    Parameters
    ----------
    name
        Of the file, for messages.

    Raises
    ------
    FileFormatError
        It is no sealed file; on reading: it was changed or cut, or something was added.
    KeyMissingError
        It was sealed with another key.
    """

    def __init__(self, source: IO[bytes], key: bytes, name: str) -> None:
        self._head = source.readline(HEAD_LONGEST)
        self._name = name
        try:
            facts = json.loads(self._head)
            known, salt = facts["format"] == FORMAT, base64.b64decode(facts["salt"], validate=True)
            asked = str(facts["key"])
        except (ValueError, KeyError, TypeError) as error:
            raise FileFormatError(name, "it is no sealed backup") from error
        if not known:
            raise FileFormatError(name, "it is a backup of another format")
        if asked != key_name(key):
            raise KeyMissingError(f"{name} was sealed with key {asked}, this one is {key_name(key)}")
        self._pieces = self._opened(source, AESGCM(_derived(key, salt)))
        self._ready = b""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of the content, fewer only at its end."""
        parts, there = [self._ready], len(self._ready)
        while size < 0 or there < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            parts.append(piece)
            there += len(piece)
        whole = b"".join(parts)
        at = len(whole) if size < 0 else size
        self._ready = whole[at:]
        return whole[:at]

    def _opened(self, source: IO[bytes], aead: AESGCM) -> Iterator[bytes]:
        number, ended = 0, False
        while not ended:
            length = source.read(4)
            sealed = source.read(struct.unpack(">I", length)[0]) if len(length) == 4 else b""
            if not TAG <= len(sealed) <= PIECE + TAG or len(sealed) != struct.unpack(">I", length)[0]:
                raise FileFormatError(self._name, f"it is cut off or damaged after piece {number}")
            ended = not (ahead := source.read(1))
            try:
                piece = aead.decrypt(_nonce(number, last=ended), sealed, self._head)
            except InvalidTag as error:
                raise FileFormatError(self._name, f"piece {number + 1} was changed or is the last") from error
            source.seek(-len(ahead), 1)
            number += 1
            yield piece


def key_name(key: bytes) -> str:
    """Return what tells one key from another without giving it away."""
    return HKDF(SHA256(), 8, salt=None, info=b"tantu backup key id").derive(key).hex()


def _derived(key: bytes, salt: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=salt, info=b"tantu backup").derive(key)


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">QxxxB", number, last)
