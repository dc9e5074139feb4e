// One file with a whole depot: the files of rooms go with it and come back, whatever else happened meanwhile, and any
// damage is found.
import Foundation
import Testing

@testable import Core

@Suite struct DepotArchiveTests {
    /// A depot with a message that has a file, and that message.
    private static func depot() async throws -> (chat: ChatDepot, room: Room.ID, said: Said) {
        let chat = try await ChatDepot()
        let room = try await chat.direct(chat.ana, chat.ben)
        let said = try await send("the rider, page one of many", chat, room)
        return (chat, room, said)
    }

    private static func send(_ words: String, _ chat: ChatDepot, _ room: Room.ID) async throws -> Said {
        let bytes = Array(words.utf8)
        let id = try await chat.talk.files.begin("rider.txt", Int64(bytes.count), in: room, by: chat.ana)
        _ = try await chat.talk.files.take(bytes, at: 0, of: id, in: room, by: chat.ana)
        var draft = chat.draft("")
        draft.files = [id]
        return try await Said(chat.talk.desk.post(draft, to: room, by: chat.ana).message)
    }

    private static func content(_ said: Said, in folder: String) throws -> String? {
        let id = try #require(said.json["files"]?.items.first?["id"]?.string)
        return try? String(contentsOfFile: "\(folder)/files/\(id).whole", encoding: .utf8)
    }

    private static func archive(_ chat: ChatDepot) throws -> String {
        let file = chat.depot.folder + "/depot.backup"
        _ = try BackupRecord.archive(of: chat.depot.folder, to: file, at: chat.depot.clock.now)
        return file
    }

    private static func restore(_ file: String, _ chat: ChatDepot) throws -> StoreRestore.Outcome {
        try StoreRestore(into: chat.depot.folder, clock: chat.depot.clock.hybrid, machine: nil).run(from: file)
    }

    @Test func `files of rooms are in a backup and come back, and those of later are put aside with their Store`()
        async throws
    {
        let (chat, room, said) = try await Self.depot()
        let file = try Self.archive(chat)
        _ = try await chat.talk.desk.delete(said.id, in: room, by: chat.ana)
        try await chat.talk.files.sweep()
        let later = try await Self.send("of later", chat, room)
        #expect(try Self.content(said, in: chat.depot.folder) == nil)
        try chat.depot.store.close()
        let restored = try Self.restore(file, chat)
        #expect(restored.files == DepotArchive.Files(count: 1, missing: 0))
        #expect(try Self.content(said, in: chat.depot.folder) == "the rider, page one of many")
        #expect(try Self.content(later, in: chat.depot.folder) == nil)
        let aside = try #require(restored.aside)
        #expect(try Self.content(later, in: aside) == "of later")
        chat.depot.clock.advance(.seconds(5))
        // What was put aside is a depot like any other, with its files beside it.
        #expect(try Self.restore(aside + "/depot.sqlite", chat).files == DepotArchive.Files(count: 1, missing: 0))
        #expect(try Self.content(later, in: chat.depot.folder) == "of later")
        #expect(!FileManager.default.fileExists(atPath: chat.depot.folder + "/files.restoring"))
    }

    @Test func `any tar and any sum reads it`() async throws {
        let (chat, _, _) = try await Self.depot()
        let file = try Self.archive(chat)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "mkdir out && tar -xf \(file) -C out && cd out && sha256sum --quiet -c SHA256SUMS"]
        process.currentDirectoryURL = URL(filePath: chat.depot.folder)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try StoreCopy.examine(chat.depot.folder + "/out/depot.sqlite").people == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: chat.depot.folder + "/out/files").count == 1)
    }

    @Test func `a byte that is not what it was and an end that is missing are found, and nothing is changed`()
        async throws
    {
        let (chat, _, said) = try await Self.depot()
        let file = try Self.archive(chat)
        let whole = [UInt8](try Data(contentsOf: URL(filePath: file)))
        try chat.depot.store.close()
        let before = try StoreCopy.examine(chat.depot.store.path)
        let torn = chat.depot.folder + "/torn"
        let place = try #require(whole.firstRange(of: Array("the rider, page".utf8)))
        for at in [3, 130, 512, whole.count / 2, place.lowerBound, place.upperBound + 40, whole.count - 1_100] {
            var bytes = whole
            bytes[at] ^= 0x21
            try Data(bytes).write(to: URL(filePath: torn))
            #expect(throws: (any Error).self, "byte \(at)") { try Self.restore(torn, chat) }
        }
        try Data(whole.prefix(whole.count - 4_000)).write(to: URL(filePath: torn))
        #expect(throws: Failure(.unavailable, "")) { try Self.restore(torn, chat) }
        #expect(try StoreCopy.examine(chat.depot.store.path) == before)
        #expect(try Self.content(said, in: chat.depot.folder) == "the rider, page one of many")
    }

    @Test func `an archive that names other files than a depot's is refused`() async throws {
        let (chat, _, _) = try await Self.depot()
        let file = chat.depot.folder + "/strange"
        for name in ["../box.sqlite", "/etc/cron.d/x", "files/../../x.whole", "files/x.whole", "local-access.json"] {
            FileManager.default.createFile(atPath: file, contents: nil)
            let output = try FileHandle(forWritingTo: URL(filePath: file))
            let writer = TarWriter(output, at: Date())
            try writer.add("depot.sqlite", Array("x".utf8))
            try writer.add(name, Array("x".utf8))
            try writer.end()
            try output.close()
            #expect(throws: Failure(.unavailable, ""), "\(name)") { try Self.restore(file, chat) }
        }
    }

    @Test(arguments: [0, 1, 511, 512, 0o77_777_777_777, 0o100_000_000_000, 5 << 40])
    func `a header says of any file how long it is`(byteCount: Int64) throws {
        let entry = try #require(Tar.entry(Tar.header("depot.sqlite", byteCount, at: Date())))
        #expect(entry.name == "depot.sqlite" && entry.byteCount == byteCount)
        #expect((Int64(Tar.padding(byteCount)) + byteCount) % 512 == 0)
    }
}
