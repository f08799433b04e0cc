"""Files on S3, or on a server that speaks as it does: private, waited for some seconds, and failing as a disk fails."""

from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3File, S3Storage

CONNECT_SECONDS = 3
SILENT_SECONDS = 15
ATTEMPTS = 2


class Bucket(S3Storage):
    """A bucket that only the desk reads and writes: people get files through the desk, never by an address of S3.

    Whatever goes wrong raises an OSError, FileNotFoundError when the object is not there.
    """

    def get_default_settings(self) -> dict:
        return super().get_default_settings() | {
            "client_config": Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=SILENT_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                # The newer checksums of the library are unknown to some servers other than Amazon's.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
            "transfer_config": TransferConfig(use_threads=False, num_download_attempts=ATTEMPTS),
            # Should a bucket be opened to the world by mistake, a browser still runs nothing that lies in it.
            "object_parameters": {"ContentType": "application/octet-stream", "ContentDisposition": "attachment"},
            # Our names are random: asking first whether one is taken would only cost a round trip.
            "file_overwrite": True,
            "max_memory_size": 1024 * 1024,
        }

    def _open(self, name: str, mode: str = "rb") -> S3File:
        """The object as a temporary file, read to its end: an answer that has begun cannot fail any more."""
        with _as_os_error():
            opened = super()._open(name, mode)
            if "r" in mode:
                opened.open(mode)
            return opened

    def _save(self, name, content) -> str:
        with _as_os_error():
            return super()._save(name, content)

    def delete(self, name) -> None:
        with _as_os_error():
            super().delete(name)

    def exists(self, name) -> bool:
        with _as_os_error():
            return super().exists(name)

    def listdir(self, path) -> tuple[list[str], list[str]]:
        with _as_os_error():
            return super().listdir(path)

    def size(self, name) -> int:
        with _as_os_error():
            return super().size(name)

    def url(self, name, *args, **kwargs) -> str:
        raise NotImplementedError("Files are handed over by the desk, which knows who may see them.")


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error, RetriesExceededError) as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
