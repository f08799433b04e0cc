from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "servicedesk.notify"
    label = "notify"
