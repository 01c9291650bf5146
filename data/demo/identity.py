"""Names, telephones and certificate numbers that nobody can have.

A certificate number begins with an 18-digit citizen number. Its first six digits name a division of
GB/T 2260, which begin with 11 to 65, 71, 81 or 82 (83 heads the residence permits of Taiwan residents);
9 heads the permanent residence cards of foreigners, where the next two digits again name a province of 11
to 65. `999` is in neither scheme, so no person can hold the number, while its check digit is right.
A telephone beginning with 000 cannot be dialled. Names pair a surname with a heavenly stem and an
earthly branch (甲子, 乙丑, ...), the words of calendars and of sample forms, not of people.
"""

import numpy as np
import pandas as pd

from data.demo.draw import Flags, Floats, Ints

UNASSIGNED_AREA = "999"
"""Followed by the last three digits of the county's code."""

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK_DIGITS = np.array(list("10X98765432"))
"""Weights and check digits of GB 11643 (ISO 7064, MOD 11-2)."""

SURNAMES = np.array(list("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"))
STEMS = np.array(list("甲乙丙丁戊己庚辛壬癸"))
BRANCHES = np.array(list("子丑寅卯辰巳午未申酉戌亥"))

UNDIALLABLE = "000"


def names(rng: np.random.Generator, size: int) -> pd.Series:
    """Return invented names of three characters."""
    surname, stem, branch = (
        pd.Series(rng.choice(signs, size)) for signs in (SURNAMES, STEMS, BRANCHES)
    )  # fmt: skip
    return surname + stem + branch


def phones(rng: np.random.Generator, size: int) -> pd.Series:
    """Return eleven digits that cannot be dialled."""
    return UNDIALLABLE + pd.Series(rng.integers(0, 10**8, size)).astype(str).str.zfill(8)


def certificates(
    county: pd.Series, born_on: pd.Series, female: Flags, category: Ints, grade: Ints
) -> pd.Series:
    """Return certificate numbers of 20 digits: citizen number, category 1-7, grade 1-4.

    People of one county, birthday and sex get consecutive serials, odd for men and even for women.
    """
    area = UNASSIGNED_AREA + county.str[-3:]
    birthday = born_on.dt.strftime("%Y%m%d")
    order = pd.DataFrame({"area": area, "birthday": birthday, "female": female}).groupby(
        ["area", "birthday", "female"], sort=False
    )
    serial = 2 * order.cumcount() + np.where(female, 2, 1)
    body = area + birthday + serial.astype(str).str.zfill(3)
    kind = pd.Series(category).astype(str) + pd.Series(grade).astype(str)
    return pd.Series(body + check_digits(body) + kind)


def check_digits(body: pd.Series) -> pd.Series:
    """Return the check digit of each 17-digit text (GB 11643)."""
    digits: Floats = np.array(body.tolist(), dtype="U17").view("U1").reshape(-1, 17).astype(np.int64)
    return pd.Series(CHECK_DIGITS[(digits @ WEIGHTS) % 11], index=body.index)
