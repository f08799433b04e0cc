"""Who may see and change people, settings, the audit log and personal tokens."""

from .rules import check, rule

__all__ = ["check", "rule"]


@rule("desk.use")
def use_desk(user, obj=None):
    """The queue and everything that only those see who work on tickets."""
    return user.is_agent


@rule("people.see")
def see_people(user, obj=None):
    """Look up colleagues with phone and department; everybody sees themselves."""
    return user.is_agent or user.is_administrator or (obj is not None and obj == user)


@rule("people.change")
def change_people(user, obj=None):
    return user.is_administrator


@rule("profile.change")
def change_profile(user, obj=None):
    """Language, time zone and phone are everybody's own."""
    return obj is None or obj == user


@rule("settings.see")
def see_settings(user, obj=None):
    """The list of settings; each area then asks for its own right."""
    return bool(user.roles)


@rule("settings.change")
def change_settings(user, obj=None):
    return user.is_administrator


@rule("audit.read")
def read_audit(user, obj=None):
    return user.is_administrator


@rule("absences.change")
def change_absence(user, obj=None):
    """One's own; a lead those of their team; an administrator all. `obj` is the person who is away."""
    if obj is None or obj == user or user.is_administrator:
        return True
    return user.is_lead and obj.teams.filter(lead=user).exists()


@rule("tokens.create")
def create_token(user, obj=None):
    return not user.is_guest


@rule("tokens.change")
def change_token(user, obj=None):
    return obj is None or obj.user_id == user.pk
