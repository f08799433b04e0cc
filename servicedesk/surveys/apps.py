from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "servicedesk.surveys"
    label = "surveys"
