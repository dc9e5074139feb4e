// What the doctor finds out about the depot's file and the daemon that serves it: whether writes wait for the disk,
// whether the file is sound, how old the last backup is, what the readers complain of, and who may read the secrets.
import Core
import Foundation

/// Looks at a data folder and at the daemon that serves it, if one does.
struct CareExamination {
    let data: String
    var now = Date()

    /// From this age on a backup is remarked on, and from that age on it is bad; so is a depot that never had one.
    private static let backupDays = (remark: 2.0, bad: 14.0)
    /// Files that only the daemon's user may read.
    private static let secrets = ["local-access.json", "box-access.json", "box.sqlite"] + IdentityFolder.secrets

    /// What is found of each organisation but the first, by what its people type.
    static func others(in data: String) -> [Finding] {
        let all = (try? TenancyBook.look(in: data)) ?? []
        return all.filter { !$0.isFirst }.flatMap { tenancy -> [Finding] in
            let folder = tenancy.folder(in: data)
            let found = CareExamination(data: folder).findings()
            let isThere = FileManager.default.fileExists(atPath: folder + "/depot.sqlite")
            let missing = Finding(
                gravity: .bad, subject: "file",
                sentence: "It is not there. Bring back a backup: depotd restore FILE --organisation \(tenancy.slug).")
            return (isThere ? found : [missing]).map {
                Finding(gravity: $0.gravity, subject: "\(tenancy.slug), \($0.subject)", sentence: $0.sentence)
            }
        }
    }

    func findings() -> [Finding] {
        guard FileManager.default.fileExists(atPath: data + "/depot.sqlite") else { return rights }
        do {
            guard let daemon = try RunningDaemon(data: data) else { return fileFindings + [backup] + rights }
            return daemonFindings(try daemon.health()) + [backup] + rights
        } catch {
            let sentence = (error as? Failure)?.message ?? "\(error)"
            return [Finding(gravity: .bad, subject: "daemon", sentence: sentence)] + fileFindings + [backup] + rights
        }
    }

    private func daemonFindings(_ health: RunningDaemon.Health) -> [Finding] {
        [
            health.trouble.map { Finding(gravity: .bad, subject: "daemon", sentence: $0) }
                ?? Finding(gravity: .good, subject: "daemon", sentence: "serves, and its writes reach the disk."),
            health.synchronous == "FULL"
                ? Finding(gravity: .good, subject: "sync", sentence: "FULL: what is answered is on the disk.")
                : Finding(
                    gravity: .bad, subject: "sync",
                    sentence: "\(health.synchronous): a power cut may take back what was answered. Report this."),
            Finding(
                gravity: health.failedCommits == 0 ? .good : .bad, subject: "writes",
                sentence: health.failedCommits == 0
                    ? "none was refused since the start."
                    : "\(health.failedCommits) were refused since the start. Look for a full or dying disk: "
                        + "journalctl -k, df."),
        ] + readerFindings(health.readers.items)
    }

    private func readerFindings(_ readers: [RunningDaemon.Health.Reader]) -> [Finding] {
        guard !readers.isEmpty else {
            return [Finding(gravity: .remark, subject: "readers", sentence: "None was ever plugged in.")]
        }
        return readers.map { reader in
            switch (reader.trouble, reader.state) {
            case (let trouble?, _): Finding(gravity: .bad, subject: reader.name, sentence: trouble)
            case (nil, "offered"):
                Finding(
                    gravity: .remark, subject: reader.name,
                    sentence: "waits for somebody to say that it is a reader. Adopt it on the devices page.")
            case (nil, "unplugged"):
                Finding(gravity: .remark, subject: reader.name, sentence: "is not plugged in.")
            default: Finding(gravity: .good, subject: reader.name, sentence: "is \(reader.state).")
            }
        }
    }

    /// Without a daemon the file is read by ourselves, read-only.
    private var fileFindings: [Finding] {
        do {
            let look = try StoreExamination.look(at: data + "/depot.sqlite", now: now)
            return [
                Finding(
                    gravity: .remark, subject: "daemon",
                    sentence: "None answers for this folder. Start it: systemctl start depotd."),
                look.damage.map {
                    Finding(
                        gravity: .bad, subject: "file",
                        sentence: "It is damaged (\($0)). Bring back the last backup: depotd restore FILE.")
                }
                    ?? Finding(
                        gravity: .good, subject: "file",
                        sentence: "sound; \(look.facts.changes) changes, \(look.facts.assets) assets."),
            ] + (look.hoursAhead > 1 ? [Self.clockBehind(look.hoursAhead)] : [])
        } catch {
            let failure = error as? Failure
            return [Finding(gravity: .bad, subject: "file", sentence: failure?.message ?? "\(error)")]
        }
    }

    private static func clockBehind(_ hours: Double) -> Finding {
        Finding(
            gravity: .bad, subject: "clock",
            sentence: "stands \(Int(hours)) hours before what this depot has seen. Connect it to the network or GPS, "
                + "or set it: timedatectl set-time.")
    }

    private var backup: Finding {
        guard let last = BackupRecord.last(in: data) else {
            let began = try? StoreExamination.began(at: data + "/depot.sqlite")
            let isNew = began.map { now.timeIntervalSince($0) < Self.backupDays.bad * 86_400 } ?? false
            return Finding(
                gravity: isNew ? .remark : .bad, subject: "backup",
                sentence: "None was ever made. Make one on another disk: depotd backup FILE.")
        }
        let days = now.timeIntervalSince(last.at) / 86_400
        let gravity: Finding.Gravity =
            days > Self.backupDays.bad ? .bad : days > Self.backupDays.remark ? .remark : .good
        let age = days < 2 ? "\(Int(days * 24)) hours" : "\(Int(days)) days"
        return Finding(
            gravity: gravity, subject: "backup",
            sentence: "The last good one is \(age) old: \(last.file)."
                + (gravity == .good ? "" : " Make a new one on another disk: depotd backup FILE."))
    }

    private var rights: [Finding] {
        let open = Self.secrets.filter { (mode(of: $0) ?? 0) & 0o077 != 0 }
        let isOpenFolder = (mode(of: "") ?? 0) & 0o027 != 0
        guard !open.isEmpty || isOpenFolder else {
            return [Finding(gravity: .good, subject: "rights", sentence: "only the daemon's user reads the secrets.")]
        }
        return open.map {
            Finding(gravity: .bad, subject: "rights", sentence: "\($0) can be read by others: chmod 600 \(data)/\($0)")
        }
            + (isOpenFolder
                ? [
                    Finding(
                        gravity: .bad, subject: "rights",
                        sentence: "\(data) is open to others: chmod 750 \(data)")
                ] : [])
    }

    private func mode(of name: String) -> Int? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: data + "/" + name)
        return (attributes?[.posixPermissions] as? NSNumber)?.intValue
    }
}
