CREATE TABLE lotus_tokens (
    -- The order in which tokens were recorded.
    seq bigint GENERATED ALWAYS AS IDENTITY,
    id text PRIMARY KEY,
    name text,
    -- Whether the token has its name; the name leads to it, and no other may take it.
    has_name boolean NOT NULL,
    origin text NOT NULL,
    permissions text[] NOT NULL,
    endpoints text[],
    methods text[],
    issued_by text,
    -- Times are seconds since the Unix epoch.
    issued bigint NOT NULL,
    expires bigint,
    idle bigint,
    used_at bigint,
    used_address text,
    used_method text,
    revoked bigint
);

CREATE UNIQUE INDEX lotus_tokens_has_name ON lotus_tokens (name) WHERE has_name;
CREATE INDEX lotus_tokens_name ON lotus_tokens (name, seq);
CREATE INDEX lotus_tokens_issued ON lotus_tokens (issued, seq);
CREATE INDEX lotus_tokens_expires ON lotus_tokens (expires) WHERE expires IS NOT NULL;
CREATE INDEX lotus_tokens_unrevoked ON lotus_tokens (origin) WHERE revoked IS NULL;

-- A token that has expired gives its name to the next that wants it, in the same statement, so that
-- it keeps it if that one is refused.
CREATE FUNCTION lotus_release_name() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE lotus_tokens SET has_name = false
    WHERE name = NEW.name AND has_name AND expires <= NEW.issued;
    RETURN NEW;
END
$$;

CREATE TRIGGER lotus_release_name BEFORE INSERT ON lotus_tokens
FOR EACH ROW WHEN (NEW.has_name) EXECUTE FUNCTION lotus_release_name();

CREATE TABLE lotus_values (
    key text PRIMARY KEY,
    value bytea NOT NULL
);
