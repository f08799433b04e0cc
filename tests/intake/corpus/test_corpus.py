"""Every mail of the corpus is read exactly as a person wrote down beside it."""

import pytest

from servicedesk.intake.mail.bounces import Bounce, bounced
from servicedesk.intake.mail.reading import read
from servicedesk.intake.mail.signs import signs_of

from . import of_charsets, of_headers, of_kinds, of_replies, of_signs, of_structure
from .making import Mail

AREAS = (of_charsets, of_headers, of_structure, of_kinds, of_replies, of_signs)
CORPUS = [each for area in AREAS for each in area.MAILS]


def as_written(mail: Mail) -> dict:
    return {
        "subject": mail.subject,
        "sender": mail.sender,
        "text": mail.text,
        "reply": mail.text if mail.reply is None else mail.reply,
        "has_html": mail.has_html,
        "files": list(mail.files),
        "signs": mail.signs.split(),
        "bounce": mail.bounce and Bounce(*mail.bounce),
    }


def as_read(mail: Mail) -> dict:
    letter = read(mail.raw)
    signs = signs_of(letter, mail.envelope)
    sizes = [isinstance(data, int) for _name, data in mail.files] + [False] * len(letter.files)
    return {
        "subject": letter.subject,
        "sender": (letter.from_name, letter.from_address),
        "text": letter.text,
        "reply": letter.reply,
        "has_html": bool(letter.html),
        "files": [(file.name, len(file.data) if size else file.data) for file, size in zip(letter.files, sizes)],
        "signs": [name for name in vars(signs) if getattr(signs, name)],
        "bounce": bounced(letter, mail.envelope),
    }


class TestTheCorpus:
    @pytest.mark.parametrize("mail", CORPUS, ids=lambda mail: mail.name)
    def test_is_read_as_written(self, mail, monkeypatch):
        monkeypatch.setattr("servicedesk.intake.mail.reading.log.exception", pytest.fail)
        assert as_read(mail) == as_written(mail)

    def test_is_large_and_mostly_japanese(self):
        assert len(CORPUS) >= 150 and len({mail.name for mail in CORPUS}) == len(CORPUS)
        assert sum(mail.is_japanese for mail in CORPUS) * 2 >= len(CORPUS)

    def test_holds_nothing_that_only_reads_as_nothing(self):
        """A corpus of empty readings would pass whatever is read."""
        assert sum(bool(mail.text or mail.files or mail.subject) for mail in CORPUS) > len(CORPUS) * 0.97
