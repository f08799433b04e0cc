"""Tickets by API: what all processes share. Processes, priorities and the intake add their verbs on top of it."""
