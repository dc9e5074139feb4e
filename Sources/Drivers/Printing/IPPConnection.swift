// One conversation with a printer by IPP, through libcups. Blocking: it is used on a queue of its own (IPPPrinter.swift).
private import CCUPS
import Core
import Foundation

/// A conversation with one printer.
final class IPPConnection {
    private let http: OpaquePointer
    private let resource: String
    /// What the printer is called in requests.
    private let uri: String

    /// Seconds to wait for a connection, and for an answer.
    private static let connectMilliseconds: Int32 = 5_000
    private static let answerSeconds = 20.0

    /// Connects. - Throws: `PrintTrouble` of the kind `away`.
    init(_ address: String) throws {
        let away = PrintTrouble(.away, "The printer can not be reached.", cause: address)
        var path = [CChar](repeating: 0, count: 1024)
        let isNamed = address.contains("._tcp")
        let connected = isNamed ? Self.resolve(address, &path) : Self.connect(address, &path)
        guard let connected else { throw away }
        http = connected
        resource = String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        httpSetTimeout(http, Self.answerSeconds, { _, _ in 0 }, nil)
        var host = [CChar](repeating: 0, count: 256)
        var assembled = [CChar](repeating: 0, count: 1024)
        httpGetHostname(http, &host, Int32(host.count))
        let scheme = address.hasPrefix("ipps") ? "ipps" : "ipp"
        httpAssembleURI(
            HTTP_URI_CODING_ALL, &assembled, Int32(assembled.count), scheme, nil, host,
            Int32(httpAddrPort(httpGetAddress(http))), resource)
        uri =
            isNamed
            ? String(decoding: assembled.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : address
    }

    deinit { httpClose(http) }

    private static func connect(_ address: String, _ path: inout [CChar]) -> OpaquePointer? {
        var scheme = [CChar](repeating: 0, count: 32)
        var user = [CChar](repeating: 0, count: 256)
        var host = [CChar](repeating: 0, count: 256)
        var port: Int32 = 0
        let status = httpSeparateURI(
            HTTP_URI_CODING_ALL, address, &scheme, Int32(scheme.count), &user, Int32(user.count), &host,
            Int32(host.count), &port, &path, Int32(path.count))
        guard status == HTTP_URI_STATUS_OK else { return nil }
        let isSecure = address.hasPrefix("ipps")
        return httpConnect2(
            host, port, nil, AF_UNSPEC, isSecure ? HTTP_ENCRYPTION_ALWAYS : HTTP_ENCRYPTION_IF_REQUESTED, 1,
            connectMilliseconds, nil)
    }

    /// Finds a printer by its name of DNS-SD, wherever it is now.
    private static func resolve(_ address: String, _ path: inout [CChar]) -> OpaquePointer? {
        var destinations: UnsafeMutablePointer<cups_dest_t>?
        let count = cupsAddDest("printer", nil, 0, &destinations)
        defer { cupsFreeDests(count, destinations) }
        guard count == 1, let destination = destinations else { return nil }
        destination.pointee.num_options = cupsAddOption(
            "device-uri", address, destination.pointee.num_options, &destination.pointee.options)
        return cupsConnectDest(
            destination, UInt32(CUPS_DEST_FLAGS_DEVICE), connectMilliseconds, nil, &path, path.count, nil, nil)
    }

    /// Asks something.
    ///
    /// - Throws: `PrintTrouble` of the kind `away` when there is no answer.
    func ask(_ operation: IPPOperation, job: Int? = nil, wanted: [String] = []) throws -> IPPAnswer {
        let request = request(operation, job: job)
        if !wanted.isEmpty { Self.add(wanted, "requested-attributes", IPP_TAG_KEYWORD, to: request) }
        if operation == .getJobs {
            ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "which-jobs", nil, "all")
            ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "limit", 50)
        }
        let answer = cupsDoRequest(http, request, resource)
        let status = cupsLastError()
        guard let answer else {
            throw PrintTrouble(.away, "The printer does not answer.", cause: Self.lastError)
        }
        return IPPAnswer(answer, status: Int(status.rawValue))
    }

    /// What is printed and how.
    struct Document {
        var bytes: [UInt8]
        var format: String
        var title: String
        /// Hundredths of a millimetre; nil leaves it to the printer.
        var media: (width: Int, height: Int)?
    }

    /// Sends a document to be printed.
    ///
    /// - Throws: `PrintTrouble`: `away` when none of it was sent, `unsure` when some of it was.
    func print(_ document: Document) throws -> IPPAnswer {
        let request = request(.printJob, job: nil)
        ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "job-name", nil, document.title)
        ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_MIMETYPE, "document-format", nil, document.format)
        if let media = document.media {
            let size = ippNew()
            ippAddInteger(size, IPP_TAG_ZERO, IPP_TAG_INTEGER, "x-dimension", Int32(media.width))
            ippAddInteger(size, IPP_TAG_ZERO, IPP_TAG_INTEGER, "y-dimension", Int32(media.height))
            let collection = ippNew()
            ippAddCollection(collection, IPP_TAG_ZERO, "media-size", size)
            ippAddCollection(request, IPP_TAG_JOB, "media-col", collection)
            ippAddString(request, IPP_TAG_JOB, IPP_TAG_KEYWORD, "print-scaling", nil, "none")
            ippDelete(size)
            ippDelete(collection)
        }
        defer { ippDelete(request) }
        let status = cupsSendRequest(http, request, resource, ippLength(request) + document.bytes.count)
        guard status == HTTP_STATUS_CONTINUE else {
            if let answer = cupsGetResponse(http, resource) {
                return IPPAnswer(answer, status: Int(cupsLastError().rawValue))
            }
            throw PrintTrouble(.away, "The printer does not answer.", cause: Self.lastError)
        }
        let written = document.bytes.withUnsafeBytes { bytes in
            cupsWriteRequestData(
                http, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        // A printer that refuses may stop listening before all was sent, and has said why.
        let answer = cupsGetResponse(http, resource)
        guard let answer else {
            throw PrintTrouble(
                .unsure, "The printer went away while the label was being sent.",
                cause: "\(written.rawValue) \(Self.lastError)")
        }
        return IPPAnswer(answer, status: Int(cupsLastError().rawValue))
    }

    private func request(_ operation: IPPOperation, job: Int?) -> OpaquePointer? {
        let request = ippNewRequest(ipp_op_t(rawValue: operation.rawValue))
        ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", nil, uri)
        if let job { ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "job-id", Int32(clamping: job)) }
        ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", nil, "depotd")
        return request
    }

    private static func add(_ values: [String], _ name: String, _ tag: ipp_tag_t, to request: OpaquePointer?) {
        var attribute = ippAddString(request, IPP_TAG_OPERATION, tag, name, nil, values[0])
        for (place, value) in values.enumerated().dropFirst() {
            ippSetString(request, &attribute, Int32(place), value)
        }
    }

    private static var lastError: String { cupsLastErrorString().map { String(cString: $0) } ?? "" }
}

