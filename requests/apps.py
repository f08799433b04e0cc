from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "requests"

    def ready(self):
        from . import sentences  # noqa: F401
