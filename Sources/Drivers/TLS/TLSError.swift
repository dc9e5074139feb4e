// The typed error of this driver, for certificates and keys that cannot be used and for what fails at start. What a
// peer does wrong is counted and its connection closed, never thrown.
import CGnuTLS

/// What GnuTLS refused, in its words and ours.
package struct TLSError: Error, Sendable, CustomStringConvertible {
    /// What was tried, as a phrase: `reading the certificate`.
    package let operation: String
    /// GnuTLS' code, below zero; 0 where the refusal is our own.
    package let code: Int32
    /// The library's words for the code, or ours.
    package let text: String
    /// What a person can do, when there is something.
    package let hint: String?

    /// One sentence for the log and the doctor.
    package var description: String { "\(operation): \(text)" + (hint.map { " \($0)" } ?? "") }

    init(_ operation: String, code: Int32 = 0, text: String? = nil, hint: String? = nil) {
        self.operation = operation
        self.code = code
        self.text = text ?? gnutls_strerror(code).map { String(cString: $0) } ?? "GnuTLS says \(code)"
        self.hint = hint
    }
}

/// Throws when GnuTLS reports an error.
func tlsCheck(_ result: CInt, _ operation: String, hint: String? = nil) throws(TLSError) {
    guard result >= 0 else { throw TLSError(operation, code: result, hint: hint) }
}

/// Runs `body` with bytes as GnuTLS takes them; they are only read.
func withDatum<Result>(_ bytes: [UInt8], _ body: (inout gnutls_datum_t) throws(TLSError) -> Result) throws(TLSError)
    -> Result
{
    // A copy: GnuTLS' type has no const, and no throwing closure of the library's keeps our error type.
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
    defer { memory.deallocate() }
    _ = memory.update(fromContentsOf: bytes)
    var datum = gnutls_datum_t(data: memory.baseAddress, size: UInt32(clamping: bytes.count))
    return try body(&datum)
}

/// Runs `body` with a datum that GnuTLS fills, and gives back the bytes.
func bytesFromGnuTLS(_ operation: String, _ body: (inout gnutls_datum_t) -> CInt) throws(TLSError) -> [UInt8] {
    var datum = gnutls_datum_t()
    try tlsCheck(body(&datum), operation)
    defer { depot_gnutls_free(datum.data) }
    return Array(UnsafeBufferPointer(start: datum.data, count: Int(datum.size)))
}
