// A printer that speaks IPP: IPP Everywhere and AirPrint printers, CUPS queues, and LPrint, which drives label printers at
// USB. It is asked what it takes and sent the best of that; what it takes only by its own account is not sent twice.
package import Core
import Dispatch
import Foundation
import Synchronization

/// A printer that speaks IPP.
package final class IPPPrinter: LabelPrinter {
    private let address: String
    private let press: LabelPress
    /// libcups blocks.
    private let queue: DispatchQueue
    /// Media types that it says it takes and does not.
    private let lies = Mutex<Set<String>>([])
    /// In which form each job was sent, to know which one was not read.
    private let forms = Mutex<[Int: String]>([:])
    /// Media types that something was printed of.
    private let truths = Mutex<Set<String>>([])

    package init(_ address: String, press: LabelPress) {
        self.address = address
        self.press = press
        queue = DispatchQueue(label: "printer \(address)")
    }

    private func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    package func look() async -> PrinterLook {
        do {
            return try await run { [address] in try Traits(IPPConnection(address)).look }
        } catch {
            return PrinterLook(.away, reasons: [(error as? PrintTrouble)?.words ?? "The printer can not be asked."])
        }
    }

    package func send(_ run: PrintRun) async throws -> PrintReceipt {
        try await self.run { [self] in
            let connection = try IPPConnection(address)
            let traits = try Traits(connection)
            let known = lies.withLock { $0 }
            let forms = PrintForm.preferred(for: run.media, of: traits).filter { !known.contains($0.type) }
            guard !forms.isEmpty else {
                throw PrintTrouble(
                    .refused, "This printer takes no form that labels can be sent in (PWG raster, PNG or PDF).",
                    cause: traits.formats.joined(separator: " "))
            }
            for form in forms {
                if let ticket = try send(run, as: form, traits) { return .accepted(ticket) }
            }
            throw PrintTrouble(.refused, "The printer took none of the forms that it says it takes.")
        }
    }

    /// - Returns: the job's number; nil when the printer does not take this form after all.
    private func send(_ run: PrintRun, as form: PrintForm, _ traits: Traits) throws -> Int? {
        let bytes: [UInt8]
        do {
            bytes = try form.bytes(of: run, press, traits)
        } catch let failure as Failure {
            throw PrintTrouble(.refused, failure.message, cause: failure.cause)
        }
        var document = IPPConnection.Document(
            bytes: bytes, format: form.type, title: run.title, media: run.media.hundredths(of: run))
        var answer = try print(document)
        if answer.status == 0x040B {
            // It may be the size that it does not know: then it prints on what is in it.
            document.media = nil
            answer = try print(document)
        }
        switch answer.status {
        case ..<0x0100:
            guard let ticket = answer.number("job-id") else {
                throw PrintTrouble(.unsure, "The printer did not say which job it took.")
            }
            forms.withLock { $0[ticket] = form.type }
            return ticket
        case 0x040A, 0x040B, 0x0411:
            lies.withLock { _ = $0.insert(form.type) }
            return nil
        // Unavailable, temporary error, not accepting jobs, busy, deactivated.
        case 0x0502, 0x0505, 0x0506, 0x0507, 0x050A:
            throw PrintTrouble(.busy, "The printer is busy.")
        case 0x0401, 0x0402, 0x0403:
            throw PrintTrouble(.refused, "The printer lets only those print whom it knows.")
        default:
            throw PrintTrouble(
                .refused, "The printer refused the label.", cause: String(answer.status, radix: 16))
        }
    }

    /// Sends, and when the connection was lost in the middle asks whether it arrived.
    private func print(_ document: IPPConnection.Document) throws -> IPPAnswer {
        let began = ContinuousClock.now
        do {
            return try IPPConnection(address).print(document)
        } catch let trouble as PrintTrouble where trouble.kind == .unsure {
            let connection = try? IPPConnection(address)
            guard let connection, let traits = try? Traits(connection) else { throw trouble }
            let elapsed = Double((ContinuousClock.now - began).components.seconds)
            if let job = try? Self.ticket(of: document.title, connection) {
                return try connection.ask(.getJobAttributes, job: job)
            }
            // A printer that has been up all the while and has no such job never got it.
            guard let upTime = traits.upTime, Double(upTime) > elapsed + 5 else { throw trouble }
            throw PrintTrouble(.away, trouble.words, cause: trouble.cause)
        }
    }

    package func follow(_ ticket: Int, of title: String) async throws -> PrintProgress {
        try await run { [self] in
            let connection = try IPPConnection(address)
            let answer = try connection.ask(
                .getJobAttributes, job: ticket,
                wanted: ["job-state", "job-state-reasons", "job-name", "job-impressions-completed"])
            let isOurs = answer.texts("job-name").first.map { $0 == title } ?? true
            guard answer.isGood, isOurs, let state = answer.number("job-state") else { return .unknown }
            let reasons = answer.texts("job-state-reasons")
            let form = forms.withLock { $0[ticket] }
            switch state {
            case 9:
                guard !reasons.contains("job-completed-with-errors") else {
                    return .failed("The printer says that it had errors with this label.")
                }
                if let form { truths.withLock { _ = $0.insert(form) } }
                return .printed
            case 7: return .failed("It was stopped at the printer.")
            case 8:
                guard let form, isUnread(form, reasons, printed: answer.number("job-impressions-completed")) else {
                    return .failed("The printer gave this label up.")
                }
                lies.withLock { _ = $0.insert(form) }
                return .unread("The printer could not read \(form), though it says that it does.")
            default:
                let words = try Traits(connection).trouble
                return .under(trouble: words.isEmpty ? nil : words.joined(separator: " "))
            }
        }
    }

    /// Whether a job that was given up was not understood: the printer says so, or it printed nothing of a form that it has
    /// never printed.
    private func isUnread(_ form: String, _ reasons: [String], printed count: Int?) -> Bool {
        let words = ["document-format-error", "unsupported-document-format", "document-unprintable-error"]
        if reasons.contains(where: { reason in words.contains { reason.hasPrefix($0) } }) { return true }
        return count == 0 && !truths.withLock { $0.contains(form) }
    }

    package func ticket(of title: String) async throws -> Int? {
        try await run { [address] in try Self.ticket(of: title, IPPConnection(address)) }
    }

    private static func ticket(of title: String, _ connection: IPPConnection) throws -> Int? {
        let answer = try connection.ask(.getJobs, wanted: ["job-id", "job-name"])
        return answer.jobs.first { $0.name == title }?.id
    }

    package func cancel(_ ticket: Int) async {
        // A printer that can not be reached prints what it has; that is asked about later.
        _ = try? await run { [address] in _ = try IPPConnection(address).ask(.cancelJob, job: ticket) }
    }
}

