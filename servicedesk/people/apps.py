from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "servicedesk.people"
    label = "people"

    def ready(self):
        from . import permissions  # noqa: F401
