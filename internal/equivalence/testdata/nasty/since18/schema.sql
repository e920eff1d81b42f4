-- Keys over time, and columns that are computed when they are read.

CREATE EXTENSION btree_gist;

CREATE TABLE rooms (
    org_id bigint    NOT NULL,
    room   integer   NOT NULL,
    during daterange NOT NULL,
    label  text,
    shout  text      GENERATED ALWAYS AS (upper(label)) VIRTUAL,
    PRIMARY KEY (org_id, room, during WITHOUT OVERLAPS)
);

CREATE TABLE bookings (
    org_id bigint  NOT NULL,
    id     integer NOT NULL,
    room   integer,
    during daterange,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, room, PERIOD during) REFERENCES rooms (org_id, room, PERIOD during)
);
