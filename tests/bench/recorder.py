"""A recorder database as Home Assistant keeps it: real SQLite, its tables and indexes, rows that change as sensors do."""
import json
import math
import random
import sqlite3

PAGE = 4096
SCHEMA = """
CREATE TABLE event_types (event_type_id INTEGER PRIMARY KEY, event_type VARCHAR(64));
CREATE TABLE event_data (data_id INTEGER PRIMARY KEY, hash BIGINT, shared_data TEXT);
CREATE TABLE events (event_id INTEGER PRIMARY KEY, event_type CHAR(0), event_data CHAR(0), origin CHAR(0), origin_idx SMALLINT,
  time_fired CHAR(0), time_fired_ts FLOAT, context_id CHAR(0), context_user_id CHAR(0), context_parent_id CHAR(0),
  data_id INTEGER, context_id_bin BLOB, context_user_id_bin BLOB, context_parent_id_bin BLOB, event_type_id INTEGER);
CREATE TABLE states_meta (metadata_id INTEGER PRIMARY KEY, entity_id VARCHAR(255));
CREATE TABLE state_attributes (attributes_id INTEGER PRIMARY KEY, hash BIGINT, shared_attrs TEXT);
CREATE TABLE states (state_id INTEGER PRIMARY KEY, entity_id CHAR(0), state VARCHAR(255), attributes CHAR(0), event_id SMALLINT,
  last_changed CHAR(0), last_changed_ts FLOAT, last_reported_ts FLOAT, last_updated CHAR(0), last_updated_ts FLOAT,
  old_state_id INTEGER, attributes_id INTEGER, context_id CHAR(0), context_user_id CHAR(0), context_parent_id CHAR(0),
  origin_idx SMALLINT, context_id_bin BLOB, context_user_id_bin BLOB, context_parent_id_bin BLOB, metadata_id INTEGER);
CREATE TABLE statistics_meta (id INTEGER PRIMARY KEY, statistic_id VARCHAR(255), source VARCHAR(32),
  unit_of_measurement VARCHAR(255), has_mean BOOLEAN, has_sum BOOLEAN, name VARCHAR(255));
CREATE TABLE statistics (id INTEGER PRIMARY KEY, created CHAR(0), created_ts FLOAT, metadata_id INTEGER, start CHAR(0),
  start_ts FLOAT, mean FLOAT, min FLOAT, max FLOAT, last_reset CHAR(0), last_reset_ts FLOAT, state FLOAT, sum FLOAT);
CREATE TABLE statistics_short_term (id INTEGER PRIMARY KEY, created CHAR(0), created_ts FLOAT, metadata_id INTEGER,
  start CHAR(0), start_ts FLOAT, mean FLOAT, min FLOAT, max FLOAT, last_reset CHAR(0), last_reset_ts FLOAT, state FLOAT,
  sum FLOAT);
CREATE INDEX ix_states_metadata_id_last_updated_ts ON states (metadata_id, last_updated_ts);
CREATE INDEX ix_states_last_updated_ts ON states (last_updated_ts);
CREATE INDEX ix_states_context_id_bin ON states (context_id_bin);
CREATE INDEX ix_states_old_state_id ON states (old_state_id);
CREATE INDEX ix_states_attributes_id ON states (attributes_id);
CREATE INDEX ix_events_time_fired_ts ON events (time_fired_ts);
CREATE INDEX ix_events_context_id_bin ON events (context_id_bin);
CREATE UNIQUE INDEX ix_statistics_statistic_id_start_ts ON statistics (metadata_id, start_ts);
CREATE UNIQUE INDEX ix_statistics_short_term_statistic_id_start_ts ON statistics_short_term (metadata_id, start_ts);
"""
KINDS = [("sensor", "temperature", "°C"), ("sensor", "humidity", "%"), ("sensor", "power", "W"), ("sensor", "energy", "kWh"),
         ("sensor", "battery", "%"), ("binary_sensor", "motion", None), ("light", "lamp", None), ("switch", "plug", None)]
ROOMS = ["kitchen", "living_room", "bedroom", "bathroom", "hall", "garage", "garden", "office", "attic", "cellar"]
ENTITIES = 400
STATES_PER_ROUND = 20_000


