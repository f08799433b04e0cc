"""Addresses of reports."""

from django.urls import path

from . import change_views, views
from .dependence import views as dependence
from .issued import views as issued
from .issued import wall

app_name = "reports"
urlpatterns = [
    path("", views.latest, name="latest"),
    path("dependence/", dependence.topics, name="dependence"),
    path("dependence/topics.csv", dependence.topics_csv, name="dependence-csv"),
    path("dependence/away/", dependence.away, name="dependence-away"),
    path("dependence/proposals/", dependence.proposals, name="dependence-proposals"),
    path("dependence/proposals/new/", dependence.proposal_new, name="dependence-proposal-new"),
    path("dependence/proposals/<int:pk>/", dependence.proposal, name="dependence-proposal"),
    path("dependence/proposals/<int:pk>/change/", dependence.proposal_change, name="dependence-proposal-change"),
    path("dependence/proposals/<int:pk>/drop/", dependence.proposal_drop, name="dependence-proposal-drop"),
    path("dependence/proposals/<int:pk>/finish/", dependence.proposal_finish, name="dependence-proposal-finish"),
    path("dependence/proposals/<int:pk>/reopen/", dependence.proposal_reopen, name="dependence-proposal-reopen"),
    path("targets/", change_views.targets, name="targets"),
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
    path("<str:month>/<str:key>/csv/", views.behind_export, name="behind-export"),
    path("<str:month>/<str:key>/remarks/", change_views.remark, name="remark"),
]
