"""What only the bench's own settings switch on: server time, queries and their time as headers of every answer."""

import time

from django.db import connection


class Measured:
    """Adds headers to every answer: X-Bench-Ms, X-Bench-Cpu-Ms (of the thread), X-Bench-Queries and
    X-Bench-Sql-Ms. Stands first, so it sees all.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        count, in_database = 0, 0.0

        def counted(execute, sql, params, many, context):
            nonlocal count, in_database
            began = time.perf_counter()
            try:
                return execute(sql, params, many, context)
            finally:
                count += 1
                in_database += time.perf_counter() - began

        began, worked = time.perf_counter(), time.thread_time()
        with connection.execute_wrapper(counted):
            response = self.get_response(request)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response.render()
        response["X-Bench-Ms"] = f"{(time.perf_counter() - began) * 1000:.2f}"
        response["X-Bench-Cpu-Ms"] = f"{(time.thread_time() - worked) * 1000:.2f}"
        response["X-Bench-Queries"] = str(count)
        response["X-Bench-Sql-Ms"] = f"{in_database * 1000:.2f}"
        return response
