import pytest

from tests.connectors.conftest import tls  # noqa: F401 – a fixture
from tests.connectors.server import Server, answer

from .pushes import signed_claims


@pytest.fixture
def service(settings, tls):  # noqa: F811
    """A push service on this machine that takes what is signed by the desk. `service.says[path]` is what it answers
    there instead; `service.address(name)` is where it reaches a browser.
    """
    settings.CONNECT_PRIVATE_ALLOWED, settings.PUSH_SERVICES = ["localhost"], ["localhost"]

    class Service(Server):
        says: dict

        def address(self, name: str) -> str:
            return f"{self.url}/push/{name}"

        def taken(self, name: str) -> list:
            return [each for each in self.asked if each.path == f"/push/{name}"]

    def act(asked, connection):
        said = started.says.get(asked.path.rpartition("/")[2])
        if said is not None:
            return said
        assert signed_claims(asked)["aud"] == started.url
        return answer(status="201 Created")

    started = Service(act, context=tls)
    started.says = {}
    yield started
    started.stop()
