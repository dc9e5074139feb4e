// The binary itself as a child, unmodified.
import Foundation
import Glibc
import Synchronization
import TestSupport

/// The binary, run as a child; ended by its id when let go.
// Unchecked: one thread at a time uses it, as the test awaits each use.
final class Daemon: @unchecked Sendable {
    private let process = Process()
    private let errorPipe = Pipe()
    private let outputPipe = Pipe()

    /// Starts `depotd` with these arguments, and types to it.
    init(_ arguments: [String], environment: [String: String] = [:], typing: String? = nil) throws {
        process.executableURL = URL(filePath: Self.path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardError = errorPipe
        process.standardOutput = outputPipe
        let inputPipe = typing.map { _ in Pipe() }
        if let inputPipe { process.standardInput = inputPipe }
        try process.run()
        if let inputPipe, let typing {
            inputPipe.fileHandleForWriting.write(Data(typing.utf8))
            try inputPipe.fileHandleForWriting.close()
        }
    }

    deinit { if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) } }

    /// `DEPOTD`, or what was built beside the tests.
    static var path: String {
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        return ProcessInfo.processInfo.environment["DEPOTD"] ?? products.appending(path: "depotd").path()
    }

    /// Ends it as a power cut would, and waits until it is gone.
    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it to end, waits, and gives back the exit code.
    func end() throws -> Int32 {
        process.terminate()
        return try waitForEnd()
    }

    /// Waits for the end and gives back the exit code.
    func waitForEnd() throws -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

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
