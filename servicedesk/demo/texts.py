"""What the agents of the demo company share: reply templates and macros."""

import tomllib

from servicedesk.desk.macros import create_macro
from servicedesk.desk.templates import create_template

from .company import HERE, VIA, Cast


def write_texts(cast: Cast) -> None:
    with open(HERE / "texts.toml", "rb") as file:
        data = tomllib.load(file)
    by, templates = {"by": cast.administrator, "via": VIA}, {}
    for each in data["template"]:
        team = cast.teams.get(each.pop("team", ""))
        templates[each["code"]] = create_template(team=team, **each, **by)
    known = {"reply": templates, "to_team": cast.teams, "service": cast.services}
    for each in data["macro"]:
        create_macro(**{name: known[name][value] if name in known else value for name, value in each.items()}, **by)
