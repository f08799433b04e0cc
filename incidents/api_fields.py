"""How the API names what incidents have."""

from drf_spectacular.utils import extend_schema_field

from servicedesk.people.api.refs import Named

from .models import CauseCode


@extend_schema_field({"type": "string", "description": "Code of a cause code."})
class CauseCodeField(Named):
    def find(self, given: str) -> CauseCode | None:
        return CauseCode.objects.filter(code=given).first()
