"""What of django-allauth is ours: nobody signs up by themselves, guests stay out, and mail is a row in the reader's
language.
"""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import EmailAddress
from django.conf import settings
from django.urls import reverse

from servicedesk.web.middleware import speaking_to

from .models import AccountMail


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """People come from the administrator, an import, or the mail intake; never from a form for everybody."""
        return False

    def pre_login(self, request, user, **more):
        """Called for every way in, passkeys too. Guests and people who left get the same page."""
        if user.is_guest:
            clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **more)

    def send_password_reset_mail(self, user, email, context):
        """To the main address, whichever of theirs was typed."""
        return super().send_password_reset_mail(user, user.email, context)

    def get_reset_password_from_key_url(self, key):
        """On the configured site: a forged Host header must not lead anybody elsewhere."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + path.replace("UID-KEY", key)

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        super().send_notification_mail(template_prefix, user, {"user": user} | (context or {}), email)

    def send_mail(self, template_prefix, email, context):
        """Keep the mail as a row. A task sends it: no page waits for a mail server, nor tells by its time who is
        known.
        """
        user = context.get("user")
        if user is None:
            known = EmailAddress.objects.filter(email=email.lower()).select_related("user").first()
            user = known.user if known else None
        with speaking_to(user):
            message = self.render_mail(template_prefix, email, {"request": self.request, "email": email} | context)
        AccountMail.objects.create(to_address=email, subject=message.subject[:300], text=message.body)
