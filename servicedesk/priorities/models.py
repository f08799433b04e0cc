"""The priority matrix."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cmdb.models import Service
from servicedesk.tickets.models import Impact, Priority, Urgency


class MatrixCell(models.Model):
    """impact × urgency → priority. `service` empty: the matrix of the whole desk, which has all 16 cells; otherwise an
    override that may have any of them.
    """

    service = models.ForeignKey(Service, models.CASCADE, null=True, blank=True, related_name="matrix_cells")
    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)

    class Meta:
        verbose_name = _("priority matrix")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "impact", "urgency"], name="matrix_cell_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(impact__range=(1, 4), urgency__range=(1, 4), priority__range=(1, 4)),
                name="matrix_cell_in_range",
            ),
        ]

    def __str__(self):
        return f"{self.impact}×{self.urgency} → P{self.priority}"
