"""One settings file. What differs between installations comes from the environment (docs/operations.md lists it
all).
"""

from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from servicedesk import env

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(env.text("MADOGUCHI_HOME") or BASE_DIR / "var").resolve()

DEBUG = env.boolean("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY (or SECRET_KEY_FILE) is not set. `./madoguchi run` and `./madoguchi manage …` make one."
    )
SITE_URL = env.text("SITE_URL", f"http://localhost:{env.integer('PORT', 8000)}").rstrip("/")
HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", SITE_URL.split("://")[-1].split(":")[0].split("/")[0])
if not HTTPS:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; from anyone else the headers are dropped.
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES")

INSTALLED_APPS = [
    "servicedesk.web",
    "servicedesk.people",
    "servicedesk.connectors",
    "cmdb",
    "servicedesk.tickets",
    "servicedesk.levels",
    "servicedesk.priorities",
    "incidents",
    "requests",
    "servicedesk.intake",
    "servicedesk.notify",
    "servicedesk.desk",
    "servicedesk.escalation",
    "servicedesk.directory",
    "servicedesk.importers",
    "servicedesk.surveys",
    "servicedesk.reports",
    "servicedesk.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]

MIDDLEWARE = [
    "servicedesk.web.middleware.TrustedProxy",
    "servicedesk.web.middleware.RequestId",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "servicedesk.web.middleware.LanguageAndZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "servicedesk.web.middleware.HtmxLogin",
    "allauth.account.middleware.AccountMiddleware",
    "servicedesk.people.middleware.NoteSessions",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "servicedesk.urls"
WSGI_APPLICATION = "servicedesk.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "servicedesk.web.context.site",
            ],
        },
    },
]

# Widgets are written by templates of TEMPLATES, where `attrs.html` is our own.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data -----------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL", "postgres:///madoguchi")}
DATABASES["default"]["OPTIONS"].setdefault(
    "pool", {"min_size": 1, "max_size": env.integer("DATABASE_POOL", 10), "timeout": 5}
)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
# Rate limits alone live here. In the database, so that signing in does not hang on the broker; far more entries than
# Django's 300, because what is culled is a limit forgotten.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

MEDIA_ROOT = HOME / "files"
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
FILES_BUCKET = env.text("FILES_S3_BUCKET")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "servicedesk.web.static_files.Gzipped"
    },
}
if FILES_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "servicedesk.web.s3.Bucket",
        "OPTIONS": {
            "bucket_name": FILES_BUCKET,
            "endpoint_url": env.text("FILES_S3_ENDPOINT") or None,
            "access_key": env.text("FILES_S3_KEY") or None,
            "secret_key": env.secret("FILES_S3_SECRET") or None,
            "region_name": env.text("FILES_S3_REGION") or None,
        },
    }
# A file is on the disk of the web server only while it is handed over; more than this is refused with a sentence.
ATTACHMENT_MAX_BYTES = env.integer("ATTACHMENT_MAX_MB", 25, least=1) * 1024 * 1024
ATTACHMENTS_PER_MESSAGE = 20
# A virus scanner (clamd) that sees every file before it is attached; `host:port` or the path of its socket.
CLAMD = env.clamd("CLAMD")
CLAMD_SECONDS = env.integer("CLAMD_SECONDS", 30, least=1)
# Whether files pass while the scanner does not answer, or are too large for it.
CLAMD_UNSCANNED = env.boolean("CLAMD_UNSCANNED")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o640

# --- People ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
# W004 asks for unique=True on the address; the constraint on its small letters (`person_email_once`) is stricter.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["servicedesk.people.signin.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "servicedesk.people.adapter.AccountAdapter"
ACCOUNT_FORMS = {"reset_password": "servicedesk.people.signin.ResetForm"}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "20/m/ip,5/h/key"}
ALLAUTH_TRUSTED_CLIENT_IP_HEADER = None
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TOTP_ISSUER = "Madoguchi"
# Browsers treat http://localhost as a secure place; anywhere else passkeys need https.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
USERSESSIONS_TRACK_ACTIVITY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 60 * 60 * 24 * 30) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.boolean("HSTS_INCLUDE_SUBDOMAINS", True)
SECURE_HSTS_PRELOAD = env.boolean("HSTS_PRELOAD", True)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "servicedesk.web.views.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Words ----------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.text("TIME_ZONE", "Asia/Tokyo")
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = None

