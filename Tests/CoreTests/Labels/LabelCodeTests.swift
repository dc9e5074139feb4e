// The identity on our labels: how it is written, which mistakes are found, and what the door makes of it.
import Core
import Foundation
import Testing

@testable import Core

@Suite struct LabelCodeTests {
    private static let id = "01935f2a-7c3e-7b21-9f4d-1a2b3c4d5e6f"

    @Test func `a code carries its record's identifier there and back, in 37 characters of QR's alphanumeric mode`()
        throws
    {
        let code = try #require(LabelCode(Self.id, of: LabelCode.word(of: "northlight")))
        #expect(code.identifier == Self.id && code.text.count == 37)
        let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
        #expect(code.text.allSatisfy { alphabet.contains($0) })
        #expect(LabelCode(reading: code.text) == code && LabelCode(reading: code.text.lowercased()) == code)
        for edge in ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"] {
            let code = try #require(LabelCode(edge, of: "ABCD"))
            #expect(LabelCode(reading: code.text)?.identifier == edge)
        }
        #expect(LabelCode("CAM-7", of: "ABCD") == nil)
    }

    @Test func `any one wrong character and any two that changed places are found`() throws {
        let text = Array(try #require(LabelCode(Self.id, of: "K7Q2")).text)
        for place in text.indices where text[place] != ":" && place > 3 {
            for wrong in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" where wrong != text[place] {
                var other = text
                other[place] = wrong
                #expect(LabelCode(reading: String(other)) == nil, "\(String(other))")
            }
            guard place + 1 < text.count, text[place + 1] != ":", text[place] != text[place + 1] else { continue }
            var swapped = text
            swapped.swapAt(place, place + 1)
            #expect(LabelCode(reading: String(swapped)) == nil, "\(String(swapped))")
        }
        let misread = ScanCode(raw: Array("DPT:K7Q2:0123:Z".utf8), symbology: nil)
        #expect(misread.label == nil && misread.natural == nil && misread.note?.contains("check character") == true)
    }

    @Test func `the door takes a label of ours by its identity, and refuses to give it to other gear`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        let lens = try await depot.asset("LEN-1")
        let desk = LabelDesk(store: depot.store)
        let code = try await desk.draft(
            .asset(camera), on: nil, media: nil, design: nil, payload: .opaque, base: nil, by: Author()
        ).content.code
        #expect(try await depot.takes(code) == "CAM-7")
        await #expect(throws: Failure(.conflict, "")) {
            _ = try await depot.register.attach(code: code, to: lens, by: Author())
        }
        let blank = try await desk.draft(
            .blank, on: nil, media: nil, design: nil, payload: nil, base: nil, by: Author()
        ).content.code
        #expect(try await depot.scan(blank, at: depot.outDoor).word == "UNKNOWN")
        _ = try await depot.register.attach(code: blank, to: lens, by: Author())
        #expect(try await depot.takes(blank.lowercased()) == "LEN-1")
    }

    private static let printed: [(LabelPayload, String?, String)] = [
        (.address, "https://depot.local:8443", "HTTPS://DEPOT.LOCAL:8443/A/CAM%2F7%20%C3%84"),
        (.number, nil, "CAM/7 Ä"),
    ]

    @Test(arguments: printed)
    func `what is printed is found again: addresses and numbers, with signs and letters that need care`(
        payload: LabelPayload, base: String?, printed: String
    ) async throws {
        let depot = try await TestDepot()
        let id = try await depot.asset("CAM/7 Ä")
        let draft = try await LabelDesk(store: depot.store).draft(
            .asset(id), on: nil, media: nil, design: nil, payload: payload, base: base, by: Author())
        #expect(draft.content.code == printed)
        #expect(try await depot.takes(draft.content.code) == "CAM/7 Ä")
    }

    @Test func `a GS1 key is printed as a Digital Link, and gear without one says what it lacks`() async throws {
        let depot = try await TestDepot()
        let keyed = try await depot.asset("CAM-7", codes: ["(8004)4012345ABC/12"])
        let plain = try await depot.asset("CAM-8")
        let desk = LabelDesk(store: depot.store)
        let code = try await desk.draft(
            .asset(keyed), on: nil, media: nil, design: nil, payload: .gs1, base: "https://depot.local", by: Author()
        ).content.code
        #expect(code == "https://depot.local/8004/4012345ABC%2F12")
        #expect(try await depot.takes(code) == "CAM-7")
        await #expect(throws: Failure(.conflict, "")) {
            _ = try await desk.draft(
                .asset(plain), on: nil, media: nil, design: nil, payload: .gs1, base: nil, by: Author())
        }
    }
}

extension TestDepot {
    /// The number of the gear that the door finds by a code.
    func takes(_ code: String) async throws -> String? {
        let told = try await scan(code, at: outDoor)
        return try await changes().last { $0.topic == .scans && $0.subject == told.id.rawValue }
            .flatMap { try JSON(parsing: $0.body)["asset"]?["number"]?.string }
    }
}
