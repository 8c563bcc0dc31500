import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.names import clash, path_fault, reserved


@pytest.mark.parametrize(
    "path",
    [
        *("", "../x", "a/../b", "/etc/passwd", "a//b", "a/./b", "a\\b", "C:x", "con/x", "a/NUL.md"),
        *("a/b.", "a/b ", " a", ".hidden", "a\x00b", "a\nb", "a\u202eb", "e\u0301", "a/" * 9 + "b"),
        *("x" * 201, "com1.en.md", "a\u2028b"),
    ],
)
def test_names_that_some_system_misreads_are_refused(path: str) -> None:
    assert path_fault(path)


@pytest.mark.parametrize("path", ["items/equiv.en.json", "lessons/a-b/try-middle.sw.json", "é/ش.x"])
def test_plain_names_are_fine(path: str) -> None:
    assert path_fault(path) is None


@given(st.text(max_size=80))
def test_no_fine_name_leaves_its_folder(path: str) -> None:
    if path_fault(path) is None:
        parts = path.split("/")
        assert ".." not in parts
        assert all(part and not reserved(part) for part in parts)


def test_case_clashes_are_found() -> None:
    assert clash(["items/A.json", "items/b.json", "items/a.json"]) == (
        "items/A.json",
        "items/a.json",
    )
    assert clash(["a", "b"]) is None
