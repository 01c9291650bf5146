"""Photos say what they really say, and nothing dangerous gets past the door."""

import csv
import warnings
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from audits import photos
from audits.photofacts import Place, camera_clock, clock_notes, place_of
from audits.photos import developed, perceptual_hash, submitted
from audits.proof import REUSED_BITS, bits_apart
from gis.errors import FileFormatError, FileTooLargeError, NotFoundError

MINUTES = {1: "N", 2: (38.0, 55.8, 0.0), 3: "E", 4: (100.0, 27.0, 0.0)}  # Zhangye: 38.93 N, 100.45 E
ENCODED = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}


def picture(seed=1, size=(240, 160)):
    # A few soft blobs of colour: something to recognise, as a photo has.
    grid = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC)


def encoded(image=None, kind="jpeg", gps=None, exif=None, orientation=None):
    tags = Image.Exif()
    tags[ExifTags.Base.Make] = "Synthetic"
    if orientation is not None:
        tags[ExifTags.Base.Orientation] = orientation
    tags.get_ifd(ExifTags.IFD.GPSInfo).update(gps or {})
    tags.get_ifd(ExifTags.IFD.Exif).update(exif or {})
    written = BytesIO()
    (image or picture()).save(written, ENCODED[kind], exif=tags)
    return written.getvalue()


@pytest.mark.parametrize("kind", ENCODED)
def test_every_format_tells_position_time_and_direction(kind):
    gps = {
        **MINUTES, 5: b"\x01", 6: 12.5, 7: (2.0, 30.0, 15.0), 16: "M", 17: 271.5, 18: "WGS-84   ",
        29: "2026:05:04", 31: 4.8,
    }  # fmt: skip
    exif = {0x9003: "2026:05:04 10:30:20", 0x9011: "+08:00"}
    facts = developed(encoded(kind=kind, gps=gps, exif=exif), "a").facts
    assert facts.format == kind
    assert (facts.width, facts.height) == (240, 160)
    assert (facts.place.lon, facts.place.lat) == pytest.approx((100.45, 38.93))
    assert facts.place.altitude_m == -12.5
    assert (facts.place.bearing_deg, facts.place.bearing_ref) == (271.5, "M")
    assert facts.place.accuracy_m == pytest.approx(4.8)
    assert facts.place.datum == "wgs84"
    assert facts.place.gps_time == datetime(2026, 5, 4, 2, 30, 15, tzinfo=UTC)
    # The camera is five seconds ahead of the receiver, whose time wins.
    assert facts.camera_time - facts.camera_offset == datetime(2026, 5, 4, 2, 30, 20)
    assert facts.taken_at(timedelta(hours=8)) == (facts.place.gps_time, "gps")
    assert facts.notes == ("altitude-below-sea",)


