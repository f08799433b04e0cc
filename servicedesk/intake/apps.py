from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "servicedesk.intake"
    label = "intake"
