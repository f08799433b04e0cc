from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PeopleConfig(AppConfig):
    name = "servicedesk.people"
    label = "people"

    def ready(self):
        # Rules, life cycles, sentences, ties and views register themselves by name; whoever asks for one must find it.
        autodiscover_modules("workflow", "permissions", "sentences", "ties", "closing", "stale")
