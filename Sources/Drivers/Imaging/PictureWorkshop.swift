// Where pictures are made anew: by a helper process each, two at a time, which is ended when it takes too long. The helper
// is this binary itself (`depotd decode`); what it does is PictureDarkroom.swift's.
package import Core
import Foundation
private import Glibc

/// Makes pictures anew in confined helpers.
package actor PictureWorkshop: PictureMaker {
    /// Longest picture that is looked at.
    package static let byteCountMax = 32 << 20
    private static let patience = Duration.seconds(20)
    private static let helperCountMax = 2
    /// Most pictures that wait for a helper; a further one is told to come back.
    private static let waitingCountMax = 64

    private let binary: String
    private var free = PictureWorkshop.helperCountMax
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameter binary: the program whose command `decode` is the helper.
    package init(binary: String) { self.binary = binary }

    package func make(from descriptor: CInt) async throws -> PictureMade? {
        guard waiting.count < Self.waitingCountMax else {
            throw Failure(.unavailable, "Many pictures are being made. Send it again in a moment.")
        }
        await enter()
        defer { leave() }
        return await Self.run(binary, descriptor)
    }

    private func enter() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        guard waiting.isEmpty else { return waiting.removeFirst().resume() }
        free += 1
    }

    /// - Returns: nil for what the helper can not make a picture of, whatever became of it over that.
    private static func run(_ binary: String, _ descriptor: CInt) async -> PictureMade? {
        lseek(descriptor, 0, SEEK_SET)
        let bytes = await withCheckedContinuation { (done: CheckedContinuation<[UInt8]?, Never>) in
            // A thread of its own: it waits for another process.
            Thread.detachNewThread { done.resume(returning: try? Self.read(binary, descriptor)) }
        }
        return bytes.flatMap(PictureMade.init(framed:))
    }

    private static func read(_ binary: String, _ descriptor: CInt) throws -> [UInt8]? {
        let output = Pipe()
        var head = [UInt8](repeating: 0, count: 256)
        let count = pread(descriptor, &head, head.count, 0)
        let kind = PictureHeader.Kind(Array(head.prefix(max(0, count))))
        let command = kind == .heic || kind == .avif ? ["decode", "heif"] : ["decode"]
        let child = try Child(
            binary, command, environment: [:], input: .descriptor(descriptor),
            output: .descriptor(output.fileHandleForWriting.fileDescriptor))
        // Else the end of what the helper writes never comes.
        try output.fileHandleForWriting.close()
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(Int(patience.components.seconds))) {
            child.signal(SIGKILL)
        }
        let bytes = (try? output.fileHandleForReading.readToEnd()).flatMap { $0 } ?? Data()
        return child.waitForEnd() == 0 ? Array(bytes) : nil
    }
}

extension PictureMade {
    /// What the helper wrote; nil for anything else. The helper is not believed either.
    init?(framed bytes: [UInt8]) {
        guard let end = bytes.prefix(80).firstIndex(of: 0x0A) else { return nil }
        let numbers = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 4, numbers.allSatisfy({ (1...PictureWorkshop.byteCountMax).contains($0) }),
            bytes.count == end + 1 + numbers[2] + numbers[3]
        else { return nil }
        let whole = Array(bytes[(end + 1)..<(end + 1 + numbers[2])])
        let part = Array(bytes[(end + 1 + numbers[2])...])
        guard let header = PictureHeader(whole), let other = PictureHeader(part), header.kind == .jpeg,
            other.kind == .jpeg, header.width == numbers[0], header.height == numbers[1]
        else { return nil }
        self.init(width: numbers[0], height: numbers[1], whole: whole, small: part)
    }
}
