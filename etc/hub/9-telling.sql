-- What is told in pages is told as of the feed's end at that moment, and a record that changed again later stands only there.
-- A hub that was brought back between two pages may have the place of the first and not that end: so the mark of a page that
-- is not the last one also says where the end was, as `MARK END MARK`, and both are looked at. For the box it is a word.
SET LOCAL ROLE depotd_hub;

CREATE FUNCTION depotd.is_mark(mine text, place bigint, word text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT split_part(word, ' ', 1) = depotd.mark_at(mine, place)
    AND CASE split_part(word, ' ', 2) WHEN '' THEN true
      ELSE split_part(word, ' ', 3) = depotd.mark_at(mine, split_part(word, ' ', 2)::bigint) END
$$;

CREATE OR REPLACE FUNCTION depotd.my_head(mine text, seen_epoch text, seen_pos bigint, seen_mark text) RETURNS depotd.tenant
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE head depotd.tenant;
BEGIN
  SELECT * INTO head FROM depotd.tenant WHERE tenant = mine FOR UPDATE;
  IF seen_epoch = head.epoch AND NOT depotd.is_mark(mine, seen_pos, seen_mark) THEN
    UPDATE depotd.tenant SET epoch = pg_catalog.gen_random_uuid()::text WHERE tenant = mine RETURNING * INTO head;
  END IF;
  RETURN head;
END $$;

-- As before, with that mark.
CREATE OR REPLACE FUNCTION depotd.sync_hear(
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
  hub_mark := depotd.mark_at(me.tenant, hub_pos)
    || CASE WHEN has_more THEN ' ' || head.pos || ' ' || depotd.mark_at(me.tenant, head.pos) ELSE '' END;
  depots := (SELECT coalesce(jsonb_object_agg(right(m.node, 12), coalesce(m.depot, 'office')), '{}')
    FROM depotd.member m WHERE m.tenant = me.tenant AND m.node IS NOT NULL);
END $$;

REVOKE EXECUTE ON FUNCTION depotd.is_mark FROM PUBLIC;
