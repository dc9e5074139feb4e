// Pictures over HTTP: how large, of which type, and how they come back.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct PictureRouteTests {
    private static let png = SamplePicture.png(width: 32, height: 20)

    @Test func `a picture is made anew, kept once, and may be cached for good`() async throws {
        try await TestBox.run { box in
            let type = ["Content-Type": "image/png; x=y"]
            let kept = try box.ask("POST", "/api/v1/pictures", .verbatim(Self.png), headers: type)
            let id = try kept.fields().text("id") ?? ""
            #expect(try kept.status == 201 && kept.fields().number("width") == 32)
            let again = try box.ask("POST", "/api/v1/pictures", .verbatim(Self.png), headers: type)
            #expect(try again.fields().text("id") == id)
            let picture = try box.ask("GET", "/api/v1/pictures/\(id)")
            #expect(PictureHeader(picture.body)?.height == 20 && picture["content-type"] == "image/jpeg")
            #expect(picture["cache-control"] == "private, max-age=31536000, immutable")
            #expect(picture["x-content-type-options"] == "nosniff")
            let known = try box.ask("GET", "/api/v1/pictures/\(id)", headers: ["If-None-Match": picture["etag"] ?? ""])
            #expect(known.status == 304 && known.body.isEmpty)
            #expect(try box.ask("GET", "/api/v1/pictures/none").status == 404)
            #expect(try box.ask("GET", "/api/v1/pictures/\(id)", authorization: nil).status == 401)
        }
    }

    @Test func `what a camera wrote into a picture is not kept, and a damaged one is refused`() async throws {
        try await TestBox.run { box in
            func send(_ bytes: [UInt8], as type: String) throws -> Answer {
                try box.ask("POST", "/api/v1/pictures", .verbatim(bytes), headers: ["Content-Type": type])
            }
            func kept(_ bytes: [UInt8], as type: String) throws -> [UInt8] {
                try box.ask("GET", "/api/v1/pictures/\(send(bytes, as: type).fields().text("id") ?? "")").body
            }
            let plain = try kept(SamplePicture.png(width: 64, height: 32), as: "image/png")
            let stripped = try kept(SamplePicture.held(plain, words: "GPS 52.5 13.4"), as: "image/jpeg")
            #expect(PictureHeader(stripped)?.width == 32 && PictureHeader(stripped)?.height == 64)
            #expect(!String(decoding: stripped, as: UTF8.self).contains("GPS"))
            let cut = try send(Array(Self.png.prefix(60)), as: "image/png")
            #expect(cut.status == 400 && cut.text.contains("damaged"))
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