class Recorder:
    def __init__(self, path, seed):
        self.random = random.Random(seed)
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.executescript(f"PRAGMA page_size={PAGE}; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                              "PRAGMA cache_size=-400000; PRAGMA locking_mode=EXCLUSIVE;" + SCHEMA)
        self.entities = [(f"{KINDS[i % 8][0]}.{ROOMS[i // 8 % 10]}_{KINDS[i % 8][1]}_{i // 80}", KINDS[i % 8])
                         for i in range(ENTITIES)]
        self.values = [self.random.uniform(5, 90) for _ in self.entities]
        self.last = [None] * ENTITIES
        self.now, self.state, self.event, self.hour = 1.75e9, 0, 0, 0

    def fill_small_tables(self):
        self.db.executemany("INSERT INTO states_meta VALUES (?,?)", ((i + 1, e[0]) for i, e in enumerate(self.entities)))
        self.db.executemany("INSERT INTO statistics_meta VALUES (?,?,'recorder',?,1,0,NULL)",
                            ((i + 1, e[0], e[1][2]) for i, e in enumerate(self.entities)))
        self.db.executemany("INSERT INTO event_types VALUES (?,?)", enumerate(
            ["state_changed", "call_service", "automation_triggered", "component_loaded", "service_registered"], 1))
        self.db.executemany("INSERT INTO state_attributes VALUES (?,?,?)", (
            (i + 1, self.random.getrandbits(32), json.dumps({
                "state_class": "measurement", "unit_of_measurement": kind[2], "device_class": kind[1],
                "friendly_name": name.split(".")[1].replace("_", " ").title(), "linkquality": self.random.randrange(256)}))
            for i, (name, kind) in enumerate(self.entities * 5)))

    def context(self):
        """A ULID: milliseconds, then chance; this is what makes a recorder hard to compress."""
        return int(self.now * 1000).to_bytes(6, "big") + self.random.randbytes(10)

    def value(self, entity):
        kind = self.entities[entity][1]
        if kind[2] is None:
            return self.random.choice(("on", "off"))
        self.values[entity] += self.random.gauss(0, 0.4)
        return f"{self.values[entity]:.2f}" if kind[1] != "battery" else str(int(abs(self.values[entity])) % 100)

    def states(self):
        chance = self.random.random
        for _ in range(STATES_PER_ROUND):
            self.now += chance() * 0.6
            self.state += 1
            entity = int(ENTITIES * chance() ** 2)  # few sensors talk much
            old, self.last[entity] = self.last[entity], self.state
            yield (self.state, self.value(entity), self.now, old, entity + 1 + ENTITIES * (self.state // 7 % 5),
                   self.context(), entity + 1)

    def events(self):
        for _ in range(STATES_PER_ROUND // 20):
            self.event += 1
            yield (self.event, self.now - self.random.random() * 100, self.event, self.context(), self.random.randrange(1, 6))

    def statistics(self, start):
        for entity in range(ENTITIES):
            mean = self.values[entity] + math.sin(start / 9000)
            yield (start + 12.5, entity + 1, start, mean, mean - self.random.random(), mean + self.random.random())

    def round(self):
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO states (state_id,state,last_updated_ts,old_state_id,attributes_id,origin_idx,"
                            "context_id_bin,metadata_id) VALUES (?,?,?,?,?,0,?,?)", self.states())
        self.db.executemany("INSERT INTO events (event_id,origin_idx,time_fired_ts,data_id,context_id_bin,event_type_id) "
                            "VALUES (?,0,?,?,?,?)", self.events())
        self.db.executemany("INSERT INTO event_data VALUES (?,?,?)", (
            (i, self.random.getrandbits(32), json.dumps({"domain": "light", "service": "turn_on", "service_data": {
                "entity_id": self.random.choice(self.entities)[0], "brightness": self.random.randrange(256)}}))
            for i in range(self.event - STATES_PER_ROUND // 20 + 1, self.event + 1)))
        add = "(created_ts,metadata_id,start_ts,mean,min,max) VALUES (?,?,?,?,?,?)"
        for step in range(12):
            self.db.executemany(f"INSERT INTO statistics_short_term {add}", self.statistics(self.hour * 3600 + step * 300))
        self.db.executemany(f"INSERT INTO statistics {add}", self.statistics(self.hour * 3600))
        self.hour += 1
        self.db.execute("COMMIT")

    def pages(self):
        return self.db.execute("PRAGMA page_count").fetchone()[0]


def make(path, size, seed=541):
    """Writes a recorder database of `size` bytes, to within one round (about 4 MiB)."""
    recorder = Recorder(path, seed)
    recorder.fill_small_tables()
    while recorder.pages() * PAGE < size:
        recorder.round()
    recorder.db.close()


def change(path, share, seed):
    """Updates rows in place so that about `share` of the pages change, as a day's purge and corrections would."""
    chance = random.Random(seed)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    last = db.execute("SELECT max(state_id) FROM states").fetchone()[0]
    db.execute("BEGIN")
    db.executemany("UPDATE states SET origin_idx = 1 - origin_idx WHERE state_id = ?",
                   ((chance.randrange(1, last + 1),) for _ in range(int(pages * share))))
    db.execute("COMMIT")
    db.close()
