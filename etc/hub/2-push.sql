-- How a depot's Changes come in: one call, one transaction, repeatable. `sync_meet` says where both stand, `sync_push` takes
-- a batch, `sync_checksums` says what was taken.
SET LOCAL ROLE depotd_hub;

-- The depot's own row, locked with its tenant where a position is to be given out.
CREATE FUNCTION depotd.my_depot(asking text) RETURNS depotd.member
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE me depotd.member;
BEGIN
  SELECT * INTO me FROM depotd.member WHERE role = session_user AND kind = 'depot';
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

-- What the feed is up to a place, in a word; empty for the beginning.
CREATE FUNCTION depotd.mark_at(mine text, place bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT coalesce((SELECT encode(mark, 'hex') FROM depotd.change WHERE tenant = mine AND pos = place), '')
$$;

-- The word after one more Change.
CREATE FUNCTION depotd.next_mark(mark bytea, contents bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT substr(sha256(mark || contents), 1, 8)
$$;

-- The tenant's row under its lock. A box that has seen something else at its place, or a place that was not given out here,
-- has met this hub before it was brought back from a backup: then a new epoch begins.
CREATE FUNCTION depotd.my_head(mine text, seen_epoch text, seen_pos bigint, seen_mark text) RETURNS depotd.tenant
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE head depotd.tenant;
BEGIN
  SELECT * INTO head FROM depotd.tenant WHERE tenant = mine FOR UPDATE;
  IF seen_epoch = head.epoch AND seen_mark <> depotd.mark_at(mine, seen_pos) THEN
    UPDATE depotd.tenant SET epoch = pg_catalog.gen_random_uuid()::text WHERE tenant = mine RETURNING * INTO head;
  END IF;
  RETURN head;
END $$;

-- Whether a Change is known, taken or put aside.
CREATE FUNCTION depotd.is_there(mine text, box text, lane text, number bigint, contents bytea) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (SELECT FROM depotd.change c
      WHERE c.tenant = mine AND c.node = box AND c.epoch = lane AND c.n = number AND c.hash = contents)
    OR EXISTS (SELECT FROM depotd.quarantine q
      WHERE q.tenant = mine AND q.node = box AND q.epoch = lane AND q.n = number AND q.hash = contents)
$$;

-- Where both stand. `place` is where the depot is, longitude and latitude in degrees of WGS 84, or null. The last three say
-- which Change of which lane the box thinks to be the last one here, by its hash. Where another one is there, the hub was
-- brought back and the box's twin went on; the answer is then before it, so that the box sends it again and learns of it.
CREATE FUNCTION depotd.sync_meet(
  node text, depot text, place double precision[], seen_epoch text, seen_pos bigint, seen_mark text,
  end_lane text[], end_n bigint[], end_hash bytea[],
  OUT tenant text, OUT hub_version int, OUT hub_epoch text, OUT hub_pos bigint, OUT hub_mark text,
  OUT hub_milliseconds bigint, OUT lanes jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '10s' AS $$
DECLARE
  me depotd.member := depotd.my_depot(node);
  head depotd.tenant := depotd.my_head(me.tenant, seen_epoch, seen_pos, seen_mark);
BEGIN
  UPDATE depotd.member m SET depot = sync_meet.depot, longitude = place[1], latitude = place[2]
    WHERE m.role = session_user
      AND (m.depot, m.longitude, m.latitude) IS DISTINCT FROM (sync_meet.depot, place[1], place[2]);
  tenant := me.tenant;
  hub_version := (SELECT max(version) FROM depotd.hub_version);
  hub_epoch := head.epoch;
  hub_pos := head.pos;
  hub_mark := depotd.mark_at(me.tenant, head.pos);
  hub_milliseconds := floor(extract(epoch FROM clock_timestamp()) * 1000);
  lanes := (SELECT coalesce(jsonb_object_agg(l.epoch, CASE
        WHEN e.n <= l.acked AND NOT depotd.is_there(l.tenant, l.node, l.epoch, e.n, e.hash) THEN e.n - 1
        ELSE l.acked END), '{}')
    FROM depotd.lane l LEFT JOIN unnest(end_lane, end_n, end_hash) AS e (lane, n, hash) ON e.lane = l.epoch
    WHERE l.tenant = me.tenant AND l.node = sync_meet.node);
END $$;

-- What decides between two values of a field: when, then the order in which one box said it, then the box.
CREATE FUNCTION depotd.stamp(hlc bigint, n bigint, node text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT lpad(to_hex(hlc), 16, '0') || lpad(to_hex(n), 10, '0') || right(node, 12)
$$;

-- The kind of record that a Change is about.
CREATE FUNCTION depotd.sort_of(topic text, kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN strpos(kind, '.') > 0 THEN topic || '.' || split_part(kind, '.', 1) ELSE topic END
$$;

-- What a Change says of its record's fields. `removed` is a field like any other.
CREATE FUNCTION depotd.said(kind text, body text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN kind ~ '(^|\.)removed$' THEN '{"removed": true}'::jsonb
    WHEN kind ~ '(^|\.)created$' THEN body::jsonb - '{id,before,version,updatedAt}'::text[] || '{"removed": false}'
    ELSE body::jsonb - '{id,before,version,updatedAt}'::text[] END
$$;

-- The fields of `mine` with those of `theirs` that are newer.
CREATE FUNCTION depotd.newer(mine jsonb, my_stamps jsonb, theirs jsonb, their_stamps jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT mine || coalesce(
    (SELECT jsonb_object_agg(s.key, theirs -> s.key) FROM jsonb_each_text(their_stamps) s
      WHERE s.value COLLATE "C" > coalesce(my_stamps ->> s.key, '') COLLATE "C"), '{}')
$$;

-- Adds up the Changes of a stretch of the feed. Repeatable: a stamp that is known already changes nothing.
CREATE FUNCTION depotd.add_up(mine text, after bigint, upto bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH said AS (
    SELECT depotd.sort_of(c.topic, c.kind) AS sort, c.subject AS id, f.key, f.value, c.stamp, c.node, c.pos
      FROM depotd.change c JOIN depotd.manifest m ON m.topic = c.topic AND m.class = 'field',
        LATERAL jsonb_each(depotd.said(c.kind, c.body)) f
      WHERE c.tenant = mine AND c.pos > after AND c.pos <= upto),
  last AS (
    SELECT DISTINCT ON (sort, id, key) * FROM said ORDER BY sort, id, key, stamp DESC),
  made AS (
    SELECT sort, id, jsonb_object_agg(key, value) AS fields, jsonb_object_agg(key, stamp) AS stamps,
        min(stamp) AS oldest, max(stamp) AS newest, (array_agg(node ORDER BY stamp DESC))[1] AS node, max(pos) AS pos
      FROM last GROUP BY sort, id),
  -- The earliest stamp is of this stretch alone; where it is later than all that is known, nothing has to be compared.
  known AS (
    SELECT m.*, r.fields AS old_fields, r.stamps AS old_stamps, r.newest AS old_newest, r.node AS old_node
      FROM made m LEFT JOIN depotd.record r ON r.tenant = mine AND r.sort = m.sort AND r.id = m.id)
  INSERT INTO depotd.record AS r (tenant, sort, id, fields, stamps, newest, node, pos)
  SELECT mine, sort, id,
      CASE WHEN old_fields IS NULL THEN fields WHEN oldest > old_newest THEN old_fields || fields
        ELSE depotd.newer(old_fields, old_stamps, fields, stamps) END,
      CASE WHEN old_fields IS NULL THEN stamps WHEN oldest > old_newest THEN old_stamps || stamps
        ELSE depotd.newer(old_stamps, old_stamps, stamps, stamps) END,
      greatest(newest, coalesce(old_newest, '')),
      CASE WHEN newest > coalesce(old_newest, '') THEN node ELSE old_node END, pos
    FROM known
  ON CONFLICT (tenant, sort, id) DO UPDATE SET
    fields = excluded.fields, stamps = excluded.stamps, newest = excluded.newest, node = excluded.node, pos = excluded.pos
$$;

-- Takes a stretch of one lane, `first` and what follows without a gap, all of one boot.
--
-- Repeatable: what is known already is compared and left. The answer's `acked` is the highest Change up to which nothing is
-- missing. `verdict` is
--   ok       taken, or known already; `refused` names what went into quarantine: [{"n": 7, "reason": "…"}]
--   gap      what is here before `first` is not what the box has there, or is missing; go on after `acked`
--   forked   `at` is known with other contents: the box was brought back from a copy and numbered anew
--   altered  the rows are not those that `digest` was taken over; send them again
--
-- `before` is the hash of the Change before `first`, null where the lane begins: a lane is one history, also when an old call
-- arrives late or a box was brought back more than once.
--
-- `digest` is SHA-256 over the boot and, row by row, the hash and the monotonic time. A row's hash is not sent, because it
-- follows from the row; the box sends it where it does not, because its file was damaged.
CREATE FUNCTION depotd.sync_push(
  node text, epoch text, first bigint, before bytea, boot text, seen_epoch text, seen_pos bigint, seen_mark text,
  digest bytea,
  hlc bigint[], monotonic bigint[], actor text[], device text[], address text[], topic text[], kind text[],
  subject text[], body bytea[], hash bytea[],
  OUT verdict text, OUT acked bigint, OUT at bigint, OUT hub_epoch text, OUT hub_pos bigint,
  OUT hub_mark text, OUT refused jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '10s' AS $$
#variable_conflict use_variable
DECLARE
  me depotd.member := depotd.my_depot(node);
  head depotd.tenant;
  count int := coalesce(array_length(hlc, 1), 0);
  arrived timestamptz := clock_timestamp();
  -- A clock that is ahead of ours by more than five minutes does not win by that. Hybrid time: milliseconds above 16 bits.
  latest bigint := (floor(extract(epoch FROM arrived) * 1000)::bigint + 300000) << 16;
  computed bytea[];
  -- Lanes of the same epoch beside this one, where a box was brought back: a Change of this lane may be known under those.
  siblings text[];
  skipped int;
  place bigint;
  mark bytea;
  marks bytea[];
  i int;
  trouble text;
BEGIN
  head := depotd.my_head(me.tenant, seen_epoch, seen_pos, seen_mark);
  hub_epoch := head.epoch;
  hub_pos := head.pos;
  hub_mark := depotd.mark_at(me.tenant, hub_pos);
  refused := '[]';
  INSERT INTO depotd.lane (tenant, node, epoch, acked)
    VALUES (me.tenant, node, epoch, coalesce(nullif(split_part(epoch, '+', 2), '')::bigint, 0)) ON CONFLICT DO NOTHING;
  SELECT l.acked INTO acked FROM depotd.lane l WHERE l.tenant = me.tenant AND l.node = node AND l.epoch = epoch;

  -- A forked lane is named EPOCH+AFTER+WORD: it begins after that number, and its Changes were hashed under their epoch.
  SELECT array_agg(sha256(
      convert_to(array_to_string(ARRAY[node, split_part(epoch, '+', 1), (first + r.ord - 1)::text, r.hlc::text,
        coalesce(r.actor, ''), coalesce(r.device, ''), r.topic, r.kind, r.subject, r.address], E'\n'), 'UTF8')
      || '\x0a'::bytea || r.body) ORDER BY r.ord)
    INTO computed
    FROM unnest(hlc, actor, device, address, topic, kind, subject, body) WITH ORDINALITY
      AS r (hlc, actor, device, address, topic, kind, subject, body, ord);
  IF digest IS DISTINCT FROM sha256(convert_to(boot, 'UTF8') || (
      SELECT string_agg(coalesce(r.sent, r.own) || int8send(r.monotonic), ''::bytea ORDER BY r.ord)
        FROM unnest(hash, computed, monotonic) WITH ORDINALITY AS r (sent, own, monotonic, ord))) THEN
    verdict := 'altered';
    RETURN;
  END IF;
  IF first > acked + 1 THEN
    verdict := 'gap';
    RETURN;
  END IF;
  IF before IS NOT NULL AND NOT depotd.is_there(me.tenant, node, epoch, first - 1, before) THEN
    -- Where the two part is found by comparing from further back.
    verdict := 'gap';
    acked := greatest(coalesce(nullif(split_part(epoch, '+', 2), '')::bigint, 0), first - 1001);
    RETURN;
  END IF;

  SELECT min(r.n) INTO at FROM (
    SELECT first + u.ord - 1 AS n, coalesce(u.sent, u.own) AS hash
      FROM unnest(hash, computed) WITH ORDINALITY AS u (sent, own, ord)) r
    WHERE r.n <= acked AND NOT depotd.is_there(me.tenant, node, epoch, r.n, r.hash);
  IF at IS NOT NULL THEN
    verdict := 'forked';
    RETURN;
  END IF;

  verdict := 'ok';
  -- Of what is known already too: the box may not have heard it.
  SELECT coalesce(jsonb_agg(jsonb_build_object('n', q.n, 'reason', q.reason) ORDER BY q.n), '[]') INTO refused
    FROM depotd.quarantine q
    WHERE q.tenant = me.tenant AND q.node = node AND q.epoch = epoch AND q.n BETWEEN first AND first + count - 1;
  skipped := least(greatest(acked - first + 1, 0), count);
  IF skipped = count THEN RETURN; END IF;
  siblings := (SELECT array_agg(l.epoch) FROM depotd.lane l WHERE l.tenant = me.tenant AND l.node = node
    AND l.epoch <> epoch AND split_part(l.epoch, '+', 1) = split_part(epoch, '+', 1));
  BEGIN
    -- Then each is looked at by itself.
    IF siblings IS NOT NULL OR EXISTS (SELECT FROM unnest(hash, computed) AS u (sent, own) WHERE u.sent <> u.own) THEN
      RAISE data_exception;
    END IF;
    mark := decode(hub_mark, 'hex');
    marks := array_fill(NULL::bytea, ARRAY[count]);
    FOR i IN skipped + 1 .. count LOOP
      mark := depotd.next_mark(mark, computed[i]);
      marks[i] := mark;
    END LOOP;
    INSERT INTO depotd.change (tenant, node, epoch, n, pos, mark, hlc, boot, monotonic, actor, device, address, topic, kind,
        subject, body, hash, stamp, at)
    SELECT me.tenant, node, epoch, first + r.ord - 1, head.pos + r.ord - skipped, r.mark, r.hlc, boot, r.monotonic, r.actor, r.device,
        r.address, r.topic, r.kind, r.subject, convert_from(r.body, 'UTF8'), r.hash,
        depotd.stamp(least(r.hlc, latest), first + r.ord - 1, node), arrived
      FROM unnest(hlc, monotonic, actor, device, address, topic, kind, subject, body, computed, marks) WITH ORDINALITY
        AS r (hlc, monotonic, actor, device, address, topic, kind, subject, body, hash, mark, ord)
      WHERE r.ord > skipped;
    PERFORM depotd.add_up(me.tenant, head.pos, head.pos + count - skipped);
    hub_pos := head.pos + count - skipped;
  EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
    hub_pos := head.pos;
    mark := decode(hub_mark, 'hex');
    FOR i IN skipped + 1 .. count LOOP
      BEGIN
        IF hash[i] <> computed[i] THEN
          RAISE data_exception USING MESSAGE = 'its bytes are not those that its hash was taken over';
        END IF;
        place := CASE WHEN NOT EXISTS (SELECT FROM depotd.change c
          WHERE c.tenant = me.tenant AND c.node = node AND c.epoch = ANY (siblings) AND c.n = first + i - 1
            AND c.hash = computed[i] AND c.pos IS NOT NULL) THEN hub_pos + 1 END;
        INSERT INTO depotd.change VALUES (me.tenant, node, epoch, first + i - 1, place,
          CASE WHEN place IS NOT NULL THEN depotd.next_mark(mark, computed[i]) END, hlc[i], boot, monotonic[i],
          actor[i], device[i], address[i], topic[i], kind[i], subject[i], convert_from(body[i], 'UTF8'), computed[i],
          depotd.stamp(least(hlc[i], latest), first + i - 1, node), arrived);
        CONTINUE WHEN place IS NULL;
        PERFORM depotd.add_up(me.tenant, hub_pos, place);
        hub_pos := place;
        mark := depotd.next_mark(mark, computed[i]);
      EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
        GET STACKED DIAGNOSTICS trouble = MESSAGE_TEXT;
        INSERT INTO depotd.quarantine VALUES (me.tenant, node, epoch, first + i - 1, topic[i], kind[i], subject[i], hlc[i],
          body[i], coalesce(hash[i], computed[i]), trouble, arrived);
        refused := refused || jsonb_build_object('n', first + i - 1, 'reason', trouble);
      END;
    END LOOP;
  END;
  acked := first + count - 1;
  UPDATE depotd.lane l SET acked = sync_push.acked, at = arrived
    WHERE l.tenant = me.tenant AND l.node = node AND l.epoch = epoch;
  UPDATE depotd.tenant t SET pos = hub_pos WHERE t.tenant = me.tenant;
  hub_mark := depotd.mark_at(me.tenant, hub_pos);
  -- Whoever listens hears of it with the commit. Not every engine has this; then they ask from time to time.
  BEGIN
    PERFORM pg_notify('depotd_' || me.tenant, hub_pos::text);
  EXCEPTION WHEN feature_not_supported OR undefined_function THEN NULL;
  END;
END $$;

-- What the hub has of one lane up to `upto`, topic by topic: how many, and the sum of the first four bytes of their hashes.
-- What is in quarantine is counted too.
CREATE FUNCTION depotd.sync_checksums(node text, epoch text, upto bigint)
RETURNS TABLE (topic text, count bigint, sum bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_variable
DECLARE me depotd.member := depotd.my_depot(node);
BEGIN
  RETURN QUERY SELECT b.topic, count(*), sum(
      (get_byte(b.hash, 0)::bigint << 24) + (get_byte(b.hash, 1) << 16) + (get_byte(b.hash, 2) << 8) + get_byte(b.hash, 3))::bigint
    FROM (
      SELECT c.topic, c.hash FROM depotd.change c
        WHERE c.tenant = me.tenant AND c.node = node AND c.epoch = epoch AND c.n <= upto
      UNION ALL
      SELECT q.topic, q.hash FROM depotd.quarantine q
        WHERE q.tenant = me.tenant AND q.node = node AND q.epoch = epoch AND q.n <= upto) b
    GROUP BY b.topic ORDER BY b.topic;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA depotd FROM PUBLIC;
GRANT EXECUTE ON FUNCTION depotd.sync_meet, depotd.sync_push, depotd.sync_checksums TO depotd_depot;
