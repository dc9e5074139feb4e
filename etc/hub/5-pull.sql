-- How a depot hears of the others: what records add up to, in the order of the feed, from where it was. A record is told as it
-- is now, however often it changed, so the first time is no different from any other.
SET LOCAL ROLE depotd_hub;

-- The gear of other depots that was changed after a place. `is_fresh`: the place was another epoch's, and everything is told
-- anew; what was known is to be forgotten with the same stroke. `has_more`: ask again from `hub_pos`.
CREATE FUNCTION depotd.sync_pull(
  node text, seen_epoch text, seen_pos bigint, seen_mark text, row_max int,
  OUT hub_epoch text, OUT hub_pos bigint, OUT hub_mark text, OUT is_fresh boolean, OUT has_more boolean, OUT records jsonb)
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
      'id', t.id, 'node', t.node, 'depot', m.depot, 'pos', t.pos, 'fields', t.fields) ORDER BY t.pos), '[]')
    INTO count, hub_pos, records
    FROM (
      SELECT r.* FROM depotd.record r
        WHERE r.tenant = me.tenant AND r.pos > CASE WHEN is_fresh THEN 0 ELSE seen_pos END AND r.sort = 'assets'
          AND r.node <> node
        ORDER BY r.pos LIMIT row_max) t
      LEFT JOIN depotd.member m ON m.tenant = t.tenant AND m.node = t.node;
  has_more := count = row_max;
  IF NOT has_more THEN hub_pos := head.pos; END IF;
  hub_mark := depotd.mark_at(me.tenant, hub_pos);
END $$;

REVOKE EXECUTE ON FUNCTION depotd.sync_pull FROM PUBLIC;
GRANT EXECUTE ON FUNCTION depotd.sync_pull TO depotd_depot;