/// What is asked of a printer.
///
/// - Source: RFC 8011 §5.4.15.
enum IPPOperation: Int32 {
    case printJob = 0x0002
    case cancelJob = 0x0008
    case getJobAttributes = 0x0009
    case getJobs = 0x000A
    case getPrinterAttributes = 0x000B
}

/// A printer's answer.
final class IPPAnswer {
    private let message: OpaquePointer
    /// - Source: RFC 8011 §4.1.6 and appendix B.
    let status: Int

    fileprivate init(_ message: OpaquePointer, status: Int) {
        self.message = message
        self.status = status
    }

    deinit { ippDelete(message) }

    var isGood: Bool { status < 0x0100 }

    /// The texts of an attribute; none when it is not there.
    func texts(_ name: String) -> [String] {
        guard let attribute = ippFindAttribute(message, name, IPP_TAG_ZERO) else { return [] }
        return (0..<ippGetCount(attribute)).compactMap { ippGetString(attribute, $0, nil).map { String(cString: $0) } }
    }

    func number(_ name: String) -> Int? {
        ippFindAttribute(message, name, IPP_TAG_ZERO).map { Int(ippGetInteger($0, 0)) }
    }

    func flag(_ name: String) -> Bool? {
        ippFindAttribute(message, name, IPP_TAG_BOOLEAN).map { ippGetBoolean($0, 0) != 0 }
    }

    /// The resolutions of an attribute that are the same across and down, in dots of an inch.
    func resolutions(_ name: String) -> [Int] {
        guard let attribute = ippFindAttribute(message, name, IPP_TAG_RESOLUTION) else { return [] }
        return (0..<ippGetCount(attribute)).compactMap { place in
            var (down, units) = (Int32(0), IPP_RES_PER_INCH)
            let across = ippGetResolution(attribute, place, &down, &units)
            guard across == down else { return nil }
            return units == IPP_RES_PER_CM ? Int((Double(across) * 2.54).rounded()) : Int(across)
        }
    }

    /// The number and name of each job in a list of them.
    var jobs: [(id: Int, name: String)] {
        var jobs: [(id: Int, name: String)] = []
        var (id, name): (Int?, String?) = (nil, nil)
        var attribute = ippFirstAttribute(message)
        while let next = attribute {
            switch ippGetName(next).map({ String(cString: $0) }) {
            case nil: (id, name) = (nil, nil)
            case "job-id": id = Int(ippGetInteger(next, 0))
            case "job-name": name = ippGetString(next, 0, nil).map { String(cString: $0) }
            default: break
            }
            if let known = id, let called = name {
                jobs.append((known, called))
                (id, name) = (nil, nil)
            }
            attribute = ippNextAttribute(message)
        }
        return jobs
    }
}
