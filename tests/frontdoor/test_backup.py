import tarfile

import pytest

from tests.frontdoor.conftest import Installation

SHELL = "from django.contrib.contenttypes.models import ContentType as C;"


class TestBackupAndRestore:
    @pytest.mark.usefixtures("with_tables")
    def test_a_round_trip_brings_rows_files_and_key_into_an_empty_installation_only(self, installation, tmp_path):
        made = installation.command("manage", "migrate", "--verbosity=0")
        assert made.returncode == 0, made.stderr
        installation.command("manage", "shell", "-c", SHELL + "C.objects.create(app_label='x', model='窓口')")
        (installation.home / "files" / "ab").mkdir(parents=True)
        (installation.home / "files" / "ab" / "attachment").write_bytes(b"\x00bytes")
        file = tmp_path / "desk.tar"

        saved = installation.command("backup", str(file))
        assert saved.returncode == 0, saved.stderr
        assert file.stat().st_mode & 0o077 == 0
        again = installation.command("backup", str(file))
        assert again.returncode == 1 and "nothing is overwritten" in again.stderr
        assert "S3" not in saved.stderr

        into_full = installation.command("restore", str(file))
        assert into_full.returncode == 1 and "empty installation only" in into_full.stderr
        (installation.home / "files").rename(tmp_path / "moved")
        into_tables = installation.command("restore", str(file))
        assert into_tables.returncode == 1 and "tables already" in into_tables.stderr

        other = Installation(tmp_path / "other")
        restored = other.command("restore", str(file), env=other.env | {"FILES_S3_BUCKET": "desk-files"})
        assert restored.returncode == 0, restored.stderr
        assert f"Copy {other.home}/files\n" in restored.stderr and "into the bucket" in restored.stderr
        rows = other.command("manage", "shell", "-c", SHELL + "print(C.objects.get(app_label='x').model)")
        assert rows.stdout.strip().splitlines()[-1] == "窓口", rows.stderr
        assert (other.home / "files" / "ab" / "attachment").read_bytes() == b"\x00bytes"
        for name in ("secret-key", "push-key"):
            assert (other.home / name).read_text() == (installation.home / name).read_text()

    @pytest.mark.parametrize("kind", ["text", "tar"])
    def test_another_file_is_refused(self, installation, tmp_path, kind):
        file = tmp_path / "other"
        file.write_text("not a backup")
        if kind == "tar":
            with tarfile.open(tmp_path / "other.tar", "w") as tar:
                tar.add(file, "about.json")
            file = tmp_path / "other.tar"
        refused = installation.command("restore", str(file))
        assert refused.returncode == 1
        assert "backup" in refused.stderr and "Traceback" not in refused.stderr

    def test_a_file_that_would_be_written_elsewhere_is_refused(self, installation, tmp_path):
        about = tmp_path / "about.json"
        about.write_text('{"kind": "madoguchi-backup", "version": 1}')
        with tarfile.open(tmp_path / "evil.tar", "w") as tar:
            tar.add(about, "about.json")
            tar.add(about, "files/../../outside")
        refused = installation.command("restore", str(tmp_path / "evil.tar"))
        assert refused.returncode == 1
        assert "no part of a backup" in refused.stderr
        assert not list(tmp_path.rglob("outside"))
