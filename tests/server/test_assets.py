import gzip
import re

from darasa.server.assets import assets


def test_the_style_sheet_is_one_file_of_at_most_8_kb() -> None:
    assert len(assets()["darasa.css"].packed) <= 8_000


def test_the_script_is_at_most_3_kb_and_old_enough_for_es5() -> None:
    script = assets()["darasa.js"]
    assert len(script.content) <= 3_000
    assert len(script.packed) <= 1_500
    code = script.content.decode()
    assert not re.search(r"=>|`|\b(let|const|class|async|await|import|export)\b|\beval\b", code)


def test_a_name_changes_with_its_content_and_packing_loses_nothing() -> None:
    for name, asset in assets().items():
        stem, suffix = name.split(".")
        assert re.fullmatch(rf"/static/{stem}\.[0-9a-f]{{12}}\.{suffix}", asset.path)
        assert gzip.decompress(asset.packed) == asset.content


def test_no_asset_asks_another_host_for_anything() -> None:
    for asset in assets().values():
        text = asset.content.decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]|@import|url\([^)]", text)


def test_on_paper_nothing_is_cut_off_where_a_screen_would_scroll() -> None:
    (printed,) = re.findall(r"@media print \{\n(.*?)\n\}", style(), re.DOTALL)
    assert ".scroll { overflow: visible; }" in printed
    assert re.search(r"\.heat \{[^}]*table-layout: fixed", printed)  # as wide as the page
    assert re.search(r"\.today \{[^}]*white-space: normal", printed)


def style() -> str:
    return assets()["darasa.css"].content.decode()
