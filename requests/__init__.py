"""Service requests (依頼): our own app. This is not PyPI's `requests`.

The name hides that HTTP library from everything in this process, so the library is never installed; calls out of the
house go through `servicedesk.connectors`. See docs/adr/0001-the-name-requests.md.
"""


def __getattr__(name: str):
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(
        f"module 'requests' has no attribute {name!r}. In this project `requests` is the app for service requests, "
        "not the HTTP library from PyPI. A package that needs that library cannot be used here: "
        "see docs/adr/0001-the-name-requests.md."
    )
