-- For how long objects stayed in each zone. Gaps of more than a second do not count.
WITH seen AS (
    SELECT camera, track, unnest(zones) AS zone, time
    FROM objects
    WHERE track IS NOT NULL
),
steps AS (
    SELECT
        *,
        epoch(time) - epoch(lag(time) OVER (PARTITION BY camera, track, zone ORDER BY time)) AS gap_s
    FROM seen
),
stays AS (
    SELECT camera, zone, track, sum(gap_s) FILTER (gap_s <= 1) AS dwell_s
    FROM steps
    GROUP BY ALL
)
SELECT
    camera,
    zone,
    count(*) AS visitors,
    round(avg(coalesce(dwell_s, 0)), 2) AS mean_s,
    round(max(coalesce(dwell_s, 0)), 2) AS longest_s
FROM stays
GROUP BY ALL
ORDER BY camera, zone;
