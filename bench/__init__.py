"""How fast the desk is on many tickets, measured beside a bare Django view. `./madoguchi bench` runs it.

Nothing here is reachable in production: settings, addresses and middleware of the bench live in this package only.
"""
