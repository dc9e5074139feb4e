// Who the box is to browsers: a certificate of its own making, or the one that the configuration names. It is looked
// after every minute, because addresses change, certificates end, and files are replaced.
import Core
import Drivers
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// The certificate in use, and the names the box answers to over TLS.
final class BoxIdentity: Sendable {
    /// What holds now.
    struct Standing: Sendable {
        let credentials: TLSCredentials
        let facts: CertificateFacts
        /// As the `Host` of a request has them.
        let hosts: Set<String>
        /// Names that the certificate should be for and is not, because the authority may not vouch for them.
        let unvouched: [SubjectName]
        /// What the certificate was made from; a difference makes a new one.
        fileprivate let source: Source
    }

    fileprivate enum Source: Equatable {
        case own(names: [SubjectName])
        case given(certificate: [UInt8], key: [UInt8])
    }

    /// The box's authority; nil where the configuration names a certificate.
    let authority: CertificateFacts?
    private let configuration: Configuration
    private let folder: IdentityFolder
    private let now: @Sendable () -> Date
    private let logger: Logger
    private let standing: Mutex<Standing>

    /// Reads what there is and makes what is missing.
    ///
    /// - Throws: `unavailable` in words when a file can not be used; nothing that is there is ever replaced by that.
    init(_ configuration: Configuration, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }) throws {
        self.configuration = configuration
        self.logger = logger
        self.now = now
        folder = IdentityFolder(data: configuration.data)
        if configuration.tls.given == nil {
            try folder.make()
            authority = try Self.authority(configuration, folder, now(), logger).facts
        } else {
            authority = nil
        }
        standing = Mutex(try Self.look(configuration, folder, now(), before: nil))
        report(current)
    }

    /// What holds now.
    var current: Standing { standing.withLock { $0 } }

    /// Looks again. - Returns: new credentials when the certificate is another now.
    /// - Throws: `unavailable` when what is there can not be used; what held before still holds.
    func refresh() throws -> TLSCredentials? {
        let before = current
        let after = try Self.look(configuration, folder, now(), before: before)
        guard after.credentials !== before.credentials else { return nil }
        standing.withLock { $0 = after }
        report(after)
        return after.credentials
    }

    private func report(_ standing: Standing) {
        logger.notice(
            "the certificate",
            metadata: [
                "for": "\(standing.facts.names.map(\.description).joined(separator: " "))",
                "until": "\(standing.facts.notAfter)",
            ])
        guard !standing.unvouched.isEmpty else { return }
        logger.warning(
            "names that the box's authority may not vouch for; give a certificate of your own for them",
            metadata: ["names": "\(standing.unvouched.map(\.description).joined(separator: " "))"])
    }
}

// Making and reading.
extension BoxIdentity {
    private static func authority(
        _ configuration: Configuration, _ folder: IdentityFolder, _ now: Date, _ logger: Logger
    ) throws -> CertificateAuthority {
        if let pem = try IdentityFolder.read(folder.authorityFile) {
            return try worded(folder.authorityFile) { () throws(TLSError) in try CertificateAuthority(pem: pem) }
        }
        let hosts = BoxNames.hosts(configured: configuration.hosts)
        let name = "Depotd \(BoxNames.hostName) \(Hex.text(SecureRandom.bytes(2)))"
        let made = try worded(folder.authorityFile) { () throws(TLSError) in
            try CertificateAuthority.make(name: name, permitting: hosts, now: now)
        }
        try folder.write(made.pem, to: folder.authorityFile)
        logger.notice("the box's authority is made", metadata: ["name": "\(name)"])
        return made
    }

    private static func look(
        _ configuration: Configuration, _ folder: IdentityFolder, _ now: Date, before: Standing?
    ) throws -> Standing {
        if let given = configuration.tls.given {
            return try asGiven(given, configuration, before: before)
        }
        return try own(configuration, folder, now, before: before)
    }

    /// The certificate of our own making: the one on the disk while it is for these names and lasts.
    private static func own(
        _ configuration: Configuration, _ folder: IdentityFolder, _ now: Date, before: Standing?
    ) throws -> Standing {
        let wanted = BoxNames.all(configured: configuration.hosts)
        if let before, before.source == .own(names: wanted), lasts(before.facts, now) { return before }
        guard let pem = try IdentityFolder.read(folder.authorityFile) else {
            throw Failure(.unavailable, "The box's authority is gone: \(folder.authorityFile)")
        }
        return try worded(folder.certificateFile) { () throws in
            let authority = try CertificateAuthority(pem: pem)
            let names = wanted.filter(authority.mayVouch)
            let kept = try IdentityFolder.read(folder.certificateFile)
            if let kept, let facts = try? CertificateFacts(pem: kept), facts.names == names, lasts(facts, now),
                authority.hasIssued(kept),
                let credentials = try? TLSCredentials(certificate: kept, key: kept)
            {
                return standing(credentials, facts, wanted, names)
            }
            let made = try authority.issue(for: names, now: now)
            try folder.write(made, to: folder.certificateFile)
            return standing(
                try TLSCredentials(certificate: made, key: made), try CertificateFacts(pem: made), wanted, names)
        }
    }

    private static func standing(
        _ credentials: TLSCredentials, _ facts: CertificateFacts, _ wanted: [SubjectName], _ names: [SubjectName]
    ) -> Standing {
        Standing(
            credentials: credentials, facts: facts, hosts: Set(wanted.map(\.hostField)),
            unvouched: wanted.filter { !names.contains($0) }, source: .own(names: wanted))
    }

    /// Begun already, and not about to end. A box whose clock was wrong makes a new one once it is right.
    private static func lasts(_ facts: CertificateFacts, _ now: Date) -> Bool {
        facts.notBefore <= now && now.addingTimeInterval(CertificateAuthority.renewalLead) < facts.notAfter
    }

    private static func asGiven(
        _ given: Configuration.TLS.Given, _ configuration: Configuration, before: Standing?
    ) throws -> Standing {
        guard let certificate = try IdentityFolder.read(given.certificate) else {
            throw Failure(.unavailable, "There is no file \(given.certificate); tls.certificate names it.")
        }
        guard let key = try IdentityFolder.read(given.key) else {
            throw Failure(.unavailable, "There is no file \(given.key); tls.key names it.")
        }
        let source = Source.given(certificate: certificate, key: key)
        if let before, before.source == source { return before }
        return try worded("\(given.certificate) with \(given.key)") { () throws(TLSError) in
            let facts = try CertificateFacts(pem: certificate)
            return Standing(
                credentials: try TLSCredentials(certificate: certificate, key: key), facts: facts,
                hosts: Set(
                    BoxNames.all(configured: configuration.hosts).map(\.hostField) + facts.names.map(\.hostField)),
                unvouched: [], source: source)
        }
    }

    /// The driver's error as a failure that names the file.
    private static func worded<Result>(_ file: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as TLSError {
            throw Failure(.unavailable, "\(file): \(error)")
        }
    }
}

/// Looks after the identity while the box runs, and hands a new certificate to the listener.
struct IdentityService: Service {
    /// Nil where no TLS is spoken.
    let identity: BoxIdentity?
    let listener: HTTPListener
    let logger: Logger
    /// Between two looks; a new address waits this long for its name in the certificate.
    var interval = Duration.seconds(60)

    func run() async throws {
        guard let identity else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: interval)) != nil {
                do {
                    if let credentials = try identity.refresh() { listener.show(credentials) }
                } catch {
                    let failure = error as? Failure
                    logger.warning(
                        "the certificate stays as it is", metadata: ["cause": "\(failure?.message ?? "\(error)")"])
                }
            }
        }
    }
}
