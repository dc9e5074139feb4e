// Pictures: what their first bytes say, and that the same bytes are kept once.
import Foundation
import Logging
import Testing

@testable import Core

@Suite struct PictureTests {
    struct Sample: CustomTestStringConvertible, Sendable {
        let what: String
        let bytes: [UInt8]
        let kind: PictureHeader.Kind?
        var width = 0
        var height = 0
        var testDescription: String { what }
    }

    private static let sof: [UInt8] = [0xFF, 0xC0, 0, 17, 8, 0x04, 0x38, 0x07, 0x80, 3]
    private static let app: [UInt8] = [0xFF, 0xE0, 0, 4, 1, 2]
    static let png: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
        + [0, 0, 0x07, 0x80, 0, 0, 0x04, 0x38, 8, 2, 0, 0, 0]

    private static func webp(_ chunk: String, _ rest: [UInt8]) -> [UInt8] {
        Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WEBP".utf8) + Array(chunk.utf8) + [0, 0, 0, 0] + rest
    }

    private static func box(_ name: String, _ body: [UInt8]) -> [UInt8] {
        big(body.count + 8) + Array(name.utf8) + body
    }

    private static func big(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private static func heif(_ brand: String, _ sizes: [(Int, Int)]) -> [UInt8] {
        let list = sizes.flatMap { box("ispe", [0, 0, 0, 0] + big($0.0) + big($0.1)) }
        return box("ftyp", Array("\(brand)\0\0\0\0mif1".utf8)) + box("free", [])
            + box("meta", [0, 0, 0, 0] + box("pitm", [0, 0]) + box("iprp", box("ipco", box("hvcC", [1]) + list)))
    }

    static let pictures = [
        Sample(what: "JPEG", bytes: [0xFF, 0xD8] + app + sof, kind: .jpeg, width: 1_920, height: 1_080),
        Sample(
            what: "JPEG that is progressive, with fill bytes", bytes: [0xFF, 0xD8, 0xFF, 0xFF, 0xFF, 0xC2] + sof[2...],
            kind: .jpeg, width: 1_920, height: 1_080),
        Sample(what: "JPEG without a frame", bytes: [0xFF, 0xD8] + app + [0xFF, 0xDA, 0, 2], kind: nil),
        Sample(what: "JPEG cut in its frame", bytes: [0xFF, 0xD8] + sof.prefix(8), kind: nil),
        Sample(what: "JPEG with a segment of no length", bytes: [0xFF, 0xD8, 0xFF, 0xE0, 0, 0, 0xFF], kind: nil),
        Sample(
            what: "JPEG of tables only", bytes: [0xFF, 0xD8, 0xFF, 0xC4, 0, 2] + sof, kind: .jpeg, width: 1_920,
            height: 1_080),
        Sample(what: "PNG", bytes: png, kind: .png, width: 1_920, height: 1_080),
        Sample(what: "PNG cut", bytes: Array(png.prefix(22)), kind: nil),
        Sample(what: "PNG of no width", bytes: png.prefix(16) + [0, 0, 0, 0] + png.suffix(9), kind: nil),
        Sample(
            what: "lossy WebP", bytes: webp("VP8 ", [0, 0, 0, 0x9D, 1, 0x2A, 0x80, 0x47, 0x38, 0x44]), kind: .webp,
            width: 1_920, height: 1_080),
        Sample(
            what: "lossless WebP", bytes: webp("VP8L", [0x2F, 0x7F, 0xC7, 0x0D, 0x01]), kind: .webp, width: 1_920,
            height: 1_080),
        Sample(
            what: "extended WebP", bytes: webp("VP8X", [0, 0, 0, 0, 0x7F, 0x07, 0, 0x37, 0x04, 0]), kind: .webp,
            width: 1_920, height: 1_080),
        Sample(what: "WebP of another kind", bytes: webp("ICCP", [1, 2, 3, 4]), kind: nil),
        Sample(
            what: "HEIC", bytes: heif("heic", [(512, 512), (1_920, 1_080)]), kind: .heic, width: 1_920, height: 1_080),
        Sample(what: "AVIF", bytes: heif("avif", [(1_920, 1_080)]), kind: .avif, width: 1_920, height: 1_080),
        Sample(what: "HEIF by its other brands", bytes: heif("mif1", [(8, 9)]), kind: .heic, width: 8, height: 9),
        Sample(what: "HEIC without a size", bytes: heif("heic", []), kind: nil),
        Sample(what: "HEIC cut", bytes: Array(heif("heic", [(1_920, 1_080)]).dropLast(1)), kind: nil),
        Sample(
            what: "HEIC of all the pixels there are", bytes: heif("heic", [(1, 1), (1 << 32 - 1, 1 << 32 - 1)]),
            kind: .heic, width: 1 << 32 - 1, height: 1 << 32 - 1),
        Sample(what: "film of the same family", bytes: box("ftyp", Array("isom\0\0\0\0mp42".utf8)), kind: nil),
        Sample(what: "GIF", bytes: Array("GIF89a".utf8) + [1, 0, 1, 0], kind: nil),
        Sample(what: "SVG", bytes: Array("<svg onload='x'>".utf8), kind: nil),
        Sample(what: "nothing", bytes: [], kind: nil),
    ]

    @Test(arguments: pictures) func `the first bytes say type and size, or nothing`(picture: Sample) {
        let header = PictureHeader(picture.bytes)
        #expect(header?.kind == picture.kind)
        guard let header else { return }
        #expect(header.width == picture.width && header.height == picture.height)
        // However early it is cut off, it is read without a trap.
        for count in 0..<picture.bytes.count { _ = PictureHeader(Array(picture.bytes.prefix(count))) }
    }

    @Test func `the same picture is kept once under one name, and its bytes come back`() async throws {
        let depot = try await TestDepot()
        let desk = PictureDesk(store: depot.store, folder: depot.folder, maker: AsSent())
        let first = try await desk.keep(Self.png, as: "image/png")
        #expect(try await desk.keep(Self.png, as: "image/png").id == first.id)
        #expect(first.id.rawValue.wholeMatch(of: /[0-9a-f]{36}/) != nil)
        let found = try await desk.find(first.id)
        #expect(found.type == "image/png" && found.bytes == Self.png)
        try await depot.edit(depot.camera, ["picture": .string(first.id.rawValue)])
        let camera = try await depot.gear("CAM-1").record
        #expect(camera.picture == first.id.rawValue)
        #expect(await refusal { try await depot.edit(depot.camera, ["picture": "none"]) }?.field == "picture")
    }

    @Test func `what is no picture, not what it says, or of no fit size is refused`() async throws {
        let depot = try await TestDepot()
        let desk = PictureDesk(store: depot.store, folder: depot.folder, maker: AsSent())
        func sized(_ width: UInt16, _ height: UInt16) -> [UInt8] {
            var bytes = Self.png
            bytes[18] = UInt8(width >> 8)
            bytes[19] = UInt8(width & 255)
            bytes[22] = UInt8(height >> 8)
            bytes[23] = UInt8(height & 255)
            return bytes
        }
        let rows: [(bytes: [UInt8], type: String, code: Failure.Code?)] = [
            (sized(16, 12_000), "image/png", nil), (sized(15, 100), "image/png", .invalid),
            (sized(100, 12_001), "image/png", .invalid), (Self.png, "image/jpeg", .invalid),
            (Array("text".utf8), "image/png", .invalid),
            (Self.png + [UInt8](repeating: 0, count: 2 << 20), "image/png", .tooLarge),
        ]
        for row in rows {
            let said = await refusal { _ = try await desk.keep(row.bytes, as: row.type) }
            #expect(said?.code == row.code, "\(row.bytes.count) bytes as \(row.type)")
        }
        #expect(await refusal { _ = try await desk.find(Picture.ID("none")) }?.code == .notFound)
    }

    @Test func `a picture goes a day after nothing has it any more, and an edit can be undone until then`() async throws
    {
        let depot = try await TestDepot()
        let desk = PictureDesk(store: depot.store, folder: depot.folder, maker: AsSent())
        let sweep = PictureSweep(store: depot.store, logger: Logger(label: "test"))
        func sized(_ width: UInt8) -> [UInt8] { Self.png.enumerated().map { $0 == 19 ? width : $1 } }
        let (old, new, avatar) = (
            try await desk.keep(sized(1), as: "image/png").id, try await desk.keep(sized(2), as: "image/png").id,
            try await desk.keep(sized(3), as: "image/png").id
        )
        try await depot.edit(depot.camera, ["picture": .string(old.rawValue)])
        try await depot.edit(depot.ana, ["avatar": .string(avatar.rawValue)])
        let seq = try await depot.edit(depot.camera, ["picture": .string(new.rawValue)]).change
        #expect(try await sweep.sweep() == 0)
        depot.clock.advance(.seconds(86_000))
        #expect(try await sweep.sweep() == 0)
        _ = try await ChangeUndo(store: depot.store).undo(try #require(seq), by: TestDepot.author) { _ in true }
        depot.clock.advance(.seconds(500))
        #expect(try await sweep.sweep() == 0, "the old one is used again, the new one unused for 500 seconds at most")
        depot.clock.advance(.seconds(86_000))
        _ = try await desk.keep(sized(2), as: "image/png")
        #expect(try await sweep.sweep() == 0, "who sends it again has a day to use it")
        depot.clock.advance(.seconds(86_400))
        #expect(try await sweep.sweep() == 1)
        #expect(try await desk.find(old).bytes == sized(1))
        #expect(try await desk.find(avatar).bytes == sized(3))
        #expect(await refusal { _ = try await desk.find(new) }?.code == .notFound)
    }
}

/// Gives a picture back as it was sent: what a picture becomes is the helper's matter (DarkroomTests).
private struct AsSent: PictureMaker {
    func make(from descriptor: CInt) async throws -> PictureMade? {
        var bytes = [UInt8](repeating: 0, count: PictureDesk.byteCountMax)
        bytes.removeLast(bytes.count - max(0, pread(descriptor, &bytes, bytes.count, 0)))
        return PictureMade(width: 0, height: 0, whole: bytes, small: [])
    }
}
