-- How often each line was crossed, hour by hour, and since the beginning.
WITH hourly AS (
    SELECT date_trunc('hour', time) AS hour, camera, line, sum(count)::INTEGER AS crossings
    FROM crossings
    GROUP BY ALL
)
SELECT *, sum(crossings) OVER (PARTITION BY camera, line ORDER BY hour)::INTEGER AS total
FROM hourly
ORDER BY hour, camera, line;
