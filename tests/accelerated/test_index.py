"""`KeyIndex`: the same exact answers from memory and from a file, and no file but its own."""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from gd_attention.accelerated import IndexFileError, KeyIndex
from gd_attention.accelerated.engines import available
from judges import CLOUDS, expected

pytestmark = pytest.mark.clause("GDA-thm-nearest", "GDA-select-ties")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    r = np.random.default_rng(3)
    index = KeyIndex(r.normal(size=(70, 5)).astype(np.float32))
    path = tmp_path_factory.mktemp("index") / "keys.gda"
    index.save(path)
    return path


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cloud", ["gaussian", "integers", "norm_spread", "tiny"])
def test_the_loaded_index_answers_as_the_oracle(cloud: str, dtype: type, tmp_path: Path) -> None:
    query, keys = (x.astype(dtype) for x in CLOUDS[cloud](np.random.default_rng(4), 11, 200, 6))
    index = KeyIndex(keys)
    index.save(tmp_path / "keys.gda")
    loaded = KeyIndex.load(tmp_path / "keys.gda")
    assert loaded.shape == (200, 6)
    assert loaded.dtype == dtype
    assert np.array_equal(loaded.keys, keys)
    want = expected(query, keys).tolist()
    assert index.nearest(query).tolist() == want == loaded.nearest(query).tolist()


@pytest.mark.parametrize("scale", [1e-310, 1e300])
def test_scaled_keys_come_back(scale: float, tmp_path: Path) -> None:
    """Keys outside the range of the screens are saved times a power of two, and restored."""
    r = np.random.default_rng(5)
    keys = scale * r.integers(1, 9, (80, 3))
    KeyIndex(keys).save(tmp_path / "keys.gda")
    loaded = KeyIndex.load(tmp_path / "keys.gda")
    assert np.array_equal(loaded.keys, keys)
    assert loaded.nearest(keys[:9]).tolist() == expected(keys[:9], keys).tolist()


def test_a_range_that_no_scale_holds_is_kept_too(tmp_path: Path) -> None:
    keys = np.array([[1e300, 5e-324], [1e300, 1e-323], [1e300, 0.0]])
    KeyIndex(keys).save(tmp_path / "keys.gda")
    assert KeyIndex.load(tmp_path / "keys.gda").nearest(keys).tolist() == [0, 1, 2]


def test_a_screen_of_another_width_is_packed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file from a machine with other vectors: its panels are not this machine's."""
    r = np.random.default_rng(6)
    keys = r.normal(size=(300, 4)).astype(np.float32)
    index = KeyIndex(keys)
    contents = index._contents

    def foreign():
        arrays, header = contents()
        header["widths"] = dict.fromkeys(header["widths"], 5)
        return arrays, header

    monkeypatch.setattr(index, "_contents", foreign)
    index.save(tmp_path / "keys.gda")
    loaded = KeyIndex.load(tmp_path / "keys.gda")
    assert loaded.packed.part is not None
    assert loaded.packed.part.screens == {}
    assert loaded.nearest(keys[:20]).tolist() == list(range(20))


def test_a_saved_screen_is_used(saved: Path) -> None:
    part = KeyIndex.load(saved).packed.part
    assert part is not None
    assert list(part.screens) == [available(5)[0].name]
    assert not part.screens[available(5)[0].name].words.flags.writeable


def test_what_was_asked_before_does_not_change_the_file(saved: Path, tmp_path: Path) -> None:
    """The same keys give the same bytes, whichever screens the queries made."""
    index = KeyIndex.load(saved)
    part = index.packed.part
    assert part is not None
    for engine in available(5):
        part.screen(engine)
    index.save(tmp_path / "asked.gda")
    assert (tmp_path / "asked.gda").read_bytes() == saved.read_bytes()
    part.screens.clear()
    index.save(tmp_path / "bare.gda")
    assert (tmp_path / "bare.gda").read_bytes() == saved.read_bytes()


def test_a_loaded_index_is_a_read_only_map(saved: Path) -> None:
    """Pages are shared with other processes, and nobody can write into the file."""
    loaded = KeyIndex.load(saved)
    part = loaded.packed.part
    assert part is not None
    screen = part.screens[available(5)[0].name]
    for array in (loaded.keys, part.order, part.frame.centre, *screen):
        assert not array.flags.writeable
        base = array
        while base is not None and not isinstance(base, np.memmap):
            base = base.base
        assert isinstance(base, np.memmap)
        assert base.mode == "r"


