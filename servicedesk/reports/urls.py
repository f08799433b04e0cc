"""Addresses of reports."""

from django.urls import path

from . import views
from .issued import views as issued
from .issued import wall

app_name = "reports"
urlpatterns = [
    path("", views.latest, name="latest"),
    path("issued/", issued.archive, name="archive"),
    path("issued/subscribe/", issued.subscribe, name="subscribe"),
    path("issued/subscribers/", issued.subscribers, name="subscribers"),
    path("issued/subscribers/<int:pk>/remove/", issued.subscriber_remove, name="subscriber-remove"),
    path("issued/walls/", issued.walls, name="walls"),
    path("issued/walls/<int:pk>/revoke/", issued.wall_revoke, name="wall-revoke"),
    path("issued/feed/", issued.feed_link, name="feed-link"),
    path("issued/<str:month>/", issued.issued, name="issued"),
    path("issued/<str:month>/<str:language>/<str:kind>/", issued.issued_file, name="issued-file"),
    path("wall/<str:secret>/", wall.wall, name="wall"),
    path("feed/<str:secret>/", wall.feed, name="feed"),
    path("<str:month>/", views.month, name="month"),
    path("<str:month>/<str:key>/", views.behind, name="behind"),
]
