"""How our mails are written for the wire, so that old programs and servers read them too: seven bits throughout, no
header that begins on an empty line, no line of one beyond 78 columns (RFC 5322).
"""

from email.charset import BASE64, Charset
from email.header import Header
from email.message import Message as AnyMessage
from email.utils import formataddr

from django.core.mail import EmailMultiAlternatives

# Base64 survives servers that know seven bits only; a mail that is rewritten on its way loses its signature.
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = BASE64
_LONGEST_LINE = 76
# A word of this length stands in one line with every name of a header that has people in it.
_LONGEST_WORD = 64


class Message(EmailMultiAlternatives):
    """A mail whose subject begins on the line of its header's name."""

    encoding = _UTF8

    def message(self):
        built = super().message()
        del built["Subject"]
        # Past Django, which folds without knowing the name of the header; its check for line breaks has been made.
        charset = "us-ascii" if self.subject.isascii() else "utf-8"
        AnyMessage.__setitem__(built, "Subject", _Subject(self.subject, charset, header_name="Subject"))
        return built


class _Subject(Header):
    def encode(self, splitchars=";, \t", maxlinelen=None, linesep="\n"):
        return super().encode(splitchars, _LONGEST_LINE, linesep)


def named(name: str, address: str) -> str:
    """`Name <address>` for a header, with a name of any letters and length on one line."""
    if name.isascii() and len(name) < _LONGEST_WORD:
        return formataddr((name, address))
    words = Header(name, "utf-8", maxlinelen=_LONGEST_WORD).encode().split("\n ")
    return f"{' '.join(words)} <{address}>"
