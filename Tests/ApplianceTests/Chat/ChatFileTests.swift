// Photos and files over HTTP: what is kept of them, for whom they are, and how a bad line goes on with them.
import Core
import Drivers
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct ChatFileTests {
    /// A JPEG of a picture, by the helper itself.
    private static func jpeg(_ picture: [UInt8]) throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "depotd-jpeg-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(picture).write(to: URL(filePath: path))
        let (sent, made) = (try FileHandle(forReadingFrom: URL(filePath: path)), Pipe())
        let child = try Child(
            Daemon.path, ["decode"], input: .descriptor(sent.fileDescriptor),
            output: .descriptor(made.fileHandleForWriting.fileDescriptor))
        try made.fileHandleForWriting.close()
        let bytes = Array(try made.fileHandleForReading.readToEnd() ?? Data())
        let code = child.waitForEnd()
        try #require(code == 0)
        let head = bytes.prefix { $0 != 0x0A }
        let numbers = String(decoding: head, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        return Array(bytes[(head.count + 1)..<(head.count + 1 + numbers[2])])
    }

    /// What lies on the disk of all rooms' files.
    private static func kept(_ box: TestBox) throws -> [String: [UInt8]] {
        let folder = box.folder + "/files"
        return try FileManager.default.contentsOfDirectory(atPath: folder).reduce(into: [:]) {
            $0[$1] = Array(try Data(contentsOf: URL(filePath: "\(folder)/\($1)")))
        }
    }

    @Test func `a phone's photo with its place in it is a clean JPEG, on the disk too and in every size`() async throws
    {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            let phone = try SamplePicture.heif(
                SamplePicture.held(try Self.jpeg(SamplePicture.png(width: 640, height: 320))))
            #expect(Data(phone).range(of: Data(SamplePicture.serial.utf8)) != nil)
            for name in ["IMG_0001.HEIC", "notes.txt"] {
                let file = try ana.send(phone, as: name, in: room)
                #expect(file.text("type") == "image/jpeg" && file.number("width") == 640)
                #expect(file.text("name") == (name as NSString).deletingPathExtension + ".jpg")
                let id = try #require(file.text("id"))
                let kept = try Self.kept(box).filter { $0.key.hasPrefix(id) }
                #expect(Set(kept.keys) == ["\(id).whole", "\(id).small"])
                for (name, bytes) in kept {
                    #expect(PictureHeader(bytes)?.kind == .jpeg, "\(name)")
                    for left in ["Exif", SamplePicture.serial] {
                        #expect(Data(bytes).range(of: Data(left.utf8)) == nil, "\(name)")
                    }
                }
            }
        }
    }

    @Test func `a photo comes in pieces, is made anew, and is for those in the room`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            let photo = SamplePicture.png(width: 640, height: 320)
            let begun = try ana.ask(
                "POST", "/rooms/\(room)/files", ["name": "../../case.png", "byteCount": .int(Int64(photo.count))]
            ).fields()
            let id = try #require(begun.text("id"))
            let half = photo.count / 2
            _ = try ana.bring(Array(photo[..<half]), at: 0, of: id, in: room)
            let again = try ana.bring(Array(photo[..<half]), at: 0, of: id, in: room)
            let reached = try again.fields().number("offset")
            #expect(again.status == 409 && reached == half)
            let done = try ana.bring(Array(photo[half...]), at: half, of: id, in: room).fields().object("file")
            #expect(done.text("name") == "case.jpg" && done.number("width") == 640 && done.text("type") == "image/jpeg")
            #expect(try ben.ask("GET", "/rooms/\(room)/files/\(id)").status == 404)
            let posted = try ana.ask(
                "POST", "/rooms/\(room)/messages",
                ["id": .string(UUIDv7.text(at: Date())), "files": [.string(id)]])
            #expect(posted.status == 201)
            let seen = try ben.ask("GET", "/rooms/\(room)/files/\(id)/small")
            #expect(PictureHeader(seen.body)?.width == 480 && seen["content-type"] == "image/jpeg")
            let mara = try ChatPerson("Mara Lindqvist", on: box)
            #expect(try mara.ask("GET", "/rooms/\(room)/files/\(id)").status == 404)
        }
    }

    @Test func `a picture that can not be made anew is refused and never given back as it came`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            let right = SamplePicture.png(width: 64, height: 64)
            var huge = right
            huge.replaceSubrange(16..<24, with: [0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10])
            let held = SamplePicture.held([0xFF, 0xD8, 0xFF, 0xDA, 0, 2, 0xFF, 0xD9])
            let phone = try SamplePicture.heif(Self.jpeg(right))
            let refusals = [
                (Array(right.prefix(60)), "damaged"), (huge, "at most 25 million"), (held, "damaged"),
                (Array(phone.prefix(phone.count / 2)), "Most Compatible"),
            ]
            for (bytes, words) in refusals {
                let begun = try ana.ask(
                    "POST", "/rooms/\(room)/files", ["name": "notes.txt", "byteCount": .int(Int64(bytes.count))]
                ).fields()
                let id = try #require(begun.text("id"))
                let refused = try ana.bring(bytes, at: 0, of: id, in: room)
                #expect(refused.status == 400 && refused.text.contains(words), "\(refused.text)")
                #expect(try ana.ask("GET", "/rooms/\(room)/files/\(id)").status == 404)
            }
        }
    }

    @Test func `a file that is no picture is given back to be saved and never shown`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            let page = Array("<html><script>alert(1)</script>".utf8)
            for name in ["page.html", "photo.jpg"] {
                let begun = try ana.ask(
                    "POST", "/rooms/\(room)/files", ["name": .string(name), "byteCount": .int(Int64(page.count))]
                ).fields()
                let id = try #require(begun.text("id"))
                let file = try ana.bring(page, at: 0, of: id, in: room).fields().object("file")
                #expect(file.text("type") == "application/octet-stream" && file.number("width") == nil)
                let back = try ana.ask("GET", "/rooms/\(room)/files/\(id)")
                #expect(back["content-disposition"]?.hasPrefix("attachment") == true && back.body == page)
                #expect(back["content-security-policy"]?.contains("sandbox") == true)
            }
            let big = try ana.ask("POST", "/rooms/\(room)/files", ["name": "film.mov", "byteCount": 90_000_000])
            #expect(big.status == 413 && big.text.contains("50 MiB"))
        }
    }

    @Test func `a file is had in parts by those in the room, and what is not there of it is refused in words`()
        async throws
    {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            let film = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let id = try #require(try ana.send(film, as: "film.mov", in: room).text("id"))
            try ana.say("look", in: room, files: [id])
            let path = "/api/v1/rooms/\(room)/files/\(id)"
            func get(_ person: ChatPerson, _ fields: [String: String]) throws -> Answer {
                try box.ask(
                    "GET", path, headers: fields.merging(["Cookie": person.cookie]) { $1 }, authorization: nil)
            }
            let whole = try get(ben, [:])
            let tag = try #require(whole["etag"])
            #expect(whole.status == 200 && whole.body == film && whole["accept-ranges"] == "bytes")
            let rest = try get(ben, ["Range": "bytes=290000-", "If-Range": tag])
            #expect(rest.status == 206 && rest.body == Array(film[290_000...]))
            #expect(rest["content-range"] == "bytes 290000-299999/300000" && rest["etag"] == tag)
            #expect(rest["content-disposition"]?.hasPrefix("attachment") == true)
            #expect(rest["content-security-policy"]?.contains("sandbox") == true)
            #expect(try get(ben, ["If-None-Match": tag]).status == 304)
            let beyond = try get(ben, ["Range": "bytes=300000-"])
            #expect(beyond.status == 416 && beyond["content-range"] == "bytes */300000")
            #expect(beyond.text.contains("300000 bytes") && beyond["content-type"] == "application/problem+json")
            let mara = try ChatPerson("Mara Lindqvist", on: box)
            for fields in [["Range": "bytes=0-0"], ["Range": "bytes=900000-"], ["If-None-Match": tag]] {
                let told = try get(mara, fields)
                #expect(told.status == 404 && told["content-range"] == nil && told["etag"] == nil)
            }
        }
    }
}

extension ChatPerson {
    /// Brings a file as one piece. - Returns: what was kept of it.
    func send(_ bytes: [UInt8], as name: String, in room: String) throws -> Fields {
        let begun = try ask(
            "POST", "/rooms/\(room)/files", ["name": .string(name), "byteCount": .int(Int64(bytes.count))]
        ).fields()
        return try bring(bytes, at: 0, of: begun.text("id") ?? "", in: room).fields().object("file")
    }

    /// Brings a piece of a file.
    func bring(_ piece: [UInt8], at offset: Int, of file: String, in room: String) throws -> Answer {
        let wire = try Wire(port: box.port)
        let head = [
            "PUT /api/v1/rooms/\(room)/files/\(file)?offset=\(offset) HTTP/1.1", "Host: 127.0.0.1:\(box.port)",
            "Connection: close", "Cookie: \(cookie)", "Origin: http://127.0.0.1:\(box.port)",
            "Content-Type: application/octet-stream", "Content-Length: \(piece.count)", "", "",
        ]
        try wire.send(Array(head.joined(separator: "\r\n").utf8) + piece)
        return try wire.readAnswer()
    }
}
