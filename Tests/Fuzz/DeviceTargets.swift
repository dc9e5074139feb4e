// What a reader, or something that pretends to be one, hands in: codes, report descriptors, reports.
import Core
import Foundation

@testable import Core
@testable import Drivers

extension FuzzTarget {
    static let deviceTargets = [
        FuzzTarget(name: "scan-code", byteCountMax: 4_400, run: scanCode),
        FuzzTarget(name: "report-descriptor", byteCountMax: 4_200, run: reportDescriptor),
        FuzzTarget(name: "keyboard-wedge", byteCountMax: 4_096) { bytes in
            replay(bytes) { descriptor, settings in
                let formats = descriptor.map(\.keyboardFormats) ?? [.boot]
                let others = Set(descriptor?.fields.map(\.reportID) ?? []).subtracting(formats.map(\.reportID))
                return KeyboardWedge(formats: formats, otherReportIDs: others, settings: settings)
            }
        },
        FuzzTarget(name: "point-of-sale", byteCountMax: 4_096) { bytes in
            replay(bytes) { descriptor, _ in HIDPointOfSale(format: descriptor?.pointOfSaleFormat) }
        },
    ]

    private static func scanCode(_ bytes: [UInt8]) {
        for symbology in [nil, "]C1", "]d2", "]Q3", "]E0"] {
            let code = ScanCode(raw: bytes, symbology: symbology, ownHosts: ["depot.example"])
            claim(Set(code.keys).count == code.keys.count, "no key is looked up twice: \(code.keys)")
            claim(!code.identifiers.contains { $0.value.isEmpty }, "no identifier is empty: \(code.keys)")
            claim(code.text.isEmpty || !code.identifiers.isEmpty, "a code is always something: \(code.text)")
            claim(!code.isRandomUID || code.natural == nil, "a made-up identifier is not stored: \(code.text)")
            claim(code.natural.map(code.identifiers.contains) ?? true, "what is stored is looked up")
            claim(!code.text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "the text is visible")
            for identifier in code.identifiers where identifier.scheme == .giai {
                claim(identifier.value.count <= 30, "a GIAI has 30 characters at most: \(identifier.value)")
            }
        }
    }

    private static func reportDescriptor(_ bytes: [UInt8]) {
        guard let descriptor = try? ReportDescriptor(bytes) else { return }
        claim(descriptor.reportByteCountMax <= 1_024, "a report fits one packet")
        for format in descriptor.keyboardFormats {
            for report in [[], [format.reportID], bytes, [UInt8](repeating: 0xFF, count: 1_024)] {
                _ = format.keys(in: report)
            }
        }
        guard let format = descriptor.pointOfSaleFormat else { return }
        claim(format.dataOffset + format.dataByteCount <= 1_024, "the data is within the report")
    }

    /// Layout, silence, a descriptor behind its length, then reports: milliseconds since the one before, length,
    /// bytes. Tests/Fuzz/seeds.py writes the captures so.
    private static func replay(
        _ bytes: [UInt8], with make: (ReportDescriptor?, ReaderSettings) -> some ReportDecoder
    ) {
        var input = Bytes(bytes)
        let layout = KeyboardLayout.allCases[Int(input.byte()) % KeyboardLayout.allCases.count]
        let settings = ReaderSettings(layout: layout, silenceMilliseconds: Int(input.byte()))
        let descriptorBytes = input.take(Int(input.byte()))
        var descriptor: ReportDescriptor?
        if !descriptorBytes.isEmpty {
            guard let parsed = try? ReportDescriptor(descriptorBytes) else { return }
            descriptor = parsed
        }
        var decoder = make(descriptor, settings)
        var now: UInt64 = 0
        while !input.isEmpty {
            now += UInt64(input.byte()) * 4_000_000
            let report = input.take(Int(input.byte()))
            check(decoder.take(report, at: now))
        }
        if let deadline = decoder.deadline {
            check(decoder.lapse(at: deadline))
            claim(decoder.deadline == nil, "what is pending ends at its deadline")
        }
    }

    private static func check(_ results: [Decoded]) {
        for case .code(let code, let symbology, _) in results {
            claim(!code.isEmpty && code.count <= Scan.byteCountMax, "a code has 1 to \(Scan.byteCountMax) bytes")
            claim(symbology.map { $0.utf8.count == 3 } ?? true, "an AIM identifier has 3 bytes")
        }
    }
}
