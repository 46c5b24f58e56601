"""What a person says of a flow or a connection, right and wrong: it is taken, or told how to mend.

A setting that is taken is used in every round from then on, so what it was parsed to must also
work.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.cadence import Cadence
from ml_connector.core.faults import Mistake
from ml_connector.core.flow import Flow, Given, Setting
from ml_connector.core.money import Money
from ml_connector.core.values import decimal_of, same
from ml_connector.core.vendor import ConnectionSetting, Vendor
from ml_connector.engine.opening import parse_settings
from ml_connector.flows import FLOWS
from ml_connector.flows.common import is_dated_in
from ml_connector.vendors import VENDORS
from tests.fuzz.spoiling import NUMBERS, WORDS
from tests.support.searching import searching

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LONGEST_SENTENCE = 4_000

ODD = (
    "nan", "inf", "-inf", "1e400", "1e-300", "1e300", "0", "-1", "0.0", "1_000", "٣", "９", "yes ",
    "YES", "open,all", "daily", "daily ", "daily 06:30", "daily 06:30+02:00,07:00 UTC",
    "daily 25:00",
    "daily 06:30 ../../etc/passwd", "daily 06:30 Europe/Nowhere", "daily 06:30 /etc/passwd",
    "daily 06:30 Europe", "daily 06:30 \x00", "daily , UTC", "0001-01-01", "9999-12-31", "20260101",
    "2026-W01-1", "a=b", "a=b,a=c", "draft=,sent=x", "=", ",", "a" * 70_000, "9" * 5_000,
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(ODD), st.sampled_from(WORDS), st.sampled_from(NUMBERS).map(str),
    st.text(max_size=30), st.integers().map(str), st.dates().map(str),
    st.builds(
        "daily {} {}".format, st.times().map(str), st.sampled_from(("UTC", "Asia/Tokyo", "x"))
    ),
)  # fmt: skip


@st.composite
def near(draw: st.DrawFn, default: str) -> str:
    """Something near to what is right: cut, doubled, or with another sign in it."""
    text = draw(st.sampled_from((default, default or "x")))
    at = draw(st.integers(0, len(text)))
    return draw(
        st.sampled_from(
            (
                text[:at],
                text + text,
                text[:at] + ",=" + text[at:],
                f" {text}",
                text.upper(),
                f"-{text}",
            )
        )
    )


def check_told(fault: Mistake, *names: str) -> None:
    """The sentence says what is wrong, and where."""
    assert any(name in fault.sentence for name in names), fault.sentence
    assert len(fault.sentence) <= LONGEST_SENTENCE


def use(flow: Flow, settings: dict[str, Any]) -> None:
    """What every round does with them."""
    poll: Cadence = settings["poll"]
    due = poll.next_after(NOW, NOW)
    assert due > NOW
    poll.count_between(NOW, NOW + timedelta(days=1))
    assert str(poll)
    given = Given(settings, NOW, "2026-05-04", NOW)
    is_dated_in("2026-05-04", given)
    for value in settings.values():
        if isinstance(value, Decimal):
            assert value >= 0
            assert Money(Decimal(1), "EUR").amount >= value or value > 1
    assert flow.setup(settings) is not None


OF_FLOWS = [(flow, setting) for flow in FLOWS for setting in flow.settings]


@pytest.mark.parametrize(
    ("flow", "setting"), OF_FLOWS, ids=[f"{flow.kind} {each.name}" for flow, each in OF_FLOWS]
)
@searching(25)
@given(data=st.data())
def test_a_setting_of_a_flow_is_taken_and_works_or_is_a_mistake_by_name(
    flow: Flow, setting: Setting, data: st.DataObject
) -> None:
    text = data.draw(st.one_of(texts, near(setting.default)))
    try:
        settings = parse_settings(flow, {setting.name: text})
    except Mistake as fault:
        check_told(fault, setting.name)
        return
    use(flow, settings)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.kind)
@searching(20)
@given(name=st.one_of(st.text(max_size=20), st.sampled_from(WORDS)), text=texts)
def test_an_unknown_setting_is_named_with_those_there_are(flow: Flow, name: str, text: str) -> None:
    known = {setting.name for setting in flow.settings}
    if name in known:
        return
    with pytest.raises(Mistake) as told:
        parse_settings(flow, {name: text})
    assert all(each in told.value.sentence for each in known)


ADDRESS = {"base_url": "https://company.zendesk.com"}
OF_VENDORS = [(vendor, setting) for vendor in VENDORS for setting in vendor.settings]


@pytest.mark.parametrize(
    ("vendor", "setting"), OF_VENDORS, ids=[f"{v.name} {each.name}" for v, each in OF_VENDORS]
)
@searching(20)
@given(data=st.data())
def test_a_setting_of_a_connection_is_taken_or_a_mistake_by_name(
    vendor: Vendor, setting: ConnectionSetting, data: st.DataObject
) -> None:
    """As far as the vendor's folder reads it for its limits."""
    choices = st.sampled_from(setting.choices or ("",))
    text = data.draw(st.one_of(texts, near(setting.default), choices))
    try:
        limits = vendor.limits({**ADDRESS, setting.name: text}, "scope", "oauth")
    except Mistake as fault:
        check_told(fault, setting.name)
        return
    except KeyError:
        # `connect` has refused it before
        assert setting.choices
        assert text not in setting.choices
        return
    assert all(window.calls > 0 and window.seconds > 0 for window in limits.windows)
    assert limits.at_once > 0


@searching(200)
@given(
    one=st.one_of(texts, st.sampled_from(NUMBERS)), other=st.one_of(texts, st.sampled_from(NUMBERS))
)
def test_any_two_values_can_be_compared(one: Any, other: Any) -> None:
    """Found here: a signalling NaN in a text raised where it met a number."""
    assert same(one, other) == same(other, one)
    number = decimal_of(one)
    assert number is None or number.is_finite()
