from django.urls import path

from servicedesk.web import views

app_name = "web"

urlpatterns = [
    path("style/", views.style, name="style"),
    path("language/", views.set_language, name="set-language"),
]
