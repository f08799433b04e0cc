"""Writes of this app, see `services` and `items`. Neither is ever deleted: tickets and people's memory name them."""

from .items import Imported, change_item, create_item, import_items
from .services import change_service, create_service

__all__ = ["Imported", "change_item", "change_service", "create_item", "create_service", "import_items"]