@pytest.mark.parametrize("kind", ENCODED)
def test_copies_carry_no_metadata_and_the_thumbnail_is_small(kind):
    photo = developed(encoded(picture(size=(3000, 1500)), kind=kind, gps=MINUTES), "a")
    for content, edge in ((photo.clean, 2560), (photo.thumbnail, 320)):
        with Image.open(BytesIO(content)) as copy:
            assert copy.format == "JPEG"
            assert max(copy.size) == edge
            assert dict(copy.getexif()) == {}
            assert set(copy.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"Exif" not in content


def test_a_comment_and_a_colour_profile_do_not_pass_into_the_copy():
    written = BytesIO()
    picture().save(
        written, "JPEG", comment=b"taken by a person", icc_profile=b"profile of a phone", xmp=b"<x/>"
    )
    clean = developed(written.getvalue(), "a").clean
    assert b"person" not in clean
    assert b"profile of a phone" not in clean
    assert b"<x/>" not in clean


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_obeyed_in_size_and_pixels(orientation):
    upright = Image.new("RGB", (60, 40), "black")
    upright.paste("white", (0, 0, 30, 20))  # the upper left quarter is white
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    photo = developed(encoded(stored, kind="png", orientation=orientation), "a")
    assert photo.facts.orientation == orientation
    assert (photo.facts.width, photo.facts.height) == (60, 40)
    with Image.open(BytesIO(photo.clean)) as clean:
        bright = [clean.getpixel(spot)[0] > 128 for spot in ((10, 10), (50, 10), (10, 30), (50, 30))]
    assert bright == [True, False, False, False]


def test_an_unheard_of_orientation_leaves_the_picture_as_it_is():
    facts = developed(encoded(orientation=9), "a").facts
    assert (facts.width, facts.height, facts.orientation) == (240, 160, 1)
    assert facts.notes == ("orientation-unknown",)


def test_transparency_is_drawn_on_white():
    clear = Image.new("RGBA", (64, 64), (200, 0, 0, 0))
    with Image.open(BytesIO(developed(encoded(clear, kind="png"), "a").clean)) as clean:
        assert clean.getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("gps", "note"),
    [
        ({0: b"\x02\x03\x00\x00"}, "gps-empty"),
        ({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, "gps-zero"),
        ({1: "N", 2: (95.0, 0.0, 0.0), 3: "E", 4: (200.0, 0.0, 0.0)}, "gps-out-of-range"),
        ({2: (38.0, 55.0, 0.0), 4: (100.0, 27.0, 0.0)}, "gps-without-reference"),
        ({1: "N", 2: (38.0, 55.0, 0.0)}, "gps-unreadable"),
        ({1: "N", 2: (float("nan"), 55.0, 0.0), 3: "E", 4: (100.0, 27.0, 0.0)}, "gps-unreadable"),
        ({1: "N", 2: (-38.0, 55.0, 0.0), 3: "E", 4: (100.0, 27.0, 0.0)}, "gps-unreadable"),
    ],
)
def test_what_is_no_position_is_left_out_and_noted(gps, note):
    place = place_of(gps)
    assert (place.lon, place.lat) == (None, None)
    assert place.notes == (note,)


def test_a_photo_without_a_gps_block_has_nothing_to_note():
    assert place_of({}) == Place()


@pytest.mark.parametrize("references", [("N", "E"), ("S", "E"), ("N", "W"), ("S", "W")])
@given(lat=st.floats(0.001, 90), lon=st.floats(0.001, 180), form=st.integers(1, 3))
def test_degrees_minutes_and_seconds_say_the_same_in_any_form(references, lat, lon, form):
    def parts(value):
        whole, minutes = int(value), (value - int(value)) * 60
        seconds = (minutes - int(minutes)) * 60
        return [(value,), (whole, minutes), (whole, int(minutes), seconds)][form - 1]

    south_north, west_east = references
    place = place_of({1: south_north, 2: parts(lat), 3: west_east, 4: parts(lon)})
    assert place.lat == pytest.approx(-lat if south_north == "S" else lat)
    assert place.lon == pytest.approx(-lon if west_east == "W" else lon)


@pytest.mark.parametrize(
    ("written", "datum"),
    [
        (None, "wgs84"),
        ("WGS-84   ", "wgs84"),
        ("WGS84", "wgs84"),
        ("CGCS2000", "cgcs2000"),
        ("GCJ-02", "gcj02"),
        ("TOKYO", None),
    ],
)
def test_the_datum_is_told_through_blanks_and_hyphens(written, datum):
    place = place_of(MINUTES if written is None else {**MINUTES, 18: written})
    assert place.datum == datum
    assert ("gps-datum-unknown" in place.notes) == (datum is None)


def test_a_bearing_without_true_or_magnetic_north_is_kept_with_a_note():
    assert place_of({**MINUTES, 17: 90.0}).notes == ("bearing-reference-unknown",)
    assert place_of({**MINUTES, 16: "T", 17: 90.0}).notes == ()
    assert place_of({**MINUTES, 16: "T", 17: 400.0}).bearing_deg is None


def test_a_camera_clock_that_no_time_zone_explains_is_noted():
    gps = datetime(2026, 5, 4, 2, 30, tzinfo=UTC)
    day_off, in_china = datetime(2026, 5, 5, 10, 30), datetime(2026, 5, 4, 10, 30)
    assert clock_notes(day_off, None, gps) == ("camera-clock-off",)
    assert clock_notes(in_china, None, gps) == ()
    assert clock_notes(in_china, timedelta(hours=8), gps) == ()
    assert clock_notes(in_china, timedelta(hours=7), gps) == ("camera-clock-off",)


def test_an_unset_camera_clock_is_unknown():
    assert camera_clock({0x9003: "0000:00:00 00:00:00", 0x9011: "Z?"}) == (None, None)
    assert camera_clock({0x9003: b"2026:05:04 10:30:20\x00"}) == (datetime(2026, 5, 4, 10, 30, 20), None)


def test_without_a_receiver_the_zone_of_the_city_is_assumed_and_said():
    facts = developed(encoded(exif={0x9003: "2026:05:04 10:30:20"}), "a").facts
    assert facts.taken_at(timedelta(hours=8)) == (datetime(2026, 5, 4, 2, 30, 20, tzinfo=UTC), "assumed")
    assert developed(encoded(), "a").facts.taken_at(timedelta(hours=8)) is None


@pytest.mark.parametrize("kind", ENCODED)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_photo_is_refused(kind, share):
    whole = encoded(picture(size=(800, 600)), kind=kind)
    with pytest.raises(FileFormatError, match="cut"):
        developed(whole[: int(len(whole) * share)], "cut")


@pytest.mark.parametrize("content", [b"", b"no photo", b"%PDF-1.7", b"\xff\xd8\xff", b"GIF89a" + bytes(40)])
def test_what_is_no_photo_is_refused(content):
    with pytest.raises(FileFormatError):
        developed(content, "a.jpg")


def test_another_image_format_is_refused_under_a_name_of_ours():
    written = BytesIO()
    picture().save(written, "GIF")
    with pytest.raises(FileFormatError):
        developed(written.getvalue(), "a.jpg")


@given(noise=st.binary(max_size=400), at=st.integers(0, 3000))
def test_noise_in_a_photo_is_refused_or_read_but_never_an_accident(noise, at):
    whole = bytearray(encoded(gps=MINUTES))
    whole[at : at + len(noise)] = noise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            photo = developed(bytes(whole), "noise")
        except (FileFormatError, FileTooLargeError):
            return
    assert photo.clean.startswith(b"\xff\xd8")


@pytest.mark.parametrize("side", [8_000, 11_000, 20_000])
def test_a_bomb_of_pixels_is_refused_before_it_is_decoded(side, monkeypatch):
    # 64 to 400 million pixels of one colour in a few kilobytes; Pillow itself warns from 89 million on.
    written = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.new("1", (side, side)).save(written, "PNG")
    monkeypatch.setattr(photos, "_read", lambda *_: pytest.fail("was decoded"))
    with pytest.raises(FileTooLargeError, match=f"{side * side:,}"):
        developed(written.getvalue(), "bomb")


def test_too_many_bytes_are_refused_before_they_are_parsed(monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *_: pytest.fail("was opened"))
    with pytest.raises(FileTooLargeError):
        developed(bytes(photos.PHOTO_BYTES + 1), "big")


def test_a_picture_is_recognised_after_scaling_and_compressing_but_not_mistaken_for_another():
    first = perceptual_hash(picture(1, (1200, 800)))
    written = BytesIO()
    picture(1, (1200, 800)).resize((500, 333)).save(written, "JPEG", quality=40)
    again = developed(written.getvalue(), "again").facts.phash
    assert bits_apart(first, again) <= REUSED_BITS
    others = [perceptual_hash(picture(seed)) for seed in range(2, 60)]
    assert min(bits_apart(first, other) for other in others) > REUSED_BITS


def test_a_picture_without_contrast_has_no_hash():
    assert perceptual_hash(Image.new("RGB", (50, 50), "grey")) is None


def test_photos_come_from_a_file_a_folder_and_a_zip(tmp_path):
    folder = tmp_path / "photos"
    (folder / "V1").mkdir(parents=True)
    one, other = encoded(), encoded(picture(2), kind="png")
    (folder / "V1" / "after.JPG").write_bytes(one)
    (folder / "b.png").write_bytes(other)
    (folder / "notes.txt").write_text("no photo")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(folder / "V1" / "after.JPG", "V1/after.JPG")
        archive.write(folder / "b.png", "b.png")
        archive.writestr("notes.txt", "no photo")
    expected = [("V1/after.JPG", one), ("b.png", other)]
    assert list(submitted(folder)) == expected
    assert list(submitted(tmp_path / "all.zip")) == expected
    assert list(submitted(folder / "b.png")) == expected[1:]
    with pytest.raises(NotFoundError):
        list(submitted(tmp_path / "nowhere"))


def test_an_oversized_photo_does_not_hold_up_the_others(tmp_path):
    (tmp_path / "a.jpg").write_bytes(bytes(photos.PHOTO_BYTES + 1))
    (tmp_path / "b.jpg").write_bytes(encoded())
    first, second = submitted(tmp_path)
    assert isinstance(first[1], FileTooLargeError)
    assert second == ("b.jpg", encoded())


def test_an_archive_that_climbs_out_of_its_folder_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../a.jpg", encoded())
    with pytest.raises(FileFormatError):
        list(submitted(tmp_path / "a.zip"))


@pytest.mark.realdata
def test_facts_of_real_photos_equal_those_of_exiftool(shared):
    folder = shared / "data/audits/photos"
    with (folder / "expected_exiftool_12_57.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 7
    for row in rows:
        photo = developed((folder / row["SourceFile"]).read_bytes(), row["SourceFile"])
        facts, place = photo.facts, photo.facts.place

        def shown(moment, form):
            return "" if moment is None else moment.strftime(form)

        def number(name, row=row):
            return None if row[name] == "" else pytest.approx(float(row[name]), abs=1e-9)

        assert place.lat == number("GPSLatitude")
        assert place.lon == number("GPSLongitude")
        assert place.altitude_m == number("GPSAltitude")
        assert place.bearing_deg == number("GPSImgDirection")
        assert (place.bearing_ref or "") == row["GPSImgDirectionRef"]
        assert place.accuracy_m == number("GPSHPositioningError")
        assert shown(facts.camera_time, "%Y:%m:%d %H:%M:%S") == row["DateTimeOriginal"]
        assert facts.camera_offset is None
        assert row["OffsetTimeOriginal"] == ""
        told = shown(place.gps_time, "%Y:%m:%d %H:%M:%S.%f").rstrip("0")
        assert told + ("Z" if told else "") == row["GPSDateTime"]
        assert (place.datum_text or "") == row["GPSMapDatum"]
        assert facts.orientation == int(row["Orientation"] or 1)
        assert ("camera-clock-off" in facts.notes) == row["SourceFile"].startswith("DSCN")