# --- Events and work in the background ----------------------------------------------------------------------------
# Each event of a ticket goes once through each of these functions; they only write rows and may be repeated.
EVENT_CONSUMERS = [
    "servicedesk.tickets.consumers.index_words",
    "servicedesk.levels.consumers.move_clocks",
    "servicedesk.surveys.consumers.ask_for_ratings",
    "servicedesk.notify.consumers.tell_people",
    "servicedesk.notify.outages.tell_readers",
    "servicedesk.desk.consumers.resolve_children",
    "servicedesk.escalation.consumers.queue_turns",
    "servicedesk.escalation.consumers.count_savings",
    "servicedesk.reports.consumers.queue_facts",
]
# What was imported goes through no consumer above. Each of these is called with the ids of the tickets of a chunk, in
# the transaction that writes them; repeating must do no harm.
IMPORT_CONSUMERS = [
    "servicedesk.tickets.consumers.index_tickets",
    "servicedesk.reports.facts.refresh",
]
# Says which reply template a reply began from (servicedesk.tickets.actions.talk), which the core does not know.
REPLY_TEMPLATES = "servicedesk.desk.templates.began_from"
# What stands for variables of mails that apps further right know (servicedesk.notify.letters): called with (event, to).
MAIL_VALUES = ["servicedesk.surveys.letters.values_of"]
# What these show beside a ticket, called with (ticket, reader), and on the first page of everybody, with (reader): a
# template each, and what gives it its context.
BESIDE_PARTS = {"surveys/_beside.html": "servicedesk.surveys.parts.beside"}
HOME_PARTS = {"surveys/_home.html": "servicedesk.surveys.parts.home"}
# Work that people start (servicedesk.people.jobs): the function that does each kind, called with (job, progress).
JOBS = {
    "apply_import": "servicedesk.people.actions.imports.apply_as_job",
    "apply_matrix": "servicedesk.priorities.actions.apply_matrix_as_job",
    "renew_clocks": "servicedesk.levels.actions.renewing.renew_as_job",
    "preview_levels": "servicedesk.levels.moving.preview_as_job",
    "export_tickets": "servicedesk.desk.exporting.export_as_job",
    "change_many": "servicedesk.desk.bulk.change_as_job",
    "undo_many": "servicedesk.desk.bulk.undo_as_job",
    "try_rule": "servicedesk.escalation.trial.try_as_job",
    "check_chains": "servicedesk.desk.chains.check_as_job",
    "import_tickets": "servicedesk.importers.actions.runs.import_as_job",
    "compare_mailbox": "servicedesk.intake.actions.comparing.compare_as_job",
    "take_missing": "servicedesk.intake.actions.comparing.take_as_job",
    "issue_report": "servicedesk.reports.issued.actions.issue_as_job",
}
# How many such jobs run at the same time; the other processes of the workers stay free for mail and events.
JOBS_AT_ONCE = env.integer("JOBS_AT_ONCE", 1, least=1)
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "celerybeat-schedule")
# `expires` keeps a queue that nobody empties from filling with the same task; the next beat brings a new one.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": seconds, "options": {"expires": max(seconds * 2, 10)}}
    for name, task, seconds in [
        ("beat", "servicedesk.tickets.tasks.note_beat", 10),
        ("deliver events", "servicedesk.tickets.tasks.deliver_events", 1),
        ("sweep clocks", "servicedesk.levels.tasks.sweep_clocks", 10),
        ("keep missing clocks", "servicedesk.levels.tasks.keep_missing_clocks", 600),
        ("read mail", "servicedesk.intake.tasks.read_incoming_mail", 1),
        ("fetch mailboxes", "servicedesk.intake.tasks.fetch_mailboxes", 1),
        ("compare mailboxes", "servicedesk.intake.tasks.compare_mailboxes", 600),
        ("tell of call-backs", "servicedesk.intake.tasks.tell_of_call_backs", 20),
        ("forget calls", "servicedesk.intake.tasks.forget_calls", 3600),
        ("send mail", "servicedesk.notify.tasks.send_waiting_mail", 2),
        ("tell of assigned mails", "servicedesk.notify.tasks.tell_of_mails", 5),
        ("write summaries", "servicedesk.notify.tasks.write_digests", 60),
        ("write of stale tickets", "servicedesk.notify.tasks.write_stale_mails", 600),
        ("send pushes", "servicedesk.notify.tasks.send_pushes", 2),
        ("tidy notices", "servicedesk.notify.tasks.tidy_notices", 3600),
        ("send account mail", "servicedesk.people.tasks.send_account_mail", 2),
        ("run jobs", "servicedesk.people.tasks.run_jobs", 1),
        ("remind of the directory", "servicedesk.directory.tasks.remind_of_entries", 3600),
        ("send survey invitations", "servicedesk.surveys.tasks.send_survey_invitations", 20),
        ("watch surveys", "servicedesk.surveys.tasks.watch_surveys", 600),
        ("watch major incidents", "incidents.tasks.watch_major_incidents", 60),
        ("nag of actions", "incidents.tasks.nag_of_actions", 900),
        ("judge events", "servicedesk.escalation.tasks.judge_events", 1),
        ("sweep rules", "servicedesk.escalation.tasks.sweep_rules", 60),
        ("find missed events", "servicedesk.escalation.tasks.find_missed_events", 300),
        ("send webhooks", "servicedesk.escalation.tasks.send_webhooks", 2),
        ("sweep savings", "servicedesk.escalation.tasks.sweep_savings", 600),
        ("keep facts", "servicedesk.reports.tasks.keep_facts", 2),
        ("find missed facts", "servicedesk.reports.tasks.find_missed_facts", 600),
        ("count figures", "servicedesk.reports.tasks.count_figures", 60),
        ("remind of person-dependence", "servicedesk.reports.tasks.remind_of_dependence", 3600),
        ("ask for reasons", "servicedesk.reports.tasks.ask_for_reasons", 3600),
        ("issue reports", "servicedesk.reports.tasks.issue_reports", 300),
        ("note corrections", "servicedesk.reports.tasks.note_corrections", 1800),
        ("tidy rules", "servicedesk.escalation.tasks.tidy_rules", 3600),
        ("tidy desk", "servicedesk.desk.tasks.tidy_desk", 3600),
        ("wake snoozed", "servicedesk.desk.tasks.wake_snoozed_tickets", 20),
        ("close resolved", "servicedesk.desk.tasks.close_resolved_tickets", 600),
    ]
}

