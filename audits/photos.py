"""Opens photos: JPEG, PNG, WebP and HEIC from a file, a folder or an archive, and makes clean copies.

Sizes are checked before a pixel is decoded. What others see is drawn anew from the pixels, so that no tag,
comment or embedded thumbnail of the original can pass; it is always a JPEG, since browsers do not show HEIC.
Pillow finds a broken file only when the pixels are read, so every photo is read to its end here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from struct import error as StructError  # noqa: N812  the module calls its exception `error`

import numpy as np
import pillow_heif
from PIL import ExifTags, Image, ImageOps
from scipy.fft import dctn

from audits.photofacts import PhotoFacts, Tags, camera_clock, clock_notes, place_of
from gis.errors import FileFormatError, FileTooLargeError, NotFoundError
from gis.limits import MB, Limits, check_limit
from gis.readers import unpacked

PHOTO_BYTES = 20 * MB
PHOTO_PIXELS = 50 * MB
CLEAN_PIXELS, THUMBNAIL_PIXELS = 2_560, 320  # long edge: a tape measure stays readable; a list shows it small
QUALITY = 88
HASH_SIDE, HASH_KEPT = 32, 8  # the usual pHash: Zauner 2010, chapter 3.2.1
FLAT = 2.0  # grey levels: what varies less has nothing to be recognised by
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif")
FORMATS = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "WEBP": "webp", "HEIF": "heic"}
OPENED = ("JPEG", "PNG", "WEBP", "HEIF")  # Pillow itself opens the MPO of phones as a JPEG
UNREADABLE = (OSError, ValueError, SyntaxError, KeyError, IndexError, EOFError, StructError, RuntimeError)

pillow_heif.register_heif_opener(thumbnails=False)


@dataclass(frozen=True)
class Developed:
    """A photo that was read to its end: its facts, and two JPEGs without metadata."""

    facts: PhotoFacts
    clean: bytes
    thumbnail: bytes


def developed(content: bytes, name: str) -> Developed:
    """Read a photo, and return its facts, a clean copy and a thumbnail.

    Parameters
    ----------
    content
        The bytes as they came.
    name
        What messages call the photo.

    Raises
    ------
    FileTooLargeError
        More than 20 MB or 50 million pixels.
    FileFormatError
        It is none of the four formats, or broken.
    """
    check_limit(name, "the size of the photo in bytes", len(content), PHOTO_BYTES)
    try:
        with Image.open(BytesIO(content), formats=OPENED) as image:
            check_limit(name, "the number of pixels", image.width * image.height, PHOTO_PIXELS)
            facts, pixels = _read(image, content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        found = re.search(r"\d+", str(error))  # Pillow refuses before it says the size
        pixels_told = int(found.group()) if found else PHOTO_PIXELS + 1
        raise FileTooLargeError(name, "the number of pixels", pixels_told, PHOTO_PIXELS) from error
    except UNREADABLE as error:
        why = f"is no readable JPEG, PNG, WebP or HEIC ({str(error)[:80]})"
        raise FileFormatError(name, why, "take or export the photo again") from error
    return Developed(facts, _jpeg(pixels, CLEAN_PIXELS), _jpeg(pixels, THUMBNAIL_PIXELS))


def submitted(path: Path) -> Iterator[tuple[str, bytes | FileTooLargeError]]:
    """Yield name and bytes of every photo of a file, a folder with its subfolders, or a zip.

    Names are relative to the folder or the zip, in order. In place of bytes that are too many to read comes
    the refusal, so that one large photo does not hold up the others. What has another ending is passed over.

    Raises
    ------
    NotFoundError
        There is no such file or folder.
    FileFormatError
        The archive is broken, nested or protected.
    FileTooLargeError
        The archive unpacks to more than is read.
    """
    if path.is_dir():
        for found in sorted(path.rglob("*")):
            if found.is_file() and found.suffix.lower() in ENDINGS:
                name = found.relative_to(path).as_posix()
                yield name, _bounded(name, found.stat().st_size) or found.read_bytes()
    elif not path.is_file():
        raise NotFoundError("file or folder", str(path))
    elif path.suffix.lower() == ".zip":
        check_limit(path.name, "the size of the file in bytes", path.stat().st_size, Limits().file_bytes)
        with unpacked(path, Limits()) as archive:
            for info in sorted(archive.infolist(), key=lambda info: info.filename):
                if Path(info.filename).suffix.lower() in ENDINGS and not info.is_dir():
                    yield info.filename, _bounded(info.filename, info.file_size) or archive.read(info)
    else:
        yield path.name, _bounded(path.name, path.stat().st_size) or path.read_bytes()


def perceptual_hash(pixels: Image.Image) -> str | None:
    """Return 64 bits that stay nearly the same when a picture is scaled or compressed again.

    The signs, against their median, of the lowest 8 x 8 frequencies of the picture at 32 x 32 grey pixels.
    """
    small = pixels.convert("L").resize((HASH_SIDE, HASH_SIDE), Image.Resampling.LANCZOS)
    grey = np.asarray(small, dtype=np.float64)
    if grey.std() < FLAT:
        return None
    low = np.asarray(dctn(grey, norm="ortho"))[:HASH_KEPT, :HASH_KEPT].ravel()
    bits = low > np.median(low[1:])
    return np.packbits(bits).tobytes().hex()


def _read(image: Image.Image, content: bytes) -> tuple[PhotoFacts, Image.Image]:
    exif, gps, orientation, notes = _tags(image)
    kind = FORMATS[str(image.format)]
    if kind == "heic":  # pillow-heif has turned it already and says so
        orientation = int(image.info.get("original_orientation") or 1)
    image.load()
    upright = _upright(image, 1 if kind == "heic" else orientation)
    place = place_of(gps)
    camera, offset = camera_clock(exif)
    facts = PhotoFacts(
        sha256=sha256(content).hexdigest(), format=kind, size_bytes=len(content), width=upright.width,
        height=upright.height, orientation=orientation, camera_time=camera, camera_offset=offset,
        place=place, phash=perceptual_hash(upright),
        notes=(*notes, *place.notes, *clock_notes(camera, offset, place.gps_time)),
    )  # fmt: skip
    return facts, upright


def _tags(image: Image.Image) -> tuple[Tags, Tags, int, tuple[str, ...]]:
    # A photo whose tags are broken is still a photo.
    try:
        tags = image.getexif()
        exif, gps = tags.get_ifd(ExifTags.IFD.Exif), tags.get_ifd(ExifTags.IFD.GPSInfo)
        orientation = int(tags.get(ExifTags.Base.Orientation) or 1)
    except (*UNREADABLE, TypeError, UserWarning):
        return {}, {}, 1, ("exif-broken",)
    if not 1 <= orientation <= 8:
        return exif, gps, 1, ("orientation-unknown",)
    return exif, gps, orientation, ()


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    # Drawn on white and as plain colours: transparency and metadata end here.
    if image.mode in {"RGBA", "LA", "PA", "P"}:
        layered = image.convert("RGBA")
        pixels = Image.new("RGB", layered.size, "white")
        pixels.paste(layered, mask=layered.getchannel("A"))
    else:
        pixels = Image.new("RGB", image.size)
        pixels.paste(image.convert("RGB"))
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)  # fmt: skip
    return pixels if turn is None else pixels.transpose(turn)


def _jpeg(pixels: Image.Image, long_edge: int) -> bytes:
    small = pixels
    if max(pixels.size) > long_edge:
        small = ImageOps.contain(pixels, (long_edge, long_edge), Image.Resampling.LANCZOS)
    written = BytesIO()
    small.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()


def _bounded(name: str, size: int) -> FileTooLargeError | None:
    if size <= PHOTO_BYTES:
        return None
    return FileTooLargeError(name, "the size of the photo in bytes", size, PHOTO_BYTES)
