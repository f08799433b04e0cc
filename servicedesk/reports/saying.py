"""What a month means, in a few sentences made from its figures by rules."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from .queries import Month


def sentences(report: Month) -> Sequence[str]:
    """The sentences of a month in the reader's language, the most telling first; none where nothing was recorded."""
    missed = [str(line.kpi.name) for line in report.lines if line.is_met is False]
    return [_("Targets missed: %(names)s.") % {"names": ", ".join(missed)}] if missed else []
