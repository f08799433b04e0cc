"""`/tickets/<number>/clocks/`."""

from django.urls import path

from . import receipt_views

app_name = "levels"

urlpatterns = [
    path("tickets/<str:number>/clocks/", receipt_views.for_ticket, name="for-ticket"),
    path("tickets/<str:number>/receipt/", receipt_views.receipt, name="receipt"),
]
