"""Files that arrive in parts over a bad line: tus 1.0 with creation, checksum, expiration and termination.

A part is taken into a file of its own while it comes and joined to the upload when it is whole; where the
line breaks, what has come is kept, unless the client announced a checksum of the part.
"""

import base64
import binascii
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from starlette.requests import ClientDisconnect

from api import uploads
from api.deps import CallerDep, NowDep, ReadDep, SessionDep, SettingsDep
from api.routes.v1_jobs import owner_of
from api.schemas import NO_NUL
from api.schemas_uploads import ReceiptOut, announced
from api.settings import Settings
from api.uploads_tables import Upload
from gis.db import transaction
from gis.errors import ChecksumError, FileFormatError, InputError, VersionError

router = APIRouter(prefix="/uploads", tags=["uploads"])

VERSION = "1.0.0"
LARGEST = max(uploads.LARGEST.values())
PART_TYPE = "application/offset+octet-stream"
CAPABLE = {
    "Tus-Resumable": VERSION, "Tus-Version": VERSION, "Tus-Max-Size": str(LARGEST),
    "Tus-Extension": "creation,checksum,expiration,termination", "Tus-Checksum-Algorithm": "sha256",
}  # fmt: skip

UploadId = Annotated[str, Path(max_length=40, pattern=NO_NUL)]


@dataclass(frozen=True)
class Part:
    """A part of a file as far as it came; `whole` unless the line broke."""

    path: File
    sha256: str
    whole: bool


def speaks(version: Annotated[str | None, Header(alias="Tus-Resumable", max_length=20)] = None) -> None:
    """Refuse a client of another version of the protocol.

    Raises
    ------
    VersionError
        It does not say that it speaks version 1.0.0.
    """
    if version != VERSION:
        raise VersionError("protocol version", str(version))


async def received_part(request: Request, settings: SettingsDep) -> AsyncIterator[Part]:
    """Take the body of a request into a file that is gone after the answer.

    Raises
    ------
    FileFormatError
        The body does not say that it is part of a file.
    """
    if request.headers.get("content-type") != PART_TYPE:
        raise FileFormatError("part", "is of another type", f"send it as {PART_TYPE}")
    with tempfile.NamedTemporaryFile(dir=uploads.uploads_folder(settings), prefix=".part-") as file:
        digest, whole = sha256(), True
        try:
            async for chunk in request.stream():
                file.write(chunk)
                digest.update(chunk)
        except ClientDisconnect:
            whole = False
        file.flush()
        yield Part(File(file.name), digest.hexdigest(), whole)


Speaks = Depends(speaks)
PartDep = Annotated[Part, Depends(received_part)]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, le=LARGEST)]


@router.options("", status_code=204)
def capabilities(response: Response) -> None:
    """Say which parts of the protocol are spoken."""
    response.headers.update(CAPABLE)


@router.post("", status_code=201, dependencies=[Speaks], response_class=Response)
def announce(
    caller: CallerDep,
    session: SessionDep,
    now: NowDep,
    length: Annotated[int, Header(alias="Upload-Length", ge=1, le=2**53)],
    metadata: Annotated[str, Header(alias="Upload-Metadata", max_length=4_096)],
) -> Response:
    """Announce a file: length, and as metadata `filename`, `kind`, `sha256`; of a photo `visit` and `role`.

    Raises
    ------
    InputError
        The metadata cannot be read.
    FileTooLargeError
        The file is larger than such a file may be.
    """
    upload = uploads.announce(session, announced(metadata, length), owner=owner_of(caller), now=now)
    return _answer(201, upload, 0, Location=f"/api/v1/uploads/{upload.uid}")


@router.head("/{uid}", dependencies=[Speaks], response_class=Response)
def offset(
    uid: UploadId, caller: CallerDep, session: ReadDep, settings: SettingsDep, now: NowDep
) -> Response:
    """Say how many bytes have come, from where to go on."""
    upload = uploads.upload_of(session, uid, owner=caller.uid, now=now)
    return _answer(200, upload, uploads.offset_of(settings, upload), **{"Upload-Length": str(upload.length)})


