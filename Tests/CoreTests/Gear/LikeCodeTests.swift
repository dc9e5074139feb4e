// Codes that would be taken for each other are refused, in a table: what stands, what comes, and what is said.
import Foundation
import GRDB
import Testing

@testable import Core

@Suite struct LikeCodeTests {
    struct Pair: CustomTestStringConvertible, Sendable {
        let what: String
        /// On CAM-1 already.
        let stands: String
        let comes: String
        /// Nil when both may be.
        let said: String?
        var testDescription: String { what }
    }

    static let pairs = [
        Pair(what: "the same", stands: "LBL-77", comes: "LBL-77", said: "LBL-77 is on CAM-1 already."),
        Pair(what: "small letters", stands: "LBL-77", comes: "lbl-77", said: "lbl-77 is on CAM-1 already."),
        Pair(
            what: "letters beyond ASCII", stands: "KÜHL-1", comes: "kühl-1",
            said: "kühl-1 differs from KÜHL-1 on CAM-1 only by capital and small letters."),
        Pair(
            what: "a GIAI in small letters", stands: "(8004)4012345CAM1", comes: "(8004)4012345cam1",
            said: "4012345cam1 differs from 4012345CAM1 on CAM-1 only by capital and small letters."),
        Pair(
            what: "its number in small letters", stands: "LBL-77", comes: "cam-1",
            said: "cam-1 would find CAM-1 at the door, which has CAM-1."),
        Pair(
            what: "its number on a label of ours", stands: "LBL-77", comes: "depotd:cam-1",
            said: "cam-1 is on CAM-1 already."),
        Pair(
            what: "EAN-13 without its check digit", stands: "4006381333931", comes: "400638133393",
            said: "400638133393 is the same product code as 4006381333931 on CAM-1, but for its check digit or leading "
                + "zeros."),
        Pair(
            what: "EAN-13 with its check digit", stands: "400638133393", comes: "4006381333931",
            said: "4006381333931 is the same product code as 400638133393 on CAM-1, but for its check digit or leading "
                + "zeros."),
        Pair(
            what: "EAN-13 as GTIN-14", stands: "4006381333931", comes: "04006381333931",
            said: "04006381333931 is the same product code as 4006381333931 on CAM-1, but for its check digit or "
                + "leading zeros."),
        Pair(
            what: "UPC-A as EAN-13", stands: "036000291452", comes: "0036000291452",
            said: "0036000291452 is the same product code as 036000291452 on CAM-1, but for its check digit or leading "
                + "zeros."),
        Pair(
            what: "EAN-8 without its check digit", stands: "40170725", comes: "4017072",
            said: "4017072 is the same product code as 40170725 on CAM-1, but for its check digit or leading zeros."),
        Pair(
            what: "a chip with colons between", stands: "04A1B2C3D41007", comes: "04:A1:B2:C3:D4:10:07",
            said: "04A1B2C3D41007 is on CAM-1 already."),
        Pair(what: "a badge", stands: "LBL-77", comes: "badge-ana", said: "badge-ana is Ana Vidal's badge."),
        Pair(what: "another product", stands: "4006381333931", comes: "4006381333948", said: nil),
        Pair(
            what: "a wrong check digit is no product code", stands: "4006381333931", comes: "4006381333932", said: nil),
        Pair(what: "running numbers", stands: "000000000123", comes: "000000000012", said: nil),
        Pair(what: "longer by a letter", stands: "LBL-77", comes: "LBL-77A", said: nil),
    ]

    @Test(arguments: pairs) func `a code that would be taken for another's is refused`(pair: Pair) async throws {
        let depot = try await TestDepot()
        let first = try await depot.gear("CAM-1", ["codes": [.string(pair.stands)]]).record
        let made = await refusal { try await depot.gear("CAM-2", ["codes": [.string(pair.comes)]]) }
        #expect(made?.message == pair.said)
        guard let made else { return }
        #expect(made.code == .conflict && made.field == "codes")
        // Nothing of the piece that was refused is there.
        #expect(try await depot.store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM asset") } == 1)
        guard pair.what != "a badge" else { return }
        #expect(made.details?["asset"]?["id"]?.string == first.id.rawValue)
        // What is refused to another is no news to the one that has it.
        _ = try await depot.register.attach(code: pair.comes, to: first.id, by: TestDepot.author)
    }

    @Test func `a number that is another's bar code is refused, and so is a serial`() async throws {
        let depot = try await TestDepot()
        try await depot.gear("CAM-1", ["codes": ["LBL-77"]])
        let number = await refusal { try await depot.gear("lbl-77") }
        #expect(number?.field == "number" && number?.details?["asset"] != nil)
        let serial = await refusal { try await depot.gear("CAM-2", ["serial": "CAM-1"]) }
        #expect(serial?.message == "CAM-1 is on CAM-1 already." && serial?.field == "serial")
    }

    @Test func `an archived piece keeps its codes, and whoever wants one is told so`() async throws {
        let depot = try await TestDepot()
        let old = try await depot.gear("CAM-1").record
        try await depot.edit(old.id, ["archived": true])
        let said = await refusal { try await depot.gear("cam-1") }
        #expect(said?.message == "cam-1 is on CAM-1 already, which is archived.")
    }

    @Test func `the code of a shelf of stock is not given to gear`() async throws {
        let depot = try await TestDepot()
        let cable = try await depot.make(
            Model.self,
            [
                "name": "XLR 10 m", "counting": "counted",
                "category": .string(try await depot.make(Core.Category.self, ["name": "Cable"]).id.rawValue),
            ])
        _ = try await StockDesk(store: depot.store).attach(code: "SHELF-9", to: cable.id, by: TestDepot.author)
        let said = await refusal { try await depot.gear("CAM-1", ["codes": ["shelf-9"]]) }
        #expect(said?.message == "shelf-9 counts XLR 10 m.")
    }

    @Test func `product codes have their forms, and other digits none`() {
        #expect(LikeCodes.productForms(of: "0036000291452").contains("036000291452"))
        #expect(LikeCodes.productForms(of: "4006381333931").contains("400638133393"))
        #expect(LikeCodes.productForms(of: "40170725").contains("4017072"))
        for digits in ["", "12", "CAM", "000000000123", "00000000", "123456789", "12345678901234567890"] {
            #expect(LikeCodes.productForms(of: digits).isEmpty, "\(digits)")
        }
    }
}
