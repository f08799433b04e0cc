"""Addresses of outgoing mail."""

from django.urls import path

from . import views

app_name = "notify"
urlpatterns = [
    path("settings/outgoing/", views.outgoing, name="outgoing"),
    path("settings/outgoing/<int:pk>/", views.mail, name="mail"),
    path("settings/outgoing/<int:pk>/resend/", views.resend, name="resend"),
    path("tickets/<str:number>/sent/", views.for_ticket, name="for-ticket"),
]
