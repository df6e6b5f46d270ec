#!/bin/sh
# Makes the two roles and the database on a Postgres of yours. Run once, as its superuser, with both passwords set.
# The owner is no superuser: the extensions in use (pg_trgm, unaccent) are trusted ones.
set -eu
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres \
    --set=owner="${OWNER_PASSWORD:?}" --set=app="${APP_PASSWORD:?}" <<'SQL'
CREATE ROLE pledges_app LOGIN PASSWORD :'app';
CREATE ROLE pledges_owner LOGIN PASSWORD :'owner';
CREATE DATABASE pledges OWNER pledges_owner TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE pledges FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE pledges TO pledges_app;
SQL
