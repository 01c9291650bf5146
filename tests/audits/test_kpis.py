"""The figures of 数字城管 come out by arithmetic, each with its list, and agree with a published bulletin."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits import kpis
from gis.catalogue import codelist

START, END = date(2025, 6, 1), date(2025, 6, 30)
COLUMNS = (
    "uid", "region_code", "state", "filed_on", "promised_on", "checked_on", "ended_on", "paused_on", "reworks",
)  # fmt: skip


def case(uid, state="dispatched", region="620702001", **facts):
    return dict.fromkeys(COLUMNS) | {"uid": uid, "region_code": region, "state": state, "reworks": 0} | facts


def frame(*cases):
    return pd.DataFrame(list(cases), columns=list(COLUMNS)).astype({"reworks": "int64"})


JUNE = {
    "filed_on": date(2025, 6, 2),
    "promised_on": date(2025, 6, 20),
}


def test_each_figure_of_a_small_month():
    told = kpis.counted(
        frame(
            case("on time", "closed", **JUNE, checked_on=date(2025, 6, 19), ended_on=date(2025, 6, 20)),
            case(
                "late", "closed", **JUNE, checked_on=date(2025, 6, 20), ended_on=date(2025, 6, 21), reworks=1
            ),
            case("open", **JUNE),
            case("closed in July", "closed", **JUNE, ended_on=date(2025, 7, 1)),
            case("paused", **JUNE, paused_on=date(2025, 6, 10)),
            case("merged", "merged", **JUNE, ended_on=date(2025, 6, 3)),
            case("cancelled", "cancelled", **JUNE, ended_on=date(2025, 6, 3)),
            case("due in July", filed_on=date(2025, 6, 30), promised_on=date(2025, 7, 30)),
            case("only reported", "reported"),
        ),
        START,
        END,
    )
    total = kpis.figures(told).iloc[0]
    assert total[list(kpis.FLAGS)].astype(int).to_dict() == {
        "filed": 7, "due": 4, "closed": 2, "on_time": 1, "checked": 2, "sent_back": 1,
    }  # fmt: skip
    assert (total["closed_share"], total["on_time_share"], total["sent_back_share"]) == (0.5, 0.25, 0.5)
    assert kpis.behind(told, "on_time")["uid"].tolist() == ["on time"]
    assert kpis.behind(told, "due")["uid"].tolist() == ["on time", "late", "open", "closed in July"]


def test_the_rates_of_a_published_bulletin_come_out():
    # 天门, December 2016: 立案 996, 应结案 972, 结案 911 (93.72 %), 按期结案 737 (75.82 %).
    due, filed_on = date(2016, 12, 20), date(2016, 12, 5)
    rows = [case(str(n), "closed", filed_on=filed_on, promised_on=due, ended_on=due) for n in range(737)]
    rows += [
        case(str(n), "closed", filed_on=filed_on, promised_on=due, ended_on=due + timedelta(1))
        for n in range(174)
    ]
    rows += [case(str(n), filed_on=filed_on, promised_on=due) for n in range(61)]
    rows += [case(str(n), filed_on=filed_on, promised_on=date(2017, 1, 5)) for n in range(24)]
    total = kpis.figures(kpis.counted(frame(*rows), date(2016, 12, 1), date(2016, 12, 31))).iloc[0]
    assert total[["filed", "due", "closed", "on_time"]].astype(int).tolist() == [996, 972, 911, 737]
    assert round(100 * total["closed_share"], 2) == 93.72
    assert round(100 * total["on_time_share"], 2) == 75.82


def test_regions_add_up_and_a_case_without_region_is_not_lost():
    told = kpis.counted(frame(case("a", **JUNE), case("b", region=None, **JUNE)), START, END)
    by_region = kpis.figures(told, "region_code")
    assert by_region["filed"].to_dict() == {"620702001": 1, None: 1}
    assert by_region["filed"].sum() == kpis.figures(told)["filed"].sum()


def test_a_share_of_nothing_is_unknown():
    total = kpis.figures(kpis.counted(frame(), START, END))
    assert total.loc[:, list(kpis.FLAGS)].to_numpy().tolist() == [[0] * 6]
    assert np.isnan(total[list(kpis.SHARES)].to_numpy()).all()


days = st.none() | st.dates(date(2025, 5, 1), date(2025, 8, 1))


@given(
    st.lists(
        st.builds(
            case,
            uid=st.text(max_size=3),
            state=st.sampled_from(list(codelist("case_state").codes)),
            region=st.sampled_from(["620702", "620721", None]),
            filed_on=days, promised_on=days, checked_on=days, ended_on=days, paused_on=days,
            reworks=st.integers(0, 2),
        ),
        max_size=20,
    )
)  # fmt: skip
def test_figures_are_counts_of_their_lists_and_shares_lie_between_0_and_1(rows):
    told = kpis.counted(frame(*rows), START, END)
    by_region = kpis.figures(told, "region_code")
    for flag in kpis.FLAGS:
        assert by_region[flag].sum() == len(kpis.behind(told, flag))
    assert (told["on_time"] <= told["closed"]).all()
    assert (told["closed"] <= told["due"]).all()
    shares = by_region[list(kpis.SHARES)].to_numpy(dtype=float)
    assert ((shares >= 0) & (shares <= 1) | np.isnan(shares)).all()
    again = kpis.figures(kpis.counted(frame(*rows[::-1]), START, END), "region_code")
    pd.testing.assert_frame_equal(by_region, again)


@pytest.mark.parametrize("name", [*kpis.FLAGS, *kpis.SHARES])
def test_every_figure_is_defined_with_its_source(name):
    facts = codelist("kpi")[name].facts
    assert facts["counts"]
    assert isinstance(facts["verified"], bool)
