"""A desk of many tickets by set-based SQL: no action runs, so hash chains are not valid and there are no mails.

Shape: 20 teams of 20 agents, 200 services (a few carry most), 50,000 people in 500 departments, tickets of three years
of which about 3 % are open and most of these young; 5 events and 3 comments per ticket; search words drawn from 5,000
by a Zipf-like law. Up to 200 tickets of the first team have 20 messages.
"""

import time
from collections.abc import Callable

from django.db import connection, transaction

from .vocabulary import words

TEAMS, SERVICES, DEPARTMENTS, PEOPLE, PHRASES = 20, 200, 500, 50_000, 20_000
AGENTS = TEAMS * 20
AGENT, LEAD, ADMINISTRATOR, REQUESTER = 3, 1, AGENTS + 1, AGENTS + 2
LONG_TICKETS = 200
_TABLES = (
    "people_company people_department people_user people_userrole people_team people_membership cmdb_service "
    "tickets_category tickets_tag tickets_ticket tickets_ticketevent tickets_comment tickets_ticketwords "
    "tickets_tickettag tickets_watcher incidents_incident requests_servicerequest"
).split()

_STEPS: list[tuple[str, str]] = [
    (
        "people",
        """
        INSERT INTO people_company (id, code, name, name_en, time_zone, is_active)
            VALUES (1, 'bench', 'ベンチ', 'Bench', 'Asia/Tokyo', true);
        INSERT INTO people_department (id, company_id, code, name, name_en, parent_id, is_active)
            SELECT g, 1, 'd' || g, '第' || g || '課', 'Department ' || g, CASE WHEN g > 20 THEN 1 + g %% 20 END, true
            FROM generate_series(1, {departments}) g;
        INSERT INTO people_user (id, password, email, name, reading, phone, extension, language, time_zone, is_vip,
                                 is_guest, is_active, created_at, company_id, department_id)
            SELECT g, '!bench', 'p' || g || '@bench.example', '計測 ' || g || '号', 'ケイソク ' || g, '',
                   (1000 + g %% 9000)::text, CASE WHEN g %% 5 = 0 THEN 'en' ELSE 'ja' END, 'Asia/Tokyo', false, false,
                   true, now(), 1, 1 + g %% {departments}
            FROM generate_series(1, {people}) g;
        INSERT INTO people_userrole (user_id, role) SELECT g, 'agent' FROM generate_series(1, {agents}) g;
        INSERT INTO people_userrole (user_id, role) SELECT g, 'lead' FROM generate_series(1, {teams}) g;
        INSERT INTO people_userrole (user_id, role) VALUES ({administrator}, 'administrator');
        INSERT INTO people_team (id, code, name, name_en, tier, lead_id, is_active)
            SELECT g, 't' || g, 'チーム' || g, 'Team ' || g, CASE WHEN g <= 12 THEN 1 ELSE 2 END, g, true
            FROM generate_series(1, {teams}) g;
        UPDATE people_team SET next_team_id = 13 + id %% 8 WHERE tier = 1;
        INSERT INTO people_membership (team_id, user_id) SELECT 1 + (g - 1) %% {teams}, g
            FROM generate_series(1, {agents}) g;
        INSERT INTO people_membership (team_id, user_id) VALUES (1, {agent}), (2, {agent}) ON CONFLICT DO NOTHING;
        """,
    ),
    (
        "services",
        """
        INSERT INTO cmdb_service (id, code, name, name_en, description, description_en, team_id, business_contact_id,
                                  system_contact_id, default_impact, is_confidential, is_active)
            SELECT g, 's' || g, 'サービス' || g, 'Service ' || g, '', '', 1 + (g - 1) %% {teams}, 1000 + g,
                   1 + (g - 1) %% {agents}, 3, false, true
            FROM generate_series(1, {services}) g;
        INSERT INTO tickets_category (id, code, name, name_en, is_active)
            SELECT g, 'c' || g, '分類' || g, 'Category ' || g, true FROM generate_series(1, 60) g;
        INSERT INTO tickets_tag (id, name) SELECT g, 'tag' || g FROM generate_series(1, 100) g;
        """,
    ),
    (
        "phrases",
        """
        CREATE TEMP TABLE phrase AS
            SELECT id, array_agg(word) AS words, string_agg(word, ' ') AS text
            FROM (
                SELECT p AS id, floor(20 * power(({vocabulary} + 20) / 20.0, random()))::int - 20 AS rank
                FROM generate_series(0, {phrases} - 1) p, generate_series(1, 8) k
            ) drawn JOIN vocabulary USING (rank) GROUP BY id;
        ALTER TABLE phrase ADD PRIMARY KEY (id);
        ANALYZE phrase;
        """,
    ),
    (
        "tickets",
        """
        INSERT INTO tickets_ticket (id, number, type, title, description, impact, urgency, priority, priority_reason,
            priority_note, status, phase, channel, source, language, is_confidential, is_major, resolution,
            created_at, updated_at, response_due_at, first_response_at, due_at, resolved_at, closed_at, reopen_count,
            event_count, event_hash,
            assignee_id, category_id, department_id, entered_by_id, requester_id, service_id, team_id)
        SELECT g, number, type, left(t.text, 60), d1.text || E'\\n' || d2.text, impact, urgency, priority, 'matrix', '',
            status, CASE status WHEN 'new' THEN 'new' WHEN 'assigned' THEN 'active' WHEN 'in_progress' THEN 'active'
                    WHEN 'waiting_requester' THEN 'waiting' WHEN 'waiting_vendor' THEN 'waiting'
                        WHEN 'resolved' THEN 'resolved' ELSE 'closed' END,
            (ARRAY['portal', 'mail', 'phone', 'portal', 'mail', 'alert', 'api'])[1 + g %% 7], '',
            CASE WHEN g %% 5 = 0 THEN 'en' ELSE 'ja' END,
            g %% 97 = 0, false, CASE WHEN status IN ('resolved', 'closed') THEN d2.text ELSE '' END,
            made, CASE WHEN status IN ('closed', 'cancelled') THEN made + took ELSE least(made + took, now()) END,
            made + interval '4 hours', CASE WHEN status <> 'new' THEN made + took / 10 END,
                made + priority * interval '1 day',
            CASE WHEN status IN ('resolved', 'closed') THEN least(made + took * 0.8, now()) END,
            CASE WHEN status IN ('closed', 'cancelled') THEN least(made + took, now()) END,
            (g %% 40 = 0)::int, 5, '', assignee, 1 + g %% 60, 1 + requester %% {departments}, requester, requester,
            service, 1 + (service - 1) %% {teams}
        FROM (
            SELECT *, CASE WHEN status = 'new' OR (status IN ('assigned', 'resolved') AND r5 < 0.1) THEN NULL
                     ELSE 1 + (service - 1) %% {teams} + {teams} * floor(r5 * r5 * 20)::int END AS assignee
            FROM (
                SELECT g, CASE WHEN g %% 20 < 11 THEN 'incident' ELSE 'request' END AS type,
                    CASE WHEN g %% 20 < 11 THEN 'INC' ELSE 'REQ' END || lpad(g::text, 7, '0') AS number,
                    now() - ({tickets} - g) * (interval '3 years' / {tickets}) - interval '1 minute' AS made,
                    r1 * r1 * interval '10 days' + interval '10 minutes' AS took,
                    1 + floor(4 * sqrt(r2))::int AS impact, 1 + floor(4 * sqrt(r3))::int AS urgency,
                    least(4, greatest(1, round(4 * sqrt((r2 + r3) / 2))::int)) AS priority,
                    1 + floor({services} * power(r4, 1.6))::int AS service,
                    {requester} + floor(({people} - {requester}) * r7)::int AS requester, r5, r6,
                    CASE WHEN r6 < CASE WHEN g > {tickets} * 0.96 THEN 0.6 ELSE 0.006 END
                         THEN (ARRAY['new', 'new', 'assigned', 'assigned', 'in_progress', 'in_progress',
                                     'in_progress', 'waiting_requester', 'waiting_vendor', 'resolved']
                              )[1 + floor(10 * r8)::int]
                         WHEN r8 < 0.03 THEN 'cancelled' ELSE 'closed' END AS status
                FROM (
                    SELECT g, random() AS r1, random() AS r2, random() AS r3, random() AS r4, random() AS r5,
                           random() AS r6, random() AS r7, random() AS r8
                    FROM generate_series(1, {tickets}) g
                ) drawn
            ) shaped
        ) placed
        JOIN phrase t ON t.id = (g::bigint * 7919) %% {phrases}
        JOIN phrase d1 ON d1.id = (g::bigint * 104729 + 1) %% {phrases}
        JOIN phrase d2 ON d2.id = (g::bigint * 1299709 + 2) %% {phrases};
        """,
    ),
    (
        "extensions",
        """
        INSERT INTO incidents_incident (ticket_id, human_error, caused_by_change, is_security, cause_code_id)
            SELECT t.id, '', t.id %% 50 = 0, false, CASE WHEN t.resolved_at IS NOT NULL THEN c.id END
            FROM tickets_ticket t
            LEFT JOIN (SELECT id, row_number() OVER () AS row FROM incidents_causecode) c ON c.row = 1 + t.id %% 11
            WHERE t.type = 'incident';
        INSERT INTO requests_servicerequest (ticket_id, kind)
            SELECT id, CASE WHEN id %% 2 = 0 THEN 'request' ELSE 'enquiry' END
            FROM tickets_ticket WHERE type = 'request';
        INSERT INTO tickets_tickettag (ticket_id, tag_id) SELECT id, 1 + id %% 100 FROM tickets_ticket
            WHERE id %% 3 = 0;
        INSERT INTO tickets_watcher (ticket_id, user_id) SELECT id, 1 + id %% {agents} FROM tickets_ticket
            WHERE id %% 10 = 0;
        """,
    ),
    (
        "events",
        """
        INSERT INTO tickets_ticketevent (id, ticket_id, number, verb, by_id, via, is_public, data, at, hash)
        SELECT (t.id - 1) * 5 + k, t.id, k, (ARRAY['open', 'accept', 'reply', 'note', 'reply'])[k],
            CASE WHEN k IN (1, 5) THEN t.requester_id ELSE coalesce(t.assignee_id, t.requester_id) END, 'page', k <> 4,
            CASE k WHEN 1 THEN '{{"channel": "portal"}}' WHEN 2 THEN '{{"from": "new", "to": "assigned"}}'
                ELSE '{{}}' END::jsonb,
            t.created_at + (t.updated_at - t.created_at) * (k - 1) / 5, repeat('0', 64)
        FROM tickets_ticket t, generate_series(1, 5) k;
        INSERT INTO tickets_comment (event_id, ticket_id, author_id, is_public, body, format)
        SELECT (t.id - 1) * 5 + k, t.id,
            CASE WHEN k = 5 THEN t.requester_id ELSE coalesce(t.assignee_id, t.requester_id) END, k <> 4,
            p.text || E'\\n\\n' || q.text, 'markdown'
        FROM tickets_ticket t, generate_series(3, 5) k
        JOIN phrase p ON true, phrase q
        WHERE p.id = (t.id * 15485863 + k) %% {phrases} AND q.id = (t.id * 32452843 + k) %% {phrases};
        """,
    ),
    (
        "words",
        """
        INSERT INTO tickets_ticketwords (ticket_id, public, internal)
        SELECT t.id,
            array_to_tsvector(ARRAY[lower(t.number)] || a.words || b.words || c.words || d.words || e.words || f.words
                || g.words),
            array_to_tsvector(h.words || i.words)
        FROM tickets_ticket t
        JOIN phrase a ON a.id = (t.id * 7919) %% {phrases}
        JOIN phrase b ON b.id = (t.id * 104729 + 1) %% {phrases}
        JOIN phrase c ON c.id = (t.id * 1299709 + 2) %% {phrases}
        JOIN phrase d ON d.id = (t.id * 15485863 + 3) %% {phrases}
        JOIN phrase e ON e.id = (t.id * 15485863 + 5) %% {phrases}
        JOIN phrase f ON f.id = (t.id * 32452843 + 3) %% {phrases}
        JOIN phrase g ON g.id = (t.id * 32452843 + 5) %% {phrases}
        JOIN phrase h ON h.id = (t.id * 15485863 + 4) %% {phrases}
        JOIN phrase i ON i.id = (t.id * 32452843 + 4) %% {phrases};
        """,
    ),
    (
        "long tickets",
        """
        CREATE TEMP TABLE long AS
            SELECT id, row_number() OVER (ORDER BY created_at DESC) AS row, requester_id, assignee_id, created_at
                FROM tickets_ticket
            WHERE team_id = 1 AND type = 'incident' AND phase = 'active' AND assignee_id IS NOT NULL
                AND NOT is_confidential
            ORDER BY created_at DESC LIMIT {long};
        INSERT INTO tickets_ticketevent (id, ticket_id, number, verb, by_id, via, is_public, data, at, hash)
            SELECT {tickets} * 5 + (row - 1) * 17 + k, id, 5 + k, CASE WHEN k %% 5 = 0 THEN 'note' ELSE 'reply' END,
                CASE WHEN k %% 2 = 0 THEN requester_id ELSE assignee_id END, 'page', k %% 5 <> 0, '{{}}',
                    now() - (20 - k) * interval '1 second', repeat('0', 64)
            FROM long, generate_series(1, 17) k;
        INSERT INTO tickets_comment (event_id, ticket_id, author_id, is_public, body, format)
            SELECT e.id, e.ticket_id, e.by_id, e.is_public, '**' || p.text || E'**\\n\\n- ' || q.text || E'\\n- '
                || p.text, 'markdown'
            FROM tickets_ticketevent e JOIN phrase p ON p.id = (e.id * 7919) %% {phrases}
                JOIN phrase q ON q.id = (e.id * 104729) %% {phrases}
            WHERE e.id > {tickets} * 5;
        UPDATE tickets_ticket SET event_count = 22 WHERE id IN (SELECT id FROM long);
        """,
    ),
]


