"""Major incidents by API, for those who handle them: what is under an incident's address."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from servicedesk.people.rules import check
from servicedesk.tickets.api.serializers import EmptyIn
from servicedesk.tickets.errors import TicketError

from .actions.declaring import change_major, end_major, retract_major
from .actions.force import join_force, leave_force
from .actions.learning import add_action, finish_post_mortem, reopen_post_mortem, save_post_mortem
from .actions.proposing import propose_major
from .actions.telling import declare_and_tell, publish_update
from .models import MajorIncident, PostMortem
from .queries import major_of, members_of, post_mortem_of, updates_of
from .serializers import (
    ActionIn,
    ChangeMajorIn,
    DeclareIn,
    EndMajorIn,
    LeaveIn,
    MajorOut,
    MemberIn,
    MemberOut,
    PostMortemIn,
    PostMortemOut,
    UpdateIn,
    UpdateOut,
    WhyIn,
)


class MajorActions:
    """Part of `IncidentViewSet`."""

    def major(self, number: str, permission: str = "incidents.handle_major") -> MajorIncident:
        major = self._major(number, permission)
        if major is None:
            raise TicketError(_("This is no major incident."), code="not_major")
        return major

    def _major(self, number: str, permission: str) -> MajorIncident | None:
        ticket = self.record(number).ticket
        check(self.request.user, permission, ticket)
        return major_of(ticket)

    @extend_schema(responses=MajorOut, operation_id="incidents_major")
    @action(detail=True, url_path="major", url_name="major")
    def get_major(self, request, number):
        """How it stands, for those who handle it."""
        # A serializer of nothing says nothing; this one has words for it.
        return Response(MajorOut().to_representation(self._major(number, "incidents.handle_major")))

    @extend_schema(request=DeclareIn, responses=MajorOut, operation_id="incidents_declare_major")
    @get_major.mapping.post
    def declare_major(self, request, number):
        """Declare it; with words also the first update to all readers."""
        ticket = self.record(number).ticket
        check(request.user, "incidents.declare_major", ticket)
        declare_and_tell(ticket, **self.given(DeclareIn), **self.by_api())
        return self.answer(MajorOut, self.major(number))

    @extend_schema(request=ChangeMajorIn, responses=MajorOut, operation_id="incidents_change_major")
    @get_major.mapping.patch
    def change_major(self, request, number):
        """Change what is known; `services` become these."""
        major, given = self.major(number), self.given(ChangeMajorIn)
        if "services" in given:
            given["services"] = {row["service"]: row.get("people_hit") for row in given["services"]}
        change_major(major, **given, **self.by_api())
        return self.answer(MajorOut, self.major(number))

    @extend_schema(request=EndMajorIn, responses=MajorOut)
    @action(detail=True, methods=["post"], url_path="end-major")
    def end_major(self, request, number):
        """The interruption is over. To tell readers so, post an update of the kind `resolved` instead."""
        end_major(self.major(number), **self.given(EndMajorIn), **self.by_api())
        return self.answer(MajorOut, self.major(number))

    @extend_schema(request=WhyIn, responses=MajorOut)
    @action(detail=True, methods=["post"], url_path="retract-major")
    def retract_major(self, request, number):
        """Take back a declaration that was a mistake."""
        retract_major(self.major(number, "incidents.declare_major"), **self.given(WhyIn), **self.by_api())
        return self.answer(MajorOut, self.major(number))

    @extend_schema(request=WhyIn, responses={204: None})
    @action(detail=True, methods=["post"], url_path="propose-major")
    def propose_major(self, request, number):
        """Propose to those who work on it that it is one."""
        ticket = self.record(number).ticket
        check(request.user, "incidents.declare_major", ticket)
        propose_major(ticket, reason=self.given(WhyIn)["reason"], by=request.user)
        return Response(status=204)

    @extend_schema(responses=UpdateOut(many=True))
    @action(detail=True, pagination_class=None)
    def updates(self, request, number):
        """What readers were told, the newest first."""
        return self.answer(UpdateOut, updates_of(self.major(number)), many=True)

    @extend_schema(request=UpdateIn, responses={201: UpdateOut})
    @updates.mapping.post
    def publish_update(self, request, number):
        """Tell all readers, each in their language."""
        update = publish_update(self.major(number), **self.given(UpdateIn), **self.by_api())
        return self.answer(UpdateOut, update, status=201)

    @extend_schema(responses=MemberOut(many=True))
    @action(detail=True, pagination_class=None, url_path="task-force")
    def task_force(self, request, number):
        """Who is, or was, in the task force."""
        return self.answer(MemberOut, members_of(self.major(number)), many=True)

    @extend_schema(request=MemberIn, responses={201: MemberOut(many=True)})
    @task_force.mapping.post
    def join_force(self, request, number):
        """Call somebody in."""
        join_force(self.major(number), **self.given(MemberIn), **self.by_api())
        return self.answer(MemberOut, members_of(self.major(number)), many=True, status=201)

    @extend_schema(request=LeaveIn, responses=MemberOut(many=True))
    @action(detail=True, methods=["post"], url_path="leave-force", pagination_class=None)
    def leave_force(self, request, number):
        """Let somebody leave."""
        major, given = self.major(number), self.given(LeaveIn)
        member = next((each for each in members_of(major) if each.pk == given["member"]), None)
        if member is None:
            raise TicketError(_("There is nobody of this name in the task force."), field="member")
        member.major = major
        leave_force(member, **self.by_api())
        return self.answer(MemberOut, members_of(major), many=True)

    @extend_schema(responses=PostMortemOut)
    @action(detail=True, url_path="post-mortem")
    def post_mortem(self, request, number):
        """What was learnt from it; empty while nobody has begun."""
        return self._learnt(self.major(number, "incidents.post_mortem"))

    def _learnt(self, major: MajorIncident) -> Response:
        row = post_mortem_of(major) or PostMortem(major=major)
        return self.answer(PostMortemOut, row)

    @extend_schema(request=PostMortemIn, responses=PostMortemOut)
    @post_mortem.mapping.patch
    def save_post_mortem(self, request, number):
        """Write the draft: what is given changes."""
        major = self.major(number, "incidents.post_mortem")
        save_post_mortem(major, **self.given(PostMortemIn), **self.by_api())
        return self._learnt(major)

    @extend_schema(request=EmptyIn, responses=PostMortemOut)
    @action(detail=True, methods=["post"], url_path="finish-post-mortem")
    def finish_post_mortem(self, request, number):
        major = self.major(number, "incidents.post_mortem")
        finish_post_mortem(major, **self.by_api())
        return self._learnt(major)

    @extend_schema(request=EmptyIn, responses=PostMortemOut)
    @action(detail=True, methods=["post"], url_path="reopen-post-mortem")
    def reopen_post_mortem(self, request, number):
        major = self.major(number, "incidents.post_mortem")
        reopen_post_mortem(major, **self.by_api())
        return self._learnt(major)

    @extend_schema(request=ActionIn, responses={201: PostMortemOut})
    @action(detail=True, methods=["post"], url_path="post-mortem-actions")
    def add_action(self, request, number):
        """Agree on what somebody does until a day."""
        major = self.major(number, "incidents.post_mortem")
        add_action(major, **self.given(ActionIn), **self.by_api())
        answer = self._learnt(major)
        answer.status_code = 201
        return answer
