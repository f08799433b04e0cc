from django.apps import AppConfig


class ImportersConfig(AppConfig):
    name = "servicedesk.importers"
    label = "importers"
