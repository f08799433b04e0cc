"""The texts of our mails as they come with Madoguchi, by key and language. How they are filled: texts.py."""

from .desk import DESK
from .every_mail import SHARED
from .others import OTHERS
from .requesters import REQUESTER

BUILT_IN = {**SHARED, **REQUESTER, **DESK, **OTHERS}
