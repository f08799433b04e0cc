"""Addresses of the window: asking, and the page after sending."""

from django.urls import path

from . import portal

app_name = "intake"
urlpatterns = [
    path("new/", portal.new, name="new"),
    path("new/people/", portal.people, name="people"),
    path("new/<slug:number>/", portal.sent, name="sent"),
]
