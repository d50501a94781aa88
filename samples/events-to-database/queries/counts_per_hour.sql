-- How many different objects were seen in each hour, by label. An id is one camera's.
SELECT
    date_trunc('hour', time) AS hour,
    camera,
    label,
    count(DISTINCT track) AS objects
FROM objects
WHERE track IS NOT NULL
GROUP BY ALL
ORDER BY hour, camera, objects DESC, label;
