"""The window by API: handing something over, mailboxes, and the mails that came in."""