# --- Mail -----------------------------------------------------------------------------------------------------------
MAIL_SERVER = env.smtp("SMTP_URL")
# Without SMTP_URL mail is written as files to MADOGUCHI_HOME/mail/out, one a message, so that nothing leaves a trial.
MAIL_OUT_FOLDER = HOME / "mail" / "out"
MAIL_DOMAIN = env.text("MAIL_DOMAIN", "desk.example.com")
MAIL_FROM = env.text("MAIL_FROM", f"desk@{MAIL_DOMAIN}")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
EMAIL_TIMEOUT = 30
if MAIL_SERVER:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = MAIL_SERVER["host"], MAIL_SERVER["port"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER["user"], MAIL_SERVER["password"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL_SERVER["use_tls"], MAIL_SERVER["use_ssl"]
    # Signs what goes out (RFC 6376) when there is a key; most mail servers in front of the desk do so themselves.
    MAIL_DKIM_KEY = env.secret("MAIL_DKIM_KEY")
    MAIL_DKIM_SELECTOR = env.text("MAIL_DKIM_SELECTOR", "madoguchi")
    MAIL_DKIM_DOMAIN = env.text("MAIL_DKIM_DOMAIN", MAIL_FROM.rpartition("@")[2])
    if MAIL_DKIM_KEY:
        EMAIL_BACKEND = "servicedesk.notify.signing.SigningBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = MAIL_OUT_FOLDER
MAIL_LISTEN_HOST = env.text("MAIL_LISTEN_HOST", "127.0.0.1")
MAIL_PORT = env.integer("MAIL_PORT", 2525)
LMTP_PORT = env.integer("LMTP_PORT", 2524)
MAIL_MAX_BYTES = env.integer("MAIL_MAX_MB", 50, least=1) * 1024 * 1024
# Against loops and floods: more mails of one sender in an hour are held, more receipts to one address are not written.
MAIL_SENDER_PER_HOUR = env.integer("MAIL_SENDER_PER_HOUR", 60, least=1)
MAIL_TICKET_PER_HOUR = env.integer("MAIL_TICKET_PER_HOUR", 60, least=1)
MAIL_RECEIPTS_PER_HOUR = env.integer("MAIL_RECEIPTS_PER_HOUR", 20, least=0)
# More mails to one address within an hour wait their turn.
MAIL_RECIPIENT_PER_HOUR = env.integer("MAIL_RECIPIENT_PER_HOUR", 100, least=1)
# So long a reply waits before its mails leave, and can be taken back.
MAIL_UNDO_SECONDS = env.integer("MAIL_UNDO_SECONDS", 10, least=0)

# --- Pushes to browsers (servicedesk.notify.pushing) ----------------------------------------------------------------
# The desk's private key (VAPID): 32 bytes as base64url. Without it nobody is offered pushes; a new one ends them all.
PUSH_KEY = env.secret("PUSH_KEY")
# Browsers name the server that reaches them. Only to these is anything sent; a dot in front stands for all below.
PUSH_SERVICES = env.words(
    "PUSH_SERVICES",
    "fcm.googleapis.com,jmt17.google.com,.push.services.mozilla.com,.push.apple.com,.notify.windows.com",
)

# --- Calls to other machines (servicedesk.connectors.http) -----------------------------------------------------------
# Private hosts, addresses and networks that may be called; everything else that is not public is refused.
CONNECT_PRIVATE_ALLOWED = env.places("CONNECT_PRIVATE_ALLOWED")
CONNECT_PROXY = env.proxy("CONNECT_PROXY")
# Tests put their own servers in place of Microsoft's and Google's: {"authorize": …, "token": …}.
OAUTH_ADDRESSES: dict[str, str] = {}

# --- API ------------------------------------------------------------------------------------------------------------
API_CALLS_PER_MINUTE = env.integer("API_CALLS_PER_MINUTE", 1200, least=1)  # of one token
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "servicedesk.people.api_auth.TokenAuthentication",
        "servicedesk.people.api_auth.PageSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["servicedesk.people.api_auth.ScopeAllows"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["servicedesk.web.api_parsers.JsonParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "servicedesk.web.api.explain",
    "DEFAULT_THROTTLE_CLASSES": ["servicedesk.people.api_auth.TokenThrottle"],
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Madoguchi API",
    "DESCRIPTION": "Tickets, people, services and settings of the service desk. The same actions as the pages.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    # The same words under several field names, or one field name for several sets of words.
    "ENUM_NAME_OVERRIDES": {
        "Priority": "servicedesk.tickets.models.Priority",
        "Impact": "servicedesk.tickets.models.Impact",
        "Urgency": "servicedesk.tickets.models.Urgency",
        "Channel": "servicedesk.tickets.models.Channel",
        "ApiChannel": "servicedesk.intake.api.tickets.CHANNELS",
        "LinkKind": "servicedesk.tickets.models.TicketLink.Kind",
        "CommentKind": "servicedesk.tickets.api.serializers.COMMENT_KINDS",
        "CauseGroup": "incidents.models.CauseCode.Group",
        "ExportFormat": "servicedesk.desk.models.Export.Format",
        "ViewGroup": "servicedesk.desk.api.GROUP_NAMES",
        "Makes": "servicedesk.intake.models.Makes",
        "MailboxKind": "servicedesk.intake.models.Mailbox.Kind",
        "IncomingMailState": "servicedesk.intake.models.IncomingMail.State",
        "OutgoingMailKind": "servicedesk.notify.models.OutgoingMail.Kind",
        "OutgoingMailState": "servicedesk.notify.models.OutgoingMail.State",
        "NotificationKind": "servicedesk.notify.models.Notification.Kind",
        "NotificationWay": "servicedesk.notify.models.Way",
        "ServiceRequestKind": "requests.models.ServiceRequest.Kind",
        "Language": "servicedesk.people.models.Language",
        "ImportKind": "servicedesk.people.models.ImportRun.Kind",
        "ImportState": "servicedesk.people.models.ImportRun.State",
        "TicketImportKind": "servicedesk.importers.models.Kind",
        "TicketImportState": "servicedesk.importers.models.TicketImport.State",
        "JobState": "servicedesk.people.models.Job.State",
        "AgreementKind": "servicedesk.levels.models.Agreement.Kind",
        "ClockKind": "servicedesk.levels.models.Clock.Kind",
        "DependenceProposalKind": "servicedesk.reports.models.DependenceProposal.Kind",
        "ItemKind": "cmdb.models.ItemKind",
        "ItemState": "cmdb.models.ItemState",
        "BulkOutcome": "servicedesk.desk.models.BulkRow.Outcome",
        "DirectoryKind": "servicedesk.directory.models.Entry.Kind",
        "ContractUnit": "servicedesk.directory.api.UNITS",
        "RoundingUnit": "servicedesk.tickets.models.WorkRounding.Unit",
        "BulkLinkKind": "servicedesk.desk.bulk_api.KINDS",
        "UpdateKind": "incidents.major.models.MajorUpdate.Kind",
        "ForceRole": "incidents.major.models.ForceMember.Role",
        "ProposalKind": "incidents.major.models.MajorProposal.Kind",
        "Role": "servicedesk.people.models.Role",
        "MajorState": "incidents.major.serializers.STATES",
        "TicketType": "servicedesk.tickets.workflow.TicketType",
        "SurveyState": "servicedesk.surveys.models.Survey.State",
        "QuestionKind": "servicedesk.surveys.models.SurveyQuestion.Kind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "servicedesk.web.api.document_errors",
    ],
}

# --- What it tells its operators ----------------------------------------------------------------------------------
METRICS_TOKEN = env.secret("METRICS_TOKEN")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"ids": {"()": "servicedesk.web.logs.Ids"}},
    "formatters": {"json": {"()": "servicedesk.web.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["ids"], "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "mail.log": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},  # below that it tells of each step
        "fontTools": {"level": "WARNING"},
        "httpcore2": {"level": "WARNING"},  # below that it tells headers
    },
}

# --- Ways of the desk ---------------------------------------------------------------------------------------------
# Against rules that set each other off for ever: more firings on one ticket within an hour are left out, and said so.
RULE_FIRINGS_PER_HOUR = env.integer("RULE_FIRINGS_PER_HOUR", 20, least=1)
