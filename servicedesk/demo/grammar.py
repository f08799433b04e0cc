"""Stories and how they become words: each is told several times with other people, things and turns."""

import random
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_FOLDER = Path(__file__).parent / "stories"
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Story:
    """One kind of ticket; `stories/README.md` says what the keys mean."""

    id: str
    service: str
    kind: str
    category: str
    titles: list[str]
    says: list[str]
    resolutions: list[str]
    minutes: list[int]
    language: str = "ja"
    channel: str = ""
    source: str = ""
    team: str = ""
    asked_by: list[str] = field(default_factory=list)
    impact: int | None = None
    urgency: int = 3
    slots: Mapping[str, list[str]] = field(default_factory=dict)
    asks: list[list[str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    escalate: str = ""
    tier2_notes: list[str] = field(default_factory=list)
    vendor: str = ""
    reopens: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    cause: str = "unknown"
    human_error: str = ""
    changed: bool = False
    security: bool = False
    tags: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    answer_files: list[str] = field(default_factory=list)


def stories() -> list[Story]:
    """All stories, in the order of their files."""
    found = []
    for path in sorted(_FOLDER.glob("*.toml")):
        with open(path, "rb") as file:
            found += [Story(**({"service": path.stem} | each)) for each in tomllib.load(file)["story"]]
    return found


class Telling:
    """One telling of a story: the slots are filled once, so that a name stays the same through the whole ticket."""

    def __init__(self, story: Story, rng: random.Random, words: Mapping[str, str]):
        self.story, self._rng = story, rng
        self._words = {name: rng.choice(values) for name, values in story.slots.items()} | dict(words)

    def one(self, texts: list[str]) -> str:
        return self.fill(self._rng.choice(texts))

    def fill(self, text: str) -> str:
        return _SLOT.sub(lambda slot: self._words[slot[1]], text)

    def asked(self, channel: str) -> str:
        """The first text as the channel carries it: a mail greets, a call is written down by the agent."""
        text = self.one(self.story.says)
        me = self._words["me"]
        if channel == "mail" and self.story.language == "ja":
            return (
                f"サービスデスク 御中\n\nお疲れさまです。{self._words['my_department']}の{me}です。\n{text}\n\n"
                f"お手数ですがよろしくお願いいたします。\n\n"
                f"--\n{self._words['my_department']} {me}(内線 {self._words['ext']})"
            )
        if channel == "mail":
            return f"Hi,\n\n{text}\n\nThanks,\n{me}\n{self._words['my_department']}, ext. {self._words['ext']}"
        if channel == "phone" and self.story.language == "ja":
            return f"【電話】{me}さん(内線 {self._words['ext']})より。\n\n「{text}」"
        if channel == "phone":
            return f"Phone call from {me} (ext. {self._words['ext']}):\n\n{text}"
        return text

    def greeted(self, text: str, agent: str, team: str) -> str:
        """A reply of the desk with the words that come before it: who writes, of which team."""
        text = self.fill(text)
        if self.story.language == "ja":
            return f"{self._words['me']}さん\n\n{team}の{agent}です。\n{text}"
        return f"Hi {self._words['me']},\n\n{text}\n\n{agent}"
