-- Points for maps, where the database has PostGIS; without it `office.positions` has degrees alone. The extension's
-- functions are named by the schema it was installed in, which is `extensions` at some hosts.
DO $$
DECLARE place text;
BEGIN
  SELECT n.nspname INTO place FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'postgis';
  IF place IS NULL THEN RETURN; END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO depotd_hub', place);
  SET LOCAL ROLE depotd_hub;
  EXECUTE format($view$
    CREATE OR REPLACE VIEW office.positions WITH (security_barrier) AS
    SELECT r.id AS asset, r.fields ->> 'number' AS number, r.fields ->> 'name' AS name, m.depot, m.longitude, m.latitude,
        %1$I.st_setsrid(%1$I.st_makepoint(m.longitude, m.latitude), 4326)::%1$I.geometry(Point, 4326) AS position
      FROM depotd.record r JOIN depotd.member m ON m.tenant = r.tenant AND m.node = r.node
      WHERE r.sort = 'assets' AND r.fields ->> 'status' <> 'in_use' AND m.longitude IS NOT NULL
        AND NOT coalesce((r.fields ->> 'removed')::boolean, false)$view$, place);
END $$;
