// Backups and restores with the unmodified binary, and what the doctor says.
import Core
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Appliance

@Suite struct CareTests {
    private static func run(_ arguments: String..., folder: String) throws -> (code: Int32, text: String) {
        let daemon = try Daemon(arguments + ["--data", folder])
        let code = try daemon.waitForEnd()
        return (code, daemon.output + daemon.errors)
    }

    /// The same without holding up other tests.
    private static func runs(_ arguments: String..., folder: String) async throws -> (code: Int32, text: String) {
        try await onOwnThread {
            let daemon = try Daemon(arguments + ["--data", folder])
            let code = try daemon.waitForEnd()
            return (code, daemon.output + daemon.errors)
        }
    }

    private static func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "depotd-care-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await body(folder)
    }

    @Test func `a backup is made while the daemon serves, and brought back under a new epoch`() async throws {
        try await Self.inFolder { folder in
            let data = folder + "/data"
            let file = folder + "/depot.backup"
            let (epoch, seq) = try await TestBox.run(folder: data) { box in
                try box.scan("CAM-7")
                let backup = try Self.run("backup", file, folder: data)
                #expect(backup.code == 0 && backup.text.contains("is good"), "\(backup.text)")
                try box.scan("CAM-8")
                let refused = try Self.run("restore", file, folder: data)
                #expect(refused.code == 1 && refused.text.contains("Stop it first"))
                let about = try box.ask("GET", "/api/v1/about").fields()
                return (try #require(about.text("epoch")), try #require(about.number("seq")))
            }
            let restored = try await Self.runs("restore", file, folder: data)
            #expect(restored.code == 0 && restored.text.contains("kept in"), "\(restored.text)")
            try await TestBox.run(folder: data) { box in
                #expect(try box.asset("CAM-7").text("status") == "in_use")
                #expect(try box.asset("CAM-8").text("status") == "available")
                #expect(try box.ask("GET", "/api/v1/about").fields().text("epoch") != epoch)
                let screen = try box.live()
                #expect(try screen.subscribe(["assets"], since: (epoch, seq)).text("type") == "reset")
            }
        }
    }

    @Test func `the doctor says whether the box is announced, and what to do when it is not`() async throws {
        try await Self.inFolder { folder in
            func look(_ flags: [String: String], hostName: String = "depot") throws -> [Finding] {
                let configuration = try Configuration.load(
                    file: nil, flags: flags.merging(["data": folder]) { $1 }, environment: [:])
                return AnnouncementExamination(
                    configuration: configuration, services: folder, daemon: folder + "/avahi-daemon",
                    hostName: hostName
                ).findings()
            }
            let lan = ["tls.listen": "0.0.0.0:8443"]
            #expect(try look([:]).isEmpty)
            #expect(try look(lan).map(\.sentence).first?.contains("apt install avahi-daemon") == true)
            try Data().write(to: URL(filePath: folder + "/avahi-daemon"))
            #expect(try look(lan).map(\.sentence).first?.contains("copy etc/avahi/depotd.service") == true)
            // The very file that the package installs.
            let ours = URL(filePath: #filePath).deletingLastPathComponent().appending(
                path: "../../etc/avahi/depotd.service")
            try FileManager.default.copyItem(atPath: ours.standardized.path(), toPath: folder + "/depotd.service")
            let announced = try look(lan)
            #expect(announced.map(\.gravity) == [.good] && announced[0].sentence == "announced as depot.local.")
            #expect(try look(lan, hostName: "shed.lan").first?.sentence.contains("hostnamectl set-hostname") == true)
            let moved = try look(["tls.listen": "0.0.0.0:9443"])
            #expect(moved.map(\.gravity) == [.remark] && moved[0].sentence.contains("does not name port 9443"))
        }
    }

    @Test func `only an admin may have a backup made`() async throws {
        try await TestBox.run { box in
            let answers = try [box.ask("POST", "/api/v1/backup"), box.ask("GET", "/api/v1/health")]
            #expect(answers.map(\.status) == [403, 403])
        }
    }

    @Test func `a file that is no depot's or is damaged is not brought back`() async throws {
        try await Self.inFolder { folder in
            let data = folder + "/data"
            let file = folder + "/depot.backup"
            try await TestBox.run(folder: data) { box in
                _ = try Self.run("backup", file, folder: box.folder)
            }
            let whole = try Data(contentsOf: URL(filePath: file))
            try Data("no depot".utf8).write(to: URL(filePath: folder + "/other"))
            let other = try await Self.runs("restore", folder + "/other", folder: data)
            #expect(other.text.contains("not a depot's file"))
            var torn = whole
            torn.replaceSubrange(40_960..<81_920, with: Data(repeating: 0x5A, count: 40_960))
            try torn.write(to: URL(filePath: folder + "/torn"))
            let before = try Data(contentsOf: URL(filePath: data + "/depot.sqlite"))
            let refused = try await Self.runs("restore", folder + "/torn", folder: data)
            #expect(refused.code == 1)
            #expect(try Data(contentsOf: URL(filePath: data + "/depot.sqlite")) == before)
        }
    }

    @Test func `the doctor says what is so while the daemon serves and when it does not`() async throws {
        try await Self.inFolder { folder in
            let data = folder + "/data"
            try await TestBox.run(folder: data) { box in
                let serving = try Self.run("doctor", folder: data)
                for sentence in [
                    "serves, and its writes reach the disk", "FULL: what is answered", "None was ever made",
                ] {
                    #expect(serving.text.contains(sentence), "\(serving.text)")
                }
                _ = try Self.run("backup", folder + "/depot.backup", folder: box.folder)
                let backed = try Self.run("doctor", folder: data)
                #expect(backed.text.contains("The last good one is 0 hours old"))
            }
            chmod(data + "/local-access.json", 0o644)
            let resting = try await Self.runs("doctor", folder: data)
            #expect(resting.code == 1)
            for sentence in ["None answers for this folder", "sound;", "chmod 600 \(data)/local-access.json"] {
                #expect(resting.text.contains(sentence), "\(resting.text)")
            }
        }
    }

    @Test func `the doctor finds an old backup, a clock that stands back and a damaged file`() async throws {
        try await Self.inFolder { folder in
            let data = folder + "/data"
            try await TestBox.run(folder: data) { box in _ = try Self.run("backup", folder + "/b", folder: box.folder) }
            let later = CareExamination(data: data, now: Date().addingTimeInterval(20 * 86_400)).findings()
            #expect(later.contains { $0.subject == "backup" && $0.gravity == .bad && $0.sentence.contains("20 days") })
            let earlier = CareExamination(data: data, now: Date().addingTimeInterval(-14 * 86_400)).findings()
            #expect(earlier.contains { $0.subject == "clock" && $0.gravity == .bad })
            let file = URL(filePath: data + "/depot.sqlite")
            var torn = try Data(contentsOf: file)
            torn.replaceSubrange(40_960..<81_920, with: Data(repeating: 0x5A, count: 40_960))
            try torn.write(to: file)
            #expect(CareExamination(data: data).findings().contains { $0.subject == "file" && $0.gravity == .bad })
        }
    }
}
