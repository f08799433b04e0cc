"""The production settings of the desk with what measuring needs: headers that tell server time and queries.

Different from production in two things only: those headers, and no limit of API calls per minute.
"""

from servicedesk.settings import *  # noqa: F403

DEBUG = False
MIDDLEWARE = ["bench.middleware.Measured", *MIDDLEWARE]  # noqa: F405
API_CALLS_PER_MINUTE = 1_000_000
