// The queue at a real IPP Everywhere printer that is busy, dies with a label in it, or does not read what it said it takes.
import Drivers
import Foundation
import TestSupport
import Testing

@testable import Appliance
@testable import Core

@Suite(.serialized) struct QueuedPrinterTests {
    /// Sets the printer up, orders labels of gear, and gives the job's identifier.
    private static func order(_ box: TestBox, _ program: PrinterProgram, _ numbers: [String]) throws -> String {
        let made = try box.ask(
            "POST", "/api/v1/printers",
            [
                "name": "Office", "address": .string("ipp://localhost:\(program.port)/ipp/print"),
                "media": "zebra-57x32", "payload": "number",
            ])
        #expect(made.status == 201)
        let items = try numbers.map { number -> JSON in
            ["kind": "asset", "id": .string(try box.asset(number).text("id") ?? "")]
        }
        let job = try box.ask("POST", "/api/v1/labels/jobs", ["items": .array(items)])
        #expect(job.status == 201)
        return try job.fields().text("id") ?? ""
    }

    private static func comes(_ box: TestBox, _ id: String, _ condition: (Fields) -> Bool) -> Bool {
        waits { (try? box.ask("GET", "/api/v1/labels/jobs/\(id)").fields()).map(condition) ?? false }
    }

    @Test func `a printer that dies with a label in it leaves that one unsure, and prints the rest when it is back`()
        async throws
    {
        let program = try PrinterProgram.everywhere(command: nil)
        try await TestBox.run { box in
            let id = try Self.order(box, program, ["CAM-7", "CAM-8"])
            #expect(Self.comes(box, id) { $0.list("items").first?.text("state") == "printing" })
            #expect(waits { !program.files(".pwg").isEmpty })
            program.kill()
            #expect(
                Self.comes(box, id) {
                    $0.text("trouble") == "The printer can not be reached. It may be printing this label."
                })
            let again = try PrinterProgram.everywhere(port: program.port)
            #expect(Self.comes(box, id) { $0.text("state") == "done" })
            let items = try box.ask("GET", "/api/v1/labels/jobs/\(id)").fields().list("items")
            #expect(items.map { $0.text("state") } == ["unsure", "printed"])
            #expect(items.map { $0.text("name") } == ["CAM-7", "CAM-8"])
            let printed = try again.files(".pwg").map { try PWGReading.image($0).framed.png }
            #expect(try CodeReading.zbar(printed) == [["CAM-8"]])
        }
    }

    @Test func `a busy printer is waited for, in words`() async throws {
        let program = try PrinterProgram.everywhere(command: nil)
        let stranger = IPPPrinter("ipp://localhost:\(program.port)/ipp/print", press: LabelPress())
        #expect(await TestSupport.comes { await stranger.look().state == .ready })
        let media = try LabelMedia.named("zebra-57x32")
        let content = LabelContent(fields: ["code": "A stranger's"], code: "STRANGER", shortCode: "STRANGER")
        let run = PrintRun(
            title: "A stranger's", labels: [(LabelPattern.layout(.blank, on: media), content)], media: media, first: 0,
            resolution: 203, offsetX: 0, offsetY: 0, logo: nil)
        try await TestBox.run { box in
            // With the box up and running, so that the printer is still busy when it is asked.
            let printer = Task { try await stranger.send(run) }
            #expect(waits { !program.files(".pwg").isEmpty })
            let id = try Self.order(box, program, ["CAM-7"])
            #expect(Self.comes(box, id) { $0.text("trouble") == "The printer is busy." })
            #expect(Self.comes(box, id) { $0.text("state") == "done" && $0.text("trouble") == nil })
            let read = try CodeReading.zbar(program.files(".pwg").map { try PWGReading.image($0).framed.png })
            #expect(read == [["STRANGER"], ["CAM-7"]])
            withExtendedLifetime(printer) {}
        }
    }

    @Test func `a printer that lies about what it reads gets the label in another form, once`() async throws {
        let program = try PrinterProgram.everywhere(
            formats: "image/pwg-raster,image/png", command: try PrinterProgram.refusing("pwg-raster"))
        try await TestBox.run { box in
            let id = try Self.order(box, program, ["CAM-7", "CAM-8"])
            #expect(Self.comes(box, id) { $0.text("state") == "done" })
            #expect(try box.ask("GET", "/api/v1/labels/jobs/\(id)").fields().object("counts").number("printed") == 2)
            #expect(try CodeReading.zxing(program.files(".png")) == [["CAM-7"], ["CAM-8"]])
        }
    }
}