def test_arrays_are_little_endian_and_aligned(saved: Path) -> None:
    """The layout that the module states, read without it."""
    whole = saved.read_bytes()
    length = int.from_bytes(whole[8:16], "little")
    assert hashlib.sha256(whole[48 : 48 + length]).digest() == whole[16:48]
    header = json.loads(whole[48 : 48 + length])
    data = -(-(48 + length) // 4096) * 4096
    for entry in header["arrays"]:
        assert entry["dtype"][0] == "<"
        assert entry["at"] % 4096 == 0
        size = np.dtype(entry["dtype"]).itemsize * int(np.prod(entry["shape"]))
        first = data + entry["at"]
        assert zlib.crc32(whole[first : first + size]) == entry["crc32"]
    keys = next(entry for entry in header["arrays"] if entry["name"] == "keys")
    r = np.random.default_rng(3)
    want = r.normal(size=(70, 5)).astype("<f4")
    assert whole[data + keys["at"] :][: want.nbytes] == want.tobytes()


def test_every_altered_byte_is_noticed(saved: Path, tmp_path: Path) -> None:
    """Headers, checksums and arrays; zeros between the arrays hold nothing and may change."""
    original = saved.read_bytes()
    damaged = tmp_path / "damaged.gda"
    places = [i for i, byte in enumerate(original) if byte != 0]
    for place in [*range(48), *places[48 :: max(1, len(places) // 60)]]:
        altered = bytearray(original)
        altered[place] ^= 0x10
        damaged.write_bytes(altered)
        with pytest.raises(IndexFileError, match="path: expected"):
            KeyIndex.load(damaged)


@pytest.mark.parametrize("keep", [0, 7, 47, 200, 5000, -1])
def test_a_cut_file_is_noticed(saved: Path, tmp_path: Path, keep: int) -> None:
    cut = tmp_path / "cut.gda"
    cut.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(IndexFileError):
        KeyIndex.load(cut)


def test_another_version_is_named(saved: Path, tmp_path: Path) -> None:
    newer = bytearray(saved.read_bytes())
    newer[7] = 2
    (tmp_path / "newer.gda").write_bytes(newer)
    with pytest.raises(IndexFileError, match="expected version 1, got 2"):
        KeyIndex.load(tmp_path / "newer.gda")


def test_another_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"not an index of keys" * 9)
    with pytest.raises(IndexFileError, match="expected a saved KeyIndex, got another file"):
        KeyIndex.load(tmp_path / "other")


def test_a_failed_save_leaves_the_old_file(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "keys.gda"
    target.write_bytes(saved.read_bytes())

    def fail(*_: object) -> None:
        raise OSError("no space")

    index = KeyIndex.load(saved)
    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space"):
        index.save(target)
    assert target.read_bytes() == saved.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["keys.gda"]


@pytest.mark.parametrize(
    ("keys", "error", "message"),
    [
        ([[1, 2]], TypeError, "keys: expected dtype float32 or float64, got int64"),
        (np.eye(2, dtype=">f4"), TypeError, "keys: expected dtype float32 or float64, got >f4"),
        (np.zeros((0, 3)), ValueError, r"keys: expected shape \(rows >= 1, D >= 1\), got \(0, 3\)"),
        (np.zeros(3), ValueError, r"keys: expected shape"),
        ([[1.0, 2.0], [np.nan, 0.0]], ValueError, r"got nan at index \(1, 0\)"),
    ],
)
def test_bad_keys_are_named(keys: object, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        KeyIndex(keys)


def test_bad_queries_are_named() -> None:
    index = KeyIndex(np.eye(3))
    with pytest.raises(ValueError, match=r"query: expected shape \(M, 3\), got \(1, 2\)"):
        index.nearest(np.zeros((1, 2)))
    with pytest.raises(ValueError, match=r"query: expected finite values, got inf"):
        index.nearest(np.array([[0.0, np.inf, 0.0]]))
    assert index.nearest(np.zeros((0, 3))).tolist() == []
