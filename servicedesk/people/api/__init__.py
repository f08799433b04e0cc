"""People, teams and personal tokens by API."""
