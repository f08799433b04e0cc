"""What the agents of the demo company share: reply templates."""

import tomllib

from ..templates import create_template
from .company import HERE, VIA, Cast


def write_texts(cast: Cast) -> None:
    with open(HERE / "texts.toml", "rb") as file:
        data = tomllib.load(file)
    for each in data["template"]:
        team = cast.teams.get(each.pop("team", ""))
        create_template(by=cast.administrator, via=VIA, team=team, **each)
