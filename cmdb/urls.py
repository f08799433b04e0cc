"""`/settings/services/` and `/settings/items/`."""

from django.urls import path

from . import views

app_name = "cmdb"

urlpatterns = [
    path("settings/services/", views.services, name="services"),
    path("settings/services/new/", views.service_new, name="service-new"),
    path("settings/services/<int:pk>/", views.service, name="service"),
    path("settings/items/", views.items, name="items"),
    path("settings/items/new/", views.item_new, name="item-new"),
    path("settings/items/import/", views.items_import, name="items-import"),
    path("settings/items/export.csv", views.items_export, name="items-export"),
    path("settings/items/<int:pk>/", views.item, name="item"),
]
