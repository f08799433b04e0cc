"""What became of numbered mails: each exactly once, as one row, one fate, one ticket or reply, and one receipt."""

import re
from collections import Counter

from .shapes import Numbered, number_of


def wrongs(sent: list[Numbered]) -> list[str]:
    """Sentences about every mail that was lost, doubled, or became what it must not become; none when all is well."""
    from django.db.models import Count, F

    from servicedesk.intake.models import IncomingMail
    from servicedesk.notify.models import OutgoingMail
    from servicedesk.tickets.models import Comment, Outbox, Ticket

    found: list[str] = []
    rows = list(IncomingMail.objects.select_related("ticket", "comment").order_by("id"))
    numbers = Counter(number_of(bytes(row.raw)) for row in rows)
    for mail in sent:
        if numbers[mail.number] != 1:
            found.append(f"mail {mail.number} has {numbers[mail.number]} rows")
    if len(rows) != len(sent):
        found.append(f"{len(rows)} rows of {len(sent)} mails")
    by_number = {mail.number: mail for mail in sent}
    bodies = list(Comment.objects.values_list("body", flat=True))
    texts = Ticket.objects.values_list("title", "description")
    in_tickets, in_replies = _marks(f"{title} {text}" for title, text in texts), _marks(bodies)
    tickets = replies = 0
    for row in rows:
        mail = by_number.get(number_of(bytes(row.raw)))
        if mail is None:
            found.append(f"row {row.pk} is none of the mails that were sent")
            continue
        if row.state not in mail.fates:
            found.append(f"mail {mail.number} became {row.state} ({row.reason or row.error}), not {set(mail.fates)}")
        tickets += row.state == "ticket"
        replies += row.state == "reply"
        expected = (int(row.state == "ticket"), int(row.state == "reply"))
        seen = (in_tickets[mail.mark], in_replies[mail.mark])
        if seen != expected:
            found.append(f"mail {mail.number}, {row.state}, is in {seen[0]} tickets and {seen[1]} replies")
    if Ticket.objects.count() != tickets or len(bodies) != replies:
        found.append(
            f"{Ticket.objects.count()} tickets of {tickets} mails and {len(bodies)} replies of {replies} mails"
        )
    receipts = OutgoingMail.objects.filter(kind="receipt")
    once = receipts.values("ticket").annotate(n=Count("id"))
    if receipts.count() != tickets or once.filter(n__gt=1).exists():
        found.append(f"{receipts.count()} receipts for {tickets} tickets")
    if broken := Ticket.objects.annotate(n=Count("events")).exclude(event_count=F("n")).count():
        found.append(f"{broken} tickets count their events wrongly")
    if left := Outbox.objects.count():
        found.append(f"{left} events are not delivered")
    return found


def _marks(texts) -> Counter:
    found: Counter = Counter()
    for text in texts:
        found.update(set(re.findall(r"M\d{6}M", text)))
    return found
