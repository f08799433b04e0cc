"""A real S3 server on this machine (moto's), with one bucket and one key that may use it and nothing else."""

import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3

from servicedesk.frontdoor.venv import PEERS

from .dovecot import free_port

BUCKET = "desk-files"
REGION = "ap-northeast-1"
_PROGRAM = PEERS / "bin" / "moto_server"
# What docs/operations.md tells an operator to allow.
_MAY = [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{BUCKET}/*"},
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"},
]
# Making user, policy, key and bucket asks for no key; from then on every signature is checked.
_STEPS_BEFORE_IT_ASKS_FOR_KEYS = 4


def missing() -> str:
    """Why no S3 server can be started here, or nothing."""
    return "" if _PROGRAM.exists() else f"{_PROGRAM} is not there; `./madoguchi test` installs it"


class S3:
    """`endpoint`, `key` and `secret` are what an operator is given. A server that was stopped begins anew, empty."""

    def __init__(self):
        # Not our folder: Python would find our package `requests` there instead of the library that moto needs.
        self.folder = Path(tempfile.mkdtemp(prefix="madoguchi-s3-"))
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        if self.process is not None:
            return
        env = {"PATH": os.environ["PATH"], "INITIAL_NO_AUTH_ACTION_COUNT": str(_STEPS_BEFORE_IT_ASKS_FOR_KEYS)}
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [_PROGRAM, "-H", "127.0.0.1", "-p", str(self.port)], cwd=self.folder, env=env, stdout=log, stderr=log
            )
        self._wait()
        iam = self._client("iam", "first", "steps")
        iam.create_user(UserName="desk")
        iam.put_user_policy(
            UserName="desk", PolicyName="files", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": _MAY})
        )
        made = iam.create_access_key(UserName="desk")["AccessKey"]
        self.key, self.secret = made["AccessKeyId"], made["SecretAccessKey"]
        where = {"LocationConstraint": REGION}
        self._client("s3", "first", "steps").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        self.client = self._client("s3", self.key, self.secret)

    def _wait(self) -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json", timeout=5).close()
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"moto's server did not start: {(self.folder / 'log').read_text()}")

    def _client(self, service: str, key: str, secret: str):
        return boto3.client(
            service, endpoint_url=self.endpoint, aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION
        )

    def names(self) -> set[str]:
        return {each["Key"] for each in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", ())}

    def get(self, name: str) -> dict:
        return self.client.get_object(Bucket=BUCKET, Key=name)

    def stranger_gets(self, name: str) -> int:
        """The status that somebody without a key is answered with."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/{BUCKET}/{name}", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def fall_silent(self) -> None:
        """Take connections and never answer, as a machine that hangs does."""
        self.process.send_signal(signal.SIGSTOP)

    def speak_again(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process = None
