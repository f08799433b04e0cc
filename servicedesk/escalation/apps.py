from django.apps import AppConfig


class EscalationConfig(AppConfig):
    name = "servicedesk.escalation"
    label = "escalation"
