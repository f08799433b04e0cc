import asyncio
import signal
import threading

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from servicedesk.intake.actions import watch_mailboxes
from servicedesk.intake.listener import serve


class Command(BaseCommand):
    """Runs until it is told to end, and listens to the servers of fetched mailboxes meanwhile. Addresses and ports:
    MAIL_LISTEN_HOST, MAIL_PORT, LMTP_PORT (-1: not at all).
    """

    help = "Listens for mail by SMTP and LMTP and keeps it before it says so."

    def handle(self, *args, **options):
        stop = threading.Event()
        watch = threading.Thread(target=watch_mailboxes, args=[stop], name="watch-mailboxes", daemon=True)
        watch.start()
        try:
            asyncio.run(self._listen())
        except OSError as error:
            raise CommandError(
                f"The mail listener cannot use {settings.MAIL_LISTEN_HOST}, ports {settings.MAIL_PORT} and"
                f" {settings.LMTP_PORT}: {error.strerror}. Set MAIL_PORT and LMTP_PORT to free ones."
            ) from None
        finally:
            stop.set()
            watch.join(5)

    async def _listen(self):
        task = asyncio.ensure_future(
            serve(settings.MAIL_LISTEN_HOST, settings.MAIL_PORT, settings.LMTP_PORT, self._say)
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            self.stdout.write("Stopped.")

    def _say(self, ports):
        self.stdout.write(f"Listening on {settings.MAIL_LISTEN_HOST}, ports {', '.join(map(str, ports))}.")
        self.stdout.flush()
