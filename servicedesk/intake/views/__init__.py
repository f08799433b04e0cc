"""Pages of mailboxes, of the ledger of mails, and of what came in for a ticket. The window for staff is `portal`."""
