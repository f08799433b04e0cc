"""How figures look to people."""

from decimal import Decimal

import pytest

from servicedesk.reports.kpis import Unit
from servicedesk.reports.words import figure


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        ("0.65", Unit.SHARE, "65.0\u00a0%"),
        ("0.0005", Unit.SHARE, "0.1\u00a0%"),
        ("1204", Unit.COUNT, "1,204"),
        ("113.94999999999999", Unit.HOURS, "114.0 h"),  # a median of the database; on paper it is 113.95 first
        (None, Unit.HOURS, "–"),
    ],
)
def test_a_figure_looks_the_same_on_the_page_and_on_paper(value, unit, said):
    assert figure(None if value is None else Decimal(value), unit) == said
