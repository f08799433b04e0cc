"""Writes on major incidents. `declaring` begins and ends one, `telling` has updates and subscribers, `force` the task
force, `proposing` what looks like one, `learning` the post-mortem, `setting` the settings, `sweeps` what time brings
about. All hold the ticket's row lock first.
"""
