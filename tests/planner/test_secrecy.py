"""Personal values are read with the right key in the right place only, and never shown."""

import base64

import pytest

from gis.errors import KeyMissingError
from planner.secrecy import Cipher, key_from_text, rotate

KEY, OTHER = b"k" * 32, b"o" * 32
UIDS = ["p1", "p2", "p3"]


def test_what_is_encrypted_is_read_again_and_absent_stays_absent():
    values = ["张三", None, ""]
    sealed = Cipher(KEY).encrypt(values, "person", "name", UIDS)
    assert Cipher(KEY).decrypt(sealed, "person", "name", UIDS) == values


def test_the_same_name_of_two_people_is_unlike():
    first, second = Cipher(KEY).encrypt(["张三", "张三"], "person", "name", ["p1", "p2"])
    assert first[1:] != second[1:]
    assert "张三".encode() not in first


def test_the_same_value_in_the_same_place_is_the_same_bytes():
    # So that an import that changes nothing is seen to change nothing.
    assert Cipher(KEY).encrypt(["a"], "t", "c", ["u"]) == Cipher(KEY).encrypt(["a"], "t", "c", ["u"])


def test_another_key_is_refused():
    sealed = Cipher(KEY).encrypt(["a"], "person", "name", ["p1"])
    with pytest.raises(KeyMissingError, match="key"):
        Cipher(OTHER).decrypt(sealed, "person", "name", ["p1"])


@pytest.mark.parametrize(
    "place", [("person", "phone", "p1"), ("person", "name", "p2"), ("plan", "name", "p1")]
)
def test_a_value_moved_elsewhere_is_not_read(place):
    table, column, uid = place
    sealed = Cipher(KEY).encrypt(["a"], "person", "name", ["p1"])
    with pytest.raises(KeyMissingError):
        Cipher(KEY).decrypt(sealed, table, column, [uid])


def test_a_changed_byte_is_noticed():
    (sealed,) = Cipher(KEY).encrypt(["abc"], "person", "name", ["p1"])
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with pytest.raises(KeyMissingError):
        Cipher(KEY).decrypt([changed], "person", "name", ["p1"])


def test_a_column_is_rotated_to_another_key():
    old, new = Cipher(KEY), Cipher(OTHER)
    sealed = old.encrypt(["a", None, "c"], "person", "name", UIDS)
    turned = rotate(sealed, "person", "name", UIDS, old=old, new=new)
    assert new.decrypt(turned, "person", "name", UIDS) == ["a", None, "c"]
    with pytest.raises(KeyMissingError):
        old.decrypt(turned, "person", "name", UIDS)


def test_a_mark_finds_a_certificate_with_the_same_key_only():
    assert Cipher(KEY).marks(["1", None]) == Cipher(KEY).marks(["1", None])
    assert Cipher(KEY).marks(["1"]) != Cipher(OTHER).marks(["1"])
    assert len(Cipher(KEY).marks(["1"])[0]) == 32


@pytest.mark.parametrize(
    "text", [KEY.hex(), base64.b64encode(KEY).decode(), base64.urlsafe_b64encode(KEY).decode()]
)
def test_a_key_is_written_in_hexadecimal_or_base64(text):
    assert key_from_text(f" {text}\n") == KEY


@pytest.mark.parametrize("text", ["", "short", "z" * 64, base64.b64encode(b"x" * 31).decode()])
def test_a_malformed_key_is_refused_without_being_repeated(text):
    with pytest.raises(KeyMissingError) as refused:
        Cipher.from_text(text)
    assert not text or text not in str(refused.value)


def test_nothing_shows_the_key():
    assert KEY.hex() not in repr(Cipher(KEY))
    assert "kkkk" not in repr(vars(Cipher(KEY)))
