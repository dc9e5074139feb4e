// What the doctor finds out about TLS: which certificate is shown, for which names, how long it lasts, and by which
// fingerprint the box's own authority is known. It makes nothing: the daemon does.
import Core
import Drivers
import Foundation

/// Looks at the certificates of a box.
struct IdentityExamination {
    let configuration: Configuration
    var now = Date()

    /// From this many days before the end on, a certificate that nobody renews is remarked on.
    private static let remarkDays = 21.0

    func findings() -> [Finding] {
        guard let listen = configuration.tls.listen else { return [] }
        do {
            if let given = configuration.tls.given { return [try judge(given, listen)] }
            return try ownFindings(listen)
        } catch {
            let sentence = (error as? Failure)?.message ?? "\(error)"
            return [Finding(gravity: .bad, subject: "TLS", sentence: sentence)]
        }
    }

    private func judge(_ given: Configuration.TLS.Given, _ listen: ListenAddress) throws -> Finding {
        guard let certificate = try IdentityFolder.read(given.certificate) else {
            throw Failure(.unavailable, "There is no file \(given.certificate); tls.certificate names it.")
        }
        guard let key = try IdentityFolder.read(given.key) else {
            throw Failure(.unavailable, "There is no file \(given.key); tls.key names it.")
        }
        let facts = try CertificateFacts(pem: certificate)
        _ = try TLSCredentials(certificate: certificate, key: key)
        let names = facts.names.map(\.description).joined(separator: ", ")
        if now < facts.notBefore || now >= facts.notAfter {
            return Finding(
                gravity: .bad, subject: "TLS",
                sentence: "\(given.certificate) holds from \(day(facts.notBefore)) to \(day(facts.notAfter)): "
                    + "browsers refuse it now. Give a new one, or set the clock.")
        }
        let isEnding = facts.notAfter.timeIntervalSince(now) < Self.remarkDays * 86_400
        return Finding(
            gravity: isEnding ? .remark : .good, subject: "TLS",
            sentence: "\(listen): \(given.certificate) for \(names), until \(day(facts.notAfter))"
                + (isEnding ? ". Renew it; the daemon takes a new file by itself." : "."))
    }

    private func ownFindings(_ listen: ListenAddress) throws -> [Finding] {
        let folder = IdentityFolder(data: configuration.data)
        guard let pem = try IdentityFolder.read(folder.authorityFile) else {
            return [
                Finding(gravity: .remark, subject: "TLS", sentence: "\(listen): serving makes the box's authority.")
            ]
        }
        let authority = try CertificateAuthority(pem: pem)
        let facts = try authority.facts
        let fingerprint = facts.fingerprint.map { Hex.text([$0]).uppercased() }.joined(separator: " ")
        let unvouched = BoxNames.all(configured: configuration.hosts).filter { !authority.mayVouch(for: $0) }
        return [
            Finding(
                gravity: .good, subject: "TLS",
                sentence: "\(listen): authority \(facts.commonName), until \(day(facts.notAfter)), fingerprint "
                    + fingerprint),
            try leaf(folder),
        ] + (unvouched.isEmpty ? [] : [Self.unvouched(unvouched)])
    }

    private func leaf(_ folder: IdentityFolder) throws -> Finding {
        guard let pem = try IdentityFolder.read(folder.certificateFile) else {
            return Finding(gravity: .remark, subject: "certificate", sentence: "Serving makes it.")
        }
        let facts = try CertificateFacts(pem: pem)
        let names = facts.names.map(\.description).joined(separator: ", ")
        let isOver = now >= facts.notAfter || now < facts.notBefore
        return Finding(
            gravity: isOver ? .remark : .good, subject: "certificate",
            sentence: "for \(names), until \(day(facts.notAfter))"
                + (isOver ? "; the daemon makes a new one." : "; renewed by itself."))
    }

    private static func unvouched(_ names: [SubjectName]) -> Finding {
        Finding(
            gravity: .remark, subject: "names",
            sentence: "The box's authority may not vouch for \(names.map(\.description).joined(separator: ", ")). "
                + "For them give a certificate of your own: tls.certificate and tls.key.")
    }

    private func day(_ date: Date) -> String { String(date.ISO8601Format().prefix(10)) }
}
