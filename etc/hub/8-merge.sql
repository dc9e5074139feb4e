-- How edits that several depots made of one record come together. Each edit names what its author had seen of the record, so
-- what was made side by side is told from what was made one after the other: the newer of two values stands in `fields`,
-- and of two that did not know of each other both are kept until an edit comes that knows both. The same rule in Swift is
-- Sources/Core/Sync/Merge/FieldSides.swift; HubComparisonTests holds the two together.
--
-- An edit is known by its lane's last twelve digits, its `writer`, and its number. Its body's `base` has, by field and writer,
-- the number up to which its author had seen the field, and under '' that of fields that are not named; of its own lane
-- that is everything before.
SET LOCAL ROLE depotd_hub;

-- `stamps` ends in the writer from here on. `bases` is what the author of a field's value had seen, where that is not
-- nothing; `sides` the other values that stand beside it. `writer` is null once there was more than one.
ALTER TABLE depotd.record
  ADD COLUMN bases jsonb NOT NULL DEFAULT '{}', ADD COLUMN sides jsonb NOT NULL DEFAULT '{}', ADD COLUMN writer text;

CREATE FUNCTION depotd.writer(lane text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT right(lane, 12) $$;

-- What the author of an edit had seen of a field; of a lane that was forked off also what is before the fork.
CREATE FUNCTION depotd.base_of(lane text, body jsonb, field text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN strpos(lane, '+') = 0 THEN b ELSE b || jsonb_build_object(depotd.writer(split_part(lane, '+', 1)),
      greatest(split_part(lane, '+', 2)::bigint, (b ->> depotd.writer(split_part(lane, '+', 1)))::bigint)) END
    FROM (SELECT coalesce(body -> 'base' -> field, body -> 'base' -> '', '{}')) AS x (b)
$$;

-- What a Change says of its record's fields; `removed` is one like any other. Codes are many, so each is a field. An edit also
-- carries what the record is called: what it does not have from before, it did not set.
CREATE OR REPLACE FUNCTION depotd.said(kind text, body text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN kind ~ '(^|\.)removed$' THEN '{"removed": true}'::jsonb
    WHEN kind ~ '(^|\.)created$' THEN body::jsonb - '{id,before,version,updatedAt,base}'::text[] || '{"removed": false}'
    WHEN kind = 'identifier' THEN jsonb_build_object('identifier:' || coalesce(
      body::jsonb #>> '{identifier,key}', body::jsonb #>> '{before,identifier,key}', ''), body::jsonb -> 'identifier')
    WHEN body::jsonb ? 'before' THEN (SELECT coalesce(jsonb_object_agg(m.key, m.value), '{}')
      FROM jsonb_each(body::jsonb - '{id,before,version,updatedAt,base}'::text[]) m WHERE body::jsonb -> 'before' ? m.key)
    ELSE body::jsonb - '{id,before,version,updatedAt,base}'::text[] END
$$;

-- Whether the author of one value had seen another one, or it is the same.
CREATE FUNCTION depotd.covers(side jsonb, other jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN right(side ->> 's', 12) = right(other ->> 's', 12)
    THEN substr(side ->> 's', 17, 10) COLLATE "C" >= substr(other ->> 's', 17, 10) COLLATE "C" ELSE
    coalesce((side -> 'b' ->> right(other ->> 's', 12))::bigint, 0)
      >= ('x' || lpad(substr(other ->> 's', 17, 10), 16, '0'))::bit(64)::bigint END
$$;

-- The values of a field with one more, the newest first: [{"v": value, "s": stamp, "b": base}].
CREATE FUNCTION depotd.unite(sides jsonb, side jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(sides) o WHERE depotd.covers(o, side)) THEN sides ELSE (
    SELECT jsonb_agg(o ORDER BY o ->> 's' COLLATE "C" DESC)
      FROM (SELECT o FROM jsonb_array_elements(sides) o WHERE NOT depotd.covers(side, o) UNION ALL SELECT side) a (o)) END
$$;

-- Takes one Change into its record, field by field.
CREATE FUNCTION depotd.take_in(c depotd.change) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  sort_name text := depotd.sort_of(c.topic, c.kind);
  stamp_text text := c.stamp || depotd.writer(c.epoch);
  body jsonb := c.body;
  r depotd.record;
  key text;
  value jsonb;
  now jsonb;
BEGIN
  SELECT * INTO r FROM depotd.record x WHERE x.tenant = c.tenant AND x.sort = sort_name AND x.id = c.subject;
  IF NOT FOUND THEN
    INSERT INTO depotd.record (tenant, sort, id, fields, stamps, newest, node, pos, writer)
      VALUES (c.tenant, sort_name, c.subject, '{}', '{}', stamp_text, c.node, c.pos, depotd.writer(c.epoch)) RETURNING * INTO r;
  END IF;
  FOR key, value IN SELECT * FROM jsonb_each(depotd.said(c.kind, c.body)) LOOP
    now := depotd.unite(
      CASE WHEN r.stamps ? key THEN jsonb_build_array(jsonb_build_object(
        'v', r.fields -> key, 's', r.stamps -> key, 'b', coalesce(r.bases -> key, '{}'))) ELSE '[]' END
        || coalesce(r.sides -> key, '[]'),
      jsonb_build_object('v', value, 's', stamp_text, 'b', depotd.base_of(c.epoch, body, key)));
    r.fields := r.fields || jsonb_build_object(key, now -> 0 -> 'v');
    r.stamps := r.stamps || jsonb_build_object(key, now -> 0 -> 's');
    r.bases := CASE WHEN now -> 0 -> 'b' = '{}' THEN r.bases - key
      ELSE r.bases || jsonb_build_object(key, now -> 0 -> 'b') END;
    r.sides := CASE WHEN jsonb_array_length(now) = 1 THEN r.sides - key ELSE r.sides || jsonb_build_object(key, now - 0) END;
  END LOOP;
  UPDATE depotd.record x SET fields = r.fields, stamps = r.stamps, bases = r.bases, sides = r.sides, pos = c.pos,
      newest = greatest(r.newest, stamp_text COLLATE "C"),
      node = CASE WHEN stamp_text COLLATE "C" >= r.newest THEN c.node ELSE r.node END,
      writer = CASE WHEN r.writer = depotd.writer(c.epoch) THEN r.writer END
    WHERE x.tenant = c.tenant AND x.sort = sort_name AND x.id = c.subject;
END $$;

-- Adds up the Changes of a stretch of the feed, all of one lane. What only this lane has written needs no comparing of who
-- saw what and is added up in one statement; that is nearly everything. A Change with `from` is what a depot took over from
-- another one, and adds nothing.
CREATE OR REPLACE FUNCTION depotd.add_up(mine text, after bigint, upto bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  one depotd.change;
  shared bigint[];
BEGIN
  shared := ARRAY(
    SELECT c.pos FROM depotd.change c JOIN depotd.manifest m ON m.topic = c.topic AND m.class = 'field'
        JOIN depotd.record r ON r.tenant = mine AND r.sort = depotd.sort_of(c.topic, c.kind) AND r.id = c.subject
      WHERE c.tenant = mine AND c.pos > after AND c.pos <= upto AND r.writer IS DISTINCT FROM depotd.writer(c.epoch)
        AND NOT c.body::jsonb ? 'from'
      ORDER BY c.pos);
  WITH said AS (
    SELECT depotd.sort_of(c.topic, c.kind) AS sort, c.subject AS id, f.key, f.value, c.stamp || depotd.writer(c.epoch) AS stamp,
        nullif(depotd.base_of(c.epoch, c.body::jsonb, f.key), '{}') AS base, c.node, c.pos, depotd.writer(c.epoch) AS writer
      FROM depotd.change c JOIN depotd.manifest m ON m.topic = c.topic AND m.class = 'field',
        LATERAL jsonb_each(depotd.said(c.kind, c.body)) f
      WHERE c.tenant = mine AND c.pos > after AND c.pos <= upto AND c.pos <> ALL (shared) AND NOT c.body::jsonb ? 'from'),
  last AS (
    SELECT DISTINCT ON (sort, id, key) * FROM said ORDER BY sort, id, key, substr(stamp, 17, 10) COLLATE "C" DESC),
  made AS (
    SELECT sort, id, jsonb_object_agg(key, value) AS fields, jsonb_object_agg(key, stamp) AS stamps,
        coalesce(jsonb_object_agg(key, base) FILTER (WHERE base IS NOT NULL), '{}') AS bases,
        max(stamp COLLATE "C") AS newest, min(node) AS node, max(pos) AS pos, min(writer) AS writer
      FROM last GROUP BY sort, id)
  INSERT INTO depotd.record AS r (tenant, sort, id, fields, stamps, bases, newest, node, pos, writer)
  SELECT mine, sort, id, fields, stamps, bases, newest, node, pos, writer FROM made
  -- Of one lane what is sent later is later, whatever its clock says.
  ON CONFLICT (tenant, sort, id) DO UPDATE SET
    fields = r.fields || excluded.fields, stamps = r.stamps || excluded.stamps,
    bases = (r.bases - ARRAY(SELECT jsonb_object_keys(excluded.fields))) || excluded.bases,
    newest = greatest(r.newest, excluded.newest), pos = excluded.pos;
  FOR one IN SELECT x.* FROM depotd.change x WHERE x.tenant = mine AND x.pos = ANY (shared) ORDER BY x.pos LOOP
    PERFORM depotd.take_in(one);
  END LOOP;
END $$;

-- What records add up to that not only this lane had a part in, changed after a place: as they are now, with who saw what. `is_fresh`: the
-- place was another epoch's, and everything is told anew. `has_more`: ask again from `hub_pos`. `depots` says whose the
-- last twelve digits of a node are.
CREATE FUNCTION depotd.sync_hear(
  node text, lane text, seen_epoch text, seen_pos bigint, seen_mark text, row_max int,
  OUT hub_epoch text, OUT hub_pos bigint, OUT hub_mark text, OUT is_fresh boolean, OUT has_more boolean, OUT records jsonb,
  OUT depots jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '10s' AS $$
#variable_conflict use_variable
DECLARE
  me depotd.member := depotd.my_depot(node);
  -- Held to the commit: no position is given out meanwhile, so what is not seen here comes later.
  head depotd.tenant := depotd.my_head(me.tenant, seen_epoch, seen_pos, seen_mark);
  count int;
BEGIN
  hub_epoch := head.epoch;
  is_fresh := seen_epoch IS DISTINCT FROM head.epoch;
  SELECT count(*), max(t.pos), coalesce(jsonb_agg(jsonb_build_object(
      'sort', t.sort, 'id', t.id, 'node', t.node, 'fields', t.fields, 'stamps', t.stamps, 'bases', t.bases, 'sides', t.sides)
      ORDER BY t.pos), '[]')
    INTO count, hub_pos, records
    FROM (
      SELECT r.* FROM depotd.record r
        WHERE r.tenant = me.tenant AND r.pos > CASE WHEN is_fresh THEN 0 ELSE seen_pos END
          AND r.sort = ANY ('{assets,models,models.category,places,people,projects,projects.line}'::text[])
          AND (is_fresh OR r.writer IS DISTINCT FROM depotd.writer(lane))
        ORDER BY r.pos LIMIT row_max) t;
  has_more := count = row_max;
  IF NOT has_more THEN hub_pos := head.pos; END IF;
  hub_mark := depotd.mark_at(me.tenant, hub_pos);
  depots := (SELECT coalesce(jsonb_object_agg(right(m.node, 12), coalesce(m.depot, 'office')), '{}')
    FROM depotd.member m WHERE m.tenant = me.tenant AND m.node IS NOT NULL);
END $$;

-- What the office edits goes the way of everything else: a node of its own, whose edits know all that the hub has.
ALTER TABLE depotd.member ADD COLUMN may_edit boolean NOT NULL DEFAULT false;

CREATE OR REPLACE FUNCTION depotd.my_depot(asking text) RETURNS depotd.member
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE me depotd.member;
BEGIN
  SELECT * INTO me FROM depotd.member WHERE role = session_user AND (kind = 'depot' OR may_edit);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the role % is no depot of this hub', session_user USING ERRCODE = '42501';
  END IF;
  IF me.node IS NULL THEN
    UPDATE depotd.member SET node = asking WHERE role = session_user AND node IS NULL;
    SELECT * INTO me FROM depotd.member WHERE role = session_user;
  END IF;
  IF me.node <> asking THEN
    RAISE EXCEPTION 'the role % belongs to another box', session_user USING ERRCODE = '42501';
  END IF;
  RETURN me;
END $$;

-- What somebody who sees a record as it is here has seen of a field, by writer.
CREATE FUNCTION depotd.vector_of(r depotd.record, field text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  WITH sides AS (
    SELECT r.stamps ->> field AS s, coalesce(r.bases -> field, '{}') AS b WHERE r.stamps ? field
    UNION ALL SELECT o ->> 's', o -> 'b' FROM jsonb_array_elements(coalesce(r.sides -> field, '[]')) o),
  seen AS (
    SELECT right(s, 12) AS writer, ('x' || lpad(substr(s, 17, 10), 16, '0'))::bit(64)::bigint AS n FROM sides
    UNION ALL SELECT e.key, e.value::bigint FROM sides, LATERAL jsonb_each_text(b) e),
  latest AS (SELECT writer, max(n) AS n FROM seen GROUP BY writer)
  SELECT coalesce(jsonb_object_agg(writer, n), '{}') FROM latest
$$;

-- Sets fields of a record, as its views name it: office.edit('assets', id, '{"note": "…"}'). Each is text or null. The depots
-- take it over as they take over each other's edits.
CREATE FUNCTION office.edit(kind text, id text, fields jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '10s' AS $$
#variable_conflict use_variable
DECLARE
  me depotd.member;
  head depotd.tenant;
  r depotd.record;
  names text[] := CASE kind WHEN 'assets' THEN '{name,serial,owner,note}' WHEN 'models' THEN '{name,maker,specifications}'
    WHEN 'people' THEN '{name,email,phone}' WHEN 'projects' THEN '{name,place,note}' ELSE '{}' END;
  box text := 'office:' || md5(session_user);
  lane text;
  n bigint;
  hlc bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint << 16;
  body bytea;
  hash bytea;
  said text;
BEGIN
  SELECT * INTO me FROM depotd.member m WHERE m.role = session_user AND m.kind = 'office' AND m.may_edit;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the role % may not edit', session_user USING ERRCODE = '42501';
  END IF;
  SELECT key INTO said FROM jsonb_each(fields) WHERE key <> ALL (names) OR jsonb_typeof(value) NOT IN ('string', 'null');
  IF FOUND OR fields = '{}' THEN
    RAISE EXCEPTION 'of % the office may set % to text or null', kind, names USING ERRCODE = '22023';
  END IF;
  SELECT * INTO head FROM depotd.tenant t WHERE t.tenant = me.tenant FOR UPDATE;
  SELECT * INTO r FROM depotd.record x WHERE x.tenant = me.tenant AND x.sort = kind AND x.id = id;
  IF NOT FOUND OR coalesce((r.fields ->> 'removed')::boolean, false) THEN
    RAISE EXCEPTION 'there is no such record' USING ERRCODE = 'P0002';
  END IF;
  -- A hub that was brought back numbers anew, so it does so under another name.
  lane := md5(session_user || head.epoch);
  n := coalesce((SELECT l.acked FROM depotd.lane l WHERE l.tenant = me.tenant AND l.node = box AND l.epoch = lane), 0) + 1;
  body := convert_to((jsonb_build_object('id', id, 'base', (
    SELECT jsonb_object_agg(f, depotd.vector_of(r, f)) FROM jsonb_object_keys(fields) f)) || fields)::text, 'UTF8');
  hash := sha256(convert_to(array_to_string(
    ARRAY[box, lane, n::text, hlc::text, '', 'office', kind, 'edited', id], E'\n'), 'UTF8') || '\x0a'::bytea || body);
  SELECT p.verdict || coalesce(p.refused ->> 0, '') INTO said FROM depotd.sync_push(
    box, lane, n, (SELECT c.hash FROM depotd.change c
      WHERE c.tenant = me.tenant AND c.node = box AND c.epoch = lane AND c.n = n - 1), 'office', head.epoch, 0, '',
    sha256(convert_to('office', 'UTF8') || hash || int8send(0)), ARRAY[hlc], ARRAY[0::bigint], ARRAY[NULL::text],
    ARRAY['office'], ARRAY[NULL::text], ARRAY[kind], ARRAY['edited'], ARRAY[id], ARRAY[body], ARRAY[NULL::bytea]) p;
  IF said <> 'ok' THEN
    RAISE EXCEPTION 'the hub did not take it: %', said;
  END IF;
END $$;

-- What a depot took over from another one is that one's movement.
CREATE OR REPLACE VIEW office.custody WITH (security_barrier) AS
  SELECT c.subject AS asset, c.body::jsonb ->> 'number' AS number, c.body::jsonb ->> 'status' AS status,
      c.body::jsonb #>> '{holder,person,name}' AS person, c.body::jsonb #>> '{holder,project,name}' AS project,
      to_timestamp((c.hlc >> 16) / 1000.0) AS at, c.at AS arrived, m.depot
    FROM depotd.change c LEFT JOIN depotd.member m ON m.tenant = c.tenant AND m.node = c.node
    WHERE c.topic = 'assets' AND c.kind = 'custody' AND c.pos IS NOT NULL AND NOT c.body::jsonb ? 'from';

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA depotd, office FROM PUBLIC;
GRANT EXECUTE ON FUNCTION depotd.sync_hear TO depotd_depot;
GRANT EXECUTE ON FUNCTION office.edit TO depotd_office;
