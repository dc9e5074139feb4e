// What the doctor looks at. Nothing here changes anything, so it may be run beside the daemon.
import Core
import Foundation

/// One thing the doctor found.
struct Finding {
    enum Gravity: String { case good = "ok", remark = "note", bad = "BAD" }

    let gravity: Gravity
    let subject: String
    /// What is so, and what to do if it is not good.
    let sentence: String

    var line: String { "\(gravity.rawValue.padding(toLength: 5, withPad: " ", startingAt: 0))\(subject): \(sentence)" }
}

/// Looks at the box and at a data folder.
struct Examination {
    let configuration: Configuration

    /// Free space below which the doctor objects.
    private static let freeBytesMin = 512 << 20

    func findings() -> [Finding] {
        [dataFolder, database, disk, clock, usb, listening]
            + IdentityExamination(configuration: configuration).findings()
            + AnnouncementExamination(configuration: configuration).findings()
            + CareExamination(data: configuration.data).findings()
            + CareExamination.others(in: configuration.data)
    }

    private var dataFolder: Finding {
        let path = configuration.data
        guard FileManager.default.fileExists(atPath: path + "/depot.sqlite") else {
            return Finding(
                gravity: .remark, subject: "data", sentence: "\(path) holds no depot yet; serving makes one.")
        }
        guard FileManager.default.isWritableFile(atPath: path + "/depot.sqlite") else {
            return Finding(
                gravity: .bad, subject: "data", sentence: "\(path) can not be written. Run this as the daemon's user.")
        }
        return Finding(gravity: .good, subject: "data", sentence: "\(path) can be read and written.")
    }

    private var database: Finding {
        let version = StoreExamination.sqliteVersion
        let isAffected = StoreExamination.hasWALResetBug
        return Finding(
            gravity: isAffected ? .remark : .good, subject: "SQLite",
            sentence: isAffected
                ? "\(version) has the WAL-reset bug; the daemon avoids it by checkpointing on its one writer only. "
                    + "Open the file with no other program while it serves."
                : "\(version).")
    }

    private var disk: Finding {
        var facts = statvfs()
        let folder = FileManager.default.fileExists(atPath: configuration.data) ? configuration.data : "."
        guard statvfs(folder, &facts) == 0 else {
            return Finding(gravity: .bad, subject: "disk", sentence: "The disk of \(folder) can not be asked.")
        }
        let free = Int(facts.f_bavail) * Int(facts.f_frsize)
        let text = ByteCountFormatter.string(fromByteCount: Int64(free), countStyle: .binary)
        return Finding(
            gravity: free < Self.freeBytesMin ? .bad : .good, subject: "disk",
            sentence: free < Self.freeBytesMin ? "Only \(text) are free: make room." : "\(text) are free.")
    }

    private var clock: Finding {
        let isSynchronised = FileManager.default.fileExists(atPath: "/run/systemd/timesync/synchronized")
        return Finding(
            gravity: isSynchronised ? .good : .remark, subject: "clock",
            sentence: isSynchronised
                ? "set by the network."
                : "not known to be set by the network. Order is kept all the same; times may be off.")
    }

    private var usb: Finding {
        let bus = "/dev/bus/usb"
        guard let nodes = FileManager.default.enumerator(atPath: bus)?.compactMap({ $0 as? String }) else {
            return Finding(
                gravity: .remark, subject: "USB", sentence: "There is no USB here: no reader can be plugged in.")
        }
        let devices = nodes.filter { $0.contains("/") }
        let closed = devices.filter { access("\(bus)/\($0)", R_OK | W_OK) != 0 }
        return Finding(
            gravity: !devices.isEmpty && closed.count == devices.count ? .bad : .good, subject: "USB",
            sentence: closed.isEmpty || closed.count < devices.count
                ? "\(devices.count) devices, \(devices.count - closed.count) may be opened."
                : "None of \(devices.count) devices may be opened. Install the udev rules of etc/60-depotd.rules.")
    }

    private var listening: Finding {
        let isLocal = configuration.listen.isLoopback
        let isSecure = configuration.tls.listen != nil
        return Finding(
            gravity: isLocal || isSecure ? .good : .remark, subject: "listen",
            sentence: isLocal
                ? "\(configuration.listen): this machine only."
                : "\(configuration.listen): reachable from the network, "
                    + (isSecure ? "where it serves only /enroll." : "without TLS. Set tls.listen."))
    }
}
