"""The question after closing: who is asked, what a link can do, what is kept, who reads it."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from incidents.actions import close_incident, reopen_incident, resolve_incident
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.people.models import AuditEntry, Role
from servicedesk.surveys.actions import erase_rating_words, rate_ticket, save_rating_settings
from servicedesk.surveys.consumers import ask_for_ratings
from servicedesk.surveys.models import Rating, RatingAsked
from servicedesk.surveys.queries.ratings import by_team, visible_ratings
from servicedesk.surveys.tokens import invitation_token, rating_token
from servicedesk.tickets.actions import share
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, a_ticket, again, an_administrator, an_agent, events_of
from tests.surveys.makers import a_closed

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    """Of somebody whose browser asks for English."""
    return Client(headers={"accept-language": "en"})


SENTENCE = "This link does not work any more, or it was not copied whole."


def links_in(ticket) -> list[str]:
    mail = OutgoingMail.objects.get(ticket=ticket, kind="closed", to_user=ticket.requester)
    return re.findall(r"https?://\S+(/rate/\S+)", mail.text)


def rated(ticket) -> list[dict]:
    return [data for verb, data in events_of(ticket) if verb == "rate"]


class TestAsking:
    def test_the_mail_about_a_closing_has_five_links_for_the_requester_alone(self):
        colleague = a_person()
        ticket = a_closed(by=colleague, channel="portal")
        assert len(links_in(ticket)) == 5
        assert RatingAsked.objects.get().person == ticket.requester
        others = OutgoingMail.objects.filter(ticket=ticket, kind="closed").exclude(to_user=ticket.requester)
        assert [mail.to_user for mail in others] == [colleague]
        assert "/rate/" not in others[0].text + others[0].html

    @pytest.mark.parametrize("how", ["guest", "machine", "imported", "off", "kind"])
    def test_nobody_is_asked_whom_there_is_no_sense_in_asking(self, how):
        administrator, requester = an_administrator(), a_person(is_guest=how == "guest")
        if how == "off":
            save_rating_settings(by=administrator, via="page", is_on=False)
        if how == "kind":
            save_rating_settings(by=administrator, via="page", kinds=["request"])
        channel = {"machine": "alert", "imported": "import"}.get(how, "portal")
        ticket = a_closed(requester, channel="portal" if channel == "import" else channel)
        if channel == "import":
            RatingAsked.objects.all().delete()
            Ticket.objects.filter(pk=ticket.pk).update(channel="import")
            ask_for_ratings(list(ticket.events.filter(verb="close")))
        assert not RatingAsked.objects.exists()
        if how != "imported":
            assert links_in(ticket) == []

    def test_a_person_is_left_in_peace_for_so_many_days_when_that_is_set(self):
        requester = a_person()
        save_rating_settings(by=an_administrator(), via="page", pause_days=7)
        first, second = a_closed(requester), a_closed(requester)
        assert (len(links_in(first)), len(links_in(second))) == (5, 0)
        RatingAsked.objects.update(at=timezone.now() - timedelta(days=8))
        assert len(links_in(a_closed(requester))) == 5

    def test_asking_twice_changes_nothing_and_old_closings_ask_nobody(self):
        ticket = a_closed()
        events = list(ticket.events.filter(verb="close"))
        ask_for_ratings(events)
        assert RatingAsked.objects.count() == 1
        RatingAsked.objects.all().delete()
        events[0].at = timezone.now() - timedelta(days=4)
        ask_for_ratings(events)
        assert not RatingAsked.objects.exists()


class TestLinks:
    def test_a_look_votes_nothing_and_one_press_does(self, client):
        ticket = a_closed()
        address = links_in(ticket)[1]
        shown = client.get(address)
        assert shown.status_code == 200 and 'value="4"' in shown.content.decode()
        assert re.search(r'value="4"[^>]*checked|checked[^>]*value="4"', shown.content.decode())
        client.head(address)
        assert (Rating.objects.count(), rated(ticket)) == (0, [])
        done = client.post(address, {"mark": "4", "words": "Quick!"})
        assert done.status_code == 200 and "Your rating is kept" in done.content.decode()
        rating = Rating.objects.get()
        assert (rating.mark, rating.words, rating.person) == (4, "Quick!", ticket.requester)
        assert rated(ticket) == [{"mark": 4, "low": False}]
        assert ticket.events.get(verb="rate").via == "mail"

    def test_a_second_vote_replaces_and_is_recorded_and_the_same_again_is_nothing(self, client):
        ticket = a_closed()
        address = links_in(ticket)[0]
        for mark in ("5", "5", "1"):
            client.post(address, {"mark": mark, "words": ""})
        assert Rating.objects.get().mark == 1
        assert rated(ticket) == [{"mark": 5, "low": False}, {"mark": 1, "low": True, "before": 5}]

    def test_what_is_wrong_with_a_link_looks_the_same(self, client, settings):
        ticket, other = a_closed(), a_closed()
        good = rating_token(ticket.pk, ticket.requester_id, 5)
        wrong = {
            "another ticket": rating_token(other.pk, ticket.requester_id, 5),
            "another person": rating_token(ticket.pk, other.requester_id, 5),
            "an open ticket": rating_token((one := a_ticket()).pk, one.requester_id, 5),
            "no ticket": rating_token(999_999, ticket.requester_id, 5),
            "mark 0": rating_token(ticket.pk, ticket.requester_id, 0),
            "mark 6": rating_token(ticket.pk, ticket.requester_id, 6),
            "altered": good[:-1] + ("A" if good[-1] != "A" else "B"),
            "cut": good[:-8],
            "another purpose": invitation_token(ticket.pk),
            "another salt": signing.dumps([ticket.pk, ticket.requester_id, 5], salt="x"),
            "long": "A" * 5_000,
            "nonsense": "x",
        }
        settings.SECRET_KEY_FALLBACKS = []
        answers = {name: client.get(reverse("surveys:rate-by-mail", args=[key])) for name, key in wrong.items()}
        posts = {name: client.post(reverse("surveys:rate-by-mail", args=[key]), {"mark": "5"})
                 for name, key in wrong.items()}  # fmt: skip
        for name in wrong:
            for answer in (answers[name], posts[name]):
                assert (name, answer.status_code) == (name, 410)
                assert SENTENCE in answer.content.decode()
        assert not Rating.objects.exists()
        assert client.get(reverse("surveys:rate-by-mail", args=[good])).status_code == 200

    @pytest.mark.parametrize("days", [31, 400])
    def test_it_ends_with_its_time(self, client, days, monkeypatch):
        ticket = a_closed()
        address = links_in(ticket)[0]
        Ticket.objects.filter(pk=ticket.pk).update(closed_at=timezone.now() - timedelta(days=days))
        assert client.get(address).status_code == 410
        Ticket.objects.filter(pk=ticket.pk).update(closed_at=timezone.now())
        real = signing.time.time
        monkeypatch.setattr(signing.time, "time", lambda: real() + days * 86_400)
        assert client.get(address).status_code == 410

    def test_it_ends_when_the_ticket_is_taken_up_again_and_a_new_closing_asks_anew(self, client):
        team = a_team()
        agent = an_agent(team)
        ticket = a_closed(team=team, agent=agent)
        address = links_in(ticket)[0]
        client.post(address, {"mark": "5"})
        reopen_incident(ticket.incident, by=ticket.requester, via="page", reason="Again")
        assert client.get(address).status_code == 410
        resolve_incident(ticket.incident, by=agent, via="page", resolution="Now really.")
        close_incident(ticket.incident, by=agent, via="page")
        Rating.objects.update(at=timezone.now() - timedelta(days=60), changed_at=timezone.now() - timedelta(days=60))
        assert client.post(address, {"mark": "2"}).status_code == 200
        assert client.post(address, {"mark": "3"}).status_code == 200
        assert Rating.objects.get().mark == 3

    def test_a_rating_can_be_changed_for_so_many_days(self, client):
        ticket = a_closed()
        address = links_in(ticket)[0]
        client.post(address, {"mark": "5"})
        Rating.objects.update(at=timezone.now() - timedelta(days=15))
        Ticket.objects.update(closed_at=timezone.now() - timedelta(days=16))
        Rating.objects.update(changed_at=timezone.now() - timedelta(days=15))
        assert client.post(address, {"mark": "1"}).status_code == 410
        assert Rating.objects.get().mark == 5

    @pytest.mark.parametrize("given", ["0", "6", "x", "", "5.5", "-1", "５５"])
    def test_a_strange_mark_is_refused_with_a_sentence_and_what_was_typed_stays(self, client, given):
        ticket = a_closed()
        answer = client.post(links_in(ticket)[0], {"mark": given, "words": "Kept words"})
        assert answer.status_code == 422 and "Kept words" in answer.content.decode()
        assert not Rating.objects.exists()

    def test_too_many_words_are_refused(self, client):
        ticket = a_closed()
        assert client.post(links_in(ticket)[0], {"mark": "5", "words": "x" * 2_001}).status_code == 422
        assert not Rating.objects.exists()


class TestRating:
    def test_only_the_requester_rates(self):
        ticket = a_closed()
        for other in (a_person(), an_agent(), an_administrator()):
            with pytest.raises(PermissionDenied):
                rate_ticket(ticket, by=other, via="page", mark=5)
        assert rated(ticket) == []

    @pytest.mark.parametrize("mark", [0, 6, "5", True, None, 4.0])
    def test_a_mark_is_a_number_from_1_to_5(self, mark):
        ticket = a_closed()
        with pytest.raises(TicketError) as refused:
            rate_ticket(ticket, by=ticket.requester, via="api", mark=mark)
        assert refused.value.field == "mark"

    def test_an_open_ticket_is_not_rated(self):
        ticket = a_ticket()
        with pytest.raises(TicketError):
            rate_ticket(ticket, by=ticket.requester, via="page", mark=5)

    def test_words_never_stand_in_an_event_and_can_be_erased(self):
        ticket = a_closed()
        rating = rate_ticket(ticket, by=ticket.requester, via="page", mark=3, words="My private words")
        assert "private" not in str(events_of(ticket))
        with pytest.raises(PermissionDenied):
            erase_rating_words(rating, by=an_agent(), via="page")
        erase_rating_words(rating, by=ticket.requester, via="page")
        erase_rating_words(rating, by=an_administrator(), via="page")
        rating.refresh_from_db()
        assert (rating.mark, rating.words) == (3, "")
        assert [verb for verb, _data in events_of(ticket)][-2:] == ["rate", "erase_rating_words"]


class TestLowMarks:
    def a_team_with_lead(self):
        team = a_team()
        team.lead = a_person(Role.LEAD, teams=[team])
        team.save()
        return team

    def test_reach_the_lead_by_mail_and_notice_with_the_words(self):
        team = self.a_team_with_lead()
        ticket = a_closed(team=team)
        rate_ticket(ticket, by=ticket.requester, via="page", mark=2, words="Three days of silence.")
        deliver_waiting()
        mail = OutgoingMail.objects.get(kind="low_mark")
        assert mail.to_user == team.lead and "Three days of silence." in mail.text and ticket.number in mail.text
        assert Notification.objects.get(kind="low_mark").person == team.lead
        rate_ticket(ticket, by=ticket.requester, via="page", mark=1)
        deliver_waiting()
        assert OutgoingMail.objects.filter(kind="low_mark").count() == 1

    def test_what_is_low_is_a_setting(self):
        team = self.a_team_with_lead()
        ticket = a_closed(team=team)
        rate_ticket(ticket, by=ticket.requester, via="page", mark=3)
        deliver_waiting()
        assert not OutgoingMail.objects.filter(kind="low_mark").exists()
        save_rating_settings(by=an_administrator(), via="page", low_mark=3)
        ticket = a_closed(team=team)
        rate_ticket(ticket, by=ticket.requester, via="page", mark=3)
        deliver_waiting()
        assert OutgoingMail.objects.filter(kind="low_mark").count() == 1


class TestReading:
    def test_a_lead_sees_those_of_their_team_an_administrator_all_but_what_they_do_not_see(self):
        team, other, secret = a_team(), a_team(), a_team()
        for one in (team, other):
            one.lead = a_person(Role.LEAD, teams=[one])
            one.save()
        hidden = a_closed(team=secret, agent=an_agent(secret), is_confidential=True)
        seen, foreign = a_closed(team=team), a_closed(team=other)
        for ticket, mark in ((seen, 5), (foreign, 1), (hidden, 2)):
            rate_ticket(ticket, by=ticket.requester, via="page", mark=mark, words=f"About {ticket.number}")
        administrator = an_administrator()

        def read(user):
            return {rating.ticket for rating in visible_ratings(again(user))}

        assert read(team.lead) == {seen} and read(other.lead) == {foreign}
        assert read(administrator) == {seen, foreign}
        assert read(seen.requester) == set() and read(an_agent(team)) == set()
        (line,) = by_team(again(team.lead), None)
        assert (line.team, line.asked, line.answered, line.average, line.share) == (team, 1, 1, 5.0, 100.0)
        assert {line.team for line in by_team(administrator, None)} == {team, other}

    def test_the_page_counts_as_the_list_says(self, visit):
        team = a_team()
        team.lead = a_person(Role.LEAD, teams=[team])
        team.save()
        marks = [5, 4, 4, 1]
        tickets = [a_closed(team=team) for _ in range(5)]
        for ticket, mark in zip(tickets, marks, strict=False):
            rate_ticket(ticket, by=ticket.requester, via="page", mark=mark, words=f"word{mark}")
        said = visit(team.lead).get(reverse("surveys:ratings")).content.decode()
        assert "3.50" in said and "80%" in said and "word1" in said
        low = visit(team.lead).get(reverse("surveys:ratings") + "?low=1&days=30").content.decode()
        assert "word1" in low and "word5" not in low
        assert visit(a_person()).get(reverse("surveys:ratings")).status_code == 403
        assert visit(an_agent(team)).get(reverse("surveys:ratings")).status_code == 403

    def test_queries_do_not_grow_with_the_rows(self, visit, django_assert_max_num_queries):
        administrator, team = an_administrator(), a_team()
        page = visit(administrator)
        page.get(reverse("surveys:ratings"))
        counts = []
        for number in (1, 2):
            for _ in range(number):
                ticket = a_closed(team=team)
                rate_ticket(ticket, by=ticket.requester, via="page", mark=4)
            with django_assert_max_num_queries(25) as asked:
                page.get(reverse("surveys:ratings"))
            counts.append(len(asked))
        assert counts[0] == counts[1]

    def test_it_stands_beside_the_ticket_for_those_who_work_on_it(self, visit):
        team = a_team()
        agent = an_agent(team)
        ticket = a_closed(team=team, agent=agent)
        rate_ticket(ticket, by=ticket.requester, via="page", mark=2, words="Slow")
        said = visit(agent).get(reverse("desk:beside", args=[ticket.number]), HTTP_HX_REQUEST="true").content.decode()
        assert "Satisfaction" in said and "Slow" in said and "2 / 5" in said
        assert visit(an_agent()).get(reverse("desk:beside", args=[ticket.number])).status_code in (403, 404)

    def test_the_requester_rates_on_the_page_and_others_who_see_it_do_not(self, visit):
        ticket = a_closed(requester := a_person())
        address = reverse("surveys:rate", args=[ticket.number])
        page = visit(requester)
        assert address in page.get(ticket.get_absolute_url()).content.decode()
        assert address in page.get(reverse("desk:home")).content.decode()
        assert page.post(address, {"mark": "9", "words": "kept"}).status_code == 422
        assert page.post(address, {"mark": "4", "words": "Fine"}).status_code == 303
        assert Rating.objects.get().mark == 4
        assert address not in page.get(reverse("desk:home")).content.decode()
        colleague = a_person()
        share(ticket, by=requester, via="page", user=colleague)
        assert visit(colleague).get(address).status_code == 403
        assert "Fine" not in visit(colleague).get(ticket.get_absolute_url()).content.decode()
        assert visit(a_person()).get(address).status_code == 404

    def test_own_words_are_erased_from_the_page(self, visit):
        ticket = a_closed(requester := a_person())
        rating = rate_ticket(ticket, by=requester, via="page", mark=4, words="Oops")
        address = reverse("surveys:rating-erase", args=[rating.pk])
        assert visit(a_person()).post(address).status_code == 404
        visit(requester).post(address)
        assert Rating.objects.get().words == ""


class TestSettings:
    def test_are_the_administrators_with_an_audit_entry(self, visit):
        administrator = an_administrator()
        page, address = visit(administrator), reverse("surveys:rating-settings")
        given = {"is_on": "on", "kinds": ["incident"], "low_mark": "１", "answer_days": "20", "change_days": "10",
                 "pause_days": "5"}  # fmt: skip
        assert page.post(address, given | {"low_mark": "5"}).status_code == 422
        assert page.post(address, given | {"change_days": "21"}).status_code == 422
        assert page.post(address, given).status_code == 303
        entry = AuditEntry.objects.get(verb="save_rating_settings")
        assert entry.data["changes"] == {
            "kinds": [["incident", "request"], ["incident"]], "low_mark": [2, 1], "answer_days": [30, 20],
            "change_days": [14, 10], "pause_days": [0, 5],
        }  # fmt: skip
        assert visit(an_agent()).get(address).status_code == 403
        with pytest.raises(PermissionDenied):
            save_rating_settings(by=an_agent(), via="page", is_on=False)
        with pytest.raises(Refused):
            save_rating_settings(by=administrator, via="page", low_mark=9)
