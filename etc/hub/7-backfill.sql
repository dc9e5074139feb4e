-- Many Changes at once: what a box has when it meets a hub for the first time, or was away for long. They are copied into a
-- table that lasts as long as the transaction, and from there go the way of any other batch, a part at a time.
-- A box sends the three statements as one, so they are one transaction also behind a pooler:
--   SELECT depotd.sync_stage(); COPY pg_temp.depotd_stage FROM STDIN (FORMAT binary); SELECT … FROM depotd.sync_push_staged(…)
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO depotd_hub', current_database()); END $$;
SET LOCAL ROLE depotd_hub;

CREATE FUNCTION depotd.sync_stage() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  CREATE TEMPORARY TABLE depotd_stage (
    n bigint, hlc bigint, monotonic bigint, actor text, device text, address text, topic text, kind text, subject text,
    body bytea, hash bytea) ON COMMIT DROP;
  GRANT INSERT ON pg_temp.depotd_stage TO depotd_depot;
END $$;

-- As `sync_push` with the rows from there: `digests` has one for each part of `part` rows. What comes before a part that is
-- refused is taken.
CREATE FUNCTION depotd.sync_push_staged(
  node text, epoch text, first bigint, before bytea, boot text, seen_epoch text, seen_pos bigint, seen_mark text,
  part int, digests bytea[],
  OUT verdict text, OUT acked bigint, OUT at bigint, OUT hub_epoch text, OUT hub_pos bigint,
  OUT hub_mark text, OUT refused jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '10s' AS $$
#variable_conflict use_variable
DECLARE
  named jsonb := '[]';
  i int;
  number bigint := first;
  given record;
BEGIN
  -- A role could have made a table or a view of that name itself, and what it reads would be done with our rights.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
      WHERE c.oid = to_regclass('pg_temp.depotd_stage') AND c.relkind = 'r' AND r.rolname = current_user) THEN
    RAISE EXCEPTION 'there is nothing to take' USING ERRCODE = '42501';
  END IF;
  FOR i IN 1 .. cardinality(digests) LOOP
    SELECT array_agg(s.hlc) AS hlc, array_agg(s.monotonic) AS monotonic, array_agg(s.actor) AS actor,
        array_agg(s.device) AS device, array_agg(s.address) AS address, array_agg(s.topic) AS topic,
        array_agg(s.kind) AS kind, array_agg(s.subject) AS subject, array_agg(s.body) AS body, array_agg(s.hash) AS hash
      INTO given
      FROM (SELECT * FROM pg_temp.depotd_stage t WHERE t.n >= number AND t.n < number + part ORDER BY t.n) s;
    SELECT p.* INTO verdict, acked, at, hub_epoch, hub_pos, hub_mark, refused
      FROM depotd.sync_push(node, epoch, number, before, boot, seen_epoch, seen_pos, seen_mark, digests[i], given.hlc,
        given.monotonic, given.actor, given.device, given.address, given.topic, given.kind, given.subject, given.body,
        given.hash) p;
    named := named || refused;
    EXIT WHEN verdict <> 'ok';
    -- What is before the next part was compared or taken just now.
    before := NULL;
    number := number + part;
  END LOOP;
  refused := named;
END $$;

REVOKE EXECUTE ON FUNCTION depotd.sync_stage, depotd.sync_push_staged FROM PUBLIC;
GRANT EXECUTE ON FUNCTION depotd.sync_stage, depotd.sync_push_staged TO depotd_depot;
