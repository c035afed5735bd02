-- Writes down uses: id $1, time $2, address $3, method $4. Rows are locked in the same order as by
-- a revocation.
WITH latest AS (
    SELECT DISTINCT ON (id) id, at, address, method
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS uses (id, at, address, method)
    ORDER BY id, at DESC
), chosen AS (
    SELECT id FROM lotus_tokens
    WHERE id = ANY ($1)
    ORDER BY id FOR UPDATE
)
UPDATE lotus_tokens
SET used_at = latest.at, used_address = latest.address, used_method = latest.method
FROM chosen JOIN latest USING (id)
WHERE lotus_tokens.id = latest.id AND (used_at IS NULL OR used_at < latest.at)
