import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.server.uploads import Upload, UploadError, parse_upload

KIND = "multipart/form-data; boundary=xyz"


def body(*parts, end=b"--xyz--\r\n"):
    return b"".join(b"--xyz\r\n" + head + b"\r\n\r\n" + raw + b"\r\n" for head, raw in parts) + end


def field(name, raw):
    return (f'Content-Disposition: form-data; name="{name}"'.encode(), raw)


def chosen(raw, name="class.csv"):
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: x/y'
    return (head.encode(), raw)


def test_fields_and_a_file_are_taken_apart():
    sent = body(field("token", b"abc"), chosen(b"name\r\n\r\n--xy\x00\xff"))
    assert parse_upload(sent, KIND) == (
        {"token": "abc"},
        Upload("class.csv", b"name\r\n\r\n--xy\x00\xff"),
    )


def test_the_first_of_each_counts():
    sent = body(field("a", b"1"), field("a", b"2"), chosen(b"x"), chosen(b"y"))
    fields, upload = parse_upload(sent, KIND)
    assert (fields, upload and upload.raw) == ({"a": "1"}, b"x")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("C:\\school\\5B.csv", "5B.csv"), ("../../etc/passwd", "passwd"), ("\x1b[2J.csv", "�[2J.csv")],
)
def test_the_name_of_a_file_is_only_for_showing(name, shown):
    _, upload = parse_upload(body(chosen(b"x", name)), KIND)
    assert upload is not None
    assert upload.name == shown


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"", KIND),
        (b"--xyz--\r\n", "application/json"),
        (b"--xyz--\r\n", "multipart/form-data"),
        (b"--xyz--\r\n", f"multipart/form-data; boundary={'x' * 71}"),
        (body(field("a", b"1"), end=b""), KIND),
        (body((b"Content-Disposition: form-data", b"1")), KIND),
        (body((b"x" * 3_000, b"1")), KIND),
        (body(field("a", b"x" * 2_000)), KIND),
        (body(field("a", b"\xff")), KIND),
        (body(*(field(str(n), b"") for n in range(40))), KIND),
    ],
)
def test_what_is_no_such_form_is_refused(sent, kind):
    with pytest.raises(UploadError):
        parse_upload(sent, kind)


@given(st.binary(max_size=400), st.text(max_size=40))
def test_no_bytes_break_it(raw, kind):
    for sent, said in ((raw, KIND), (b"--xyz\r\n" + raw + b"\r\n--xyz--", KIND), (raw, kind)):
        try:
            parse_upload(sent, said)
        except UploadError:
            continue
