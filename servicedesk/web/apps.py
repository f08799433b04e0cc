from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "servicedesk.web"
    label = "web"

    def ready(self) -> None:
        # DRF tests by import whether PyPI's `requests` is there and would take our package of that name for it:
        # drf-spectacular then imports rest_framework.test, which asks for requests.adapters and dies.
        import rest_framework.compat

        from . import checks  # noqa: F401 – registers itself

        rest_framework.compat.requests = None
