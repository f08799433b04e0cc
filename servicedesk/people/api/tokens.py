"""One's own tokens by API. A token cannot make another one, or it would never expire."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import permissions, serializers
from rest_framework.response import Response

from servicedesk.web.api import Strict, View
from servicedesk.web.errors import NotFound

from ..actions import create_token, revoke_token
from ..api_auth import ScopeAllows
from ..models import ApiToken


class ByThePerson(ScopeAllows):
    """Tokens are read by whoever may read, and made only in the session of a page."""

    message = _("Tokens are made on the page “API tokens”, after signing in. A token cannot make another one.")

    def has_permission(self, request, view):
        if not super().has_permission(request, view):
            return False
        by_token = isinstance(request.auth, ApiToken)
        return not by_token or request.method in permissions.SAFE_METHODS or request.method == "DELETE"


class TokenOut(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=ApiToken.Scope.choices))
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewTokenOut(TokenOut):
    secret = serializers.CharField(help_text="Shown this once.")


class TokenIn(Strict):
    name = serializers.CharField(max_length=200)
    scopes = serializers.ListField(child=serializers.CharField(max_length=40), max_length=10)
    days = serializers.IntegerField(min_value=-(2**31), max_value=2**31, help_text="1 to 365.")


class TokenViewSet(View):
    """The caller's own tokens."""

    scope = "settings"
    permission_classes = [ByThePerson]
    queryset = ApiToken.objects.none()
    lookup_value_converter = "int"
    ordering = ("-id",)

    @extend_schema(responses=TokenOut(many=True))
    def list(self, request):
        return self.pages(TokenOut, request.user.api_tokens.all())

    @extend_schema(request=TokenIn, responses={201: NewTokenOut})
    def create(self, request):
        """Make a token. Its secret is in this answer and nowhere else."""
        token, secret = create_token(request.user, **self.given(TokenIn), via="api")
        token.secret = secret
        return self.answer(NewTokenOut, token, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk):
        """Revoke it at once."""
        token = request.user.api_tokens.filter(pk=pk).first()
        if token is None:
            raise NotFound
        revoke_token(token, by=request.user, via="api")
        return Response(status=204)
