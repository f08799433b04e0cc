from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "servicedesk.connectors"
    label = "connectors"
