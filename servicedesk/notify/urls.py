"""Addresses of outgoing mail."""

from django.urls import path

from . import dead_views, device_views, notice_views, text_views, views

app_name = "notify"
urlpatterns = [
    path("notices/", notice_views.notices, name="notices"),
    path("notices/bell/", notice_views.bell, name="bell"),
    path("notices/read/", notice_views.read, name="notices-read"),
    path("me/notices/", notice_views.settings, name="notice-settings"),
    path("me/devices/allow/", device_views.allow, name="device-allow"),
    path("me/devices/<int:pk>/remove/", device_views.remove, name="device-remove"),
    path("push-worker.js", device_views.worker, name="push-worker"),
    path("settings/outgoing/", views.outgoing, name="outgoing"),
    path("settings/outgoing/<int:pk>/", views.mail, name="mail"),
    path("settings/outgoing/<int:pk>/resend/", views.resend, name="resend"),
    path("settings/dead-addresses/", dead_views.dead_addresses, name="dead-addresses"),
    path("settings/dead-addresses/<int:pk>/revive/", dead_views.revive, name="dead-address-revive"),
    path("settings/mail-texts/", text_views.texts, name="texts"),
    path("settings/mail-texts/<slug:key>/<slug:language>/", text_views.text, name="text"),
    path("settings/mail-texts/<slug:key>/<slug:language>/preview/", text_views.preview, name="text-preview"),
    path("settings/mail-texts/<slug:key>/<slug:language>/reset/", text_views.reset, name="text-reset"),
    path("settings/mail-texts/<slug:key>/<slug:language>/example/", text_views.example, name="text-example"),
]
