"""Addresses of the window: asking, mailboxes, mails, and what came in for a ticket."""

from django.urls import path

from . import call_back_pages, portal
from .views import mailboxes, mails, of_ticket

app_name = "intake"
urlpatterns = [
    path("new/", portal.new, name="new"),
    path("new/people/", portal.people, name="people"),
    path("new/<slug:number>/", portal.sent, name="sent"),
    path("settings/mailboxes/", mailboxes.mailboxes, name="mailboxes"),
    path("settings/mailboxes/new/", mailboxes.mailbox_new, name="mailbox-new"),
    path("settings/mailboxes/oauth/", mailboxes.mailbox_oauth, name="mailbox-oauth"),
    path("settings/mailboxes/<int:pk>/sign-in/", mailboxes.mailbox_sign_in, name="mailbox-sign-in"),
    path("settings/mailboxes/<int:pk>/", mailboxes.mailbox, name="mailbox"),
    path("settings/mailboxes/<int:pk>/test/", mailboxes.mailbox_test, name="mailbox-test"),
    path("settings/mailboxes/<int:pk>/comparison/", mailboxes.mailbox_comparison, name="mailbox-comparison"),
    path("settings/mailboxes/<int:pk>/compare/", mailboxes.mailbox_compare, name="mailbox-compare"),
    path("settings/mailboxes/<int:pk>/take/", mailboxes.mailbox_take, name="mailbox-take"),
    path("settings/mails/", mails.mails, name="held"),
    path("settings/mails/several/", mails.mails_many, name="mails-many"),
    path("settings/mails/export/", mails.mails_export, name="mails-export"),
    path("settings/mails/<int:pk>/", mails.mail, name="mail"),
    path("settings/mails/<int:pk>/html/", mails.mail_html, name="mail-html"),
    path("settings/mails/<int:pk>/raw/", mails.mail_raw, name="mail-raw"),
    path("settings/mails/<int:pk>/files/<int:place>/", mails.mail_file, name="mail-file"),
    path("settings/mails/<int:pk>/retry/", mails.decide, {"verb": "retry"}, name="mail-retry"),
    path("settings/mails/<int:pk>/admit/", mails.decide, {"verb": "admit"}, name="mail-admit"),
    path("settings/mails/<int:pk>/take/", mails.decide, {"verb": "take"}, name="mail-take"),
    path("settings/mails/<int:pk>/assign/", mails.mail_assign, name="mail-assign"),
    path("settings/mails/<int:pk>/join/", mails.mail_join, name="mail-join"),
    path("settings/mails/<int:pk>/refuse/", mails.mail_refuse, name="mail-refuse"),
    path("tickets/<str:number>/call-backs/new/", call_back_pages.plan, name="call-back-new"),
    path("tickets/<str:number>/call-backs/<int:pk>/done/", call_back_pages.finish, name="call-back-done"),
    path("tickets/<str:number>/call-backs/<int:pk>/not-reached/", call_back_pages.miss, name="call-back-not-reached"),
    path("tickets/<str:number>/call-backs/<int:pk>/cancel/", call_back_pages.cancel, name="call-back-cancel"),
    path("tickets/<str:number>/dead-addresses/", of_ticket.dead, name="dead"),
    path("tickets/<str:number>/mails/<int:event>/", of_ticket.message, name="message"),
    path("tickets/<str:number>/mails/<int:event>/html/", of_ticket.message_html, name="message-html"),
    path("tickets/<str:number>/comments/<int:comment>/split/", of_ticket.split, name="split"),
    path("tickets/<str:number>/convert/", of_ticket.convert, name="convert"),
]
