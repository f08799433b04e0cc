"""`/requests/…`: the page of a service request, its steps, its fields."""

from django.urls import path

from . import views

app_name = "requests"

urlpatterns = [
    path("<str:number>/", views.detail, name="detail"),
    path("<str:number>/change/", views.change, name="change"),
    path("<str:number>/priority/", views.priority, name="priority"),
    *views.step_pages,
]
