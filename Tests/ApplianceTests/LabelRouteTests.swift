// Codes, labels and printers over HTTP: what is shown, what is printed, and what becomes of it.
import Core
import Drivers
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct LabelRouteTests {
    /// Makes a printer of a ZPL listener.
    private static func printer(
        _ box: TestBox, _ zebra: ZPLListener, media: String = "zebra-57x32", name: String = "Zebra"
    ) throws -> String {
        let made = try box.ask(
            "POST", "/api/v1/printers",
            ["name": .string(name), "address": .string("socket://127.0.0.1:\(zebra.port)"), "media": .string(media)])
        #expect(made.status == 201)
        return try made.fields().text("id") ?? ""
    }

    private static func job(_ box: TestBox, _ id: String) throws -> Fields {
        try box.ask("GET", "/api/v1/labels/jobs/\(id)").fields()
    }

    @Test func `the code of gear is a picture that strangers read and the door takes`() async throws {
        try await TestBox.run { box in
            let id = try box.asset("CAM-7").text("id") ?? ""
            let path = "/api/v1/assets/\(id)/qr-code"
            let svg = try box.ask("GET", path + "?size=200&margin=2")
            #expect(svg["content-type"] == "image/svg+xml" && svg["cache-control"] == "private, max-age=3600")
            #expect(String(decoding: svg.body, as: UTF8.self).contains("width=\"200\""))
            let known = try box.ask(
                "GET", path + "?size=200&margin=2", headers: ["If-None-Match": svg["etag"] ?? ""])
            #expect(known.status == 304 && known.body.isEmpty)
            let png = try box.ask("GET", path + "?format=png&size=400")
            #expect(png["content-type"] == "image/png" && png["etag"] != svg["etag"])
            let read = try CodeReading.zbar([png.body]).first?.first ?? ""
            #expect(read.hasPrefix("DPT:") && read.count == 37)
            #expect(try box.scan(read).object("asset").text("number") == "CAM-7")
            let address = try box.ask("GET", path + "?format=png&code=address")
            let link = try CodeReading.zxing([address.body]).first?.first ?? ""
            #expect(link.hasPrefix("HTTP") && link.hasSuffix("/A/CAM-7"), "\(link)")
            let matrix = try box.ask("GET", path + "?format=png&symbology=datamatrix")
            #expect(try CodeReading.zxing([matrix.body]) == [[read]])
            // A number that is changed makes another picture; the label's own identity stays.
            let number = try box.ask("GET", path + "?code=number")
            let renamed = try box.ask("PATCH", "/api/v1/assets/\(id)", ["number": "CAM-700"])
            #expect(renamed.status == 200)
            #expect(try box.ask("GET", path + "?code=number")["etag"] != number["etag"])
            #expect(try box.ask("GET", path + "?size=200&margin=2")["etag"] == svg["etag"])
            // A GS1 key is asked for by choice, and what lacks one says so.
            let gs1 = try box.ask("GET", path + "?format=png&code=gs1")
            let key = try CodeReading.zxing([gs1.body]).first?.first ?? ""
            #expect(key.hasSuffix("/8004/4012345CAM1007"), "\(key)")
            #expect(try box.scan(key).object("asset").text("number") == "CAM-700")
            let lens = try box.asset("LENS-1").text("id") ?? ""
            #expect(try box.ask("GET", "/api/v1/assets/\(lens)/qr-code?code=gs1").status == 409)
            for wrong in ["size=1", "margin=90", "format=gif", "code=loud", "symbology=aztec"] {
                #expect(try box.ask("GET", path + "?" + wrong).status == 400, "\(wrong)")
            }
            #expect(try box.ask("GET", "/api/v1/assets/none/qr-code").status == 404)
            #expect(try box.ask("GET", path, authorization: nil).status == 401)
        }
    }

    @Test func `what is asked for comes out of the printer, equals the preview, and is matched when it is scanned`()
        async throws
    {
        let zebra = try ZPLListener()
        defer { zebra.close() }
        try await TestBox.run { box in
            let printer = try Self.printer(box, zebra)
            let subject: JSON = ["kind": "asset", "id": .string(try box.asset("CAM-7").text("id") ?? "")]
            let made = try box.ask("POST", "/api/v1/labels/jobs", ["items": [subject]])
            #expect(made.status == 201)
            let id = try made.fields().text("id") ?? ""
            #expect(waits { (try? Self.job(box, id).text("state")) == "done" })
            #expect(try Self.job(box, id).object("counts").number("printed") == 1)
            let label = try #require(zebra.labels.first)
            let preview = try box.ask(
                "POST", "/api/v1/labels/preview", ["item": subject, "printer": .string(printer)])
            let printed = try label.png
            #expect(PictureHeader(preview.body)?.width == 456 && preview.body == printed)
            let code = try CodeReading.zbar([label.framed.png]).first?.first ?? ""
            let matched = try box.ask("POST", "/api/v1/labels/jobs/\(id)/verify", ["code": .string(code)])
            #expect(try matched.fields().text("name") == "CAM-7")
            #expect(try Self.job(box, id).number("matched") == 1)
            #expect(
                try box.ask("POST", "/api/v1/labels/jobs/\(id)/verify", ["code": "CAM-8"]).status == 404)
            let again = try box.ask("POST", "/api/v1/labels/jobs/\(id)/again", ["n": 1])
            #expect(again.status == 201)
            #expect(waits { zebra.labels.count == 2 })
            #expect(zebra.labels.first == zebra.labels.last)
        }
    }

    @Test func `an order that is sent again with its key is printed once`() async throws {
        let zebra = try ZPLListener()
        defer { zebra.close() }
        try await TestBox.run { box in
            _ = try Self.printer(box, zebra)
            let body: JSON = ["items": [["kind": "card", "id": "print"], ["kind": "card", "id": "undo"]]]
            let answers = try (0..<3).map { _ in
                try box.ask("POST", "/api/v1/labels/jobs", body, headers: ["Idempotency-Key": "once"]).fields().text(
                    "id")
            }
            #expect(Set(answers).count == 1)
            #expect(waits { zebra.labels.count == 2 })
            let read = try CodeReading.zbar(zebra.labels.map { try $0.framed.png })
            #expect(read == [["DPT-DO:PRINT"], ["DPT-DO:UNDO"]])
        }
    }

    @Test func `a printer out of paper says so, and the label comes when there is some`() async throws {
        var manner = ZPLListener.Manner()
        manner.isPaperOut = true
        let zebra = try ZPLListener(manner)
        defer { zebra.close() }
        try await TestBox.run { box in
            let printer = try Self.printer(box, zebra)
            let state = try box.ask("GET", "/api/v1/printers/\(printer)/state").fields()
            #expect(state.text("state") == "stopped")
            let made = try box.ask("POST", "/api/v1/labels/jobs", ["items": [["kind": "blank"]]])
            let id = try made.fields().text("id") ?? ""
            #expect(waits { (try? Self.job(box, id).text("trouble")) == "The paper is used up." })
            zebra.behave(ZPLListener.Manner())
            #expect(waits { (try? Self.job(box, id).text("state")) == "done" })
            #expect(try Self.job(box, id).text("trouble") == nil && zebra.labels.count == 1)
        }
    }

    @Test func `a printer that is gone in mid-job leaves a label unsure with the reason, and it is printed again`()
        async throws
    {
        var manner = ZPLListener.Manner()
        manner.breaksAfter = 64
        let zebra = try ZPLListener(manner)
        defer { zebra.close() }
        try await TestBox.run { box in
            _ = try Self.printer(box, zebra)
            let id =
                try box.ask("POST", "/api/v1/labels/jobs", ["items": [["kind": "blank"]]]).fields().text("id") ?? ""
            #expect(waits { (try? Self.job(box, id).object("counts").number("unsure")) == 1 })
            let unsure = try Self.job(box, id)
            #expect(unsure.text("state") == "done" && unsure.text("trouble")?.contains("The printer") == true)
            #expect(zebra.labels.isEmpty)
            zebra.behave(ZPLListener.Manner())
            #expect(try box.ask("POST", "/api/v1/labels/jobs/\(id)/again", [:]).status == 201)
            #expect(waits { zebra.labels.count == 1 })
            let settled = try Self.job(box, id)
            #expect(settled.text("trouble") == nil && settled.object("counts").number("cancelled") == 1)
        }
    }

    @Test func `sheets come as a file, a design of one's own is drawn, and one that does not fit is refused`()
        async throws
    {
        try await TestBox.run { box in
            let subject: JSON = ["kind": "asset", "id": .string(try box.asset("CAM-7").text("id") ?? "")]
            let sheet = try box.ask(
                "POST", "/api/v1/labels/sheets",
                ["items": .array(Array(repeating: subject, count: 20)), "media": "avery-l7163", "first": 3])
            #expect(sheet["content-type"] == "application/pdf" && sheet.body.starts(with: Array("%PDF".utf8)))
            let layout = try box.ask("GET", "/api/v1/labels/layout?media=dymo-99012&design=pattern:case").fields()
            #expect(layout.number("width") == 36 && !layout.list("elements").isEmpty)
            let design: JSON = [
                "name": "Large", "use": "gear", "width": 90, "height": 40,
                "elements": [["kind": "text", "x": 1, "y": 1, "width": 80, "height": 20, "text": "{number}"]],
            ]
            let made = try box.ask("POST", "/api/v1/labels/designs", design)
            let id = try made.fields().text("id") ?? ""
            let preview: (String) throws -> Answer = { media in
                try box.ask(
                    "POST", "/api/v1/labels/preview",
                    ["item": subject, "design": .string(id), "media": .string(media)])
            }
            #expect(try preview("zebra-102x51")["content-type"] == "image/png")
            #expect(try preview("zebra-57x32").status == 400)
            #expect(try box.ask("GET", "/api/v1/labels/media").fields().list("items").count == LabelMedia.all.count)
            #expect(try box.ask("GET", "/api/v1/labels/designs").fields().list("items").count == 1)
        }
    }

    @Test func `a ruler comes out of the printer, and what is read off it is taken off the next one`() async throws {
        let zebra = try ZPLListener()
        defer { zebra.close() }
        try await TestBox.run { box in
            let printer = try Self.printer(box, zebra)
            let order: JSON = ["items": [["kind": "calibration"]]]
            #expect(try box.ask("POST", "/api/v1/labels/jobs", order).status == 201)
            #expect(waits { zebra.labels.count == 1 })
            // The outline stands at the label's edge: at 203 dpi, 0.2 mm are two dots.
            #expect((0..<10).map { zebra.labels[0][$0, 128] } == [true, true] + Array(repeating: false, count: 8))
            let off = try box.ask("PATCH", "/api/v1/printers/\(printer)", ["offsetX": .double(-0.5)])
            #expect(off.status == 200)
            #expect(try box.ask("POST", "/api/v1/labels/jobs", order).status == 201)
            #expect(waits { zebra.labels.count == 2 })
            #expect((0..<10).map { zebra.labels[1][$0, 128] }.firstIndex(of: true) == 4)
        }
    }

    @Test func `without a printer nothing is queued and the way to one is said`() async throws {
        try await TestBox.run { box in
            let refused = try box.ask("POST", "/api/v1/labels/jobs", ["items": [["kind": "blank"]]])
            #expect(refused.status == 409)
            #expect(try box.ask("GET", "/api/v1/labels/jobs").fields().list("items").isEmpty)
            #expect(try box.scan("DPT-DO:PRINT").text("word") == "NOTHING DONE")
        }
    }
}
