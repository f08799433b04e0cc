from django.apps import AppConfig


class PrioritiesConfig(AppConfig):
    name = "servicedesk.priorities"
    label = "priorities"
