"""What of django-allauth is ours: nobody signs up by themselves, and mail goes in the person's language."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """People come from the administrator, an import, or the mail intake; never from a form for everybody."""
        return False
