"""SQLite databases in backups: as of one moment while programs commit and checkpoint, with nothing left beside them."""
import contextlib
import multiprocessing
import os
import random
import signal
import sqlite3
import time
import unittest

from shelf import LONG, Shelf, make_home, wait_for

ROUNDS = 20 if LONG else 4
COMMITS_PER_SECOND = 500
ACCOUNTS, FORTUNE = 500, 500_000
CHECKPOINTS = ("PASSIVE", "FULL", "RESTART", "TRUNCATE")


def make_database(path, mode, megabytes, page_bytes=4096):
    """`events` and `counter` grow together, `accounts` keeps its sum, `bulk` makes the file large."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(f"""
        PRAGMA page_size={page_bytes}; PRAGMA journal_mode={mode}; BEGIN;
        CREATE TABLE events(id INTEGER PRIMARY KEY, text TEXT);
        CREATE TABLE counter(n INTEGER); INSERT INTO counter VALUES(0);
        CREATE TABLE accounts(id INTEGER PRIMARY KEY, money INTEGER, filler BLOB);
        CREATE TABLE bulk(id INTEGER PRIMARY KEY, data BLOB); COMMIT""")
    database.execute("BEGIN")
    for number in range(ACCOUNTS):
        database.execute("INSERT INTO accounts VALUES(?, ?, zeroblob(300))", (number, FORTUNE // ACCOUNTS))
    for _ in range(megabytes):
        database.execute("INSERT INTO bulk(data) VALUES(?)", (os.urandom(1 << 20),))
    database.execute("COMMIT")
    return database


def change(database):
    """One commit: an event, and money from one account to another."""
    giver, taker, money = random.randrange(ACCOUNTS), random.randrange(ACCOUNTS), random.randrange(10)
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO events(text) VALUES(?)", ("x" * random.randrange(200),))
    database.execute("UPDATE counter SET n = n + 1")
    database.execute("UPDATE accounts SET money = money - ? WHERE id = ?", (money, giver))
    database.execute("UPDATE accounts SET money = money + ? WHERE id = ?", (money, taker))
    if random.random() < 0.02:
        database.execute("UPDATE bulk SET data = zeroblob(20000) WHERE id = (SELECT max(id) FROM bulk)")
        database.execute("DELETE FROM bulk WHERE length(data) = 20000")
        database.execute("INSERT INTO bulk(data) VALUES(?)", (os.urandom(1 << 16),))
    database.execute("COMMIT")


def write(path, committed, waits, stop):
    database = sqlite3.connect(path, isolation_level=None, timeout=60)
    database.execute("PRAGMA synchronous=OFF")
    due = time.monotonic()
    while not stop.is_set():
        started = time.monotonic()
        change(database)
        committed.value += 1
        waits.value = max(waits.value, time.monotonic() - started)
        due = max(due + 1 / COMMITS_PER_SECOND, time.monotonic() - 1)
        time.sleep(max(0, due - time.monotonic()))


def checkpoint(path, done, stop):
    database = sqlite3.connect(path, isolation_level=None, timeout=0.01)
    while not stop.is_set():
        kind = CHECKPOINTS[done.value % len(CHECKPOINTS)]
        with contextlib.suppress(sqlite3.OperationalError):
            database.execute(f"PRAGMA wal_checkpoint({kind})").fetchall()
        done.value += 1
        time.sleep(0.02)


class Sqlite(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home, files=5, big_bytes=256)
        os.unlink(os.path.join(self.shelf.home, "config/home-assistant_v2.db"))
        self.path = os.path.join(self.shelf.home, "config/home-assistant_v2.db")
        self.made = 0

    def backup(self):
        self.made += 1
        return self.shelf.run("backup", f"name=b{self.made}", check=0).stdout

    def extract(self):
        """The folder with `config` of the last backup."""
        archive = next(n for n in os.listdir(self.shelf.archives) if n.startswith(f"b{self.made}_"))
        target = self.shelf.path(f"out{self.made}")
        self.shelf.run("extract", os.path.join(self.shelf.archives, archive) + ":config", target, check=0)
        return os.path.join(target, "config")

    def rows_of(self, path, words=""):
        """The number of events in a restored database, after every check of it."""
        database = sqlite3.connect(f"file:{path}{words}", uri=True)
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        rows, = database.execute("SELECT count(*) FROM events").fetchone()
        self.assertEqual(database.execute("SELECT n FROM counter").fetchone(), (rows,))
        self.assertEqual(database.execute("SELECT sum(money) FROM accounts").fetchone(), (FORTUNE,))
        database.close()
        return rows

    def beside(self, folder=None):
        folder = folder or os.path.dirname(self.path)
        return sorted(name for name in os.listdir(folder) if "home-assistant_v2" in name)

    @contextlib.contextmanager
    def busy(self, jobs):
        stop = multiprocessing.Event()
        processes = [multiprocessing.Process(target=job, args=(self.path, *more, stop), daemon=True)
                     for job, *more in jobs]
        for process in processes:
            process.start()
        try:
            yield
        finally:
            stop.set()
            for process in processes:
                process.join(60)
                self.assertEqual(process.exitcode, 0)

    def check_under_writer(self, mode, megabytes, beside):
        make_database(self.path, mode, megabytes).close()
        committed, waits = multiprocessing.Value("q", 0), multiprocessing.Value("d", 0)
        checkpoints = multiprocessing.Value("q", 0)
        jobs = [(write, committed, waits)] + ([(checkpoint, checkpoints)] if mode == "WAL" else [])
        spent, during = 0, 0
        with self.busy(jobs):
            wait_for(lambda: committed.value > 100, 60, "commits")
            for _ in range(ROUNDS):
                before, started = committed.value, time.monotonic()
                answer = self.backup()
                after = committed.value + 1  # one may be committed and not yet counted
                spent, during = spent + time.monotonic() - started, during + after - before
                self.assertNotIn("left out or incomplete", answer)
                restored = self.extract()
                self.assertEqual(self.beside(restored), ["home-assistant_v2.db"])
                rows = self.rows_of(os.path.join(restored, "home-assistant_v2.db"))
                self.assertLessEqual(before, rows)
                self.assertLessEqual(rows, after)
            self.assertLessEqual(set(self.beside()), beside)
        print(f"{mode}: {ROUNDS} backups, {during / spent:.0f} commits/s meanwhile, {checkpoints.value} checkpoints, "
              f"longest commit {waits.value:.3f} s")
        self.assertGreater(during, ROUNDS * 20, "the writer hardly wrote")

    def test_a_busy_database_in_wal_mode_is_of_one_moment(self):
        self.check_under_writer("WAL", 48, {"home-assistant_v2.db" + end for end in ("", "-wal", "-shm")})

    def test_a_busy_database_with_a_rollback_journal_is_of_one_moment(self):
        self.check_under_writer("DELETE", 24, {"home-assistant_v2.db", "home-assistant_v2.db-journal"})

    def test_a_large_database_with_a_rollback_journal_is_of_one_moment(self):
        self.check_under_writer("PERSIST", 80, {"home-assistant_v2.db", "home-assistant_v2.db-journal"})

    @unittest.skipUnless(LONG, "2 GiB")
    def test_a_database_of_more_than_two_gigabytes(self):
        database = make_database(self.path, "WAL", 1)
        database.execute("PRAGMA synchronous=OFF")
        for _ in range(11):
            database.execute("INSERT INTO bulk(data) VALUES(zeroblob(200000000))")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        reader = sqlite3.connect(self.path, isolation_level=None)  # whose mark keeps what follows in the log
        reader.execute("BEGIN")
        reader.execute("SELECT n FROM counter").fetchone()
        for _ in range(40):
            change(database)
        database.execute("INSERT INTO bulk(data) VALUES(?)", (os.urandom(1 << 20),))
        self.assertGreater(os.path.getsize(self.path), 1 << 31)
        self.assertNotIn("incomplete", self.backup())
        self.assertEqual(self.rows_of(os.path.join(self.extract(), "home-assistant_v2.db")), 40)
        reader.close()
        database.close()

    def facts_beside(self):
        facts = {}
        for name in self.beside():
            with open(os.path.join(os.path.dirname(self.path), name), "rb") as file:
                facts[name] = (file.read(), os.fstat(file.fileno()).st_mtime_ns)
        return facts

    def test_a_database_that_nobody_has_open_is_stored_and_left_alone(self):
        for page_bytes in (512, 4096, 65536):
            with self.subTest(page_bytes):
                make_database(self.path, "WAL", 1, page_bytes).close()
                before = self.facts_beside()
                self.assertEqual(list(before), ["home-assistant_v2.db"])
                answer, restored = self.backup(), self.extract()
                self.assertNotIn("incomplete", answer)
                self.assertEqual(self.facts_beside(), before)
                self.assertEqual(self.rows_of(os.path.join(restored, "home-assistant_v2.db")), 0)
                os.unlink(self.path)

    def killed_writer(self, shm):
        """A program that was killed: its last 50 commits are in the log alone."""
        make_database(self.path, "WAL", 1).close()
        pid = os.fork()
        if pid == 0:
            database = sqlite3.connect(self.path, isolation_level=None)
            for _ in range(50):
                change(database)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(pid, 0)
        if not shm:
            os.unlink(self.path + "-shm")

    def test_the_log_of_a_killed_program_is_part_of_the_database(self):
        for shm in (True, False):
            with self.subTest(shm=shm):
                self.killed_writer(shm)
                with open(self.path + "-wal", "ab") as file:
                    file.write(os.urandom(5000))  # of a commit that did not end
                before = self.facts_beside()
                answer, restored = self.backup(), self.extract()
                self.assertNotIn("incomplete", answer)
                self.assertEqual(self.facts_beside(), before)
                self.assertEqual(self.beside(restored), ["home-assistant_v2.db"])
                self.assertEqual(self.rows_of(os.path.join(restored, "home-assistant_v2.db")), 50)
                for name in self.beside():
                    os.unlink(os.path.join(os.path.dirname(self.path), name))

    def test_each_database_counts_whatever_its_name(self):
        folder = os.path.join(self.shelf.home, "config/zigbee")
        os.mkdir(folder)
        database = make_database(os.path.join(folder, "devices"), "WAL", 1)
        for _ in range(30):
            change(database)
        os.link(os.path.join(folder, "devices"), os.path.join(folder, "same"))
        for name, content in (("alone.db-wal", b"x"), ("empty.db", b""), ("odd.db", b"SQLite format 3\0" + bytes(600))):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        before = sorted(os.listdir(folder))
        answer, restored = self.backup(), self.extract()
        self.assertIn("config/zigbee/odd.db: stored as it lay; its first page is damaged", answer)
        self.assertEqual(sorted(os.listdir(folder)), before)
        self.assertEqual(sorted(os.listdir(os.path.join(restored, "zigbee"))),
                         ["alone.db-wal", "devices", "empty.db", "odd.db", "same"])
        self.assertEqual(self.rows_of(os.path.join(restored, "zigbee/devices")), 30)
        self.assertEqual(self.rows_of(os.path.join(restored, "zigbee/same")), 30)
        database.close()

    def test_one_that_is_locked_is_stored_as_it_lies_and_said(self):
        make_database(self.path, "DELETE", 1).close()
        database = sqlite3.connect(self.path, isolation_level=None)
        database.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        answer, restored = self.backup(), self.extract()
        self.assertLess(time.monotonic() - started, 60)
        self.assertIn("config/home-assistant_v2.db: stored as it lay; another program keeps it locked", answer)
        self.assertEqual(self.rows_of(os.path.join(restored, "home-assistant_v2.db")), 0)
        database.close()

    def test_a_transaction_that_was_broken_off_is_stored_with_its_journal(self):
        make_database(self.path, "DELETE", 1).close()
        pid = os.fork()
        if pid == 0:
            database = sqlite3.connect(self.path, isolation_level=None)
            database.execute("PRAGMA cache_size=5")
            database.execute("BEGIN")
            database.execute("UPDATE accounts SET money = 1, filler = zeroblob(310)")
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(pid, 0)
        self.assertIn("home-assistant_v2.db-journal", self.beside())
        before = self.facts_beside()
        answer, restored = self.backup(), self.extract()
        self.assertIn("home-assistant_v2.db: stored as it lay; a transaction in it was broken off", answer)
        self.assertEqual(self.facts_beside(), before)
        self.assertEqual(self.rows_of(os.path.join(restored, "home-assistant_v2.db")), 0)

    def test_the_log_says_how_far_the_log_of_a_database_grew(self):
        database = make_database(self.path, "WAL", 48)
        self.shelf.mount()
        stop, committed, waits = multiprocessing.Event(), multiprocessing.Value("q", 0), multiprocessing.Value("d", 0)
        writer = multiprocessing.Process(target=write, args=(self.path, committed, waits, stop), daemon=True)
        writer.start()
        wait_for(lambda: committed.value > 20, 60, "commits")
        folder = self.shelf.backup("live")
        stop.set()
        writer.join(60)
        database.close()
        with open(self.shelf.on_mount("log"), encoding="utf-8") as file:
            self.assertRegex(file.read(), r"config/home-assistant_v2.db: its log grew by \d+ bytes")
        self.rows_of(self.shelf.on_mount(folder, "config", "home-assistant_v2.db"), "?immutable=1")


if __name__ == "__main__":
    unittest.main()
