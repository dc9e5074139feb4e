-- The hub's ground: who may come, the log of all depots, and what their records add up to. Never edited once shipped:
-- the next change is a further file. Written for PostgreSQL 13 and later with tables, B-trees, row locks and ON CONFLICT
-- only, so that it also runs on Citus (every key begins with the tenant) and YugabyteDB.
--
-- depotd_hub owns everything and signs in nowhere. A depot's role may execute functions and touch no table; an office's
-- role may read views. Which tenant a role belongs to is looked up by session_user, which no client can set.
-- Roles are the cluster's: another hub's installation may make them at the same moment.
DO $$
DECLARE role text;
BEGIN
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'the database is encoded in %, and Changes are UTF-8', current_setting('server_encoding');
  END IF;
  FOREACH role IN ARRAY ARRAY['depotd_hub', 'depotd_depot', 'depotd_office'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;
  BEGIN
    GRANT depotd_hub TO CURRENT_USER;
  -- "tuple concurrently updated" has no code of its own. If the right is missing, SET ROLE below says so.
  EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
  END;
END $$;
CREATE SCHEMA depotd AUTHORIZATION depotd_hub;
CREATE SCHEMA office AUTHORIZATION depotd_hub;
SET LOCAL ROLE depotd_hub;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA depotd TO depotd_depot;
GRANT USAGE ON SCHEMA office TO depotd_office;

-- Which of these files were applied.
CREATE TABLE depotd.hub_version (version int PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT now());

-- An organisation with all its depots. A position in its feed is given out under this row's lock, which is held to the
-- commit: whoever read up to a position has seen everything before it. `epoch` is minted anew when the hub was brought back
-- from a backup, because positions that it gave out since may be given out again.
CREATE TABLE depotd.tenant (
  tenant text PRIMARY KEY CHECK (tenant ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  name text NOT NULL CHECK (name <> ''),
  epoch text NOT NULL,
  pos bigint NOT NULL DEFAULT 0 CHECK (pos >= 0)
);

-- Who may come. `node` is the box that a depot's role belongs to: the first that comes with it.
CREATE TABLE depotd.member (
  role name PRIMARY KEY,
  tenant text NOT NULL REFERENCES depotd.tenant,
  kind text NOT NULL CHECK (kind IN ('depot', 'office')),
  depot text CHECK (kind = 'office' OR depot <> ''),
  node text,
  longitude double precision CHECK (longitude BETWEEN -180 AND 180),
  latitude double precision CHECK (latitude BETWEEN -90 AND 90),
  since timestamptz NOT NULL DEFAULT now(),
  CHECK ((longitude IS NULL) = (latitude IS NULL))
);
CREATE UNIQUE INDEX member_node ON depotd.member (tenant, node) WHERE node IS NOT NULL;

CREATE FUNCTION depotd.my_tenant() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT tenant FROM depotd.member WHERE role = session_user
$$;
GRANT EXECUTE ON FUNCTION depotd.my_tenant() TO depotd_depot, depotd_office;

-- How far each life of each box's log is known without a gap; quarantined Changes are counted as known.
CREATE TABLE depotd.lane (
  tenant text NOT NULL REFERENCES depotd.tenant, node text NOT NULL, epoch text NOT NULL,
  acked bigint NOT NULL DEFAULT 0 CHECK (acked >= 0),
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, node, epoch)
);

-- Every Change of every depot, with the bytes it was made with. `pos` is its place in the tenant's feed; null where the
-- Change has its place under another lane of its epoch already. `mark` is a word for all of the feed up to there. `stamp` decides between two edits of one field: the
-- Change's hybrid time, but never far ahead of the hub's clock, and the node.
CREATE TABLE depotd.change (
  tenant text NOT NULL REFERENCES depotd.tenant, node text NOT NULL, epoch text NOT NULL, n bigint NOT NULL CHECK (n > 0),
  pos bigint, mark bytea,
  hlc bigint NOT NULL, boot text NOT NULL, monotonic bigint NOT NULL,
  actor text, device text, address text,
  topic text NOT NULL, kind text NOT NULL, subject text NOT NULL,
  body text NOT NULL CHECK (jsonb_typeof(body::jsonb) = 'object'),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  stamp text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, node, epoch, n),
  CHECK ((pos IS NULL) = (mark IS NULL))
);
CREATE UNIQUE INDEX change_feed ON depotd.change (tenant, pos);
CREATE INDEX change_subject ON depotd.change (tenant, topic, subject, pos);

-- What can not be taken in as it is: kept with the reason, and acknowledged, so that what is behind it goes on.
CREATE TABLE depotd.quarantine (
  tenant text NOT NULL REFERENCES depotd.tenant, node text NOT NULL, epoch text NOT NULL, n bigint NOT NULL,
  topic text NOT NULL, kind text NOT NULL, subject text NOT NULL, hlc bigint NOT NULL,
  body bytea NOT NULL, hash bytea NOT NULL, reason text NOT NULL, at timestamptz NOT NULL,
  PRIMARY KEY (tenant, node, epoch, n)
);

-- How a topic's Changes add up. `field`: the newest value of each field. `event`: facts that are only ever added, and any
-- topic that is not named here.
CREATE TABLE depotd.manifest (topic text PRIMARY KEY, class text NOT NULL CHECK (class IN ('field', 'event')));
INSERT INTO depotd.manifest VALUES
  ('assets', 'field'), ('assets.cost', 'field'), ('models', 'field'), ('places', 'field'), ('doors', 'field'),
  ('people', 'field'), ('people.confidential', 'field'), ('projects', 'field'), ('views', 'field'),
  ('unknowns', 'field'), ('scans', 'event'), ('audit', 'event');

-- What the Changes of a record add up to. `sort` is its topic, and the prefix of its kinds where several kinds of record
-- share one: `projects.line`. `stamps` has the stamp of each field, `newest` the latest of them.
CREATE TABLE depotd.record (
  tenant text NOT NULL REFERENCES depotd.tenant, sort text NOT NULL, id text NOT NULL,
  fields jsonb NOT NULL, stamps jsonb NOT NULL, newest text COLLATE "C" NOT NULL,
  node text NOT NULL, pos bigint NOT NULL,
  PRIMARY KEY (tenant, sort, id)
);
CREATE INDEX record_feed ON depotd.record (tenant, pos);

-- Row-level security stands behind every function and view, the owner included.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['lane', 'change', 'quarantine', 'record'] LOOP
    EXECUTE format('ALTER TABLE depotd.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE depotd.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON depotd.%I USING (tenant = (SELECT depotd.my_tenant()))', name);
  END LOOP;
END $$;
