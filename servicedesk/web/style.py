"""Examples for the style page: every component in every state."""


def style_context() -> dict:
    return {}
