// A printer that takes ZPL on a raw port, as Zebra's and those that do as Zebra's do. Most say how they are when asked; to
// one that does not, labels are sent and that is all that is known of them.
package import Core
import Dispatch
import Foundation
import Synchronization

/// A printer that takes ZPL on a port, which is 9100 most times.
package final class ZPLPrinter: LabelPrinter {
    private let host: String
    private let port: Int
    private let press: LabelPress
    /// Its sockets block.
    private let queue: DispatchQueue

    /// A label that was sent, and the connection that lives as long as the printer has not been switched off since.
    private struct Open {
        var socket: PrinterSocket
        var ticket: Int
    }

    private let held = Mutex<(last: Int, now: SendableBox<Open>?)>((last: 0, now: nil))

    private static let connectSeconds = 4.0
    private static let statusSeconds = 1.5
    /// A printer whose memory is full takes nothing until a label is out.
    private static let sendSeconds = 20.0

    package init(host: String, port: Int, press: LabelPress) {
        self.host = host
        self.port = port
        self.press = press
        queue = DispatchQueue(label: "printer \(host):\(port)")
    }

    private func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    package func look() async -> PrinterLook {
        do {
            return try await run { [self] in
                let socket = try PrinterSocket(host: host, port: port, seconds: Self.connectSeconds)
                guard let status = Self.status(over: socket) else {
                    return PrinterLook(.ready, reasons: ["It takes labels and does not say how it is."])
                }
                let state: PrinterLook.State =
                    !status.trouble.isEmpty ? .stopped : status.waiting > 0 ? .printing : .ready
                return PrinterLook(state, reasons: status.trouble)
            }
        } catch {
            return PrinterLook(.away, reasons: [(error as? PrintTrouble)?.words ?? "The printer can not be asked."])
        }
    }

    private static func status(over socket: PrinterSocket) -> ZPL.Status? {
        let question = ZPL.statusQuestion
        guard socket.send(question, seconds: statusSeconds) == question.count else { return nil }
        let answer = socket.receive(seconds: statusSeconds) { $0.filter { $0 == 0x03 }.count >= 3 }
        return answer.flatMap { ZPL.Status($0) }
    }

    package func send(_ run: PrintRun) async throws -> PrintReceipt {
        guard run.media.sheet == nil else {
            throw PrintTrouble(.refused, "Sheets are printed by office printers. Set the labels that are in this one.")
        }
        let data = try draw(run)
        return try await self.run { [self] in
            let socket = try PrinterSocket(host: host, port: port, seconds: Self.connectSeconds)
            let status = Self.status(over: socket)
            if let trouble = status?.trouble, !trouble.isEmpty {
                throw PrintTrouble(.busy, trouble.joined(separator: " "))
            }
            let sent = socket.send(data, seconds: Self.sendSeconds)
            guard sent == data.count else {
                // Before its end a label is nothing to the printer; but what the network took it may yet get.
                throw sent == 0
                    ? PrintTrouble(.away, "The printer takes nothing.")
                    : PrintTrouble(.unsure, "The printer went away while the label was being sent.")
            }
            guard status != nil else {
                guard socket.finish(seconds: 2) else {
                    throw PrintTrouble(.unsure, "The printer broke off when the label was sent.")
                }
                return .sent
            }
            let ticket = held.withLock { held in
                held.last += 1
                held.now = SendableBox(Open(socket: socket, ticket: held.last))
                return held.last
            }
            return .accepted(ticket)
        }
    }

    private func draw(_ run: PrintRun) throws -> [UInt8] {
        do {
            let logo = try run.logo.map { try LabelPicture($0) }
            return try press.images(of: run, resolution: run.resolution, logo).flatMap(ZPL.label)
        } catch let failure as Failure {
            throw PrintTrouble(.refused, failure.message, cause: failure.cause)
        }
    }

    package func follow(_ ticket: Int, of title: String) async throws -> PrintProgress {
        try await run { [self] in
            guard let open = held.withLock({ $0.now }), open.value.ticket == ticket,
                let status = Self.status(over: open.value.socket)
            else {
                // A printer that was switched off forgot what it had.
                forget()
                return .unknown
            }
            let trouble = status.trouble
            guard trouble.isEmpty, status.waiting == 0 else {
                return .under(trouble: trouble.isEmpty ? nil : trouble.joined(separator: " "))
            }
            forget()
            return .printed
        }
    }

    private func forget() { held.withLock { $0.now = nil } }

    package func ticket(of title: String) async throws -> Int? { nil }

    /// Gives up what the printer has.
    package func cancel(_ ticket: Int) async {
        _ = try? await run { [self] in
            _ = held.withLock({ $0.now })?.value.socket.send(Array("~JA".utf8), seconds: Self.statusSeconds)
        }
    }
}

/// Carries what only the printer's own queue touches.
// The socket in it is used on that queue alone.
private final class SendableBox<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
