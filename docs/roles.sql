-- Roles of PostgreSQL where it holds the lake's catalog. Run in the catalog's database, as its
-- administrator: psql -d pulang -f roles.sql; and once more after the first night, for the grants on
-- tables that DuckLake has made by then. Passwords are set with \password, never here.
--
-- The catalog holds the keys of the data files and bounds of every column, names and NIK among them:
-- whoever may read it may read everything. So there is one role that reads and writes it.
-- Analysts have no role: they read published/pulang.duckdb. See docs/privacy.md.
DO $$
DECLARE
    allowed TEXT;
BEGIN
    -- operator: nights, explain, person find and erase, key rotate
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pulang_operator') THEN
        CREATE ROLE pulang_operator LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    -- auditor: that nights were written, and when; no value, no key
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pulang_auditor') THEN
        CREATE ROLE pulang_auditor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO pulang_operator, pulang_auditor',
                   current_database());
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT USAGE, CREATE ON SCHEMA public TO pulang_operator;
    GRANT USAGE ON SCHEMA public TO pulang_auditor;
    GRANT ALL ON ALL TABLES IN SCHEMA public TO pulang_operator;
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM pulang_auditor;
    FOREACH allowed IN ARRAY ARRAY['ducklake_snapshot', 'ducklake_snapshot_changes', 'ducklake_table']
    LOOP
        IF to_regclass('public.' || allowed) IS NOT NULL THEN
            EXECUTE format('GRANT SELECT ON public.%I TO pulang_auditor', allowed);
        END IF;
    END LOOP;
END $$;
