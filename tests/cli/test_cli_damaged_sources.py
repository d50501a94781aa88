"""`penstock detect` on many damaged files at once."""

from damage import write_damaged


def test_every_damaged_source_is_read_as_far_as_it_goes_or_named(detect, ball, tmp_path):
    paths = [p for p in write_damaged(tmp_path / "videos", seeds=range(40)) if p.stat().st_size]
    done, records = detect(*paths, ball)
    assert done.returncode == 1, done.stderr
    seen = {record["source_id"] for record in records}
    assert len(seen) > len(paths) / 3
    for number, path in enumerate(paths):
        assert number in seen or f"source {number} ({path}) failed: " in done.stderr
    good = [r["frame_num"] for r in records if r["source_id"] == len(paths)]
    assert good == list(range(30))
