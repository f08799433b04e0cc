"""`/incidents/…`: the page of an incident, its steps, its fields."""

from django.urls import path

from . import views
from .major import views as major

app_name = "incidents"

urlpatterns = [
    path("actions/", major.actions, name="actions"),
    path("<str:number>/", views.detail, name="detail"),
    path("<str:number>/major/", major.major, name="major"),
    path("<str:number>/major/declare/", major.declare_major, name="declare_major"),
    path("<str:number>/major/change/", major.change_major, name="change_major"),
    path("<str:number>/major/end/", major.end_major, name="end_major"),
    path("<str:number>/major/retract/", major.retract_major, name="retract_major"),
    path("<str:number>/major/update/", major.publish_update, name="publish_update"),
    path("<str:number>/major/join/", major.join_force, name="join_force"),
    path("<str:number>/major/leave/", major.leave_force, name="leave_force"),
    path("<str:number>/major/report/", major.major_report, name="major_report"),
    path("<str:number>/post-mortem/", major.post_mortem, name="post_mortem"),
    path("<str:number>/change/", views.change, name="change"),
    path("<str:number>/priority/", views.priority, name="priority"),
    *views.step_pages,
]
