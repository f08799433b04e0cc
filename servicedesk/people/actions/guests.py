"""People from outside who write to the desk or are written to: they get mail and cannot sign in."""

from django.db import IntegrityError, transaction

from ..models import User
from .core import audit


def guest(address: str, *, name: str, language: str, by: User | None, via: str) -> User:
    """The guest with this address, which is nobody's yet; made when another process was not faster."""
    user = User(email=address, name=name or address.partition("@")[0], language=language, is_guest=True)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            audit(user, "create", by=by, via=via, label=f"guest {user.pk}")
    except IntegrityError:
        return User.objects.get(email__iexact=address)
    return user
