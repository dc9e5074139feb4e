// How readers are known again, and which are read without asking.
import Core
import Foundation
import Testing

@Suite struct ReaderBookTests {
    private static func book() throws -> (book: ReaderBook, path: String) {
        let path = NSTemporaryDirectory() + "depotd-box-\(UUID().uuidString).sqlite"
        return (ReaderBook(box: try Box(path: path), clock: TestClock().hybrid), path)
    }

    private static func device(
        _ port: String, serial: String? = nil, kind: ReaderKind = .keyboard, isKnown: Bool = true, product: UInt16 = 1
    ) -> ReaderDescription {
        ReaderDescription(
            port: port, vendorID: 0x05E0, productID: product, product: "Scanner", serial: serial, kind: kind,
            isKnownModel: isKnown)
    }

    @Test(arguments: [
        (ReaderKind.keyboard, true, Reader.State.reading), (.keyboard, false, .offered),
        (.pointOfSale, false, .reading),
        (.unsupported, true, .offered),
    ])
    func `only what can be nothing but a reader is read without asking`(
        kind: ReaderKind, isKnown: Bool, state: Reader.State
    ) async throws {
        let (book, path) = try Self.book()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let reader = try await book.meet(
            Self.device("usb:1-1:0", kind: kind, isKnown: isKnown), door: nil, plugged: [])
        #expect(reader.state == state)
    }

    @Test func `a reader at its port is the same reader`() async throws {
        let (book, path) = try Self.book()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var first = try await book.meet(Self.device("usb:1-1:0"), door: nil, plugged: [])
        first.name = "Dock"
        try await book.save(first)
        #expect(try await book.meet(Self.device("usb:1-1:0"), door: nil, plugged: []) == first)
        let other = try await book.meet(Self.device("usb:1-1:0", product: 2), door: nil, plugged: [])
        #expect(other.id != first.id && other.name == "Scanner")
    }

    @Test func `a serial number moves a reader to another port only while it is unique`() async throws {
        let (book, path) = try Self.book()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let here = try await book.meet(Self.device("usb:1-1:0", serial: "S1"), door: nil, plugged: [])
        let moved = try await book.meet(Self.device("usb:1-2:0", serial: "S1"), door: nil, plugged: [])
        #expect(moved.id == here.id && moved.description.port == "usb:1-2:0")
        let twin = try await book.meet(Self.device("usb:1-3:0", serial: "S1"), door: nil, plugged: ["usb:1-2:0"])
        #expect(twin.id != here.id)
        let third = try await book.meet(Self.device("usb:1-4:0", serial: "S1"), door: nil, plugged: [])
        #expect(third.id != here.id && third.id != twin.id)
    }

    @Test func `a reader that is forgotten is met anew`() async throws {
        let (book, path) = try Self.book()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try await book.meet(Self.device("usb:1-1:0"), door: nil, plugged: [])
        try await book.forget(first.id)
        #expect(try await book.all().isEmpty)
        #expect(try await book.meet(Self.device("usb:1-1:0"), door: nil, plugged: []).id != first.id)
    }
}
