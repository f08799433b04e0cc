"""Whether issued reports are still as they were issued: the chain of their figures, and the bytes of their files."""

import hashlib
from collections.abc import Iterator

from .freezing import hash_of
from .models import IssuedFile, IssuedReport


def file_fits(file: IssuedFile) -> bool:
    """Whether a stored file has the bytes that it had."""
    try:
        with file.file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.hash
    except OSError:
        return False


def figures_fit(report: IssuedReport) -> bool:
    """Whether the figures are those that the hash was made of."""
    return hash_of(report) == report.hash


def faults() -> Iterator[str]:
    """A line for each thing that does not fit, in English: it is for operators."""
    before = ""
    for report in IssuedReport.objects.order_by("frozen_at", "pk").iterator(chunk_size=20):
        if not figures_fit(report):
            yield f"{report}: the figures are not those of its hash"
        if report.previous_hash != before:
            yield f"{report}: the report frozen before it is missing or another"
        before = report.hash
        for file in report.files.all():
            if not file_fits(file):
                yield f"{file.name}: the file is gone or changed"
