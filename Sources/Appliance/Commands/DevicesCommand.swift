// `depotd devices`: what is plugged in and what it is taken for, without claiming anything.
import ArgumentParser
import Core
import Drivers
import Foundation
import Logging

/// Lists what is plugged in.
struct DevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "List what is plugged in and what it is taken for.")

    func run() async throws {
        let readers = USBReaders(logger: Logger(label: "depotd") { _ in SwiftLogNoOpLogHandler() })
        let listing = Task { try await readers.run() }
        // What is plugged in at the start is told at once; a second without news ends the list.
        let ending = Task {
            try await Task.sleep(for: .seconds(1))
            listing.cancel()
        }
        var count = 0
        for await event in readers.events {
            guard case .appeared(let device) = event else { continue }
            count += 1
            print(Self.line(device))
        }
        ending.cancel()
        if case .failure(let error) = await listing.result, !(error is CancellationError) { throw Exit.failed(error) }
        if count == 0 { print("No reader and no keyboard is plugged in.") }
    }

    private static func line(_ device: ReaderDescription) -> String {
        let ids = String(format: "%04x:%04x", Int(device.vendorID), Int(device.productID))
        let names = [device.manufacturer, device.product].compactMap { $0 }.joined(separator: " ")
        let verdict =
            switch (device.kind, device.isKnownModel) {
            case (.unsupported, _): device.advice ?? "not supported"
            case (.keyboard, true): "a reader that types; it is read at once"
            case (.keyboard, false): "a keyboard; if it is a reader, adopt it on the devices page"
            case (.pointOfSale, _): "a reader that sends whole codes"
            }
        return "\(device.port)  \(ids)  \(names.isEmpty ? "no name" : names): \(verdict)"
    }
}
