"""Uploads on the wire: the receipt of a file, and what may be said of it beforehand."""

import base64
import binascii
import re
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.uploads import Announced
from gis.errors import InputError

KINDS = ("photo", "import")
METADATA_BYTES = 4_096


class ReceiptOut(BaseModel):
    """What the service has of an upload.

    From the state `received` on, `sha256` and `received_at` are a receipt: whoever holds that of a photo may
    delete the photo from the phone.
    """

    id: str
    kind: Literal["photo", "import", "report"]
    name: str
    state: Literal["receiving", "received", "stored", "refused"]
    offset: int
    length: int
    sha256: str | None
    visit: str | None
    role: str | None
    received_at: datetime | None
    expires_at: datetime
    job: str | None
    problem: dict[str, Any] | None


class Metadata(BaseModel):
    """The keys of the header Upload-Metadata that are known."""

    model_config = ConfigDict(extra="forbid")

    filename: str = Field(min_length=1, max_length=255)
    kind: Literal["photo", "import"] = "photo"
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    visit: str | None = Field(None, min_length=1, max_length=80)
    role: Literal["before", "after", "context", "measurement"] | None = None
    filetype: str | None = Field(None, max_length=100)  # sent by the usual clients; the bytes decide


def announced(header: str, length: int) -> Announced:
    """Return what the header Upload-Metadata says of a file: `key base64,key base64`.

    Raises
    ------
    InputError
        It is not written so, or says something that is not known.
    """
    if len(header) > METADATA_BYTES:
        raise InputError(f"Upload-Metadata is longer than {METADATA_BYTES} bytes.")
    said: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            said[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (ValueError, binascii.Error) as error:
            raise InputError(f"Upload-Metadata: the value of {key[:40]!r} is no base64 of UTF-8.") from error
    try:
        read = Metadata.model_validate(said)
    except ValidationError as error:
        faults = "; ".join(f"{part['loc'][0]!s:.40}: {part['msg']}" for part in error.errors())
        raise InputError(f"Upload-Metadata: {faults[:400]}") from error
    return Announced(read.kind, _plain(read.filename), length, read.sha256, read.visit, read.role)


def _plain(name: str) -> str:
    # The last part of a path, without control characters: it is shown and gives a copy its ending.
    last = re.split(r"[\\/]", name)[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", last).strip(". ") or "unnamed"