/// What a printer says it is and takes.
struct Traits: Sendable {
    let state: Int
    let reasons: [String]
    let model: String?
    let formats: [String]
    let resolutions: [Int]
    /// Kinds of PWG raster, such as `black_1`.
    let rasterTypes: [String]
    let isAccepting: Bool
    /// Seconds since it was started.
    let upTime: Int?

    init(_ connection: IPPConnection) throws {
        let answer = try connection.ask(.getPrinterAttributes)
        guard answer.isGood else {
            throw PrintTrouble(
                .away, "There is no printer at this address.", cause: String(answer.status, radix: 16))
        }
        state = answer.number("printer-state") ?? 3
        reasons = answer.texts("printer-state-reasons")
        model = answer.texts("printer-make-and-model").first
        formats = answer.texts("document-format-supported").map { $0.lowercased() }
        let raster = answer.resolutions("pwg-raster-document-resolution-supported")
        resolutions = raster.isEmpty ? answer.resolutions("printer-resolution-supported") : raster
        rasterTypes = answer.texts("pwg-raster-document-type-supported")
        isAccepting = answer.flag("printer-is-accepting-jobs") ?? true
        upTime = answer.number("printer-up-time")
    }

    /// What holds it up, in words.
    var trouble: [String] {
        let errors = reasons.filter { !PrinterWords.isRemark($0) }
        let words = PrinterWords.words(errors)
        return words.isEmpty && state == 5 ? ["The printer is stopped."] : words
    }

    var look: PrinterLook {
        var look = PrinterLook(state == 5 ? .stopped : state == 4 ? .printing : .ready)
        look.reasons = PrinterWords.words(reasons)
        if !isAccepting { look.reasons.append("It takes no labels now.") }
        look.model = model
        look.resolutions = resolutions
        look.formats = formats
        return look
    }
}

extension LabelMedia {
    /// The size to ask the printer for, in hundredths of a millimetre.
    fileprivate func hundredths(of run: PrintRun) -> (width: Int, height: Int) {
        let size =
            sheet.map { ($0.pageWidth, $0.pageHeight) }
            ?? (width, height ?? run.labels.first?.layout.height ?? size.height)
        return (Int((size.0 * 100).rounded()), Int((size.1 * 100).rounded()))
    }
}
