"""Addresses of the pages that need every app: home, my tickets, help; the desk itself."""

from django.urls import path

from . import help_pages, portal

app_name = "desk"
urlpatterns = [
    path("", portal.home, name="home"),
    path("my/", portal.my_tickets, name="my-tickets"),
    path("help/", help_pages.index, name="help"),
    path("help/<slug:slug>/", help_pages.show, name="help-page"),
]
