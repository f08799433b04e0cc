"""All KPIs of the report. Each group has a file; a class with a key in one of them is a KPI."""

import hashlib
from functools import cache
from types import ModuleType

from . import backlog, cost, delivery, incidents, levels, people, quality, satisfaction, savings, tickets
from .base import WHOLE, Base, Better, By, Group, Kpi, Scope, Unit

__all__ = ["KPIS", "WHOLE", "Base", "Better", "By", "Group", "Kpi", "Scope", "Unit", "definitions_version", "in_groups"]

_FILES: tuple[ModuleType, ...] = (
    tickets,
    incidents,
    delivery,
    levels,
    quality,
    satisfaction,
    cost,
    savings,
    people,
    backlog,
)


def _of(file: ModuleType) -> list[type[Kpi]]:
    own = (each for each in vars(file).values() if isinstance(each, type) and issubclass(each, Kpi))
    return [each for each in own if each.__module__ == file.__name__ and "key" in vars(each)]


KPIS: dict[str, type[Kpi]] = {kpi.key: kpi for file in _FILES for kpi in _of(file)}


@cache
def definitions_version() -> str:
    """Changes whenever anything changes that decides a number."""
    words = "\n".join(sorted(kpi.said() for kpi in KPIS.values()))
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def in_groups() -> dict[Group, list[type[Kpi]]]:
    """The KPIs of each group that has some, in the order of the report."""
    found = {group: [kpi for kpi in KPIS.values() if kpi.group == group] for group in Group}
    return {group: kpis for group, kpis in found.items() if kpis}
