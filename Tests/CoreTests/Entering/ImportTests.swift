// A table becomes gear or nothing: titles, references, refusals, and files that nobody should send.
import Chance
import Core
import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import Core

@Suite struct ImportTests {
    @Test func `a table with German titles is understood and makes what is missing`() async throws {
        let entering = try await EnteringDepot()
        let text = """
            Inventarnr.;Bezeichnung;Hersteller;Modell;Kategorie;Seriennr.;Lagerort;Bemerkung
            L-1;Lampe;ARRI;SkyPanel;Licht;123;Halle / Regal 2;"zwei
            Zeilen"
            L-2;Lampe;ARRI;SkyPanel;licht;124;Halle / Regal 3;
            """
        let (id, options, report) = try await entering.check(text)
        #expect(Set(options.mapping.values).count == 8)
        #expect(report[number: "creates"] == 2 && report[number: "errorCount"] == 0)
        // A category, a model, a hall and two racks.
        #expect(report[number: "makesCount"] == 5)
        let batch = try await entering.end(of: entering.imports.run(id, options, by: entering.author))
        #expect(batch.state == .done && batch.done == 7 && batch.title == "Import of test.csv")
        let found = try await entering.depot.store.read { database in
            try Asset.fetchOne(database, sql: "SELECT * FROM asset_row WHERE number = 'L-1'")
        }
        let lamp = try #require(found)
        #expect(lamp.home?.name == "Halle / Regal 2" && lamp.category == "Licht" && lamp.maker == "ARRI")
        #expect(lamp.note == "zwei\nZeilen" && lamp.serial == "123")
        let told = try await entering.depot.scan("L-2", at: entering.depot.outDoor)
        #expect(told.outcome.hasPrefix("ok"), "\(told)")
        #expect(entering.signals.withLock { $0.last }?["state"]?.string == "done")
    }

    /// What is wrong with one row behind `number,name,model,serial,codes,note,condition`, and what is said at which column.
    static let refusals: [(row: String, column: String, message: String)] = [
        (",Camera,FX6,,,,", "number", "Number is missing."),
        ("\(String(repeating: "9", count: 65)),x,FX6,,,,", "number", "Number has at most 64 characters."),
        ("A-1,\(String(repeating: "n", count: 10_000)),FX6,,,,", "name", "Name has at most 200 characters."),
        ("A-1,x,FX7,,,,", "model", "There is no model FX7. A column with its category lets it be made."),
        ("A-1,x,,,,,", "model", "Model is missing."),
        ("A-1,x,FX6,S-1,,,", "serial", "S-1 is on CAM-1 already."),
        ("A-1,x,FX6,s-1,,,", "serial", "s-1 is on CAM-1 already."),
        ("A-1,x,FX6,,4006381333931,,", "codes", "4006381333931 is on CAM-1 already."),
        (
            "A-1,x,FX6,,08ABCDEF,,", "codes",
            "Phones and bank cards make this code up anew each time: it can not stand for gear."
        ),
        ("A-1,x,FX6,,,a\u{0}b,", "note", "Note has a character that can not be shown."),
        ("A-1,x,FX6,,,\(String(repeating: "x", count: 10_000_000)),", "note", "Note has at most 2000 characters."),
        ("A-1,x,FX6,,,,broken", "condition", "Condition is one of fit, maintenance, damaged, lost, retired."),
        ("A-1,x,FX6,,,,fit,more", "", "The row has more cells than there are titles."),
    ]

