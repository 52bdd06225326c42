"""A disk that is full to the last page: new work is refused, the old is read, pruned and goes on. On a small file system of its own."""

import os
import subprocess
import sys
import unittest

from harness import SkeinTest, hello

SKIPPED = 77
INSIDE = "SKEIN_FULL_DISK_TEST"
# As root, or as anybody where users may have namespaces of their own.
WAYS = (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"])


class FullDisk(SkeinTest):
    def setUp(self):
        super().setUp()
        self.store.parent.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(self.store.parent)], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(self.store.parent)], check=True)
        self.file(hello())

    def fill(self):
        try:
            with open(self.store.parent / "filler", "wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(4096))
        except OSError:
            pass

    def make_room(self):
        (self.store.parent / "filler").unlink()

    def test_new_work_is_refused_and_old_work_is_read(self):
        run = self.json("run", "workflow.json")["run_id"]
        self.fill()
        for _ in range(2):
            refused = self.skein("run", "workflow.json", expect=1).stderr
            self.assertIn("there is no room for the store", refused)
            self.assertEqual([row["run_id"] for row in self.json("runs")["runs"]], [run])
            self.assertEqual(self.json("show", run)["status"], "completed")
            self.assertIn("run     completed", self.skein("events", run).stdout)
            self.assertIn("free space", self.skein("doctor", expect=None).stdout)
        self.make_room()
        self.json("run", "workflow.json")

    def test_old_runs_can_be_deleted(self):
        for _ in range(20):
            self.json("run", "workflow.json", "-i", "name=" + "x" * 10_000)
        self.fill()
        self.assertEqual(self.json("prune", "--older-than", "0s", "--yes")["runs"], 20)
        self.assertEqual(self.json("runs")["runs"], [])
        self.make_room()
        self.json("run", "workflow.json")

    def test_what_waits_goes_on_when_there_is_room(self):
        run = self.json("run", self.file(hello(seconds=0.2), "slow.json"), "--detach", expect=4)["run_id"]
        self.fill()
        self.skein("runs")  # from here on the store lives on its reserve
        worker = self.start("worker")
        self.wait_for_log(worker)
        self.make_room()
        self.skein("events", run, "--follow")
        self.assertEqual(self.json("show", run)["status"], "completed")

    def wait_for_log(self, worker):
        for line in worker.stderr:
            if "no room" in line:
                return
        self.fail("the worker did not say that there is no room")


if __name__ == "__main__":
    if INSIDE not in os.environ:
        for way in WAYS:
            if subprocess.run([*way, "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL).returncode == 0:
                os.execvpe(way[0], [*way, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
        print("SKIPPED: no small file system can be mounted here; run this as root, or let users have namespaces: "
              "sysctl kernel.unprivileged_userns_clone=1")
        sys.exit(SKIPPED)
    unittest.main()
