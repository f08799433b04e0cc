"""The application that DJANGO_SETTINGS_MODULE names: `bench.settings` or `bench.bare_settings`."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
