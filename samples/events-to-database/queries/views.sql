-- What arrived twice is the same row twice, and counts once.
CREATE OR REPLACE VIEW objects AS
SELECT DISTINCT * FROM read_parquet('events/objects-*.parquet');

CREATE OR REPLACE VIEW crossings AS
SELECT DISTINCT * FROM read_parquet('events/crossings-*.parquet');
