// Real printing: to an IPP Everywhere printer, through LPrint to a ZPL printer, and to a ZPL printer's port. What comes out
// is read by strangers and is what was asked.
import Drivers
import Foundation
import TestSupport
import Testing

@testable import Core

@Suite(.serialized) struct PrinterTests {
    private static let press = LabelPress()
    private static let code = "DPT:K7Q2:01JD8Z6M2QNVB3KX5W7YTR9CFE:X"

    private static func run(
        _ title: String = "Depotd test", media: String = "zebra-57x32", labels: Int = 1, resolution: Int = 203
    ) throws -> PrintRun {
        let media = try LabelMedia.named(media)
        let layout = LabelPattern.layout(.gear, on: media)
        let content = LabelContent(
            fields: ["number": "CAM-7", "name": "Sony FX6", "organisation": "Northlight"], code: code,
            shortCode: "CAM-7")
        return PrintRun(
            title: title, labels: Array(repeating: (layout, content), count: labels), media: media, first: 0,
            resolution: resolution, offsetX: 0, offsetY: 0, logo: nil)
    }

    /// Sends, and asks until it is known what became of it.
    private static func print(_ run: PrintRun, on printer: some LabelPrinter) async throws -> PrintProgress {
        switch try await printer.send(run) {
        case .printed, .sent: return .printed
        case .accepted(let ticket):
            var progress = PrintProgress.under(trouble: nil)
            let hasEnded = await comes {
                progress = (try? await printer.follow(ticket, of: run.title)) ?? .unknown
                if case .under = progress { return false }
                return true
            }
            guard hasEnded else { throw Failure(.unavailable, "It never ended.") }
            return progress
        }
    }

    private static func answers(_ printer: some LabelPrinter, upTo seconds: Double = 60) async -> Bool {
        await comes(upTo: seconds) { await printer.look().state != .away }
    }

    @Test(arguments: [
        ("image/pwg-raster,image/png,application/pdf", ".pwg"), ("image/png,application/pdf", ".png"),
    ])
    func `an IPP Everywhere printer gets the best form it takes, and says when it is printed`(
        formats: String, suffix: String
    ) async throws {
        let program = try PrinterProgram.everywhere(formats: formats)
        let printer = IPPPrinter("ipp://localhost:\(program.port)/ipp/print", press: Self.press)
        #expect(await Self.answers(printer))
        let look = await printer.look()
        #expect(look.state == .ready && look.reasons.isEmpty && look.formats.contains("image/png"))
        #expect(try await Self.print(Self.run(), on: printer) == .printed)
        let kept = program.files(suffix)
        #expect(kept.count == 1)
        if suffix == ".png" { #expect(try CodeReading.zbar(kept) == [[Self.code]]) }
        if suffix == ".pwg" {
            let image = try PWGReading.image(kept.first ?? [])
            #expect(image.resolution == 300 && image.width == 673)
            #expect(try CodeReading.zbar([image.framed.png]) == [[Self.code]])
            #expect(try CodeReading.zxing([image.framed.png]) == [[Self.code]])
        }
        withExtendedLifetime(program) {}
    }

    @Test func `sheets go to an office printer as PDF`() async throws {
        let program = try PrinterProgram.everywhere()
        let printer = IPPPrinter("ipp://localhost:\(program.port)/ipp/print", press: Self.press)
        #expect(await Self.answers(printer))
        #expect(try await Self.print(Self.run(media: "avery-l7163", labels: 14), on: printer) == .printed)
        #expect(program.files(".pdf").first?.starts(with: Array("%PDF".utf8)) == true)
        withExtendedLifetime(program) {}
    }

    @Test func `a printer that says it takes a form and does not read it gets another one`() async throws {
        // Its command fails for PWG raster: the job is given up, as by a printer that lies.
        let program = try PrinterProgram.everywhere(
            formats: "image/pwg-raster,image/png", command: try PrinterProgram.refusing("pwg-raster"))
        let printer = IPPPrinter("ipp://localhost:\(program.port)/ipp/print", press: Self.press)
        #expect(await Self.answers(printer))
        let first = try await Self.print(Self.run("first"), on: printer)
        #expect(first == .unread("The printer could not read image/pwg-raster, though it says that it does."))
        #expect(try await Self.print(Self.run("second"), on: printer) == .printed)
        #expect(program.files(".png").count == 1)
    }

    @Test func `a busy printer takes nothing, and takes it later`() async throws {
        let program = try PrinterProgram.everywhere(command: nil)
        let printer = IPPPrinter("ipp://localhost:\(program.port)/ipp/print", press: Self.press)
        #expect(await Self.answers(printer))
        let receipt = try await printer.send(Self.run("first"))
        guard case .accepted(let first) = receipt else {
            Issue.record("\(receipt)")
            return
        }
        await #expect { _ = try await printer.send(Self.run("second")) } throws: {
            ($0 as? PrintTrouble)?.kind == .busy
        }
        #expect(try await printer.ticket(of: "first") == first)
        #expect(try await printer.ticket(of: "second") == nil)
        #expect(await comes { (try? await printer.follow(first, of: "first")) == .printed })
        withExtendedLifetime(program) {}
    }

