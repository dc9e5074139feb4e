// How an organisation comes to a box and goes: by the command line on the box only, with the daemon and without it, and
// with nothing left of it.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite(.timeLimit(.minutes(15))) struct TenantTests {
    private static func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "depotd-tenants-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await body(folder)
    }

    /// The command on a thread of its own, with a line typed to it.
    private static func depotd(
        _ arguments: String..., data: String, typing: String = ""
    ) throws -> (code: Int32, text: String) {
        let daemon = try Daemon(arguments + ["--data", data], typing: typing + "\n")
        let code = try daemon.waitForEnd()
        return (code, daemon.output + daemon.errors)
    }

    /// The files below a folder that hold one of these texts.
    private static func files(in folder: String, holding texts: [String]) throws -> [String] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        #expect(names.count > 3)
        return names.filter { name in
            guard let bytes = FileManager.default.contents(atPath: folder + "/" + name) else { return false }
            return texts.contains { bytes.firstRange(of: Data($0.utf8)) != nil || name.contains($0) }
        }
    }

    @Test func `an organisation that is erased leaves nothing, its people are out, and the others go on`() async throws
    {
        try await Self.inFolder { folder in
            let data = folder + "/data"
            let other = try await TestBox.run(folder: data) { box in
                let other = try SecondHouse(on: box)
                let headers = ["Authorization": "Bearer \(other.token)"]
                let screen = try box.live(headers, authorization: nil)
                try screen.subscribe(["assets"])
                let held = try Self.files(in: data, holding: [SecondHouse.mark])
                #expect(held.contains { $0.hasPrefix("organisations/") })
                let backup = try Self.depotd("backup", folder + "/b", "--organisation", other.slug, data: data)
                #expect(backup.code == 0 && backup.text.contains("is good: 1 assets"), "\(backup.text)")
                let wrong = try Self.depotd("organisation", "erase", other.slug, data: data, typing: "Zyxbeta")
                #expect(wrong.code == 1 && wrong.text.contains("Nothing was erased"), "\(wrong.text)")
                #expect(wrong.text.contains("1 backups among it"))
                #expect(try other.ask(box, "GET", "/api/v1/about").status == 200)
                let gone = try Self.depotd("organisation", "erase", other.slug, data: data, typing: "Zyxbeta Films")
                #expect(gone.code == 0 && gone.text.contains("is erased"), "\(gone.text)")
                #expect(try screen.socket.readCloseCode() == 4401)
                #expect(try other.ask(box, "GET", "/api/v1/about").status == 401)
                #expect(try Self.files(in: data, holding: Self.traces(of: other)) == [])
                #expect(try box.scan("CAM-7").text("outcome") == "ok")
                #expect(try box.ask("GET", "/readyz").status == 200)
                return other
            }
            #expect(try Self.files(in: data, holding: Self.traces(of: other)) == [])
            try await TestBox.run(folder: data) { box in
                let camera = try box.asset("CAM-7")
                #expect(camera.text("status") == "in_use")
                #expect(try other.ask(box, "GET", "/api/v1/about").status == 401)
            }
        }
    }

    private static func traces(of other: SecondHouse) -> [String] {
        [SecondHouse.mark, SecondHouse.mark.lowercased(), SecondHouse.codeMark, other.tenancy] + other.ids.values
    }

    @Test func `an organisation comes and goes with the daemon stopped, and what a power cut left is put away`()
        async throws
    {
        try await Self.inFolder { folder in
            let data = folder + "/data"
            try await TestBox.run(folder: data) { _ in }
            try await onOwnThread {
                let made = try Self.depotd("organisation", "create", "Müller & Söhne", data: data)
                #expect(made.code == 0 && made.text.contains("/?organisation=muller-sohne"), "\(made.text)")
                let twice = try Self.depotd("organisation", "create", "Muller sohne", data: data)
                #expect(twice.code == 1 && twice.text.contains("already"), "\(twice.text)")
                let list = try Self.depotd("organisation", "list", data: data).text
                #expect(list.contains("northlight-rental  Northlight Rental") && list.contains("Müller & Söhne"))
                let first = try Self.depotd(
                    "organisation", "erase", "northlight-rental", data: data, typing: "Northlight Rental")
                #expect(first.code == 1 && first.text.contains("Erase the others first"), "\(first.text)")
                let doctor = try Self.depotd("doctor", data: data).text
                #expect(doctor.contains("muller-sohne, file: sound"), "\(doctor)")
            }
            let tenancy = try #require(try TenancyBook.look(in: data).last)
            // As a power cut in the middle of erasing leaves it: the folder is out of use, the entry still there.
            let organisations = Tenancy.folders(in: data)
            try FileManager.default.moveItem(
                atPath: tenancy.folder(in: data), toPath: "\(organisations)/erasing-\(tenancy.id.rawValue)")
            try FileManager.default.createDirectory(
                atPath: "\(organisations)/making-x", withIntermediateDirectories: true)
            try await TestBox.run(folder: data) { _ in }
            #expect(try TenancyBook.look(in: data).count == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: organisations) == [])
            try await onOwnThread {
                let gone = try Self.depotd(
                    "organisation", "erase", "northlight-rental", data: data, typing: "Northlight Rental")
                #expect(gone.code == 0, "\(gone.text)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: data) == ["lock"])
            }
        }
    }

    @Test func `a backup of one organisation has nothing of the other and comes back as its own`() async throws {
        try await Self.inFolder { folder in
            let data = folder + "/data"
            let other = try await TestBox.run(folder: data) { box in
                let other = try SecondHouse(on: box)
                #expect(try Self.depotd("backup", folder + "/first/a", data: data).code == 1)
                for (name, more) in [("a", []), ("b", ["--organisation", "\(SecondHouse.mark) Films"])] {
                    let made = try Daemon(["backup", "\(folder)/\(name)", "--data", data] + more)
                    #expect(try made.waitForEnd() == 0)
                }
                _ = try other.ask(
                    box, "PATCH", "/api/v1/assets/\(other.ids["asset"] ?? "")", ["note": "after the backup"])
                _ = try box.scan("CAM-8")
                return other
            }
            let first = try Data(contentsOf: URL(filePath: folder + "/a"))
            let second = try Data(contentsOf: URL(filePath: folder + "/b"))
            #expect(Self.traces(of: other).allSatisfy { first.firstRange(of: Data($0.utf8)) == nil })
            #expect(second.firstRange(of: Data(SecondHouse.mark.utf8)) != nil)
            #expect(["CAM-7", "Northlight", "Lindqvist"].allSatisfy { second.firstRange(of: Data($0.utf8)) == nil })
            try await onOwnThread {
                let restored = try Self.depotd("restore", folder + "/b", "--organisation", other.slug, data: data)
                #expect(restored.code == 0, "\(restored.text)")
            }
            try await TestBox.run(folder: data) { box in
                let asset = try other.ask(box, "GET", "/api/v1/assets/\(other.ids["asset"] ?? "")").fields()
                #expect(asset.text("note") == "\(SecondHouse.mark) note")
                #expect(try box.asset("CAM-8").text("status") == "in_use")
            }
        }
    }

    @Test func `keys are made, listed and revoked at the organisation that is named`() async throws {
        try await TestBox.run { box in
            let other = try SecondHouse(on: box)
            let made = try Self.depotd(
                "key", "create", "Web shop", "--scope", "read", "--organisation", other.slug, data: box.folder)
            let headers = ["Authorization": "Bearer \(made.text.trimmingCharacters(in: .whitespacesAndNewlines))"]
            let about = try box.ask("GET", "/api/v1/about", headers: headers, authorization: nil).fields()
            #expect(made.code == 0 && about.text("organisation") == "\(SecondHouse.mark) Films", "\(made.text)")
            let theirs = try Self.depotd("key", "list", "--organisation", "\(SecondHouse.mark) Films", data: box.folder)
            let ours = try Self.depotd("key", "list", data: box.folder)
            #expect(theirs.text.contains("Web shop") && !ours.text.contains("Web shop"))
            #expect(try Self.depotd("key", "revoke", "Web shop", data: box.folder).code == 1)
            let gone = try Self.depotd("key", "revoke", "Web shop", "--organisation", other.slug, data: box.folder)
            #expect(gone.code == 0 && gone.text.contains("revoked"), "\(gone.text)")
            #expect(try box.ask("GET", "/api/v1/about", headers: headers, authorization: nil).status == 401)
            let nobody = try Self.depotd("key", "list", "--organisation", "nobody", data: box.folder)
            #expect(nobody.code == 1 && nobody.text.contains("no organisation nobody"), "\(nobody.text)")
        }
    }

    @Test func `nobody but local administration founds or erases`() async throws {
        try await TestBox.run { box in
            let other = try SecondHouse(on: box)
            let admin = try box.signIn("Jo Okafor", pin: "9000", at: "northlight-rental")
            let secrets = [["Cookie": admin], ["Authorization": "Bearer \(other.adminToken)"]]
            for headers in secrets {
                let path = "/api/v1/box/organisations"
                let founded = try box.ask("POST", path, ["name": "X"], headers: headers, authorization: nil)
                let erased = try box.ask("DELETE", "\(path)/\(other.tenancy)", headers: headers, authorization: nil)
                let listed = try box.ask("GET", path, headers: headers, authorization: nil)
                #expect([founded, erased, listed].map(\.status) == [403, 403, 403])
            }
            // And local administration is nobody of any organisation.
            #expect(try box.asBox("GET", "/api/v1/assets").status == 401)
            #expect(try box.asBox("POST", "/api/v1/box/organisations", ["name": ""]).status == 400)
            #expect(try box.asBox("DELETE", "/api/v1/box/organisations/none").status == 404)
            let metrics = try box.ask("GET", "/metrics").text
            #expect(metrics.contains("depotd_store_commits_total{organisation=\"zyxbeta-films\"}"))
            let first = box.folder + "/box-access.json"
            let mode = try FileManager.default.attributesOfItem(atPath: first)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `one organisation's damaged file does not keep the other from its own`() async throws {
        try await Self.inFolder { folder in
            let data = folder + "/data"
            let other = try await TestBox.run(folder: data) { try SecondHouse(on: $0) }
            try Data("no depot".utf8).write(to: URL(filePath: other.folder + "/depot.sqlite"))
            try await TestBox.run(folder: data) { box in
                let scan = try box.scan("CAM-7")
                #expect(scan.text("outcome") == "ok")
                #expect(try other.ask(box, "GET", "/api/v1/about").status == 401)
            }
            let findings = CareExamination.others(in: data)
            #expect(findings.contains { $0.gravity == .bad && $0.subject == "\(other.slug), file" })
        }
    }
}