def fill(tickets: int, say: Callable[[str], None] = lambda line: None) -> float:
    """Fill the empty database of the connection; returns seconds. Keys and indexes are taken off meanwhile, as a
    restore of a dump does, and the tables analysed at the end.
    """
    from servicedesk.people.models import User

    if User.objects.exists():
        raise RuntimeError("The bench fills empty databases only.")
    began = time.monotonic()
    numbers = {
        "tickets": tickets, "teams": TEAMS, "services": SERVICES, "departments": DEPARTMENTS, "people": PEOPLE,
        "phrases": PHRASES, "agents": AGENTS, "agent": AGENT, "administrator": ADMINISTRATOR, "requester": REQUESTER,
        "long": LONG_TICKETS,
    }  # fmt: skip
    vocabulary = words()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("CREATE TEMP TABLE vocabulary (rank int PRIMARY KEY, word text)")
        cursor.executemany("INSERT INTO vocabulary VALUES (%s, %s)", list(enumerate(vocabulary)))
        put_back = _take_off(cursor)
        for name, step in _STEPS:
            started = time.monotonic()
            for statement in filter(
                str.strip, step.format(**numbers, vocabulary=len(vocabulary)).replace("%%", "%").split(";\n")
            ):
                cursor.execute(statement)
            say(f"{name}: {time.monotonic() - started:.1f} s")
        started = time.monotonic()
        for statement in put_back:
            cursor.execute(statement)
        say(f"keys and indexes: {time.monotonic() - started:.1f} s")
        for table in _TABLES:
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id') WHERE EXISTS (SELECT 1"
                           " FROM information_schema.columns WHERE table_name = %s AND column_name = 'id')",
                           [table, table])  # fmt: skip
            for (sequence,) in cursor.fetchall():
                cursor.execute(f"SELECT setval('{sequence}', (SELECT coalesce(max(id), 1) FROM {table}))")
        for kind in ("incident", "request"):
            cursor.execute(f"SELECT setval('ticket_number_{kind}', {tickets})")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    return time.monotonic() - began


