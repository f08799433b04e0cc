from django.apps import AppConfig


class LevelsConfig(AppConfig):
    name = "servicedesk.levels"
    label = "levels"
