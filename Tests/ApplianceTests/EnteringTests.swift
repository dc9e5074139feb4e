// Entering many over the whole box: a table in, progress on screens, its undo, edits of many, files out; and the power
// gone in the middle of it.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct EnteringTests {
    @Test func `a table is sent, tried out and carried out, shown as it goes on, and undone`() async throws {
        try await TestBox.run { box in
            let before = try box.ask("GET", "/api/v1/assets").fields().number("total") ?? 0
            let live = try box.live()
            try live.subscribe(["assets"])
            let look = try box.upload(Self.lamps(250))
            let id = look.text("id") ?? ""
            #expect(look.text("delimiter") == ";" && look.number("rowCount") == 250)
            let options = box.options(look)
            let report = try box.ask("POST", "/api/v1/imports/\(id)/check", options).fields()
            #expect(report.number("creates") == 250 && report.number("errorCount") == 0)
            #expect(report.list("preview").count == 20)
            let begun = try box.ask("POST", "/api/v1/imports/\(id)/run", options)
            #expect(begun.status == 202)
            let batch = try begun.fields().text("batch") ?? ""
            let end = try live.next { $0.text("kind") == "batch" && $0.object("data").text("state") == "done" }
            #expect(
                end.object("data").text("id") == batch
                    && end.object("data").number("done") == end.object("data").number("total"))
            #expect(try box.ask("GET", "/api/v1/assets").fields().number("total") == before + 250)
            #expect(try box.scan("L-7").text("outcome") == "ok")
            #expect(try box.ask("POST", "/api/v1/imports/\(id)/run", options).status == 409)
            let shown = try box.ask("GET", "/api/v1/imports/\(id)").fields().object("batch")
            #expect(shown.text("state") == "done" && shown.text("title") == "Import of lamps.csv")
            let refused = try box.ask("POST", "/api/v1/batches/\(batch)/undo", [:])
            #expect(try refused.status == 409 && refused.fields().list("changed").first?.text("name") == "L-7")
            let undo = try box.ask("POST", "/api/v1/batches/\(batch)/undo", ["skipChanged": true])
            #expect(try box.ends(undo.fields().text("batch") ?? "").text("state") == "done")
            #expect(try box.ask("GET", "/api/v1/assets").fields().number("total") == before + 1)
            let batches = try box.ask("GET", "/api/v1/batches?limit=1").fields()
            #expect(batches.list("items").first?.text("title") == "Undo: Import of lamps.csv")
            let older = try box.ask("GET", "/api/v1/batches?limit=1&cursor=\(batches.text("next") ?? "")").fields()
            #expect(older.list("items").first?.text("id") == batch)
        }
    }

    @Test func `a file may be longer than JSON, and not longer than 32 MiB`() async throws {
        try await TestBox.run { box in
            let note = String(repeating: "x", count: 3 << 20)
            let look = try box.upload("number,name,model,note\nA-1,x,FX6,\(note)\nA-2,x,FX6,ok\n")
            let report = try box.ask("POST", "/api/v1/imports/\(look.text("id") ?? "")/check", box.options(look))
            let error = try #require(try report.fields().list("errors").first)
            #expect(error.number("row") == 2 && error.text("column") == "note")
            #expect(error.text("message") == "Note has at most 2000 characters.")
            let wire = try Wire(port: box.port)
            try wire.send(
                "POST /api/v1/imports?kind=assets HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(box.token)\r\n"
                    + "Content-Type: text/csv\r\nContent-Length: \(33 << 20)\r\n\r\n")
            #expect(try wire.readAnswer().status == 413)
            #expect(
                try box.ask("POST", "/api/v1/imports?kind=odd", ["x": 1], headers: ["Content-Type": "text/csv"]).status
                    == 400)
            #expect(try box.ask("POST", "/api/v1/imports/none/check", ["mapping": [:]]).status == 404)
            let empty = try box.ask(
                "POST", "/api/v1/imports?kind=assets", .verbatim([]), headers: ["Content-Type": "text/csv"])
            #expect(try empty.fields().text("detail") == "The file is empty.")
        }
    }

    @Test func `what is exported is imported again unchanged, and what it cost is for managers`() async throws {
        try await TestBox.run { box in
            for kind in ["assets", "models"] {
                let file = try box.ask("GET", "/api/v1/export/\(kind).csv")
                #expect(file["content-type"] == "text/csv; charset=utf-8")
                #expect(file["content-disposition"] == "attachment; filename=\"\(kind).csv\"")
                let look = try box.upload(file.text, kind: kind)
                let report = try box.ask("POST", "/api/v1/imports/\(look.text("id") ?? "")/check", box.options(look))
                    .fields()
                #expect(report.number("unchanged") == look.number("rowCount"), "\(kind)")
            }
            #expect(try box.ask("GET", "/api/v1/export/assets.csv").text.contains("cost.value"))
            let ana = try box.signIn("Ana Vidal", pin: "1111")
            let crew = try box.ask("GET", "/api/v1/export/assets.csv", headers: ["Cookie": ana], authorization: nil)
            #expect(crew.status == 200 && !crew.text.contains("cost"))
            let lines = try box.ask("GET", "/api/v1/export/assets.jsonl?category=Camera").text.split(separator: "\n")
            let total = try box.ask("GET", "/api/v1/assets?category=Camera").fields().number("total")
            #expect(lines.count == total)
            #expect(lines.allSatisfy { Fields(Array($0.utf8)).text("category") == "Camera" })
            let map = try box.ask("GET", "/api/v1/export/assets.geojson?category=Camera").fields()
            #expect(map.text("type") == "FeatureCollection" && map.list("features").count == total)
            #expect(map.list("features").first?.object("properties").text("category") == "Camera")
        }
    }

    @Test func `many are edited at once, by a query or by name`() async throws {
        try await TestBox.run { box in
            let cameras = try box.ask("GET", "/api/v1/assets?category=Camera&limit=500").fields()
            let edit = try box.ask(
                "PATCH", "/api/v1/assets", ["query": ["category": "Camera"], "set": ["owner": "We"]])
            #expect(try edit.status == 200 && edit.fields().number("count") == cameras.number("total"))
            let id = cameras.list("items").first?.text("id") ?? ""
            #expect(try box.ask("GET", "/api/v1/assets/\(id)").fields().text("owner") == "We")
            _ = try box.ask("PATCH", "/api/v1/assets", ["ids": [.string(id)], "set": ["owner": nil]])
            #expect(try box.ask("GET", "/api/v1/assets/\(id)").fields().text("owner") == nil)
            #expect(try box.ask("PATCH", "/api/v1/assets", ["set": ["owner": nil]]).status == 400)
            #expect(
                try box.ask("PATCH", "/api/v1/assets", ["ids": [.string(id)], "set": ["number": "x"]]).status == 400)
            let gone = try box.ask(
                "PATCH", "/api/v1/assets", ["ids": ["none", .string(id)], "set": ["owner": "They"]])
            #expect(gone.status == 409)
            #expect(try box.ask("GET", "/api/v1/assets/\(id)").fields().text("owner") == nil)
        }
    }

    @Test func `an import that dies in the middle is taken back by itself`() async throws {
        let folder = NSTemporaryDirectory() + "depotd-import-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let arguments = ["demo", "--json", "--data", folder, "--listen", "127.0.0.1:0"]
        let environment = ["DEPOTD_READERS_ENABLED": "false"]
        let daemon = try Daemon(arguments, environment: environment)
        let (batch, before) = try await onOwnThread {
            let box = try Self.ready(daemon, folder)
            let before = try box.ask("GET", "/api/v1/assets").fields().number("total") ?? 0
            let look = try box.upload(Self.lamps(5_000))
            let path = "/api/v1/imports/\(look.text("id") ?? "")/run"
            let batch = try box.ask("POST", path, box.options(look)).fields().text("batch") ?? ""
            #expect(waits { (try? box.ask("GET", "/api/v1/batches/\(batch)").fields().number("done")) ?? 0 > 500 })
            daemon.kill()
            return (batch, before)
        }
        let again = try Daemon(arguments, environment: environment)
        try await onOwnThread {
            let box = try Self.ready(again, folder)
            let end = try box.ends(batch)
            #expect(end.text("state") == "reverted" && end.number("done") == 0)
            #expect(
                end.object("trouble").text("message") == "The box stopped in the middle, so nothing of it was kept.")
            #expect(try box.ask("GET", "/api/v1/assets").fields().number("total") == before)
            #expect(try box.ask("GET", "/api/v1/assets?q=SkyPanel9").fields().number("total") == 0)
            #expect(try box.scan("CAM-7").text("outcome") == "ok")
        }
        #expect(try again.end() == 0)
    }

    private static func ready(_ daemon: Daemon, _ folder: String) throws -> TestBox {
        let ready = Fields(Array(daemon.readLine().utf8))
        return TestBox(
            port: UInt16(try #require(URL(string: ready.text("url") ?? "")?.port)),
            token: try LocalAccess.managersKey(in: folder), folder: folder)
    }

    private static func lamps(_ count: Int) -> String {
        "Nr;Name;Hersteller;Modell;Kategorie;Lagerort;Seriennummer\n"
            + (0..<count).map { "L-\($0);Lampe \($0);ARRI;SkyPanel9;Licht;Halle 9 / Regal \($0 % 5);SN9\($0)\n" }
            .joined()
    }
}

extension TestBox {
    /// Sends a table. - Returns: how it was understood.
    func upload(_ text: String, kind: String = "assets") throws -> Fields {
        let answer = try ask(
            "POST", "/api/v1/imports?kind=\(kind)&name=lamps.csv", .verbatim(Array(text.utf8)),
            headers: ["Content-Type": "text/csv"])
        guard answer.status == 201 else { throw Failure(.invalid, answer.text) }
        return try answer.fields()
    }

    /// The columns as they were suggested.
    func options(_ look: Fields) -> JSON {
        let members = look.list("columns").compactMap { column -> JSON.Member? in
            guard let index = column.number("index"), let field = column.text("field") else { return nil }
            return .init(key: String(index), value: .string(field))
        }
        return ["mapping": .object(members)]
    }

    /// The batch once it is carried out or taken back.
    func ends(_ batch: String) throws -> Fields {
        var last = Fields([])
        _ = waits(upTo: 60) {
            last = (try? ask("GET", "/api/v1/batches/\(batch)").fields()) ?? last
            return !["running", "reverting", nil].contains(last.text("state"))
        }
        return last
    }
}
