INSERT INTO lotus_tokens (
    id, name, has_name, origin, permissions, endpoints, methods, issued_by, issued, expires, idle,
    used_at, used_address, used_method, revoked
)
VALUES (
    $1, $2, $2::text IS NOT NULL AND $14::bigint IS NULL, $3, $4, $5, $6, $7, $8, $9, $10,
    $11, $12, $13, $14
)
