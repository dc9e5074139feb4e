-- What the office reads, with any tool that reads PostgreSQL: views, each limited to the reader's tenant by the row-level
-- security of the tables under them. Times are of the boxes' clocks unless a column is called `arrived`.
SET LOCAL ROLE depotd_hub;

CREATE VIEW office.depots WITH (security_barrier) AS
  SELECT m.depot, m.node, m.longitude, m.latitude, m.role, l.changes, l.arrived
    FROM depotd.member m
      LEFT JOIN (SELECT node, sum(acked) AS changes, max(at) AS arrived FROM depotd.lane GROUP BY node) l USING (node)
    WHERE m.kind = 'depot' AND m.tenant = (SELECT depotd.my_tenant());

-- Gear as it is now. `depot` is the one that said the latest about it.
CREATE VIEW office.assets WITH (security_barrier) AS
  SELECT r.id, r.fields ->> 'number' AS number, r.fields ->> 'name' AS name, r.fields #>> '{model,name}' AS model,
      r.fields ->> 'maker' AS maker, r.fields ->> 'category' AS category, r.fields ->> 'serial' AS serial,
      r.fields ->> 'status' AS status, r.fields ->> 'condition' AS condition, r.fields ->> 'note' AS note,
      r.fields #>> '{holder,person,name}' AS person, r.fields #>> '{holder,project,name}' AS project,
      (r.fields #>> '{holder,since}')::timestamptz AS out_since, r.fields #>> '{home,name}' AS home,
      coalesce((r.fields ->> 'archived')::boolean, false) AS archived, r.fields -> 'custom' AS custom, m.depot
    FROM depotd.record r LEFT JOIN depotd.member m ON m.tenant = r.tenant AND m.node = r.node
    WHERE r.sort = 'assets' AND NOT coalesce((r.fields ->> 'removed')::boolean, false);

-- Who took what and when: each movement of a piece of gear.
CREATE VIEW office.custody WITH (security_barrier) AS
  SELECT c.subject AS asset, c.body::jsonb ->> 'number' AS number, c.body::jsonb ->> 'status' AS status,
      c.body::jsonb #>> '{holder,person,name}' AS person, c.body::jsonb #>> '{holder,project,name}' AS project,
      to_timestamp((c.hlc >> 16) / 1000.0) AS at, c.at AS arrived, m.depot
    FROM depotd.change c LEFT JOIN depotd.member m ON m.tenant = c.tenant AND m.node = c.node
    WHERE c.topic = 'assets' AND c.kind = 'custody' AND c.pos IS NOT NULL;

-- Where gear is as far as anybody knows: what is in is at the depot that took it in.
CREATE VIEW office.positions WITH (security_barrier) AS
  SELECT r.id AS asset, r.fields ->> 'number' AS number, r.fields ->> 'name' AS name, m.depot, m.longitude, m.latitude
    FROM depotd.record r JOIN depotd.member m ON m.tenant = r.tenant AND m.node = r.node
    WHERE r.sort = 'assets' AND r.fields ->> 'status' <> 'in_use' AND m.longitude IS NOT NULL
      AND NOT coalesce((r.fields ->> 'removed')::boolean, false);

CREATE VIEW office.people WITH (security_barrier) AS
  SELECT r.id, r.fields ->> 'name' AS name, r.fields ->> 'role' AS role, r.fields ->> 'email' AS email,
      r.fields ->> 'phone' AS phone, coalesce((r.fields ->> 'active')::boolean, true) AS active
    FROM depotd.record r WHERE r.sort = 'people' AND NOT coalesce((r.fields ->> 'removed')::boolean, false);

CREATE VIEW office.projects WITH (security_barrier) AS
  SELECT r.id, r.fields ->> 'name' AS name, r.fields ->> 'state' AS state,
      (r.fields ->> 'startsAt')::timestamptz AS starts, (r.fields ->> 'endsAt')::timestamptz AS ends,
      r.fields ->> 'place' AS place, r.fields ->> 'note' AS note,
      coalesce((r.fields ->> 'archived')::boolean, false) AS archived
    FROM depotd.record r WHERE r.sort = 'projects' AND NOT coalesce((r.fields ->> 'removed')::boolean, false);

CREATE VIEW office.pull_lines WITH (security_barrier) AS
  SELECT r.id, r.fields ->> 'project' AS project, r.fields ->> 'title' AS title, (r.fields ->> 'quantity')::int AS quantity,
      r.fields ->> 'section' AS section, r.fields ->> 'note' AS note
    FROM depotd.record r WHERE r.sort = 'projects.line' AND NOT coalesce((r.fields ->> 'removed')::boolean, false);

-- Every scan with what the door said to it.
CREATE VIEW office.scans WITH (security_barrier) AS
  SELECT c.subject AS scan, c.body::jsonb ->> 'outcome' AS outcome, c.body::jsonb ->> 'action' AS action,
      c.body::jsonb ->> 'word' AS word, c.body::jsonb #>> '{asset,number}' AS asset,
      c.body::jsonb #>> '{actor,name}' AS person, c.body::jsonb #>> '{door,name}' AS door,
      to_timestamp((c.hlc >> 16) / 1000.0) AS at, c.at AS arrived, m.depot
    FROM depotd.change c LEFT JOIN depotd.member m ON m.tenant = c.tenant AND m.node = c.node
    WHERE c.topic = 'scans' AND c.kind = 'outcome' AND c.pos IS NOT NULL;

-- How much goes through each depot's doors, by day in UTC.
CREATE VIEW office.traffic WITH (security_barrier) AS
  SELECT depot, (at AT TIME ZONE 'UTC')::date AS day, door, outcome, count(*) AS scans
    FROM office.scans GROUP BY depot, day, door, outcome;

-- What could not be taken in as it came, and why.
CREATE VIEW office.quarantine WITH (security_barrier) AS
  SELECT m.depot, q.epoch, q.n, q.topic, q.kind, q.subject, q.reason, q.at AS arrived
    FROM depotd.quarantine q LEFT JOIN depotd.member m ON m.tenant = q.tenant AND m.node = q.node;

GRANT SELECT ON ALL TABLES IN SCHEMA office TO depotd_office;