def very_long() -> int:
    """The id of a ticket of 200 messages: the newest long one, which grows to that when it is asked for first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, event_count, requester_id, assignee_id FROM tickets_ticket WHERE event_count >= 22"
            " AND team_id = 1 AND type = 'incident' AND assignee_id IS NOT NULL"
            " ORDER BY event_count DESC, created_at DESC LIMIT 1"
        )
        ticket, count, requester, assignee = cursor.fetchone()
        missing = 202 - count
        if missing > 0:
            cursor.execute(
                """
                WITH new AS (
                    INSERT INTO tickets_ticketevent (ticket_id, number, verb, by_id, via, is_public, data, at, hash)
                    SELECT %(ticket)s, %(count)s + k, 'reply',
                        CASE WHEN k %% 2 = 0 THEN %(requester)s ELSE %(assignee)s END, 'page', true, '{}',
                        now() - (300 - k) * interval '1 second', repeat('0', 64)
                    FROM generate_series(1, %(missing)s) k RETURNING id, by_id
                )
                INSERT INTO tickets_comment (event_id, ticket_id, author_id, is_public, body, format)
                SELECT id, %(ticket)s, by_id, true, '**E-21** の画面を確認します。' || E'\n\n- 電源\n- 配線', 'markdown'
                FROM new
                """,
                {"ticket": ticket, "count": count, "requester": requester, "assignee": assignee, "missing": missing},
            )
            cursor.execute("UPDATE tickets_ticket SET event_count = %s WHERE id = %s", [count + missing, ticket])
    return ticket


def _take_off(cursor) -> list[str]:
    """Drop foreign keys and secondary indexes of the big tables; returns the statements that bring them back."""
    big = ["tickets_ticket", "tickets_ticketevent", "tickets_comment", "tickets_ticketwords", "people_user",
           "incidents_incident", "requests_servicerequest", "tickets_tickettag", "tickets_watcher"]  # fmt: skip
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
        [big],
    )
    keys = cursor.fetchall()
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid::regclass::text = ANY(%s) AND NOT indisprimary"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)",
        [big],
    )
    indexes = cursor.fetchall()
    for table, name, _definition in keys:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _name, definition in indexes] + [
        f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}' for table, name, definition in keys
    ]
