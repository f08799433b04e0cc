from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "servicedesk.notify"
    label = "notify"

    def ready(self):
        from . import signing, webpush  # noqa: F401 – register their checks
