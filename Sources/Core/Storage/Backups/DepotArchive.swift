// A whole depot as one file: its Store and the photos and files of its rooms, in a tar archive with the sum of each, so
// that `tar` and `sha256sum` are enough to look into it. What is written is read again before it is called good.
package import Foundation
import GRDB

/// Makes archives of a depot and takes them apart.
package enum DepotArchive {
    static let storeName = "depot.sqlite"
    static let filesName = "files"
    static let sumsName = "SHA256SUMS"
    /// Most bytes of the list of sums: a million files.
    private static let sumsByteCountMax: Int64 = 128 << 20

    /// What became of the files of rooms.
    package struct Files: Sendable, Equatable {
        package var count = 0
        /// Those that a message has and nobody has kept.
        package var missing = 0
    }

    /// Puts a copy of a Store and the files that it knows into one file, and reads that again.
    ///
    /// - Parameter folder: where the files are; those are taken that the copy knows.
    package static func make(of store: String, files folder: String, to file: String, at date: Date) throws -> Files {
        let part = file + ".part"
        try? FileManager.default.removeItem(atPath: part)
        defer { try? FileManager.default.removeItem(atPath: part) }
        return try StoreCopy.wording("The backup could not be made: \(file)") {
            // It holds everything, so it is its owner's alone before there is anything in it.
            guard FileManager.default.createFile(atPath: part, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw Failure(.unavailable, "The file can not be written: \(file)") }
            let files = try write(store, folder, to: part, at: date)
            try read(part) { _, _ in }
            try Folder.rename(part, to: file)
            return files
        }
    }

    private static func write(_ store: String, _ folder: String, to part: String, at date: Date) throws -> Files {
        let output = try FileHandle(forWritingTo: URL(filePath: part))
        defer { try? output.close() }
        let writer = TarWriter(output, at: date)
        var (files, sums) = (Files(), "")
        func add(_ name: String, _ path: String) throws {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? file.close() }
            sums += "\(Hex.text(try writer.add(name, file)))  \(name)\n"
        }
        try add(storeName, store)
        for file in try names(in: store) {
            let path = "\(folder)/\(file)"
            // What was deleted since the copy was made is not there any more.
            guard FileManager.default.fileExists(atPath: path) else {
                files.missing += 1
                continue
            }
            try add("\(filesName)/\(file)", path)
            files.count += 1
        }
        try writer.add(sumsName, Array(sums.utf8))
        try writer.end()
        try output.synchronize()
        return files
    }

    /// The files of rooms that a Store knows, as they are called in their folder.
    static func names(in store: String) throws -> [String] {
        let database = try StoreConnection.looking(at: store)
        defer { try? database.close() }
        return try database.read { try MessageFiles.onDisk(in: $0) }
    }

    /// Whether a file is an archive, by its first bytes; a bare copy of a Store is none.
    static func isOne(_ file: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: file) else { return false }
        defer { try? handle.close() }
        let block = (try? handle.read(upToCount: Tar.blockByteCount)) ?? Data()
        return Tar.entry(Array(block))?.name == storeName
    }

    /// Takes an archive apart: the Store to a file, the files of rooms into a folder.
    ///
    /// - Throws: `unavailable` when it is damaged; what was unpacked by then stays there.
    static func unpack(_ file: String, store: String, files folder: String) throws {
        try Folder.make(folder)
        var (path, output): (String, FileHandle?) = ("", nil)
        defer { try? output?.close() }
        try read(file) { name, bytes in
            let wanted = name == storeName ? store : "\(folder)/\(name.dropFirst(filesName.count + 1))"
            if wanted != path {
                try output?.close()
                try? FileManager.default.removeItem(atPath: wanted)
                FileManager.default.createFile(atPath: wanted, contents: nil, attributes: [.posixPermissions: 0o600])
                (path, output) = (wanted, try FileHandle(forWritingTo: URL(filePath: wanted)))
            }
            try output?.write(contentsOf: Data(bytes))
        }
        try output?.synchronize()
    }

    /// Reads an archive from end to end and compares its sums; gives the content in pieces, with the name they belong to.
    private static func read(_ file: String, _ take: (String, [UInt8]) throws -> Void) throws {
        let input = try FileHandle(forReadingFrom: URL(filePath: file))
        defer { try? input.close() }
        let reader = TarReader(input)
        var (found, told) = ("", [UInt8]())
        while let entry = try reader.next() {
            if entry.name == sumsName {
                guard entry.byteCount <= sumsByteCountMax else { throw TarReader.damaged }
                _ = try reader.read(entry.byteCount) { told += $0 }
                continue
            }
            guard isKnown(entry.name) else { throw TarReader.damaged }
            let sum = try reader.read(entry.byteCount) { try take(entry.name, $0) }
            found += "\(Hex.text(sum))  \(entry.name)\n"
        }
        guard !found.isEmpty, Array(found.utf8) == told else { throw TarReader.damaged }
    }

    /// Nothing else is written, whatever an archive calls it.
    private static func isKnown(_ name: String) -> Bool {
        name == storeName || name.wholeMatch(of: /files\/[0-9a-f-]{36}\.(whole|small)/) != nil
    }
}
