// What the fuzzers run: libFuzzer makes up bytes, guided by which branches they reach, and hands them to the parser
// that DEPOTD_FUZZ_TARGET names. A trap, a broken claim, a leak or a hang ends the run with the bytes that did it.
// Entrance.swift starts it; see Tests/Fuzz/run and the parsers in the files beside this one.
import Foundation

/// One parser that bytes from outside reach.
struct FuzzTarget: Sendable {
    let name: String
    /// Longest input made up.
    let byteCountMax: Int
    /// Feeds the parser and claims what must hold of what it makes of them.
    let run: @Sendable ([UInt8]) -> Void

    static let all = deviceTargets + wireTargets + applianceTargets + tableTargets + accessTargets

    /// The one that the environment names.
    static let chosen: FuzzTarget = {
        let name = ProcessInfo.processInfo.environment["DEPOTD_FUZZ_TARGET"] ?? ""
        guard let target = all.first(where: { $0.name == name }) else {
            let names = all.map(\.name).joined(separator: " ")
            FileHandle.standardError.write(Data("DEPOTD_FUZZ_TARGET is one of: \(names)\n".utf8))
            exit(64)
        }
        return target
    }()
}

/// What must hold whatever the bytes are.
func claim(_ isSo: Bool, _ what: @autoclosure () -> String) {
    guard !isSo else { return }
    FileHandle.standardError.write(Data("not so: \(what())\n".utf8))
    abort()
}

/// Bytes taken from the front of an input, as numbers and pieces.
struct Bytes {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    /// The next byte; 0 at the end.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// The next bytes, as many as there are.
    mutating func take(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let target = FuzzTarget.chosen
    guard count <= target.byteCountMax else { return -1 }
    target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
