// The binary itself as a child, unmodified.
import Drivers
import Foundation
import Glibc
import Synchronization
import TestSupport

/// The binary, run as a child; ended by its id when let go.
// Unchecked: one thread at a time uses it, as the test awaits each use.
final class Daemon: @unchecked Sendable {
    private let process: Child
    private let errorPipe = Pipe()
    private let outputPipe = Pipe()

    /// Starts `depotd` with these arguments, and types to it.
    init(_ arguments: [String], environment: [String: String] = [:], typing: String? = nil) throws {
        let inputPipe = typing.map { _ in Pipe() }
        process = try Child(
            Self.path, arguments, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            input: inputPipe.map { .descriptor($0.fileHandleForReading.fileDescriptor) } ?? .nothing,
            output: .descriptor(outputPipe.fileHandleForWriting.fileDescriptor),
            errors: .descriptor(errorPipe.fileHandleForWriting.fileDescriptor))
        // What it writes ends with it, and not with us.
        try outputPipe.fileHandleForWriting.close()
        try errorPipe.fileHandleForWriting.close()
        if let inputPipe, let typing {
            inputPipe.fileHandleForWriting.write(Data(typing.utf8))
            try inputPipe.fileHandleForWriting.close()
        }
    }

    deinit { process.kill() }

    var id: Int32 { process.id }

    /// `DEPOTD`, or what was built beside the tests.
    static var path: String {
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        return ProcessInfo.processInfo.environment["DEPOTD"] ?? products.appending(path: "depotd").path()
    }

    /// Ends it as a power cut would, and waits until it is gone.
    func kill() { process.kill() }

    /// Asks it to end, waits, and gives back the exit code.
    func end() throws -> Int32 {
        process.signal(SIGTERM)
        return process.waitForEnd()
    }

    /// Waits for the end and gives back the exit code.
    func waitForEnd() throws -> Int32 { process.waitForEnd() }

    /// What it wrote to standard error until its end.
    var errors: String {
        String(decoding: errorPipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }

    /// The next line it writes to standard output, without its end; cut where the output ends.
    func readLine() -> String { Self.readLine(from: outputPipe) }

    /// The next line it writes to standard error.
    func readErrorLine() -> String { Self.readLine(from: errorPipe) }

    private static func readLine(from pipe: Pipe) -> String {
        var line: [UInt8] = []
        while let byte = try? pipe.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// What it wrote to standard output until its end.
    var output: String {
        String(decoding: outputPipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
}
