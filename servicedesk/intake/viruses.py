"""Mails and the virus scanner: which files of a mail go with its ticket, and what of the ledger may be handed out."""

import io
import logging

from django.utils.translation import gettext as _

from servicedesk.tickets import scan
from servicedesk.web.errors import NotNow, Refused
from servicedesk.web.text import one_line

from .mail.reading import Part

log = logging.getLogger(__name__)


def without_viruses(files: list[Part]) -> tuple[list[Part], list[str]]:
    """The files of a mail that may be attached, and for each of the others a sentence that names it, in the language of
    the moment: those in which the scanner finds a virus, and those too large for it. Raises NotNow when the scanner
    does not answer: then the mail waits.
    """
    if not scan.is_on():
        return files, []
    remarks = [_remark_on(each) for each in files]
    return [each for each, remark in zip(files, remarks, strict=True) if not remark], [each for each in remarks if each]


def _remark_on(part: Part) -> str:
    name = one_line(part.name or "", 180) or _("(no name)")
    try:
        virus = scan.virus_in(io.BytesIO(part.data))
    except scan.TooLarge:
        return _("(The file “%(name)s” was not taken: it is too large to be checked for viruses.)") % {"name": name}
    except scan.NoAnswer as error:
        raise NotNow(_("Files cannot be checked for viruses just now. Try again in a few minutes.")) from error
    if not virus:
        return ""
    log.warning("a file with the virus %s was taken out of a mail", virus)
    return _("(The file “%(name)s” was not taken: it contains the virus %(virus)s.)") % {"name": name, "virus": virus}


def check_before_handing_out(data: bytes) -> None:
    """Refuse what the scanner finds a virus in, and what it cannot look at."""
    if not scan.is_on():
        return
    try:
        virus = scan.virus_in(io.BytesIO(data))
    except scan.TooLarge:
        raise Refused(
            _("This is too large to be checked for viruses, so it is not handed out."), code="virus"
        ) from None
    except scan.NoAnswer as error:
        log.error("the virus scanner cannot be used: %s", error)
        raise NotNow(_("Files cannot be checked for viruses just now. Try again in a few minutes.")) from error
    if virus:
        raise Refused(_("This is not handed out: it contains the virus %(virus)s.") % {"virus": virus}, code="virus")
