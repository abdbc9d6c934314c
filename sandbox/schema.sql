-- The sandbox's own storage. Times of the sandbox clock are RFC 3339 UTC text; *_real are real unix seconds.
CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS people (
  id_number TEXT PRIMARY KEY, name TEXT NOT NULL, address TEXT);

CREATE TABLE IF NOT EXISTS employers (
  credit_code TEXT NOT NULL, unit_number TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (credit_code, unit_number));

CREATE TABLE IF NOT EXISTS cards (
  id INTEGER PRIMARY KEY, id_number TEXT NOT NULL, name TEXT NOT NULL,
  province TEXT NOT NULL, region TEXT NOT NULL, bank TEXT NOT NULL, last_four TEXT NOT NULL,
  status TEXT NOT NULL, valid_until TEXT, social TEXT NOT NULL, financial TEXT NOT NULL,
  issued_on TEXT,
  registered INTEGER NOT NULL DEFAULT 1,  -- the bureau's registry knows it
  at_bank INTEGER NOT NULL DEFAULT 1,     -- the bank's own register knows it
  reference TEXT);
CREATE INDEX IF NOT EXISTS cards_person ON cards (id_number);
-- One valid card per person and province, whatever the code above believes.
CREATE UNIQUE INDEX IF NOT EXISTS one_valid_card ON cards (id_number, province)
  WHERE registered = 1 AND status IN ('normal', 'making', 'collectable');

CREATE TABLE IF NOT EXISTS applications (
  reference TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  province TEXT NOT NULL, region TEXT NOT NULL, bank TEXT NOT NULL,
  id_number TEXT NOT NULL, name TEXT NOT NULL, callback_url TEXT,
  body TEXT NOT NULL,                     -- as submitted, without the documents' content
  revision INTEGER NOT NULL, status TEXT NOT NULL, sequence INTEGER NOT NULL,
  received_at TEXT NOT NULL, status_at TEXT NOT NULL,
  card_id INTEGER, card_was TEXT,         -- the existing card that it is about, and its state before
  verdict TEXT,                           -- JSON reason the review will return, or NULL
  next_at TEXT, seal_at TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS one_open_application ON applications (id_number, province)
  WHERE kind <> 'loss_report' AND status IN ('reviewing', 'returned', 'making', 'collectable');
CREATE INDEX IF NOT EXISTS applications_due ON applications (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS applications_seal ON applications (seal_at) WHERE seal_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS history (
  reference TEXT NOT NULL REFERENCES applications (reference), sequence INTEGER NOT NULL,
  status TEXT NOT NULL, at TEXT NOT NULL, reason TEXT, due TEXT, place TEXT,
  revision INTEGER NOT NULL, PRIMARY KEY (reference, sequence));

-- The agencies' windows: insurance relations by place, and requests to move them.
CREATE TABLE IF NOT EXISTS accounts (
  id_number TEXT NOT NULL, name TEXT NOT NULL, insurance TEXT NOT NULL, region TEXT NOT NULL,
  status TEXT NOT NULL, arrears INTEGER NOT NULL DEFAULT 0, first_month TEXT NOT NULL,
  last_month TEXT NOT NULL, PRIMARY KEY (id_number, insurance, region));

CREATE TABLE IF NOT EXISTS transfers (
  reference TEXT PRIMARY KEY, agency TEXT NOT NULL, number TEXT NOT NULL UNIQUE,
  insurance TEXT NOT NULL, origin TEXT NOT NULL, destination TEXT NOT NULL,
  id_number TEXT NOT NULL, name TEXT NOT NULL, callback_url TEXT, body TEXT NOT NULL,
  revision INTEGER NOT NULL, status TEXT NOT NULL, sequence INTEGER NOT NULL,
  received_at TEXT NOT NULL, next_at TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS one_open_transfer ON transfers (id_number, insurance)
  WHERE status IN ('reviewing', 'origin_asked', 'origin_sent', 'returned');

CREATE TABLE IF NOT EXISTS transfer_history (
  reference TEXT NOT NULL REFERENCES transfers (reference), sequence INTEGER NOT NULL,
  status TEXT NOT NULL, at TEXT NOT NULL, reason TEXT, PRIMARY KEY (reference, sequence));

CREATE TABLE IF NOT EXISTS transfer_keys (
  key TEXT PRIMARY KEY, number TEXT NOT NULL, revision INTEGER NOT NULL, answer TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS staff_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);  -- the id is the cursor

CREATE TABLE IF NOT EXISTS idempotency (
  key TEXT PRIMARY KEY, number TEXT NOT NULL, revision INTEGER NOT NULL, answer TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS deliveries (
  delivery TEXT PRIMARY KEY, reference TEXT NOT NULL, sequence INTEGER NOT NULL,
  url TEXT NOT NULL, body TEXT NOT NULL, due_real REAL NOT NULL,
  hold_until_real REAL,                   -- waits for a later one of the same reference
  repeats INTEGER NOT NULL DEFAULT 0,     -- further copies to send after the first 2xx
  attempts INTEGER NOT NULL DEFAULT 0, last_status INTEGER, delivered_real REAL);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_real) WHERE delivered_real IS NULL;

CREATE TABLE IF NOT EXISTS lookups (
  id INTEGER PRIMARY KEY, at_real REAL NOT NULL, service TEXT NOT NULL,
  id_number TEXT NOT NULL, found INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS requests (
  id INTEGER PRIMARY KEY, at_real REAL NOT NULL, service TEXT NOT NULL, method TEXT NOT NULL,
  route TEXT NOT NULL, idempotency_key TEXT, number TEXT, reference TEXT,
  status INTEGER, fault TEXT, milliseconds REAL NOT NULL);

CREATE TABLE IF NOT EXISTS faults (service TEXT PRIMARY KEY, fault TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clock_listeners (url TEXT PRIMARY KEY, secret TEXT NOT NULL);
