"""Files that somebody might send to break a reader, made here byte by byte; none is stored."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import pillow_heif
import pypdfium2 as pdfium
from PIL import Image, ImageDraw, PngImagePlugin

Answer = str | frozenset[str]
"""The code that must come, or the codes that may; "picture" for: read, as any picture."""

PICTURE = "picture"
BROKEN = frozenset({"broken", "truncated"})


def encoded(
    kind: str, size: tuple[int, int] = (320, 240), mode: str = "RGB", **more: object
) -> bytes:
    image = Image.new(mode, size)
    if mode == "RGB":
        draw = ImageDraw.Draw(image)
        for step in range(0, size[0], 16):
            draw.line([(step, 0), (size[0] - step, size[1])], fill=(step % 255, 90, 160), width=3)
    stream = io.BytesIO()
    image.save(stream, kind, **more)
    return stream.getvalue()


def heic(size: tuple[int, int] = (320, 240)) -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", size, "white")).save(stream)
    return stream.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def png(
    width: int, height: int, rows: bytes, *extra: bytes, bits: int = 8, colour: int = 2
) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            *extra,
            chunk(b"IDAT", rows),
            chunk(b"IEND", b""),
        ]
    )


def bomb_png(width: int, height: int) -> bytes:
    """Black pixels that pack a thousandfold."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width * 3)
    rows = b"".join(packer.compress(row) for _ in range(min(height, 4000))) + packer.flush()
    return png(width, height, rows)


def jpeg_with_size(width: int, height: int) -> bytes:
    """A JPEG whose header claims another size."""
    data = bytearray(encoded("JPEG"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def pdf(pages: int = 1, box: tuple[float, float] = (300, 200)) -> bytes:
    document = pdfium.PdfDocument.new()
    for _ in range(pages):
        document.new_page(*box)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def raw_pdf(catalog: str = "", page: str = "", more: str = "", trailer: str = "") -> bytes:
    """A small PDF written by hand, so that anything can stand in it."""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] {page} >>",
        *([more] if more else []),
    ]
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\n".encode()
    out += f"startxref\n{start}\n%%EOF".encode()
    return out


LOCKED = (
    "/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -44 "
    f"/O <{'11' * 32}> /U <{'22' * 32}> >> /ID [<{'33' * 16}> <{'33' * 16}>]"
)


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (120, 90), (shade, 0, 0)) for shade in (0, 90, 180)]
    stream = io.BytesIO()
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:], duration=80)
    return stream.getvalue()


def archive(name: str = "a.html", content: bytes = b"<script>alert(1)</script>") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr(name, content)
    return stream.getvalue()


def exif_jpeg(**tags: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = tags.get("orientation", 6)
    exif[0x010F] = "CANARY-MAKER"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (31.0, 12.0, 5.0)
    return encoded("JPEG", exif=exif)


def _texts() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * (8 * 1024 * 1024), zip=True)
    return encoded("PNG", pnginfo=info)


