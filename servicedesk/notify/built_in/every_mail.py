"""What stands in every mail."""

SHARED = {
    "top": {
        "ja": "{recipient}様\n",
        "en": "Hello {recipient},\n",
    },
    "bottom": {
        "ja": """{signature}

--------------------
{number} {title}
状態: {status}
{link}
このメールにそのまま返信できます。""",
        "en": """{signature}

--------------------
{number} {title}
Status: {status}
{link}
You can simply answer this mail.""",
    },
    "signature": {"ja": "", "en": ""},
}