    @Test(arguments: refusals.indices) func `a refused row says where and why`(index: Int) async throws {
        let (row, column, message) = Self.refusals[index]
        let entering = try await EnteringDepot()
        var draft = AssetRegister.Draft(number: "CAM-1", name: "Camera", model: entering.depot.camera)
        draft.serial = "S-1"
        draft.codes = ["4006381333931"]
        _ = try await entering.depot.register.add(draft)
        let text = "number,name,model,serial,codes,note,condition\n\nA-0,x,FX6,,,,\n\(row)\n"
        let (id, options, report) = try await entering.check(text)
        #expect(report[number: "refusedRows"] == 1 && report[number: "creates"] == 1)
        let error = try #require(report[list: "errors"].first)
        #expect(error[number: "row"] == 4)
        #expect((error["column"]?.string ?? "") == column)
        #expect(error["message"]?.string == message)
        #expect((error["value"]?.string?.count ?? 0) <= 81)
        await #expect(throws: Failure(.conflict, "")) {
            _ = try await entering.imports.run(id, options, by: entering.author)
        }
        #expect(try await entering.depot.register.list(AssetQuery())[number: "total"] == 1)
    }

    @Test func `numbers, serials and codes are claimed by one row only`() async throws {
        let entering = try await EnteringDepot()
        let text = """
            number,name,model,serial,codes
            A-1,x,FX6,S,C
            a-1,x,FX6,T,D
            A-2,x,FX6,s,E
            A-3,x,FX6,U,c
            A-4,x,FX6,V,F;f
            """
        let report = try await entering.check(text).report
        let errors = report[list: "errors"].map { "\($0[number: "row"]) \($0["message"]?.string ?? "")" }
        #expect(
            errors == [
                "3 a-1 is in row 2 already.", "4 s is in row 2 already.", "5 c is in row 2 already.",
            ])
    }

    @Test func `rows may pass a serial on in their order`() async throws {
        let entering = try await EnteringDepot()
        try await entering.enter("number,name,model,serial\nA-1,x,FX6,S\nA-2,x,FX6,T\n")
        let report = try await entering.check("number,serial\nA-1,U\nA-2,S\nA-3,T\n").report
        #expect(report[list: "errors"].map { $0["message"]?.string } == ["Model is missing."])
        #expect(try await entering.enter("number,serial\nA-1,U\nA-2,S\n").state == .done)
        #expect(try await entering.check("number,serial\nA-1,U\nA-2,S\n").report[number: "unchanged"] == 2)
    }

    @Test(arguments: ImportOptions.Existing.allCases)
    func `what is there already is updated, skipped or refused`(existing: ImportOptions.Existing) async throws {
        let entering = try await EnteringDepot()
        _ = try await entering.depot.asset("CAM-1")
        let report = try await entering.check("number,owner\ncam-1,We\n", existing: existing).report
        switch existing {
        case .update: #expect(report[number: "updates"] == 1)
        case .skip: #expect(report[number: "skipped"] == 1)
        case .refuse:
            #expect(report[list: "errors"].first?["message"]?.string == "cam-1 is on CAM-1 already.")
        }
    }

    @Test func `an empty cell empties what may be empty and leaves the rest`() async throws {
        let entering = try await EnteringDepot()
        try await entering.enter("number,name,model,owner,condition\nA-1,x,FX6,We,damaged\n")
        try await entering.enter("number,owner,condition\nA-1,,\n")
        let asset = try await entering.depot.store.read { database in
            try Asset.fetchOne(database, sql: "SELECT * FROM asset_row WHERE number = 'A-1'")
        }
        #expect(asset?.owner == nil && asset?.condition == .damaged)
    }

    static let files: [(what: String, bytes: [UInt8], message: String)] = [
        ("nothing", [], "The file is empty."),
        ("blank lines", Array("\n\n \n".utf8.filter { $0 == 0x0A }), "The file is empty."),
        (
            "a workbook", [0x50, 0x4B, 0x03, 0x04],
            "That is an Excel or OpenDocument workbook, or an archive, not text. Save it as CSV first."
        ),
        ("an open quote", Array("a,\"b\n1,2".utf8), "A quote is opened in row 1 and never closed."),
        ("many columns", Array(String(repeating: "a,", count: 600).utf8), "A file may have 500 columns at most."),
        (
            "many rows", Array(("a\n" + String(repeating: "1\n", count: 100_001)).utf8),
            "A file may have 100000 rows at most. Cut it into several."
        ),
    ]

    @Test(arguments: files.indices) func `a file that is no table of ours is refused in words`(index: Int) async throws
    {
        let (what, bytes, message) = Self.files[index]
        let entering = try await EnteringDepot()
        do {
            _ = try await entering.imports.receive(bytes, kind: .assets, name: "x")
            Issue.record("\(what) was taken")
        } catch let failure as Failure { #expect(failure.message == message, "\(what)") }
    }

    @Test func `titles may be missing or there twice`() async throws {
        let entering = try await EnteringDepot()
        let look = try await entering.imports.receive(
            Array("number,name,name,,model\nA-1,x,y,z,FX6\n".utf8), kind: .assets, name: "")
        #expect(look[list: "columns"].map { $0["title"]?.string } == ["number", "name", "name", "Column D", "model"])
        #expect(EnteringDepot.mapping(look) == [0: "number", 1: "name", 4: "model"])
        await #expect(throws: Failure(.invalid, "")) {
            let twice = ImportOptions(mapping: [0: "number", 1: "name", 2: "name"])
            _ = try await entering.imports.check(look["id"]?.string ?? "", twice, by: entering.author)
        }
    }

    @Test func `every refused row is named, and no other`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var chance = SeededChance(seed: seed)
        let entering = try await EnteringDepot()
        var text = "number,name,model,note,condition\n"
        var wrong: Set<Int> = []
        for row in 2..<700 {
            let isWrong = Int.random(in: 0..<5, using: &chance) == 0
            if isWrong { wrong.insert(row) }
            switch isWrong ? Int.random(in: 0..<4, using: &chance) : 9 {
            case 0: text += "A-\(row),x,Nothing,,\n"
            case 1: text += "A-\(row),x,FX6,\u{1},\n"
            case 2: text += "A-\(row),,FX6,,odd\n"
            case 3: text += "a-2,x,FX6,,\n"
            default: text += "A-\(row),x,FX6,,\n"
            }
        }
        // The first row has the number that others are given again.
        if wrong.contains(2) { return }
        let report = try await entering.check(text).report
        #expect(report[number: "refusedRows"] == wrong.count, "seed \(seed)")
        #expect(Set(report[list: "errors"].map { $0[number: "row"] }) == wrong, "seed \(seed)")
        #expect(report[number: "creates"] == 698 - wrong.count, "seed \(seed)")
    }
}