def _whole() -> Iterator[tuple[str, bytes, Answer]]:
    jpeg, plain_png, webp = encoded("JPEG"), encoded("PNG"), encoded("WEBP")
    yield "nothing", b"", "file_empty"
    yield "one byte", b"\xff", "not_a_picture"
    yield "text", "身份证".encode() * 50, "not_a_picture"
    yield "html", b"<html><script>alert(1)</script></html>", "not_a_picture"
    yield "svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "not_a_picture"
    yield "shell script", b"#!/bin/sh\nrm -rf /\n", "not_a_picture"
    yield "elf", b"\x7fELF" + bytes(200), "not_a_picture"
    yield "exe", b"MZ" + bytes(200), "not_a_picture"
    yield "zip", archive(), "not_a_picture"
    yield "office file", archive("word/document.xml", b"<w/>"), "not_a_picture"
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_a_picture"
    yield "tiff", encoded("TIFF"), "not_a_picture"
    yield "bmp", encoded("BMP"), "not_a_picture"
    yield "ico", encoded("ICO", (64, 64)), "not_a_picture"
    yield "random bytes", bytes((place * 131 + 7) % 251 for place in range(5000)), "not_a_picture"
    yield "mp4", b"\0\0\0\x18ftypisom" + bytes(300), "not_a_picture"
    yield "avif", b"\0\0\0\x18ftypavif" + bytes(300), "not_a_picture"
    yield "only the jpeg mark", b"\xff\xd8\xff", BROKEN
    yield "only the png mark", b"\x89PNG\r\n\x1a\n", BROKEN
    yield "only the webp mark", b"RIFF\x10\0\0\0WEBP", BROKEN
    yield "only the heic mark", b"\0\0\0\x18ftypheic" + bytes(16), BROKEN
    yield "only the pdf mark", b"%PDF-1.7\n", BROKEN
    for share in (10, 30, 60, 90):
        yield f"jpeg cut at {share} %", jpeg[: len(jpeg) * share // 100], BROKEN
        yield f"png cut at {share} %", plain_png[: len(plain_png) * share // 100], BROKEN
        yield f"webp cut at {share} %", webp[: len(webp) * share // 100], BROKEN
    photo = heic()
    yield "heic cut in half", photo[: len(photo) // 2], BROKEN
    yield "jpeg marks then zeros", b"\xff\xd8\xff\xe0" + bytes(4000), BROKEN
    yield (
        "jpeg with noise inside",
        jpeg[:400] + b"\xff\x00\xaa" * 60 + jpeg[700:],
        BROKEN | {PICTURE},
    )


def _large() -> Iterator[tuple[str, bytes, Answer]]:
    yield "png bomb 120 MP", bomb_png(12_000, 10_000), "too_many_pixels"
    yield "png bomb with few rows", bomb_png(7000, 7000), BROKEN | {PICTURE}
    yield (
        "png of 2^31 pixels a side",
        png(2**31 - 1, 2**31 - 1, b""),
        frozenset({"too_many_pixels", "broken"}),
    )
    yield "png without pixels", png(0, 0, zlib.compress(b"")), BROKEN | {"too_small"}
    yield "jpeg that claims 65500 squared", jpeg_with_size(65_500, 65_500), "too_many_pixels"
    yield "jpeg that claims more than it has", jpeg_with_size(3000, 3000), BROKEN | {PICTURE}
    yield "jpeg that claims no width", jpeg_with_size(0, 10), BROKEN | {"too_small"}
    yield "21 MB", encoded("JPEG") + bytes(21 * 1024 * 1024), "file_too_big"
    yield "one pixel", encoded("PNG", (1, 1)), "too_small"
    yield "a strip", encoded("PNG", (4000, 70)), "odd_shape"
    yield "a thin strip", encoded("PNG", (30, 3000)), "too_small"
    yield "text of 8 MB in a png", _texts(), BROKEN | {PICTURE}
    yield "png with a wrong checksum", encoded("PNG")[:-30] + bytes(30), BROKEN | {PICTURE}


def _moving() -> Iterator[tuple[str, bytes, Answer]]:
    yield "animated gif", animated("GIF"), "animated"
    yield "still gif", encoded("GIF", mode="P"), "animated"
    yield "animated png", animated("PNG"), "animated"
    yield "animated webp", animated("WEBP"), "animated"
    yield "heic sequence", b"\0\0\0\x18ftyphevc" + bytes(200), "animated"


def _pdfs() -> Iterator[tuple[str, bytes, Answer]]:
    script = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
    yield "pdf that runs a script", raw_pdf(script), "pdf_active"
    hidden = "/OpenAction << /S /J#61vaScript /#4aS (app.alert\\(1\\)) >>"
    yield "pdf with an escaped script", raw_pdf(hidden), "pdf_active"
    launch = "/OpenAction << /S /Launch /F (cmd.exe) >>"
    yield "pdf that starts a program", raw_pdf(launch), "pdf_active"
    files = "/Names << /EmbeddedFiles << /Names [(a.exe) 4 0 R] >> >>"
    yield (
        "pdf with a file inside",
        raw_pdf(files, more="<< /Type /Filespec /F (a.exe) >>"),
        "pdf_active",
    )
    yield "pdf with a form of scripts", raw_pdf("/AcroForm << /XFA [] /Fields [] >>"), "pdf_active"
    page_script = "/AA << /O << /S /JavaScript /JS (1) >> >>"
    yield "pdf with a page script", raw_pdf(page=page_script), "pdf_active"
    yield "pdf with a password", raw_pdf(trailer=LOCKED), "pdf_locked"
    yield "pdf of 9 pages", pdf(9), "too_many_pages"
    yield "pdf of 2000 pages", pdf(2000), "too_many_pages"
    yield "pdf without pages", pdf(0), frozenset({"pdf_empty", "broken"})
    yield "pdf of 200000 points", pdf(1, (200_000, 200_000)), PICTURE
    yield "pdf as a strip", pdf(1, (9000, 20)), "odd_shape"
    yield "pdf cut in half", pdf()[: len(pdf()) // 2], BROKEN | {PICTURE}
    yield (
        "pdf whose pages are their own parents",
        raw_pdf().replace(b"[3 0 R]", b"[2 0 R]"),
        (BROKEN | {"pdf_empty", PICTURE}),
    )
    yield "pdf with a blank page", pdf(), PICTURE


def _doubled() -> Iterator[tuple[str, bytes, Answer]]:
    jpeg = encoded("JPEG")
    yield "jpeg and zip", jpeg + archive(), PICTURE
    yield "jpeg and html", jpeg + b"<script>CANARY-SCRIPT</script>", PICTURE
    yield "jpeg and pdf", jpeg + pdf(), PICTURE
    yield "png and php", encoded("PNG") + b"<?php CANARY ?>", PICTURE
    comment = b"\xff\xfe" + struct.pack(">H", 40) + b"<script>CANARY-COMMENT</script>       "
    yield "jpeg with a script as comment", jpeg[:2] + comment + jpeg[2:], PICTURE
    yield "pdf behind a jpeg mark", b"\xff\xd8\xff" + pdf(), BROKEN
    yield "gif and javascript", b"GIF89a/*" + bytes(40) + b"*/=1;", "animated"
    yield "jpeg with a place in it", exif_jpeg(), PICTURE
    yield "jpeg with a nonsense turn", exif_jpeg(orientation=77), PICTURE
    for mode in ("CMYK", "L"):
        yield f"jpeg in {mode}", encoded("JPEG", mode=mode), PICTURE
    for mode in ("RGBA", "LA", "P", "1", "I;16"):
        yield f"png in {mode}", encoded("PNG", mode=mode), PICTURE
    yield "heic", heic(), PICTURE
    yield "webp with alpha", encoded("WEBP", mode="RGBA"), PICTURE
    yield "progressive jpeg", encoded("JPEG", progressive=True), PICTURE


def hostile_files() -> list[tuple[str, bytes, Answer]]:
    """Name, content and the answer that must come."""
    groups: tuple[Callable[[], Iterator[tuple[str, bytes, Answer]]], ...] = (
        _whole,
        _large,
        _moving,
        _pdfs,
        _doubled,
    )
    return [one for group in groups for one in group()]
