from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "servicedesk.notify"
    label = "notify"

    def ready(self):
        from . import signing  # noqa: F401 – registers its check
