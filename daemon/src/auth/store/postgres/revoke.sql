-- Revokes at $1 the tokens with the ids $2, or if that is null all of the origin $3, writes the
-- value $5 under the key $4 unless that is null, and tells all daemons: one statement, so all or
-- nothing. Rows are locked in one order, so that two of these cannot wait for each other.
WITH chosen AS (
    SELECT id FROM lotus_tokens
    WHERE (revoked IS NULL OR revoked > $1)
        AND (id = ANY ($2) OR $2::text[] IS NULL AND origin = $3
            -- One whose time is past is dead already, whatever time that was.
            AND (revoked IS NULL OR revoked > extract(epoch FROM now())))
    ORDER BY id FOR UPDATE
), written AS (
    INSERT INTO lotus_values (key, value)
    SELECT $4, $5 WHERE $4::text IS NOT NULL
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
), revoked AS (
    UPDATE lotus_tokens SET revoked = $1, has_name = false
    FROM chosen WHERE lotus_tokens.id = chosen.id AND (lotus_tokens.revoked IS NULL OR lotus_tokens.revoked > $1)
    RETURNING lotus_tokens.id
), sized AS (
    SELECT id, octet_length(to_json(id)::text) + 2 AS size FROM revoked
), parted AS (
    -- A notification has less than 8000 bytes: 3900, and the id that goes beyond.
    SELECT id, size, sum(size) OVER (ORDER BY id) / 3900 AS part FROM sized
)
SELECT
    array_agg(id) AS ids,
    -- What cannot be told is made known by its absence: the daemons ask again about everything.
    pg_notify('lotus_tokens', CASE WHEN max(size) > 3900 THEN '' ELSE json_agg(id)::text END)
FROM parted GROUP BY part