    @Test func `a printer that is gone is away, and one that came back forgetful is unsure`() async throws {
        let program = try PrinterProgram.everywhere(command: nil)
        let printer = IPPPrinter("ipp://localhost:\(program.port)/ipp/print", press: Self.press)
        #expect(await Self.answers(printer))
        guard case .accepted(let ticket) = try await printer.send(Self.run()) else { return }
        program.kill()
        #expect(await printer.look().state == .away)
        await #expect { _ = try await printer.send(Self.run()) } throws: { ($0 as? PrintTrouble)?.kind == .away }
        await #expect { _ = try await printer.follow(ticket, of: "Depotd test") } throws: {
            ($0 as? PrintTrouble)?.kind == .away
        }
        #expect(await IPPPrinter("ipp://localhost:1/ipp/print", press: Self.press).look().state == .away)
    }

    @Test func `through LPrint a ZPL printer burns the dots that were asked for`() async throws {
        let zebra = try ZPLListener()
        defer { zebra.close() }
        let program = try PrinterProgram.lprint()
        let printer = IPPPrinter("ipp://localhost:\(program.port)/ipp/print/zebra", press: Self.press)
        try program.add("zebra", driver: "zpl_4inch-203dpi-dt", device: "socket://127.0.0.1:\(zebra.port)")
        #expect(await Self.answers(printer))
        #expect(try await Self.print(Self.run(), on: printer) == .printed)
        #expect(await comes { !zebra.labels.isEmpty })
        let label = try #require(zebra.labels.first)
        #expect(try CodeReading.zbar([label.framed.png]) == [[Self.code]])
        #expect(try CodeReading.zxing([label.framed.png]) == [[Self.code]])
        withExtendedLifetime(program) {}
    }

    @Test func `a ZPL printer on a port gets each dot as it was drawn, and says when it is printed`() async throws {
        let zebra = try ZPLListener()
        defer { zebra.close() }
        let printer = ZPLPrinter(host: "127.0.0.1", port: zebra.port, press: Self.press)
        #expect(await printer.look().state == .ready)
        let run = try Self.run()
        #expect(try await Self.print(run, on: printer) == .printed)
        let drawn = try Self.press.label(run.labels[0].layout, run.labels[0].content, resolution: 203)
        #expect(zebra.labels.map(\.bytes) == [drawn.bytes])
        #expect(try CodeReading.zbar(zebra.labels.map { try $0.framed.png }) == [[Self.code]])
    }

    @Test func `paper that is out and a cover that is open are said in words, before a label and after it`()
        async throws
    {
        var manner = ZPLListener.Manner()
        manner.isPaperOut = true
        let zebra = try ZPLListener(manner)
        defer { zebra.close() }
        let printer = ZPLPrinter(host: "127.0.0.1", port: zebra.port, press: Self.press)
        #expect(await printer.look() == PrinterLook(.stopped, reasons: ["The paper is used up."]))
        await #expect { _ = try await printer.send(Self.run()) } throws: {
            ($0 as? PrintTrouble) == PrintTrouble(.busy, "The paper is used up.")
        }
        #expect(zebra.labels.isEmpty)
        manner.isPaperOut = false
        manner.holds = true
        zebra.behave(manner)
        guard case .accepted(let ticket) = try await printer.send(Self.run()) else { return }
        manner.isHeadUp = true
        zebra.behave(manner)
        #expect(try await printer.follow(ticket, of: "Depotd test") == .under(trouble: "The cover is open."))
        zebra.behave(ZPLListener.Manner())
        #expect(try await printer.follow(ticket, of: "Depotd test") == .printed)
        #expect(zebra.labels.count == 1)
    }

    @Test func `a ZPL printer that breaks off leaves the label unsure, and one that is silent has been sent it`()
        async throws
    {
        var manner = ZPLListener.Manner()
        manner.breaksAfter = 64
        let zebra = try ZPLListener(manner)
        let printer = ZPLPrinter(host: "127.0.0.1", port: zebra.port, press: Self.press)
        let receipt = try? await printer.send(Self.run())
        // The network may have taken it all before the other side was seen to be gone.
        if case .accepted(let ticket)? = receipt {
            #expect(try await printer.follow(ticket, of: "Depotd test") == .unknown)
        }
        #expect(receipt != .printed && receipt != .sent)
        manner = ZPLListener.Manner()
        manner.speaks = false
        zebra.behave(manner)
        #expect(try await printer.send(Self.run()) == .sent)
        #expect(await comes { zebra.labels.count == 1 })
        zebra.close()
        await #expect { _ = try await printer.send(Self.run()) } throws: { ($0 as? PrintTrouble)?.kind == .away }
    }

    @Test func `printers that make themselves known are found`() async throws {
        let program = try PrinterProgram.announced()
        let finder = PrinterFinder()
        #expect(
            await comes { await finder.find().contains { $0.name.contains("Label printer \(program.port)") } }
        )
        withExtendedLifetime(program) {}
    }
}
