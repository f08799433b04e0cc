"""What of signing in is ours beside the adapter: who may, and whom a link for a new password is sent to."""

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import ResetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest

from .actions import note_reset_link
from .models import User


class Backend(AuthenticationBackend):
    """Passwords and sessions. Guests are known by mail only: whatever a guest comes to hold opens nothing."""

    def user_can_authenticate(self, user) -> bool:
        return super().user_can_authenticate(user) and not user.is_guest


class ResetForm(ResetPasswordForm):
    """Answers the same whoever asks; a mail goes to those who can sign in, to their main address only.

    The main address and not the one typed in: otherwise a further address that was lost would open the account.
    """

    def clean_email(self) -> str:
        address = super().clean_email()
        self.users = [user for user in self.users if not user.is_guest]
        return address


@transaction.atomic
def send_reset_link(request: HttpRequest, person: User) -> None:
    """Have a link for a new password sent to somebody's main address, at an administrator's wish. See
    `note_reset_link`.
    """
    note_reset_link(person, by=request.user, via="page")
    form = ResetForm({"email": person.email})
    if form.is_valid():
        form.users = [person]
        form.save(request, token_generator=default_token_generator)
