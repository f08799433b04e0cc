import base64
import stat
import subprocess
import sys

from servicedesk.frontdoor.home import ROOT, Home


class TestHome:
    def test_a_secret_is_made_once_and_is_private(self, tmp_path):
        home = Home(tmp_path / "home")
        home.make()
        first = home.secret("secret-key")
        assert len(first) >= 50
        assert Home(tmp_path / "home").secret("secret-key") == first
        assert stat.S_IMODE((tmp_path / "home" / "secret-key").stat().st_mode) == 0o600

    def test_a_secret_may_be_a_key_of_so_many_bytes(self, tmp_path):
        home = Home(tmp_path / "home")
        home.make()
        assert len(base64.urlsafe_b64decode(home.secret("push-key", size=32) + "=")) == 32

    def test_the_state_counts_only_while_its_writer_lives(self, tmp_path):
        home = Home(tmp_path)
        home.make()
        code = (
            "from servicedesk.frontdoor.home import Home; h = Home(); h.take(); h.write_state(command='run');"
            "print(1, flush=True); input()"
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT, env={"MADOGUCHI_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert holder.stdout
        holder.stdout.readline()
        state = home.state()
        assert state and state["pid"] == holder.pid
        assert not home.take(0)
        holder.kill()
        holder.wait()
        assert (tmp_path / "state.json").exists()
        assert home.state() is None
        assert home.take(0)

    def test_whoever_started_the_services_sees_that_another_command_uses_them(self, tmp_path):
        owner, other = Home(tmp_path), Home(tmp_path)
        owner.make()
        with other.using():
            assert not owner.last_user(0)
        assert owner.last_user(0)
