"""Photos and files in rooms: what is sent along, as it is chosen, and what of it the others see."""

import struct
import subprocess
import zlib

from playwright.sync_api import expect

from test_chat import bubble, pair, write


def picture(width=640, height=360):
    raw = b"".join(b"\0" + bytes((x * 255 // width, y * 255 // height, 128)[c] for x in range(width) for c in range(3)) for y in range(height))

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def test_a_photo_and_a_file_go_along(desk, daemon):
    ana, ben = pair(desk, daemon)
    ana.locator(".composer-attach input").set_input_files([
        {"name": "yoke.png", "mimeType": "image/png", "buffer": picture()},
        {"name": "rider.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 nothing"}])
    expect(ana.locator(".composer-files .file-chip")).to_have_count(2)
    # Whoever sends a file is told that it goes as it is.
    expect(ana.get_by_role("note")).to_contain_text("A file goes as it is")
    write(ana, "the bent yoke")
    said = bubble(ben, "the bent yoke")
    expect(said.locator(".photo img")).to_have_js_property("complete", True)
    assert said.locator(".photo img").evaluate("image => image.naturalWidth") == 480
    expect(said.locator(".file")).to_contain_text("rider.pdf")
    expect(said.locator(".file")).to_contain_text("as it was sent")
    with ben.expect_download() as download:
        said.locator(".file").click()
    assert download.value.suggested_filename == "rider.pdf"


def test_a_photo_of_an_iphone_is_seen_by_everybody_and_a_broken_one_says_what_to_do(desk, daemon, tmp_path):
    ana, ben = pair(desk, daemon)
    (tmp_path / "yoke.png").write_bytes(picture())
    phone = tmp_path / "IMG_0001.HEIC"
    subprocess.run(["heif-enc", "-q", "50", tmp_path / "yoke.png", "-o", phone], check=True, capture_output=True)
    ana.locator(".composer-attach input").set_input_files(phone)
    expect(ana.locator(".composer-files .file-chip img")).to_have_js_property("naturalWidth", 480)
    expect(ana.get_by_role("note")).to_have_count(0)
    write(ana, "from my phone")
    photo = bubble(ben, "from my phone").locator(".photo img")
    expect(photo).to_have_js_property("naturalWidth", 480)
    expect(photo).to_have_attribute("alt", "IMG_0001.jpg")
    broken = {"name": "IMG_0002.HEIC", "mimeType": "image/heic", "buffer": phone.read_bytes()[:2_000]}
    ana.locator(".composer-attach input").set_input_files(broken)
    expect(ana.locator(".notice", has_text="IMG_0002.HEIC")).to_contain_text("Most Compatible")
    expect(ana.locator(".composer-files .file-chip")).to_have_count(0)
