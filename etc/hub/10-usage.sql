-- More of what the office reads: how long gear is out, and who writes in chat.
SET LOCAL ROLE depotd_hub;

-- How often and how long each piece was out, by month in UTC; what is out now counts up to now.
CREATE VIEW office.usage WITH (security_barrier) AS
  SELECT s.asset, max(s.number) AS number, month::date AS month, count(*) FILTER (WHERE s.at >= month) AS times_out,
      round(sum(greatest(0, extract(epoch FROM least(s.until, month + interval '1 month') - greatest(s.at, month)))) / 3600, 1)
        AS hours_out
    FROM (
      SELECT asset, number, status, at, lead(at, 1, now() AT TIME ZONE 'UTC') OVER (PARTITION BY asset ORDER BY hlc, pos) AS until
        FROM (
          SELECT c.subject AS asset, c.body::jsonb ->> 'number' AS number, c.body::jsonb ->> 'status' AS status, c.hlc, c.pos,
              to_timestamp((c.hlc >> 16) / 1000.0) AT TIME ZONE 'UTC' AS at
            FROM depotd.change c
            WHERE c.topic = 'assets' AND c.pos IS NOT NULL AND c.body::jsonb ? 'status' AND NOT c.body::jsonb ? 'from') said
    ) s, generate_series(date_trunc('month', s.at), s.until, interval '1 month') month
    WHERE s.status = 'in_use'
    GROUP BY s.asset, month;

-- Who wrote in which room and when. The words stay at the depot, where they can be erased and `hash` can be checked.
CREATE VIEW office.messages WITH (security_barrier) AS
  SELECT c.body::jsonb ->> 'message' AS id, c.subject AS room, p.fields ->> 'name' AS person, c.body::jsonb ->> 'hash' AS hash,
      to_timestamp((c.hlc >> 16) / 1000.0) AS at, c.at AS arrived, m.depot
    FROM depotd.change c
      LEFT JOIN depotd.record p ON p.tenant = c.tenant AND p.sort = 'people' AND p.id = c.body::jsonb ->> 'by'
      LEFT JOIN depotd.member m ON m.tenant = c.tenant AND m.node = c.node
    WHERE c.topic = 'chat' AND c.kind = 'posted' AND c.pos IS NOT NULL;

GRANT SELECT ON office.usage, office.messages TO depotd_office;
