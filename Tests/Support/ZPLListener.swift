// A printer that speaks ZPL as far as it matters: it takes labels on a port, answers how it is, and does as it is told to
// misbehave. What it was sent is decoded to the dots that it would have burnt.
package import Drivers
import Foundation
import Glibc
import Synchronization

/// A ZPL printer on a port of this machine.
package final class ZPLListener: Sendable {
    /// How it behaves.
    package struct Manner: Sendable {
        /// Whether it answers `~HS`.
        package var speaks = true
        package var isPaperOut = false
        package var isHeadUp = false
        /// Whether labels stay in its memory, unprinted.
        package var holds = false
        /// Bytes of a label after which it breaks the connection off.
        package var breaksAfter: Int?

        package init() {}
    }

    package let port: Int
    private let socket: Int32
    private let state = Mutex<(manner: Manner, data: [UInt8], waiting: Int, isOver: Bool)>((Manner(), [], 0, false))

    /// - Parameter port: 0 takes any that is free.
    package init(port: Int = 0, _ manner: Manner = Manner()) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        self.port = Int(in_port_t(bigEndian: address.sin_port))
        state.withLock { $0.manner = manner }
        Thread { [self] in serve() }.start()
    }

    /// What it does from now on.
    package func behave(_ manner: Manner) {
        state.withLock { state in
            state.manner = manner
            if !manner.holds { state.waiting = 0 }
        }
    }

    package func close() {
        state.withLock { $0.isOver = true }
        shutdown(socket, Int32(SHUT_RDWR))
        Glibc.close(socket)
    }

    /// All bytes of labels that it was sent.
    package var data: [UInt8] { state.withLock { $0.data } }

    /// The labels that it was sent whole, as dots.
    package var labels: [DotImage] { ZPLReading.images(in: data) }

    private func serve() {
        while true {
            let connection = accept(socket, nil, nil)
            guard connection >= 0 else {
                if state.withLock({ $0.isOver }) || errno != EINTR { return }
                continue
            }
            Thread { [self] in
                talk(connection)
                Glibc.close(connection)
            }.start()
        }
    }

    private func talk(_ connection: Int32) {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            pending += buffer.prefix(count)
            answer(questionsIn: &pending, on: connection)
            if let end = state.withLock({ $0.manner.breaksAfter }), pending.count >= end { return }
            // A label is taken when its end has come.
            while let end = pending.firstRange(of: Array("^XZ".utf8))?.upperBound {
                let label = pending[..<end]
                state.withLock { state in
                    state.data += label
                    if state.manner.holds || state.manner.isPaperOut { state.waiting += 1 }
                }
                pending.removeFirst(end)
                if pending.first == UInt8(ascii: "\n") { pending.removeFirst() }
            }
            answer(questionsIn: &pending, on: connection)
        }
    }

    /// Says how it is, as it is asked before and after labels.
    ///
    /// - Source: Zebra, ZPL II Programming Guide: ~HS, ~HQES.
    private func answer(questionsIn pending: inout [UInt8], on connection: Int32) {
        let (manner, waiting) = state.withLock { ($0.manner, $0.waiting) }
        let paper = manner.isPaperOut ? 1 : 0, head = manner.isHeadUp ? 1 : 0
        let answers = [
            "~HS\r\n": "\u{02}030,\(paper),0,1245,00\(waiting),0,0,0,000,0,0,0\u{03}\r\n"
                + "\u{02}000,0,\(head),0,0,2,4,0,00000000,1,000\u{03}\r\n\u{02}1234,0\u{03}\r\n",
            "~HQES\n": "\u{02}\r\n  PRINTER STATUS\r\n"
                + "   ERRORS:         \(paper | head) 00000000 0000000\(paper + 4 * head)\r\n"
                + "   WARNINGS:       0 00000000 00000000\r\n\u{03}",
        ]
        while let (question, answer) = answers.first(where: { pending.starts(with: $0.key.utf8) }) {
            pending.removeFirst(question.utf8.count)
            guard manner.speaks else { continue }
            _ = Glibc.send(connection, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
        }
    }
}

/// Reads the pictures out of ZPL.
///
/// - Source: Zebra, ZPL II Programming Guide: ^GF, ~DG and their compression of ASCII hexadecimal.
package enum ZPLReading {
    /// The pictures of `^GFA` and `~DG` commands.
    package static func images(in data: [UInt8]) -> [DotImage] {
        let text = String(decoding: data, as: UTF8.self)
        let pattern = /(?:\^GFA,\d+|~DG[^,]*),(\d+),(\d+),([^\^~]*)/
        return text.matches(of: pattern).map { match in
            image(total: Int(match.1) ?? 0, row: Int(match.2) ?? 1, Array(match.3.utf8))
        }
    }

    private static func image(total: Int, row count: Int, _ body: [UInt8]) -> DotImage {
        var rows: [[UInt8]] = []
        var (digits, run): ([UInt8], Int) = ([], 0)
        func end(_ filler: UInt8) {
            rows.append(digits + [UInt8](repeating: filler, count: count * 2 - digits.count))
            digits = []
        }
        for byte in body {
            switch byte {
            case UInt8(ascii: "G")...UInt8(ascii: "Y"): run += Int(byte) - 70
            case UInt8(ascii: "g")...UInt8(ascii: "z"): run += (Int(byte) - 102) * 20
            case UInt8(ascii: ":"): rows.append(rows.last ?? [UInt8](repeating: 0, count: count * 2))
            case UInt8(ascii: ","): end(0)
            case UInt8(ascii: "!"): end(15)
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                let digit = byte < 0x3A ? byte - 0x30 : byte - 0x41 + 10
                digits += [UInt8](repeating: digit, count: max(1, run))
                run = 0
                if digits.count >= count * 2 { end(0) }
            default: break
            }
        }
        var image = DotImage(width: count * 8, height: rows.count, resolution: 203)
        for (y, row) in rows.enumerated() {
            for x in 0..<count {
                let (high, low): (UInt8, UInt8) = (row[2 * x], row[2 * x + 1])
                image.bytes[y * count + x] = high << 4 | low
            }
        }
        return image
    }
}
