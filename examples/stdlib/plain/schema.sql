-- Every kind of type that database/sql has a Go type for.

CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE things (
    id        bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name      text NOT NULL,
    parent    uuid,
    mood      mood,
    moods     mood[] NOT NULL DEFAULT '{}',
    tags      text[],
    price     numeric(10, 2),
    small     smallint,
    ratio     real,
    done      boolean,
    doc       jsonb NOT NULL DEFAULT '{}',
    extra     json,
    raw       bytea,
    on_day    date,
    at        timestamptz,
    host      inet,
    net       cidr,
    mac       macaddr,
    span      tstzrange,
    place     point
);