@router.patch(
    "/{uid}",
    status_code=204,
    dependencies=[Speaks],
    max_body_size=LARGEST,
    response_class=Response,
    openapi_extra={
        "requestBody": {"content": {PART_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
    },
)
def add(
    *,
    uid: UploadId,
    request: Request,
    caller: CallerDep,
    settings: SettingsDep,
    now: NowDep,
    part: PartDep,
    begins: Offset,
    checksum: Annotated[str | None, Header(alias="Upload-Checksum", max_length=100)] = None,
) -> Response:
    """Add a part; with the last one the receipt is given, and a photo goes to the workers.

    Raises
    ------
    ConflictError
        The part does not begin where the upload ends.
    ChecksumError
        The part, or the whole, is not what was announced.
    BusyError
        Another request is writing this upload.
    """
    engine = request.app.state.engine
    with transaction(engine, read_only=True) as session:
        upload = uploads.upload_of(session, uid, owner=caller.uid, now=now)
    if checksum is not None and _digest(checksum) != part.sha256:
        raise ChecksumError("part", _digest(checksum), part.sha256)
    reached = uploads.append(settings, upload, part.path, begins)
    upload = _settled(request, settings, upload, now)
    return _answer(204, upload, reached)


@router.get("/{uid}")
def receipt(
    uid: UploadId, request: Request, caller: CallerDep, settings: SettingsDep, now: NowDep
) -> ReceiptOut:
    """Return the receipt of an upload, or how far it is."""
    with transaction(request.app.state.engine, read_only=True) as session:
        upload = uploads.upload_of(session, uid, owner=caller.uid, now=now)
    # Where the service died between the last byte and the receipt, it is given now.
    upload = _settled(request, settings, upload, now)
    return ReceiptOut(
        id=upload.uid, kind=upload.kind, name=upload.name, state=upload.state,
        offset=uploads.offset_of(settings, upload), length=upload.length, visit=upload.visit_uid,
        sha256=None if upload.state == "receiving" else upload.sha256, role=upload.role,
        received_at=upload.received_at, expires_at=upload.expires_at, job=upload.job_uid,
        problem=upload.problem,
    )  # fmt: skip


@router.delete("/{uid}", status_code=204, dependencies=[Speaks])
def drop(uid: UploadId, caller: CallerDep, session: SessionDep, settings: SettingsDep, now: NowDep) -> None:
    """Drop an upload that was not finished.

    Raises
    ------
    ConflictError
        It was received, and a receipt was given for it.
    """
    uploads.drop(session, settings, uploads.upload_of(session, uid, owner=caller.uid, now=now))


def _settled(request: Request, settings: Settings, upload: Upload, now: datetime) -> Upload:
    """Return an upload, with its receipt if its last byte has come; hashed outside any transaction."""
    if upload.state != "receiving":
        return upload
    digest = uploads.verified(settings, upload)
    if digest is None:
        return upload
    with transaction(request.app.state.engine) as session:
        return uploads.give_receipt(session, upload.uid, digest, now=now)


def _digest(header: str) -> str:
    """Return the digest of a part in hexadecimal, as the header Upload-Checksum announces it.

    Raises
    ------
    InputError
        It is of another algorithm or no base64.
    """
    algorithm, _, value = header.partition(" ")
    with suppress(ValueError, binascii.Error):
        if algorithm == "sha256":
            return base64.b64decode(value, validate=True).hex()
    raise InputError("Upload-Checksum is written 'sha256 ' and the base64 of the digest.")


def _answer(status: int, upload: Upload, reached: int, **headers: str) -> Response:
    expires = upload.expires_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    told = {"Tus-Resumable": VERSION, "Upload-Offset": str(reached), "Upload-Expires": expires}
    return Response(status_code=status, headers=told | headers | {"Cache-Control": "no-store"})
