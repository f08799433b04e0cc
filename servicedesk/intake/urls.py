"""Addresses of the window: asking, mailboxes, mails, and what came in for a ticket."""

from django.urls import path

from . import call_back_pages, portal, views

app_name = "intake"
urlpatterns = [
    path("new/", portal.new, name="new"),
    path("new/people/", portal.people, name="people"),
    path("new/<slug:number>/", portal.sent, name="sent"),
    path("settings/mailboxes/", views.mailboxes, name="mailboxes"),
    path("settings/mailboxes/new/", views.mailbox_new, name="mailbox-new"),
    path("settings/mailboxes/oauth/", views.mailbox_oauth, name="mailbox-oauth"),
    path("settings/mailboxes/<int:pk>/sign-in/", views.mailbox_sign_in, name="mailbox-sign-in"),
    path("settings/mailboxes/<int:pk>/", views.mailbox, name="mailbox"),
    path("settings/mailboxes/<int:pk>/test/", views.mailbox_test, name="mailbox-test"),
    path("settings/mailboxes/<int:pk>/comparison/", views.mailbox_comparison, name="mailbox-comparison"),
    path("settings/mailboxes/<int:pk>/compare/", views.mailbox_compare, name="mailbox-compare"),
    path("settings/mailboxes/<int:pk>/take/", views.mailbox_take, name="mailbox-take"),
    path("settings/mails/", views.mails, name="held"),
    path("settings/mails/several/", views.mails_many, name="mails-many"),
    path("settings/mails/<int:pk>/", views.mail, name="mail"),
    path("settings/mails/<int:pk>/html/", views.mail_html, name="mail-html"),
    path("settings/mails/<int:pk>/raw/", views.mail_raw, name="mail-raw"),
    path("settings/mails/<int:pk>/files/<int:place>/", views.mail_file, name="mail-file"),
    path("settings/mails/<int:pk>/retry/", views.decide, {"verb": "retry"}, name="mail-retry"),
    path("settings/mails/<int:pk>/admit/", views.decide, {"verb": "admit"}, name="mail-admit"),
    path("settings/mails/<int:pk>/take/", views.decide, {"verb": "take"}, name="mail-take"),
    path("settings/mails/<int:pk>/assign/", views.mail_assign, name="mail-assign"),
    path("settings/mails/<int:pk>/join/", views.mail_join, name="mail-join"),
    path("settings/mails/<int:pk>/refuse/", views.mail_refuse, name="mail-refuse"),
    path("tickets/<str:number>/mails/", views.for_ticket, name="for-ticket"),
    path("tickets/<str:number>/call-backs/", call_back_pages.for_ticket, name="call-backs"),
    path("tickets/<str:number>/call-backs/new/", call_back_pages.plan, name="call-back-new"),
    path("tickets/<str:number>/call-backs/<int:pk>/done/", call_back_pages.finish, name="call-back-done"),
    path("tickets/<str:number>/call-backs/<int:pk>/not-reached/", call_back_pages.miss, name="call-back-not-reached"),
    path("tickets/<str:number>/call-backs/<int:pk>/cancel/", call_back_pages.cancel, name="call-back-cancel"),
    path("tickets/<str:number>/dead-addresses/", views.dead, name="dead"),
    path("tickets/<str:number>/mails/<int:event>/", views.message, name="message"),
    path("tickets/<str:number>/mails/<int:event>/html/", views.message_html, name="message-html"),
    path("tickets/<str:number>/convert/", views.convert, name="convert"),
]
