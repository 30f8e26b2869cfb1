-- A database of version 1, by pg_dump --inserts: a suspension, slots, and one under way.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA loginwatch;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE loginwatch.job (
    id bigint NOT NULL,
    vendor text NOT NULL COLLATE pg_catalog."C",
    probe text NOT NULL COLLATE pg_catalog."C",
    target text NOT NULL COLLATE pg_catalog."C",
    location text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE loginwatch.job ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME loginwatch.job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE loginwatch.meta (
    name text NOT NULL,
    value text NOT NULL
);

CREATE TABLE loginwatch.record (
    kind text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    until bigint NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE loginwatch.slot (
    id bigint NOT NULL,
    job bigint NOT NULL,
    due bigint NOT NULL,
    planned bigint NOT NULL,
    admitted bigint NOT NULL,
    ends bigint NOT NULL,
    instance text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    ticket text,
    settled bigint,
    lost bigint
);

INSERT INTO loginwatch.job OVERRIDING SYSTEM VALUE VALUES (1, 'acme', 'login', 't', '');
INSERT INTO loginwatch.job OVERRIDING SYSTEM VALUE VALUES (2, 'acme', 'open', 't', '');

INSERT INTO loginwatch.meta VALUES ('application', 'loginwatch');
INSERT INTO loginwatch.meta VALUES ('version', '1');
INSERT INTO loginwatch.meta VALUES ('key', '9497c0b6ceec8aee');

INSERT INTO loginwatch.record VALUES ('name', 'c', 'digest d', 9223372036854775807);
INSERT INTO loginwatch.record VALUES ('credential', 'digest d', '{"Rejections":[{"At":"2026-11-21T10:00:00Z","Certain":true},{"At":"2026-11-21T10:01:00Z","Certain":true},{"At":"2026-11-21T10:02:00Z","Certain":true}],"Suspended":true,"Until":"2026-11-21T10:17:00Z","Level":0,"Certain":true,"Trial":0,"UnderWay":{},"Seen":"2026-11-21T10:05:00Z"}', 1795256220000000000);
INSERT INTO loginwatch.record VALUES ('credential', 'digest o', '{"Rejections":null,"Suspended":false,"Until":"0001-01-01T00:00:00Z","Level":0,"Certain":false,"Trial":0,"UnderWay":{"7759520915372622443":"2026-11-21T10:12:00Z"},"Seen":"2026-11-21T10:07:00Z"}', 1795255620000000000);
INSERT INTO loginwatch.record VALUES ('name', 'o', 'digest o', 9223372036854775807);

INSERT INTO loginwatch.slot VALUES (6830500798699084800, 1, 1795255200000000000, 1795255200000000000, 1795255200000000000, 1795255500000000000, 'test', '', NULL, 1795729968844356859, NULL);
INSERT INTO loginwatch.slot VALUES (5074952741821142331, 1, 1795255260000000000, 1795255260000000000, 1795255260000000000, 1795255560000000000, 'test', '', NULL, 1795729968846216808, NULL);
INSERT INTO loginwatch.slot VALUES (8509800153858758885, 1, 1795255320000000000, 1795255320000000000, 1795255320000000000, 1795255620000000000, 'test', '', NULL, 1795729968848009937, NULL);
INSERT INTO loginwatch.slot VALUES (6454443044106979114, 1, 1795255380000000000, 1795255380000000000, 1795255380000000000, 1795255680000000000, 'test', 'suspended', NULL, NULL, NULL);
INSERT INTO loginwatch.slot VALUES (6768601422853251201, 1, 1795255440000000000, 1795255440000000000, 1795255440000000000, 1795255740000000000, 'test', 'suspended', NULL, NULL, NULL);
INSERT INTO loginwatch.slot VALUES (5859868764146381284, 1, 1795255500000000000, 1795255500000000000, 1795255500000000000, 1795255800000000000, 'test', 'suspended', NULL, NULL, NULL);
INSERT INTO loginwatch.slot VALUES (7759520915372622443, 2, 1795255620000000000, 1795255620000000000, 1795255620000000000, 1795255920000000000, 'test', '', '{"At":"2026-11-21T10:07:00Z","Held":300000000000,"Target":{"Vendor":"acme","Address":"target t"},"Credential":{"Name":"o","Digest":"o"},"Operations":null,"Quota":false}', NULL, NULL);

SELECT pg_catalog.setval('loginwatch.job_id_seq', 2, true);

ALTER TABLE ONLY loginwatch.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY loginwatch.job
    ADD CONSTRAINT job_vendor_probe_target_location_key UNIQUE (vendor, probe, target, location);

ALTER TABLE ONLY loginwatch.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (name);

ALTER TABLE ONLY loginwatch.record
    ADD CONSTRAINT record_pkey PRIMARY KEY (kind, key);

ALTER TABLE ONLY loginwatch.slot
    ADD CONSTRAINT slot_job_due_key UNIQUE (job, due);

ALTER TABLE ONLY loginwatch.slot
    ADD CONSTRAINT slot_pkey PRIMARY KEY (id);

CREATE INDEX slot_admitted ON loginwatch.slot USING btree (admitted);

CREATE INDEX slot_open ON loginwatch.slot USING btree (ends) WHERE ((ticket IS NOT NULL) AND (lost IS NULL));

ALTER TABLE ONLY loginwatch.slot
    ADD CONSTRAINT slot_job_fkey FOREIGN KEY (job) REFERENCES loginwatch.job(id);

