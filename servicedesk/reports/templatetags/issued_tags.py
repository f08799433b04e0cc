"""Tags of issued reports: what stands beside the figures on paper."""

from collections.abc import Sequence
from decimal import Decimal

from django import template
from django.utils.safestring import SafeString

from servicedesk.reports.issued import drawing
from servicedesk.reports.issued.freezing import FrozenLine, FrozenPart, FrozenRemark
from servicedesk.reports.models import Remark

register = template.Library()
# More parts of a figure than these stand in the Excel file alone.
_MOST_PARTS = 10


@register.simple_tag
def trend(line: FrozenLine) -> SafeString:
    """The months of a line as bars."""
    return drawing.trend([value for _month, value in line.months], line.target)


@register.simple_tag
def across(part: FrozenPart, line: FrozenLine) -> SafeString:
    """A part beside the largest of its line."""
    return drawing.bar(part.value, max((each.value or Decimal(0) for each in line.parts), default=Decimal(0)))


@register.filter
def shown_parts(line: FrozenLine) -> Sequence[FrozenPart]:
    return line.parts[:_MOST_PARTS]


@register.filter
def more_parts(line: FrozenLine) -> int:
    return max(len(line.parts) - _MOST_PARTS, 0)


@register.filter
def any_remarks(lines: Sequence[FrozenLine]) -> bool:
    return any(line.remarks for line in lines)


@register.filter
def kind_of_remark(remark: FrozenRemark) -> str:
    return str(Remark.Kind(remark.kind).label)
