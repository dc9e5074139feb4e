-- Pictures, under names made of their contents: the first 36 digits of their SHA-256. They come in parts, after the rows, and
-- go on where they stopped.
SET LOCAL ROLE depotd_hub;

-- `have` is how much of it is here, from its beginning.
CREATE TABLE depotd.picture (
  tenant text NOT NULL REFERENCES depotd.tenant, id text NOT NULL CHECK (id ~ '^[0-9a-f]{36}$'),
  type text NOT NULL CHECK (type IN ('image/jpeg', 'image/png', 'image/webp')),
  size bigint NOT NULL CHECK (size BETWEEN 1 AND 2097152),
  have bigint NOT NULL DEFAULT 0 CHECK (have BETWEEN 0 AND size),
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, id)
);
CREATE TABLE depotd.picture_part (
  tenant text NOT NULL, id text NOT NULL, at_byte bigint NOT NULL CHECK (at_byte >= 0), bytes bytea NOT NULL,
  PRIMARY KEY (tenant, id, at_byte), FOREIGN KEY (tenant, id) REFERENCES depotd.picture
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['picture', 'picture_part'] LOOP
    EXECUTE format('ALTER TABLE depotd.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE depotd.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON depotd.%I USING (tenant = (SELECT depotd.my_tenant()))', name);
  END LOOP;
END $$;

CREATE FUNCTION depotd.picture_bytes(mine text, picture text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT string_agg(p.bytes, ''::bytea ORDER BY p.at_byte) FROM depotd.picture_part p WHERE p.tenant = mine AND p.id = picture
$$;

-- Takes the part that begins at `at_byte`, if that is the next one; without bytes it only says how much is here. A picture
-- that is not what its name says once it is whole is thrown away, and 0 is here again.
CREATE FUNCTION depotd.sync_picture(node text, id text, type text, size bigint, at_byte bigint, bytes bytea, OUT have bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '10s' AS $$
#variable_conflict use_variable
DECLARE
  me depotd.member := depotd.my_depot(node);
  whole bigint;
BEGIN
  INSERT INTO depotd.picture (tenant, id, type, size) VALUES (me.tenant, id, type, size) ON CONFLICT DO NOTHING;
  SELECT p.have, p.size INTO have, whole FROM depotd.picture p WHERE p.tenant = me.tenant AND p.id = id FOR UPDATE;
  IF bytes IS NULL OR at_byte <> have OR have + octet_length(bytes) > whole THEN RETURN; END IF;
  INSERT INTO depotd.picture_part VALUES (me.tenant, id, at_byte, bytes);
  have := have + octet_length(bytes);
  IF have = whole AND left(encode(sha256(depotd.picture_bytes(me.tenant, id)), 'hex'), 36) <> id THEN
    DELETE FROM depotd.picture_part p WHERE p.tenant = me.tenant AND p.id = id;
    have := 0;
  END IF;
  UPDATE depotd.picture p SET have = sync_picture.have WHERE p.tenant = me.tenant AND p.id = id;
END $$;

CREATE VIEW office.pictures WITH (security_barrier) AS
  SELECT p.id, p.type, p.size, (
      SELECT string_agg(x.bytes, ''::bytea ORDER BY x.at_byte) FROM depotd.picture_part x
        WHERE x.tenant = p.tenant AND x.id = p.id) AS bytes
    FROM depotd.picture p WHERE p.have = p.size;

GRANT SELECT ON office.pictures TO depotd_office;
REVOKE EXECUTE ON FUNCTION depotd.picture_bytes, depotd.sync_picture FROM PUBLIC;
GRANT EXECUTE ON FUNCTION depotd.sync_picture TO depotd_depot;
