"""The box in which somebody writes: what stands in it, from which draft, and the newest event that it was made from."""

from dataclasses import dataclass

from django.http import HttpRequest

from ..actions.drafts import new_key
from ..forms import DraftForm
from ..models import Comment, Draft


@dataclass(frozen=True)
class Box:
    """`key` names this box among all that were shown; `base` is the mark of the draft that it was made from. `draft` is
    shown when it is the box's own, `drafted` are the kinds that have one. `overtaken` is what somebody else said
    meanwhile, `other` the state of a draft that another box changed.
    """

    key: str
    base: str
    seen: int
    draft: Draft | None = None
    drafted: frozenset[str] = frozenset()
    overtaken: Comment | None = None
    other: Draft | None = None

    @property
    def words(self) -> str:
        return self.draft.body if self.draft else ""


def box_for(kind: str, drafts: dict[str, Draft], newest: int) -> Box:
    """A new box, with the draft in it when there is one."""
    draft = drafts.get(kind)
    drafted = frozenset(name for name, each in drafts.items() if each.is_there)
    shown = draft if draft and draft.is_there else None
    return Box(new_key(), draft.mark if draft else "", newest, shown, drafted)


def box_again(
    request: HttpRequest, kind: str, drafts: dict[str, Draft], newest: int, overtaken: Comment | None = None
) -> Box:
    """The box that was sent and refused: it stays the same one, on the draft that it was made from, and as old as it
    was; after being overtaken it knows what has been said.
    """
    fresh, sent, seen = box_for(kind, drafts, newest), sent_box(request), seen_of(request)
    if not sent["box"]:
        return fresh
    draft = (
        fresh.draft if fresh.draft and (fresh.draft.box == sent["box"] or fresh.draft.mark == sent["base"]) else None
    )
    seen = newest if overtaken or seen is None else seen
    return Box(sent["box"], sent["base"], seen, draft, fresh.drafted, overtaken)


def sent_box(request: HttpRequest) -> dict[str, str]:
    """`box` and `base` as a form brought them; empty when it brought none, or nonsense."""
    form = DraftForm({name: request.POST.get(name, "") for name in ("box", "base")})
    form.is_valid()
    return {name: form.cleaned_data.get(name, "") for name in ("box", "base")}


def seen_of(request: HttpRequest) -> int | None:
    """The number of the newest event that the box was made from; None when the form does not say."""
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else None
