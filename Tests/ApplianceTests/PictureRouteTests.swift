// Pictures over HTTP: how large, of which type, and how they come back.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct PictureRouteTests {
    /// A PNG of 32 × 20 pixels, as far as its first chunk goes.
    private static let png: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
        + [0, 0, 0, 32, 0, 0, 0, 20, 8, 0, 0, 0, 0]

    @Test func `a picture is kept once, comes back as it was, and may be cached for good`() async throws {
        try await TestBox.run { box in
            let type = ["Content-Type": "image/png; x=y"]
            let kept = try box.ask("POST", "/api/v1/pictures", .verbatim(Self.png), headers: type)
            let id = try kept.fields().text("id") ?? ""
            #expect(try kept.status == 201 && kept.fields().number("width") == 32)
            let again = try box.ask("POST", "/api/v1/pictures", .verbatim(Self.png), headers: type)
            #expect(try again.fields().text("id") == id)
            let picture = try box.ask("GET", "/api/v1/pictures/\(id)")
            #expect(picture.body == Self.png && picture["content-type"] == "image/png")
            #expect(picture["cache-control"] == "private, max-age=31536000, immutable")
            #expect(picture["x-content-type-options"] == "nosniff")
            let known = try box.ask("GET", "/api/v1/pictures/\(id)", headers: ["If-None-Match": picture["etag"] ?? ""])
            #expect(known.status == 304 && known.body.isEmpty)
            #expect(try box.ask("GET", "/api/v1/pictures/none").status == 404)
            #expect(try box.ask("GET", "/api/v1/pictures/\(id)", authorization: nil).status == 401)
        }
    }

    @Test func `a picture of another type or more than 2 MiB is refused, and others keep their own bound`() async throws
    {
        try await TestBox.run { box in
            let send: (String, [UInt8], String?) throws -> Answer = { path, bytes, type in
                try box.ask("POST", path, .verbatim(bytes), headers: type.map { ["Content-Type": $0] } ?? [:])
            }
            for type in [nil, "text/plain", "image/svg+xml", "application/json"] {
                let answer = try send("/api/v1/pictures", Self.png, type)
                #expect(try answer.status == 400 && answer.fields().text("field") == "Content-Type", "\(type ?? "")")
            }
            #expect(try send("/api/v1/pictures", Self.png, "image/jpeg").status == 400)
            #expect(try send("/api/v1/pictures", Array("GIF89a".utf8), "image/png").status == 400)
            let most = Self.png + [UInt8](repeating: 0, count: PictureDesk.byteCountMax - Self.png.count)
            #expect(try send("/api/v1/pictures", most, "image/png").status == 201)
            let more = try box.tooLarge("/api/v1/pictures", byteCount: PictureDesk.byteCountMax + 1)
            #expect(try more.status == 413 && more.fields().text("code") == "tooLarge")
            // What is allowed to a picture is not to anything else.
            #expect(try box.tooLarge("/api/v1/models", byteCount: Router.jsonByteCountMax + 1).status == 413)
        }
    }
}

extension TestBox {
    /// Announces a body of so many bytes and sends none of it.
    fileprivate func tooLarge(_ path: String, byteCount: Int) throws -> Answer {
        let wire = try Wire(port: port)
        try wire.send(
            "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n"
                + "Content-Type: image/png\r\nExpect: 100-continue\r\nContent-Length: \(byteCount)\r\n\r\n")
        return try wire.readAnswer()
    }
}
